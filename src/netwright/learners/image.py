"""Nets for pictures: any space of nets, trained by the one loop, kept as weights and words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.combining import Joined, Within
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.learner import Learner, Model
from netwright.core.space import Categorical, Float, Parameters, Space
from netwright.core.task import Task
from netwright.learners.built import Built
from netwright.nn.head import head_of
from netwright.spaces.naming import NetSpaceName

if TYPE_CHECKING:
    from torch import Tensor, nn

    from netwright.nn.batches import Batchable
    from netwright.nn.recipe import Recipe
    from netwright.nn.training import Watch

ARCHITECTURE = "architecture"
"""Prefix of the architecture's own choices."""
DEFAULT_SPACE = NetSpaceName("resnet")
MAX_EPOCHS = 60
FEWEST_STEPS = 8
"""Steps an epoch has at least: small data is learned in small batches."""
SGD_FASTER = 20.0
"""How much higher a rate plain gradient descent takes than Adam's."""
AUGMENTATIONS: dict[str, tuple[str, ...]] = {
    "none": (),
    "shift": ("crop",),
    "affine": ("affine",),
    "flip": ("crop", "flip"),
    "cutout": ("crop", "flip", "cutout"),
    "trivial": ("crop", "trivial"),
    "trivial_flip": ("crop", "flip", "trivial"),
    "cutmix": ("crop", "flip", "cutmix"),
}
"""What may happen to pictures while a net learns; digits must not be mirrored, so data decides."""

TRAINING = Parameters(
    {
        "lr": Float(3e-4, 2e-2, log=True, default=4e-3),
        "weight_decay": Float(1e-5, 1e-1, log=True, default=2e-2),
        "batch_size": Categorical((32, 64, 128, 256), default=64),
        "optimiser": Categorical(("adamw", "sgd")),
        "augment": Categorical(tuple(AUGMENTATIONS), default="shift"),
        "label_smoothing": Float(0.0, 0.2, step=0.05, default=0.1),
    }
)
"""How to train; searched beside the architecture by `fit`, and left at its defaults by `search`."""


class NetModel(Model):
    """A trained net of pictures; takes them as they are, normalisation is its first layer.

    Args:
        net: (batch, *shape) -> (batch, outputs), on the CPU, ready to predict.
        built: What it was built from.
        pruned: Whether its training was stopped as unpromising.
    """

    def __init__(self, net: nn.Module, built: Built, pruned: bool = False) -> None:
        self.net = net.eval()
        self.built, self.pruned = built, pruned
        self.shape = built.shape
        self.tuned = {"epochs": built.epochs}

    def predict(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Softmax, or the target's own scale; several targets side by side."""
        import torch

        from netwright.nn.joint import answers

        if len(table) == 0:
            return np.empty((0, self.built.outputs) if self.built.outputs > 1 else 0)
        pictures = stacked(table[self.built.column])
        with torch.inference_mode():
            found = torch.cat([self.net(part) for part in torch.split(pictures, 256)]).double()
            told = np.asarray(answers(found, self.built.heads))
        return told if self.built.outputs > 1 else told[:, 0]

    def save(self, folder: Path) -> None:
        """Writes the weights and the words."""
        from safetensors.torch import save_file

        state = {name: tensor.contiguous() for name, tensor in self.net.state_dict().items()}
        save_file(state, folder / "net.safetensors")
        facts = {"format": "net", **asdict(self.built)}
        (folder / "model.json").write_text(json.dumps(facts))

    @classmethod
    def load(cls, folder: Path) -> NetModel:
        """Builds the net and fills in the weights."""
        from safetensors.torch import load_file

        facts = json.loads((folder / "model.json").read_text())
        facts.pop("format")
        built = Built.from_json(facts)
        net = with_pixels(built.net(), built.shape, seen=built.seen)
        net.load_state_dict(load_file(folder / "net.safetensors"))
        return cls(net, built)


class ImageLearner(Learner):
    """Trains nets of one space on one column of pictures.

    Args:
        space: Which nets.
        reports: Whether the score of the validation rows is reported after every epoch.
    """

    def __init__(self, space: NetSpaceName = DEFAULT_SPACE, reports: bool = False) -> None:
        self.space_name, self.reports = space, reports

    def space(self, task: Task) -> Space:
        """How to train, and what to train."""
        return Joined(TRAINING, Within(ARCHITECTURE, self.space_name.open()))

    def unfit_for(self, task: Task) -> str | None:
        """Tables have other learners."""
        columns = [column.type for column in task.schema.used]
        return None if columns == ["image"] else "it learns from one column of pictures"

    def fit(self, data: Task, config: Config, context: Context) -> NetModel:
        """Builds and trains."""
        import torch

        torch.set_num_threads(context.threads)
        torch.manual_seed(context.seed)
        return self.train(self.built(data, config).net(), data, config, context)

    def train(self, net: nn.Module, data: Task, config: Config, context: Context) -> NetModel:
        """Trains a net of the design, whatever its weights are now.

        Args:
            net: As the space builds it.
            data: The task with its rows.
            config: Its design, and how to train.
            context: See `fit`.
        """
        built = self.built(data, config)
        pictures = stacked(data.data.features[built.column])
        whole = with_pixels(net, built.shape, pictures, built.seen)
        recipe = recipe_of(config, len(data.data))
        return train_net(whole, built, data, recipe, context, reports=self.reports)

    def built(self, data: Task, config: Config) -> Built:
        """The words a net of the task is built from."""
        (column,) = data.schema.used
        columns = data.data.target.reshape(len(data.data), -1).T
        return Built(
            space=self.space_name,
            design=config.within(ARCHITECTURE).to_json(),
            column=column.name,
            shape=data.input_shape,
            heads=tuple(
                head_of(target.width, column)
                for target, column in zip(data.targets, columns, strict=True)
            ),
            resolution=float(config.get("resolution") or 1.0),
        )


def train_net(
    net: nn.Module,
    built: Built,
    data: Task,
    recipe: Recipe,
    context: Context,
    *,
    reports: bool = False,
) -> NetModel:
    """Trains a net, whatever its weights are now, and hands it over.

    Args:
        net: Takes pictures as they are, see `with_pixels`.
        built: What it was built from.
        data: The task with its rows.
        recipe: How.
        context: Deadline, seed, device, and validation rows to choose the best weights by.
        reports: Whether their score is reported after every epoch.
    """
    from dataclasses import replace

    import torch

    from netwright.nn.joint import loss_of
    from netwright.nn.training import pick_device, train

    device = pick_device(context.device)
    valid = None if context.validation is None else batchable(built, context.validation)
    loss = loss_of([head.width for head in built.heads])
    watch = _score_of(built, context.validation) if reports and context.validation else None
    rows = batchable(built, data)
    trained = train(net.to(device), rows, valid, loss, recipe, context, watch)
    net = net.to("cpu").to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return NetModel(net, replace(built, epochs=trained.epochs), trained.pruned)


def _score_of(built: Built, held: Task) -> Watch:
    """What outputs on the validation rows score, by the task's metric."""
    from netwright.nn.joint import answers

    rows = held.data

    def score(outputs: Tensor, target: Tensor) -> float:
        told = np.asarray(answers(outputs.cpu().double(), built.heads))
        found = told if built.outputs > 1 else told[:, 0]
        return held.scores(rows.target, found, rows.weight)[held.metric.name]

    return score


def recipe_of(config: Config, rows: int) -> Recipe:
    """The training a configuration describes; what it leaves open takes the defaults."""
    from netwright.nn.recipe import Recipe

    told = {**TRAINING.defaults(), **config}
    wanted = int(told["batch_size"] or 64)
    batch = max(2, min(wanted, rows // FEWEST_STEPS))
    faster, rate = 1.0, float(told["lr"] or 1e-3)
    if told["optimiser"] == "sgd":
        faster = SGD_FASTER
        rate *= faster * min(1.0, batch / wanted)  # smaller batches, smaller steps (Goyal et al.)
    epochs = int(told.get("epochs") or MAX_EPOCHS)
    often = told.get("checkpoint_seconds")
    return Recipe(
        epochs=epochs,
        batch_size=batch,
        optimiser=str(told["optimiser"]),
        lr=rate,
        weight_decay=float(told["weight_decay"] or 0.0) / (faster * 2 if faster > 1 else 1),
        patience=epochs,  # the best weights come at the end of the cosine
        label_smoothing=float(told["label_smoothing"] or 0.0),
        augment=AUGMENTATIONS[str(told["augment"])],
        precision="auto",
        channels_last=True,
        checkpoint_seconds=None if often is None else float(often),
        keep=str(told.get("keep") or "best"),
        report_loss=bool(told.get("report_loss")),
    )


def descent(rate: float, decay: float) -> dict[str, Any]:
    """Plain gradient descent with momentum, as a configuration says it.

    Args:
        rate: Of learning, at its peak.
        decay: Of weights, as an L2 penalty.
    """
    lr, weight_decay = rate / SGD_FASTER, 2 * SGD_FASTER * decay
    return {"optimiser": "sgd", "lr": lr, "weight_decay": weight_decay}


def with_pixels(
    net: nn.Module,
    shape: Sequence[int],
    pictures: Tensor | None = None,
    seen: tuple[int, int] | None = None,
) -> nn.Module:
    """The net behind a layer that normalises pictures, as these are or as weights will say.

    Args:
        net: Takes floats.
        shape: Of one input, channels first.
        pictures: To measure, None for mean 0 and spread 1.
        seen: Height and width that pictures are brought to first; None for as they are.
    """
    import torch
    from torch import nn

    from netwright.nn.inputs import Pixels

    if pictures is None:
        channels, *sides = shape
        pixels = Pixels(torch.zeros(channels), torch.ones(channels), len(sides), seen)
        return nn.Sequential(pixels, net)
    return nn.Sequential(Pixels.measured(pictures, seen), net)


def stacked(column: pd.Series) -> Tensor:
    """Cells of pictures as one tensor (rows, channels, h, w) of their own type."""
    import torch

    values = np.stack(list(column))
    return torch.from_numpy(values if values.dtype == np.uint8 else values.astype(np.float32))


def batchable(built: Built, data: Task) -> Batchable:
    """The rows of a task as tensors."""
    import torch

    from netwright.nn.batches import Batchable

    table = data.data
    means = [head.mean for head in built.heads]
    spreads = [head.spread for head in built.heads]
    target = (table.target.reshape(len(table), -1) - means) / spreads  # (rows, targets)
    if len(built.heads) == 1:
        target = target[:, 0]
    whole = target.ndim == 1 and built.outputs > 1  # classes
    weight = None
    if table.weight is not None:
        weight = torch.from_numpy(np.array(table.weight, dtype=np.float32))
    target = torch.from_numpy(target.astype(np.int64 if whole else np.float32))
    return Batchable([stacked(table.features[built.column])], target, weight)


def learner() -> ImageLearner:
    """The learner `image`."""
    return ImageLearner()
