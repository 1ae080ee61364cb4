"""Everything a person may ask of a fit, in one place; a recipe file holds the same names."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from netwright.core.budget import Budget, parse_bytes, parse_seconds
from netwright.core.errors import BudgetError, ConfigError, unknown_name
from netwright.core.registry import importable_name
from netwright.core.task import Constraints
from netwright.data.prepare import Wishes

LEVELS = ("manual", "hpo", "select", "architecture", "full")
DEFAULT_SECONDS = 600.0


@dataclass(frozen=True)
class FitOptions:
    """What was asked for. Stands in `run.json`, so that a run can be resumed as it was meant.

    Attributes:
        target: Target column.
        test: Path of a test table, None for none.
        kind, positive, metric, weight, group, time_column: See `netwright.data.prepare.Wishes`.
        schema: Column types that overrule what is found.
        keep_ids: Whether columns that seem to name rows only are inputs all the same.
        seconds: Wall time; None with `trials` given means no clock at all.
        trials: Number of trials, None for as many as fit.
        level: How much is automatic: `manual`, `hpo`, `select`, `architecture`, `full`.
        config: A configuration: all of it for `manual`, else values that are fixed.
        learners: Names of the learners to choose from, empty for all that are installed.
        strategy: Name of the strategy, or `package:Class`.
        pruner: Name of what stops hopeless trials early, or `package:Class`.
        engine: `processes`, `inline` or `ray`.
        address: Of a running Ray cluster, None to start Ray here.
        workers: Number of workers, None to use every core.
        threads: Threads a worker.
        seed: Everything random derives from it.
        device: `auto`, `cpu`, `cuda`, ...
        memory_bytes: Most memory of all workers together, None for most of the machine.
        storage: Optuna storage URL, None for a journal file in the run folder.
        max_latency_ms, max_size_mb: Limits on the finished model.
        explain: Whether to draw what the model looks at and write the report page.
    """

    target: str
    test: str | None = None
    kind: str | None = None
    positive: str | None = None
    metric: str | None = None
    weight: str | None = None
    group: str | None = None
    time_column: str | None = None
    schema: dict[str, Any] | None = None
    keep_ids: bool = False
    seconds: float | None = None
    trials: int | None = None
    level: str = "full"
    config: dict[str, Any] | None = None
    learners: tuple[str, ...] = ()
    strategy: str = "tpe"
    pruner: str = "percentile"
    engine: str = "processes"
    address: str | None = None
    workers: int | None = None
    threads: int = 1
    seed: int = 0
    device: str = "auto"
    memory_bytes: int | None = None
    storage: str | None = None
    max_latency_ms: float | None = None
    max_size_mb: float | None = None
    explain: bool = True

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise unknown_name("level", self.level, LEVELS)
        if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", self.device):
            raise ConfigError(
                f"A device is auto, cpu, cuda, cuda:1 or mps. Got {self.device!r} instead."
            )
        for name in ("workers", "threads"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise BudgetError(f"The number of {name} must be at least 1. Got {value}.")
        for name in ("max_latency_ms", "max_size_mb"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ConfigError(f"The limit {name} must be positive. Got {value}.")
        Budget(self.seconds, self.trials)

    def wishes(self) -> Wishes:
        """What was said about the task."""
        limits = Constraints(self.max_latency_ms, self.max_size_mb)
        return Wishes(
            kind=self.kind,
            positive=self.positive,
            metric=self.metric,
            weight=self.weight,
            group=self.group,
            time=self.time_column,
            schema=self.schema,
            keep_ids=self.keep_ids,
            constraints=limits,
        )

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FitOptions:
        """Reads what `to_json` wrote."""
        known = {field.name for field in fields(cls)}
        told = {name: value for name, value in data.items() if name in known}
        return cls(**{**told, "learners": tuple(told.get("learners") or ())})


def make_options(**said: Any) -> FitOptions:
    """Options from what a person said: `time="10m"`, `memory="4GB"`, a recipe file underneath.

    Whatever is said outright overrules the recipe file. Without a time and without trials the
    time is ten minutes.

    Raises:
        UserError: A value cannot be understood.
    """
    recipe = said.pop("recipe", None)
    told = {name: value for name, value in said.items() if value is not None}
    merged = {**(read_mapping(recipe, "recipe") if recipe else {}), **told}
    if "time" in merged:
        merged["seconds"] = parse_seconds(merged.pop("time"))
    if "memory" in merged:
        merged["memory_bytes"] = parse_bytes(merged.pop("memory"))
    for name in ("config", "schema"):
        if isinstance(merged.get(name), (str, Path)):
            merged[name] = read_mapping(merged[name], name)
    if isinstance(merged.get("learners"), str):
        merged["learners"] = merged["learners"].split(",")
    merged["learners"] = tuple(name.strip() for name in merged.get("learners", ()))
    if "seconds" not in merged and "trials" not in merged:
        merged["seconds"] = DEFAULT_SECONDS
    _check_names(merged)
    known = [field.name for field in fields(FitOptions)]
    for name in merged:
        if name not in known:
            raise unknown_name("option", name, [*known, "time", "memory"])
    if "target" not in merged:
        raise ConfigError("A fit needs a target; name the column with --target.")
    try:
        return FitOptions(**merged)
    except TypeError as error:
        raise ConfigError(f"An option has a value of the wrong kind: {error}.") from error


def _check_names(merged: dict[str, Any]) -> None:
    """Takes a function for a metric by its name, and refuses what should be a name and is none.

    Raises:
        ConfigError: An array where a column's name is wanted, or a function without a name.
    """
    if callable(merged.get("metric")):
        merged["metric"] = importable_name(merged["metric"])
    for name in ("metric", "weight", "group", "time_column"):
        if not isinstance(merged.get(name, ""), str):
            kind = type(merged[name]).__name__
            raise ConfigError(f"The option {name!r} takes a name. Got a {kind}; name one.")


def read_mapping(path: str | Path, what: str) -> dict[str, Any]:
    """Reads a JSON or YAML file that holds one mapping.

    Raises:
        ConfigError: It is missing, or holds something else.
    """
    import yaml

    try:
        loaded = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"There is no {what} file {str(path)!r}; check the path.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"The {what} file {str(path)!r} is not YAML or JSON.") from error
    if not isinstance(loaded, dict):
        raise ConfigError(f"The {what} file {str(path)!r} must hold names and values.")
    return loaded
