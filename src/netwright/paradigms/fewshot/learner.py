"""Learns a backbone on many small tasks, so that it learns the next one from a few examples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ConfigError
from netwright.core.learner import Learner
from netwright.core.space import Space
from netwright.core.task import Task
from netwright.data.tasksets import TaskSet, Terms
from netwright.learners.built import PICTURE, Built
from netwright.learners.image import AUGMENTATIONS, with_pixels
from netwright.nn.head import Head
from netwright.paradigms.fewshot.approach import Approach
from netwright.paradigms.fewshot.model import FewshotModel
from netwright.spaces.naming import NetSpaceName

if TYPE_CHECKING:
    from torch import Tensor, nn

    from netwright.nn.recipe import Recipe

HELD_BACK = 100
"""Episodes that are looked at."""
EPISODES = 20_000
"""Without a deadline."""
COMPARED_AT_ONCE, ADAPTED_AT_ONCE = 120, 16
"""Rows a step of methods that compare, about; tasks a step of those that adapt by gradients."""
MEASURED = 16
"""Episodes whose support tells how bright pictures are."""


class FewshotLearner(Learner):
    """Trains nets of one space to adapt.

    Args:
        space: Which nets.
        approach: How.
        episodes: Most that a net is trained on; under a deadline as many as fit.
    """

    def __init__(self, space: NetSpaceName, approach: Approach, episodes: int = EPISODES) -> None:
        self.space_name, self.approach, self.episodes = space, approach, episodes

    def space(self, task: Task) -> Space:
        """The backbones."""
        return self.space_name.open()

    def fit(self, data: Any, config: Config, context: Context) -> FewshotModel:
        """Builds a design and trains it.

        Args:
            data: A `TaskSet`.
            config: A design of the space.
            context: Its validation, if any, is a `TaskSet` of other classes, by which the weights
                that are kept are chosen.

        Raises:
            DataError: Episodes of these terms cannot be drawn.
            ConfigError: The method does not take the net.
        """
        import torch

        torch.set_num_threads(context.threads)
        torch.manual_seed(context.seed)
        return self.train(self.built(data, config).net(), data, config, context)

    def train(self, net: nn.Module, data: Any, config: Config, context: Context) -> FewshotModel:
        """Trains a net of the design, whatever its weights are now.

        Args:
            net: As the space builds it, with as many outputs as ways; it is changed.
            data: A `TaskSet`.
            config: Its design.
            context: See `fit`.
        """
        import torch

        from netwright.nn.bilevel import companion_of
        from netwright.nn.training import pick_device, train
        from netwright.paradigms.fewshot.episodes import Episodes
        from netwright.paradigms.fewshot.method import missed

        terms = self.approach.terms
        data.check(terms)
        learning, built = self.approach.learning(data), self.built(data, config)
        pictures = len(built.shape) == PICTURE  # rows of numbers are not augmented
        rows = Episodes(
            data,
            learning,
            self.epoch,
            context.seed,
            fresh=True,
            augment=AUGMENTATIONS[self.approach.augmentation] if pictures else (),
        )
        seen = rows.take(slice(0, MEASURED)).inputs[0].flatten(0, 1)
        method = self.approach.make(with_pixels(net, built.shape, seen))
        valid = None
        if context.validation is not None:
            valid = Episodes(context.validation, terms, HELD_BACK, context.seed)  # type: ignore[arg-type]
        method = method.to(pick_device(context.device))
        recipe = self._recipe(method.compares, learning)
        if companion_of(method) is not None:  # what it says on held-back tasks is of any design
            recipe = replace(recipe, keep="last")
        try:
            trained = train(
                method, rows, valid, method.loss, recipe, context, _watch, valid_loss=missed
            )
        except RuntimeError as error:
            if "derivative" not in str(error) or "not implemented" not in str(error):
                raise
            raise ConfigError(
                f"{self.approach.method!r} needs second derivatives, and an operation of this net "
                "has none; use fomaml, or another backbone."
            ) from error
        built = replace(built, epochs=trained.epochs)
        method = method.to("cpu").to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        return FewshotModel(method, built, self.approach, {"epochs": trained.epochs})

    def built(self, tasks: TaskSet, config: Config) -> Built:
        """The words a backbone for these tasks is built from."""
        return Built(
            space=self.space_name,
            design=config.to_json(),
            column="image",
            shape=tasks.shape,
            heads=(Head(self.approach.terms.ways, *tasks.scale),),
        )

    @property
    def epoch(self) -> int:
        """Episodes between two looks at those held back."""
        return min(self.approach.habit.epoch, self.episodes)

    def _recipe(self, compares: bool, terms: Terms) -> Recipe:
        from netwright.nn.recipe import Recipe

        epochs = -(-self.episodes // self.epoch)
        return Recipe(
            epochs=epochs,
            batch_size=max(1, COMPARED_AT_ONCE // terms.rows) if compares else ADAPTED_AT_ONCE,
            optimiser="adam",
            lr=self.approach.habit.lr,
            weight_decay=0.0,
            patience=epochs,
            clip=10.0,
            precision="auto" if compares else "float32",  # steps of adapting are small differences
            channels_last=compares,
        )


def _watch(outputs: Tensor, target: Tensor) -> float:
    """Accuracy over all queries, or the mean squared error."""
    from netwright.paradigms.fewshot.method import scored

    return float(scored(outputs, target)[1].mean())
