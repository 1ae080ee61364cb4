"""Learning to learn from a few examples: a search, or one training, whose designs are judged on
episodes of classes they have never seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from netwright.core.audit import Audit
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ConfigError, RunError, unknown_name
from netwright.core.evaluator import Evaluator
from netwright.core.folder import MARK, SUPERNET, RunFolder
from netwright.core.machine import cores
from netwright.core.registry import names
from netwright.core.study import read_study
from netwright.core.task import Task
from netwright.data.grouped import is_grouped, read_grouped
from netwright.data.labelled import KIND, by_folder, read_labelled
from netwright.data.prepare import name_of, pictures_alone, prepare
from netwright.data.readers import read
from netwright.data.tasksets import Terms
from netwright.evaluators.costs import counted
from netwright.evaluators.nets import MODEL
from netwright.learners.prepared import as_rows, fit_preparation
from netwright.learners.trust import trust
from netwright.paradigms.fewshot import get_method
from netwright.paradigms.fewshot.approach import Approach
from netwright.paradigms.fewshot.evaluator import EpisodeEvaluator
from netwright.paradigms.fewshot.rows import FewshotRows, held_back, source_of
from netwright.paradigms.fewshot.shared import SharedEpisodes, supernet_of
from netwright.paradigms.nas.oneshot import ONE_SHOT
from netwright.predictor import Predictor
from netwright.recipes.designs import pick
from netwright.recipes.options import DEFAULT_SECONDS, read_mapping
from netwright.recipes.regime import Regime
from netwright.recipes.search import read_options
from netwright.recipes.search_options import SearchOptions, make_search_options
from netwright.spaces.lineage import design_of
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import COSTS
from netwright.strategies import get_strategy
from netwright.strategies.morphism import inherits

if TYPE_CHECKING:
    from torch import nn

    from netwright.paradigms.fewshot.model import FewshotModel, Judgement

ACCURACY, RMSE = "accuracy", "rmse"
SEARCHED = {True: 300, False: 2_000}
"""Episodes a design is trained on in a search, by whether its method compares: those are larger."""
SUPERNET_EPISODES = 20_000
"""A supernet learns from, where no time is said."""
NO_END = 10**7
"""Episodes where the time decides."""
NO_TURNS = "Only pictures can be turned; leave --rotations out."
BACKBONES = {"mlp": "connected"}
"""What spaces are called here besides."""
OWN = ("method", "norm", "augment", "train_ways", "train_queries")
SETTINGS = ("inner_lr", "inner_steps", "adapt_steps", "full_context")


@dataclass(frozen=True)
class Fewshot(Regime):
    """Learns on episodes of most classes and is judged on episodes of the others.

    Attributes:
        approach: Method, normalisation and the episodes' shape.
        episodes: Most that a design is trained on.
        rotations: Whether a class turned by 90, 180 or 270 degrees is a class of its own.
    """

    goes_on: ClassVar[str] = "netwright fewshot train DATA --backbone RUN"

    approach: Approach = field(default_factory=Approach)
    episodes: int = NO_END
    rotations: bool = False

    def task(self, source: Any, options: SearchOptions, notes: Audit) -> Task:
        """Pictures with their classes, or rows with the task of each; enough of each."""
        self._check(options)
        frame = by_folder(read(source, notes))
        if options.fit.group is None:
            wishes = replace(options.wishes(), kind=KIND, metric=ACCURACY)
            task = pictures_alone(prepare(frame, options.targets, wishes, notes), notes)
        else:
            task = prepare(frame, options.targets, options.wishes(), notes)
            self._check_rows(task, options)
        task = replace(task, name=name_of(source))
        pool = source_of(task, self.rotations).pool
        kept, held = held_back(pool, self.approach.terms, options.fit.seed)
        told = f"{len(kept)} {pool.parts} are learned from, {len(held)} others judge."
        if kept is held:
            told = f"With {len(kept)} {pool.parts} none can be held back: known ones judge."
        notes.say(pool.parts, told, note=True)
        return task

    def _check_rows(self, task: Task, options: SearchOptions) -> None:
        """Refuses what cannot learn from rows of numbers."""
        if task.schema.of_type("image"):
            raise ConfigError("Pictures are told apart by their classes; leave --tasks out.")
        if self.rotations:
            raise ConfigError(NO_TURNS)
        if not task.classes and get_method(self.approach.method).compares:
            raise ConfigError(
                f"{self.approach.method!r} compares classes, and {task.target!r} is a number; use "
                "maml."
            )
        statement, space = self.statement(task), options.space
        try:
            counted(space, space.open().complete(), statement)
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            raise ConfigError(
                f"The nets of {space.name!r} do not take rows of {statement.input_shape[0]} "
                "numbers; name mlp, or a module of your own."
            ) from error

    def _check(self, options: SearchOptions) -> None:
        """Refuses what a search may ask for elsewhere, before anything is read."""
        metrics = (ACCURACY,) if options.fit.group is None else (ACCURACY, RMSE)
        for name in options.objectives:
            if name not in (*metrics, *COSTS):
                raise unknown_name("objective", name, (*metrics, *COSTS))
        if self.approach.norm == "group" and inherits(get_strategy(options.fit.strategy)):
            raise ConfigError(
                f"The strategy {options.fit.strategy!r} grows nets by their batch normalisation; "
                "name another --norm than group."
            )
        if options.one_shot and not get_method(self.approach.method).compares:
            raise ConfigError(
                f"The strategy {options.one_shot!r} shares weights among designs, which methods "
                f"learn that compare, such as protonet. Got {self.approach.method!r}."
            )
        if options.one_shot and self.approach.norm == "running":
            raise ConfigError(
                "Running averages over designs that share weights would suit none of them; name "
                "another --norm than running."
            )
        if options.further or options.proxies:
            asked = "--targets" if options.further else "--proxies"
            raise ConfigError(f"Few-shot learning takes no {asked}; leave it out.")

    def statement(self, task: Task) -> Task:
        """As many classes as ways; rows as the numbers that they become."""
        if is_grouped(task):
            task = as_rows(task, fit_preparation(task)[1].shape[1])
        if not task.classes:
            return task
        ways = self.approach.terms.ways
        kind = "binary" if ways == 2 else KIND
        return replace(task, kind=kind, classes=tuple(range(ways)), data=None)  # type: ignore[arg-type]

    def solves(self, task: Task) -> Task:
        """Tasks of rows; of pictures, telling so many apart."""
        return task.with_data(None) if is_grouped(task) else self.statement(task)

    def evaluator(self, task: Task, data: Path, options: SearchOptions, weights: Path) -> Evaluator:
        """Episodes."""
        return EpisodeEvaluator(
            task=task,
            data=data,
            space=options.space,
            approach=self.approach,
            episodes=self.episodes,
            weights=weights,
            supernet=weights.parent / SUPERNET / MODEL if options.one_shot else None,
            turned=self.rotations,
            seed=options.fit.seed,
        )

    def sharing(
        self,
        task: Task,
        data: Path,
        options: SearchOptions,
        supernet: SearchOptions,
        folder: Path,
    ) -> tuple[Evaluator, Evaluator]:
        """The supernet learns on the episodes that designs learn on."""
        seed, many = options.fit.seed, SUPERNET_EPISODES
        trains = EpisodeEvaluator(
            task=task,
            data=data,
            space=supernet.space,
            approach=self.approach,
            episodes=many if options.fit.seconds is None else NO_END,
            folder=folder,
            turned=self.rotations,
            seed=seed,
        )
        shared = folder / MODEL
        judges = SharedEpisodes(
            task, data, options.space, self.approach, shared, self.rotations, seed
        )
        return trains, judges

    def supernet(self, folder: Path) -> nn.Module:
        """Inside the method."""
        return supernet_of(folder)

    def told(self, options: SearchOptions) -> str:
        """Method and episodes."""
        return f"each learns by {self.approach}, and is judged on classes that are held back"

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict."""
        return {
            "name": "fewshot",
            "approach": self.approach.to_json(),
            "episodes": self.episodes,
            "rotations": self.rotations,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fewshot:
        """Reads what `to_json` wrote."""
        return cls(Approach.from_json(data["approach"]), data["episodes"], data["rotations"])


def make_fewshot_options(**said: Any) -> SearchOptions:
    """Options of a few-shot search from what a person said.

    Args:
        said: `method`, `norm`, `ways`, `shots`, `queries`, `train_ways`, `train_queries`,
            `augment`, `rotations`, `episodes`, `inner_lr`, `inner_steps`, `adapt_steps`,
            `full_context`, and `tasks`, the column that says to which task a row belongs; all else
            as `make_search_options` takes it.

    Raises:
        UserError: A value cannot be understood.
    """
    told = {name: value for name, value in said.items() if value is not None}
    if "tasks" in told:
        told["group"] = told.pop("tasks")
    if "space" in told:
        told["space"] = BACKBONES.get(told["space"], told["space"])
    terms = Terms(**{n: told.pop(n) for n in ("ways", "shots", "queries") if n in told})
    own = {name: told.pop(name) for name in OWN if name in told}
    settings = {name: told.pop(name) for name in SETTINGS if name in told}
    rest = {name: told.pop(name) for name in ("episodes", "rotations") if name in told}
    approach = Approach(terms=terms, settings=settings, **own)
    approach.check()
    trust([approach.method])
    chosen = told.get("strategy") in names("one_shot", ONE_SHOT)
    usual = SEARCHED[get_method(approach.method).compares]
    alone = chosen and (told.get("seconds") or told.get("time"))  # few designs share what is left
    rest.setdefault("episodes", NO_END if alone else usual)
    if rest["episodes"] < 1:
        raise ConfigError(f"A design learns from at least one episode. Got {rest['episodes']}.")
    return make_search_options(regime=Fewshot(approach, **rest), **told)


def make_training_options(backbone: str | None, **said: Any) -> tuple[SearchOptions, Config]:
    """A few-shot search of a single design, and the design.

    Args:
        backbone: Of `read_backbone`; `conv4` for pictures and `mlp` for rows if None.
        said: As `make_fewshot_options` takes it. Without `episodes` the time decides, ten minutes
            if it is not said either; without a time no clock is consulted.

    Raises:
        UserError: A value cannot be understood.
    """
    space, design = read_backbone(backbone or ("mlp" if said.get("tasks") else "conv4"))
    told = {name: value for name, value in said.items() if value is not None}
    if "episodes" not in told and "time" not in told:
        told.setdefault("seconds", DEFAULT_SECONDS)
    defaults = {"strategy": "random", "threads": cores(), "episodes": NO_END}
    settled = {"space": space.name, "arguments": dict(space.arguments), "trials": 1}
    return make_fewshot_options(**{**defaults, **told, **settled}), design


def read_backbone(text: str) -> tuple[NetSpaceName, Config]:
    """A backbone as a person names it.

    Args:
        text: A space, for its default design (`conv4`, `mlp`, a person's own `package:Class`); a
            JSON file of `space`, `design` and perhaps `arguments`; or the run of a search, for its
            best design.

    Raises:
        UserError: It is none of these.
    """
    if (Path(text) / MARK).exists():
        folder = RunFolder.open(text)
        return read_options(folder).space, design_of(pick(read_study(folder), "best").config)
    if text.lower().endswith(".json"):
        facts = read_mapping(text, "design")
        if "space" not in facts:
            raise ConfigError(
                f"The design file {text!r} holds space and design, such as "
                '{"space": "conv4", "design": {"filters": 32}}. Got '
                f"{', '.join(facts) or 'nothing'}."
            )
        space = NetSpaceName(facts["space"], facts.get("arguments", {}))
        design = facts.get("design", {})
        opened = space.open()
        told = design if isinstance(design, str) else json.dumps(design)
        return space, opened.from_text(told)
    space = NetSpaceName(BACKBONES.get(text, text))
    return space, space.open().complete()


def evaluate(
    run: str | Path,
    source: Any,
    *,
    ways: int | None = None,
    shots: int | None = None,
    queries: int | None = None,
    episodes: int = 600,
    target: str | None = None,
    rotations: bool = False,
    seed: int = 0,
    trust: Sequence[str] = (),
) -> Judgement:
    """How well a few-shot model learns new classes.

    Args:
        run: Folder of the run, or of its predictor.
        source: Pictures of classes, or rows of tasks, that it has not learned from; of data with a
            test part that part.
        ways, shots, queries: Of the episodes; as it was trained where None.
        episodes: How many.
        target: Column of the classes, None for the one the data has by its nature.
        rotations: Whether turned classes are classes of their own.
        seed: Decides which episodes are drawn.
        trust: Code of one's own (`package:attribute`) that the model may be made by.

    Raises:
        RunError: The run is of something else.
        DataError: Such episodes cannot be drawn.
        ConfigError: The method learned to tell another number of classes apart.
    """
    import torch

    torch.set_num_threads(cores())
    predictor = Predictor.load(run, trust)
    whole = fewshot_model(predictor)
    model = whole.inner if isinstance(whole, FewshotRows) else whole
    asked = {"ways": ways, "shots": shots, "queries": queries}
    terms = replace(model.approach.terms, **{n: v for n, v in asked.items() if v is not None})
    if episodes < 1:
        raise ConfigError(f"At least one episode is judged. Got {episodes}.")
    context = Context(seed=seed)
    if isinstance(whole, FewshotRows):
        if rotations:
            raise ConfigError(NO_TURNS)
        rows = whole.tasks(read_grouped(source, predictor.task, target))
        return model.judge(rows, terms, episodes, context)
    task = read_labelled(source, predictor.task.input_shape, target, part="test")
    return model.judge(source_of(task, rotations).pool, terms, episodes, context)


def fewshot_model(predictor: Predictor) -> FewshotModel | FewshotRows:
    """What adapts inside a predictor.

    Raises:
        RunError: It is a predictor of another kind.
    """
    from netwright.paradigms.fewshot.model import FewshotModel

    members = getattr(predictor.model, "members", [])
    if len(members) == 1 and isinstance(members[0], (FewshotModel, FewshotRows)):
        return members[0]
    raise RunError(
        f"The run {str(predictor.folder)!r} is no few-shot model; make one with 'netwright fewshot "
        "train'."
    )
