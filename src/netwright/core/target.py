"""What is to be predicted: a column, its kind, its classes, and the metric that judges it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any, Literal

from netwright.core.metric import Metric, get_metric, metrics_of

Kind = Literal["binary", "multiclass", "regression"]

KINDS: tuple[Kind, ...] = ("binary", "multiclass", "regression")


@dataclass(frozen=True)
class Target:
    """One column to predict. A task has one, or several that share a model.

    Attributes:
        name: Of the column.
        kind: `binary`, `multiclass` or `regression`.
        metric_name: The metric that decides.
        classes: Class labels as in the file, sorted; empty for regression.
        format: How its numbers are written, see `netwright.core.task.Column`; None for plainly.
    """

    name: str
    kind: Kind
    metric_name: str
    classes: tuple[Any, ...] = ()
    format: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r}"

    @property
    def width(self) -> int:
        """Columns of its prediction: the number of classes, or 1 for regression."""
        return len(self.classes) or 1

    @property
    def metric(self) -> Metric:
        """The metric that decides."""
        return get_metric(self.metric_name, self.kind, self.classes)

    @property
    def metrics(self) -> list[Metric]:
        """Every metric of the kind, and the one that decides."""
        found = {metric.name: metric for metric in metrics_of(self.kind)}
        found.setdefault(self.metric.name, self.metric)
        return list(found.values())

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict."""
        return asdict(self) | {"classes": list(self.classes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Target:
        """Reads what `to_json` wrote."""
        return cls(**{**data, "classes": tuple(data["classes"])})


def parts_of(targets: Sequence[Target]) -> tuple[slice, ...]:
    """The columns of each target where predictions of all stand side by side."""
    ends = accumulate(target.width for target in targets)
    return tuple(slice(end - one.width, end) for end, one in zip(ends, targets, strict=True))
