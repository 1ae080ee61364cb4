"""Everything a person may ask of an architecture search, in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netwright.core.errors import BudgetError, ConfigError, unknown_name
from netwright.core.metric import CLASSIFICATION
from netwright.core.registry import names
from netwright.core.task import Constraints, Task
from netwright.data.prepare import Wishes
from netwright.learners.image import AUGMENTATIONS
from netwright.paradigms.nas.oneshot import ONE_SHOT, SETTINGS, get_one_shot
from netwright.recipes.options import FitOptions, make_options
from netwright.recipes.pacing import USUAL_EPOCHS
from netwright.recipes.regime import Plain, Regime, read_regime
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import COSTS, LATENCY

CHOSEN_EPOCHS = 50
"""Of the few designs that a supernet chose, unless another number was said."""
OWN = ("epochs", "augment", "resolution", "regime")
LIMITS = ("max_latency_ms", "max_params_m", "max_flops_g", "max_memory_mb")


@dataclass(frozen=True)
class SearchOptions:
    """What was asked for. Stands in `run.json`, so that a run can be resumed as it was meant.

    Attributes:
        fit: What a search shares with a fit: target, metric, budget, strategy, engine, seed, ...
        space: What may be built.
        epochs: Passes over the rows each design is trained for; None for what the time allows,
            and once a search has begun it is known.
        objectives: What is to be good: metrics and `COSTS`; empty for the task's metric alone.
        proxies: Zero-cost scores that say which designs go first.
        augment: What happens to pictures in training; None for mirrored ones in colour and
            shifted ones in grey.
        resolution: Share of a picture's sides that designs see while they are searched; None for
            all of it, and for half where a supernet learns.
        limits: Name as in `LIMITS` to the most allowed.
        one_shot: How designs share weights, as in `netwright.paradigms.nas.oneshot.ONE_SHOT`; empty
            where each is trained alone.
        settings: What was said of how the supernet learns, as in `SETTINGS`.
        recipe: What of the training differs from the usual; a supernet's, not asked for.
        further: Targets beside `fit.target` that the same net learns.
        regime: The way of learning under which designs are searched.
    """

    fit: FitOptions
    space: NetSpaceName
    epochs: int | None = None
    objectives: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    augment: str | None = None
    resolution: float | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    one_shot: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    further: tuple[str, ...] = ()
    regime: Regime = field(default_factory=Plain)

    def __post_init__(self) -> None:
        if self.epochs is not None and self.epochs < 1:
            raise BudgetError(f"A design is trained for at least one epoch. Got {self.epochs}.")
        if self.augment is not None and self.augment not in AUGMENTATIONS:
            raise unknown_name("augmentation", self.augment, AUGMENTATIONS)
        if self.resolution is not None and not 0 < self.resolution <= 1:
            raise ConfigError(
                "A resolution is a share of the picture's sides, above 0 and at most 1. Got "
                f"{self.resolution}."
            )
        for name, value in self.limits.items():
            if value <= 0:
                raise ConfigError(f"The limit {name} must be positive. Got {value}.")

    @property
    def targets(self) -> tuple[str, ...]:
        """Columns to predict, mostly one."""
        return (self.fit.target, *self.further)

    def wishes(self) -> Wishes:
        """What was said about the task; classes of pictures are judged by accuracy."""
        limits = Constraints(**{name: self.limits.get(name) for name in LIMITS})
        preferred = dict.fromkeys(CLASSIFICATION, "accuracy")
        return replace(self.fit.wishes(), constraints=limits, preferred=preferred)

    def judged(self, task: Task) -> list[tuple[str, str]]:
        """Name and direction of every objective; of designs for devices, the latency beside the
        metric.

        Raises:
            UnknownName: One is neither a metric of the task nor a cost.
        """
        directions = {name: metric.direction() for name, metric in task.metrics.items()}
        directions |= dict.fromkeys(COSTS, "minimize")
        usual = (task.metric.name, LATENCY) if self.deploys else (task.metric.name,)
        wanted = self.objectives or usual
        for name in wanted:
            if name not in directions:
                raise unknown_name("objective", name, directions)
        if wanted[0] in COSTS:
            raise ConfigError(
                f"The first objective is a metric, such as {task.metric.name!r}. "
                f"Got {wanted[0]!r}; name the costs after it."
            )
        return [(name, directions[name]) for name in wanted]

    def measures_latency(self, task: Task) -> bool:
        """Whether a design's latency must be known."""
        if self.deploys:
            return True
        return LATENCY in dict(self.judged(task)) or "max_latency_ms" in self.limits

    @property
    def deploys(self) -> bool:
        """Whether designs are used with the weights of a supernet as they are."""
        return bool(self.one_shot) and get_one_shot(self.one_shot).deploys

    def training(self, task: Task) -> dict[str, Any]:
        """How every design is trained."""
        coloured = task.input_shape[0] == 3
        usual = {"epochs": self.epochs or USUAL_EPOCHS, "augment": "flip" if coloured else "shift"}
        said = {} if self.augment is None else {"augment": self.augment}
        return {**usual, **self.recipe, **said}

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict."""
        return {
            "fit": self.fit.to_json(),
            "space": self.space.name,
            "arguments": dict(self.space.arguments),
            "epochs": self.epochs,
            "objectives": list(self.objectives),
            "proxies": list(self.proxies),
            "augment": self.augment,
            "resolution": self.resolution,
            "limits": dict(self.limits),
            "one_shot": self.one_shot,
            "settings": dict(self.settings),
            "recipe": dict(self.recipe),
            "further": list(self.further),
            "regime": self.regime.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SearchOptions:
        """Reads what `to_json` wrote."""
        return cls(
            fit=FitOptions.from_json(data["fit"]),
            space=NetSpaceName(data["space"], data["arguments"]),
            epochs=data["epochs"],
            objectives=tuple(data["objectives"]),
            proxies=tuple(data["proxies"]),
            augment=data["augment"],
            resolution=data.get("resolution"),
            limits=data["limits"],
            one_shot=data.get("one_shot", ""),
            settings=data.get("settings", {}),
            recipe=data.get("recipe", {}),
            further=tuple(data.get("further", ())),
            regime=read_regime(data.get("regime", {"name": "plain"})),
        )


def make_search_options(**said: Any) -> SearchOptions:
    """Options from what a person said: `space="nasbench201"`, `time="20m"`, `max_params_m=1`, ...

    Whatever is not a search's own goes to `make_options`; the strategy is `auto` and the metric of
    classes is accuracy unless said otherwise.

    Raises:
        UserError: A value cannot be understood.
    """
    told = {name: value for name, value in said.items() if value is not None}
    space = told.pop("space", "resnet")
    arguments = told.pop("arguments", {})
    limits = {name: float(told.pop(name)) for name in LIMITS if name in told}
    own: dict[str, Any] = {name: told.pop(name) for name in OWN if name in told}
    for name in ("objectives", "proxies"):
        own[name] = _listed(told.pop(name, ()))
    if "targets" in told:
        told["target"], *further = _targets(told)
        own["further"] = tuple(further)
    settings = {name: told.pop(name) for name in SETTINGS if name in told}
    if told.get("strategy") in names("one_shot", ONE_SHOT):
        own["one_shot"] = told.pop("strategy")
        own["settings"] = dict(get_one_shot(own["one_shot"], settings).settings)
        own.setdefault("epochs", CHOSEN_EPOCHS)
    elif settings:
        raise ConfigError(
            f"Only a strategy whose supernet learns to choose has a {next(iter(settings))}, such "
            "as darts; leave it out, or name such a strategy."
        )
    fit = make_options(**{"strategy": "auto", "pruner": "none", **told})
    return SearchOptions(fit, NetSpaceName(space, arguments), limits=limits, **own)


def _targets(told: dict[str, Any]) -> tuple[str, ...]:
    names = _listed(told.pop("targets"))
    if "target" in told:
        raise ConfigError("Name --target or --targets, not both; one net learns all of --targets.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None or not all(names) or not names:
        raise ConfigError(
            f"Targets are different columns, such as a,b. Got {','.join(names)!r}; name each once."
        )
    return names


def _listed(value: str | Sequence[str]) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    return tuple(name.strip() for name in names)
