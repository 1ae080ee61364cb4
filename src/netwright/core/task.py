"""What is to be solved: typed columns, targets, a metric, limits, a way to split.

`Task` is the atom of every regime: few-shot learning has sets of tasks, continual learning a
stream of them, federated learning many apart. A task is frozen; `with_data` makes another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from netwright.core.decision import Decision, with_decision
from netwright.core.errors import ConfigError
from netwright.core.metric import Metric
from netwright.core.skill import joint_metrics, joint_skill
from netwright.core.target import Kind, Target, parts_of

ColumnType = Literal["number", "category", "date", "text", "image", "id", "constant"]

COLUMN_TYPES: tuple[ColumnType, ...] = (
    "number",
    "category",
    "date",
    "text",
    "image",
    "id",
    "constant",
)


@dataclass(frozen=True)
class Column:
    """One input column and what was found out about it.

    Attributes:
        name: As in the file.
        type: `number`, `category`, `date`, `text`, `image`, or not an input: `id`, `constant`.
        format: How a date is written (`strptime` style), None for ISO; how numbers are written,
            such as `#.###,#` (see `netwright.data.numerals`), None for plainly.
        optional: Whether a table without this column can still be predicted, because values
            were missing in training too.
        dropped: Why the column is not used, None when it is.
        categories: Known values of a category, most frequent first; empty for other types.
        shape: Of one cell of an image column, (channels, height, width); empty for other types.
        reading: What values mean beyond their type: `boolean` (true, yes and 1 are one value) or
            `duration` (numbers are seconds); None for nothing more.
        missing: Share of the training rows whose value was missing.
        brightest: Of an image column, the value of white: 255, 1023, 4095, 65535, or 1.0 for
            floats; None for values that are taken as they are.
    """

    name: str
    type: ColumnType
    format: str | None = None
    optional: bool = False
    dropped: str | None = None
    categories: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    reading: Literal["boolean", "duration"] | None = None
    missing: float = 0.0
    brightest: float | None = None

    @property
    def used(self) -> bool:
        """Whether models see this column."""
        return self.dropped is None and self.type not in ("id", "constant")


@dataclass(frozen=True)
class Schema:
    """The input columns of a table, in the file's order."""

    columns: tuple[Column, ...]

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        return self._named[name]

    @cached_property
    def _named(self) -> dict[str, Column]:
        """Tables of ten thousand columns are looked into often."""
        return {column.name: column for column in self.columns}

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns models see."""
        return tuple(column for column in self.columns if column.used)

    def of_type(self, *types: ColumnType) -> list[str]:
        """Names of the used columns of some types."""
        return [column.name for column in self.used if column.type in types]

    def to_json(self) -> list[dict[str, Any]]:
        """A JSON-able list of columns."""
        return [
            vars(column) | {"categories": list(column.categories), "shape": list(column.shape)}
            for column in self.columns
        ]

    @classmethod
    def from_json(cls, data: list[dict[str, Any]]) -> Schema:
        """Reads what `to_json` wrote."""
        return cls(
            tuple(
                Column(
                    **{
                        **column,
                        "categories": tuple(column.get("categories", ())),
                        "shape": tuple(column.get("shape", ())),
                    }
                )
                for column in data
            )
        )


@dataclass(frozen=True)
class Constraints:
    """Limits on the finished model.

    Attributes:
        max_latency_ms: Milliseconds to predict one row on this machine.
        max_size_mb: Megabytes of the predictor folder.
        max_params_m: Million parameters of a net.
        max_flops_g: Billion multiply-adds of a net for one input.
        max_memory_mb: Megabytes of a net's activations and weights for one input, at the peak.
    """

    max_latency_ms: float | None = None
    max_size_mb: float | None = None
    max_params_m: float | None = None
    max_flops_g: float | None = None
    max_memory_mb: float | None = None

    def __bool__(self) -> bool:
        return any(value is not None for value in asdict(self).values())

    def over(self, costs: Mapping[str, float]) -> dict[str, float]:
        """How far each cost is over its limit, as a share of the limit.

        Args:
            costs: By the names of the limits, less `max_`; those without a limit are left out.

        Returns:
            Name to share: 0.5 is half as much again as allowed, zero or less keeps the limit.
        """
        limits = asdict(self)
        return {
            name: cost / limits[f"max_{name}"] - 1
            for name, cost in costs.items()
            if limits.get(f"max_{name}") is not None
        }

    def broken(self, costs: Mapping[str, float]) -> list[str]:
        """The limits that costs break, each in a few words."""
        limits = asdict(self)
        return [
            f"{name} is {costs[name]:.3g}, allowed are {limits[f'max_{name}']:g}"
            for name, share in self.over(costs).items()
            if share > 0
        ]


@dataclass(frozen=True)
class Split:
    """How rows are held back for judging.

    Attributes:
        kind: `random` (stratified for classes), `group` (a group never straddles), or `time`
            (judged on later rows than trained on).
        column: The column that tells the group or the time.
        folds: Number of folds; 1 is a single hold-out.
    """

    kind: Literal["random", "group", "time"] = "random"
    column: str | None = None
    folds: int = 5


@dataclass(frozen=True)
class Task:
    """A problem statement, with the rows to learn from.

    What is said of the target is said of the first one, where there are several.

    Attributes:
        name: What the task is called in logs and reports.
        kind: `binary`, `multiclass` or `regression`.
        target: Name of the target column.
        schema: The input columns.
        metric_name: The metric that decides.
        classes: Class labels as in the file, sorted; empty for regression.
        constraints: Limits on the finished model.
        split: How rows are held back for judging.
        weight: Column of row weights, None for equal ones.
        further: Targets beside the first one, learned by the same model.
        target_format: How the target's numbers are written, see `Column`; None for plainly.
        data: The rows (a `netwright.data.table.Table`), or None for the statement alone.
    """

    name: str
    kind: Kind
    target: str
    schema: Schema
    metric_name: str
    classes: tuple[Any, ...] = ()
    constraints: Constraints = field(default_factory=Constraints)
    split: Split = field(default_factory=Split)
    weight: str | None = None
    further: tuple[Target, ...] = ()
    target_format: str | None = None
    data: Any = field(default=None, compare=False, repr=False)

    @property
    def targets(self) -> tuple[Target, ...]:
        """All that is to be predicted, mostly one."""
        first = Target(self.target, self.kind, self.metric_name, self.classes, self.target_format)
        return (first, *self.further)

    @property
    def parts(self) -> tuple[slice, ...]:
        """The columns of a prediction that belong to each target."""
        return parts_of(self.targets)

    @cached_property
    def metric(self) -> Metric:
        """The metric that decides: the target's own, or the skill of several."""
        return joint_skill(self.targets) if self.further else self.targets[0].metric

    @property
    def metrics(self) -> dict[str, Metric]:
        """Every metric by its name, the one that decides among them."""
        found = joint_metrics(self.targets) if self.further else self.targets[0].metrics
        return {metric.name: metric for metric in found}

    def scores(
        self, truth: Any, predicted: Any, weight: Any = None, decision: Decision = ()
    ) -> dict[str, float]:
        """Every metric, in natural sign.

        Args:
            truth: Class codes (n,), or numbers (n,); several targets side by side.
            predicted: Probabilities (n, classes), or numbers (n,).
            weight: (n,) or None.
            decision: How labels are made of probabilities, see `netwright.core.decision`.
        """
        judges = {name: with_decision(one, decision) for name, one in self.metrics.items()}
        return {name: one.score(truth, predicted, weight) for name, one in judges.items()}

    @property
    def outputs(self) -> int:
        """Width of a prediction: for each target the number of classes, or 1 for regression."""
        return sum(target.width for target in self.targets)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input of a net: (channels, height, width) of the only image column.

        Raises:
            ConfigError: There is no image column, or more than one.
        """
        shapes = [column.shape for column in self.schema.used if column.type == "image"]
        if len(shapes) != 1:
            raise ConfigError(
                f"This needs data with one column of images. The task {self.name!r} has "
                f"{len(shapes)}."
            )
        return shapes[0]

    def with_data(self, data: Any) -> Task:
        """The same statement over other rows."""
        return replace(self, data=data)

    def to_json(self) -> dict[str, Any]:
        """The statement without its rows."""
        return {
            "name": self.name,
            "kind": self.kind,
            "target": self.target,
            "schema": self.schema.to_json(),
            "metric_name": self.metric_name,
            "classes": list(self.classes),
            "constraints": asdict(self.constraints),
            "split": asdict(self.split),
            "weight": self.weight,
            "further": [target.to_json() for target in self.further],
            "target_format": self.target_format,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Task:
        """Reads what `to_json` wrote."""
        return cls(
            **{
                **data,
                "schema": Schema.from_json(data["schema"]),
                "classes": tuple(data["classes"]),
                "constraints": Constraints(**data["constraints"]),
                "split": Split(**data["split"]),
                "further": tuple(map(Target.from_json, data.get("further", ()))),
            }
        )
