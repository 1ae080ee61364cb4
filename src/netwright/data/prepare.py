"""From a file to a task: read, find the target, type the columns, clean, keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.audit import Audit
from netwright.core.errors import ConfigError, DataError, unknown_name
from netwright.core.metric import get_metric, is_known_metric
from netwright.core.target import KINDS, Kind, Target
from netwright.core.task import Column, Constraints, Schema, Split, Task
from netwright.data.cleaning import warn_of_leaks, weighed
from netwright.data.column_types import Surroundings, date_format, guess_type
from netwright.data.dtypes import float_columns, plain
from netwright.data.ids import OrderTest
from netwright.data.readers import read
from netwright.data.schema import infer_schema, typed
from netwright.data.table import Table
from netwright.data.target import (
    encode_targets,
    find_classes,
    infer_kind,
    is_known,
    take_targets,
    target_format,
    with_positive,
)
from netwright.data.values import (
    WHOLE,
    as_dates,
    as_numbers,
    as_strings,
    group_codes,
    is_textual,
)

LARGEST = float(np.finfo(np.float32).max)
"""Single precision holds nothing beyond."""
TYPED_FILES = (".npz", ".parquet", ".pq", ".arrow", ".feather", ".xlsx", ".xls")
"""Files that tell floats from whole numbers."""


@dataclass(frozen=True)
class Wishes:
    """What a person said about a task beyond its data and target.

    Attributes:
        kind: Kind of task, None to find out.
        positive: Of two classes the one that F1, precision and the like are about, None for the
            second in order.
        metric: Name of the metric, None for the kind's default.
        preferred: Kind to the metric that is its default here.
        weight: Column of row weights.
        group: Column whose values never straddle a split.
        time: Column by whose order rows are split.
        schema: Column name to type, overriding what is found.
        keep_ids: Whether columns that seem to name rows only are inputs all the same.
        constraints: Limits on the finished model.
    """

    kind: str | None = None
    positive: str | None = None
    metric: str | None = None
    preferred: Mapping[str, str] = field(default_factory=dict)
    weight: str | None = None
    group: str | None = None
    time: str | None = None
    schema: Mapping[str, Any] | None = None
    keep_ids: bool = False
    constraints: Constraints = field(default_factory=Constraints)


def prepare(source: Any, target: str | Sequence[str], wishes: Wishes, audit: Audit) -> Task:
    """Makes a task, with its rows, from whatever a person brings.

    Args:
        source: See `netwright.data.readers.read`.
        target: The column to predict, or several for one model.
        wishes: What else was said.
        audit: Is told what was found out.

    Raises:
        UserError: Anything about the data or the wishes that cannot work.
    """
    if wishes.kind is not None and wishes.kind not in KINDS:
        raise unknown_name("kind", wishes.kind, KINDS)
    if wishes.group and wishes.time:
        raise ConfigError("A split goes by group or by time, not both; drop one of the two.")
    raw = read(source, audit)
    names = [target] if isinstance(target, str) else target
    frame, columns = take_targets(raw, names, audit)
    columns = [_as_written(column, raw[column.name], source) for column in columns]
    targets = _targets(columns, wishes, audit)
    encoded = encode_targets(columns, targets)
    frame, extras, apart = _take_apart(frame, wishes)
    around = Surroundings(order_test=_order_test(encoded, targets), keep_ids=wishes.keep_ids)
    schema = infer_schema(frame, audit, _only(wishes.schema, frame, apart), around)
    if not schema.used:
        raise DataError(
            "No column is left to learn from: each is constant, empty or an id; add columns, or "
            "set their types in a schema file."
        )
    features = typed(frame, schema).reset_index(drop=True)
    _tell_extremes(frame, features, schema, audit)
    table = weighed(Table(features, encoded, **extras), schema, audit)
    _check_classes_weigh(table, targets)
    warn_of_leaks(table, schema, [target.kind for target in targets], audit)
    split = Split("group", wishes.group) if wishes.group else Split()
    split = Split("time", wishes.time) if wishes.time else split
    first, *further = targets
    return Task(
        name=name_of(source),
        kind=first.kind,
        target=first.name,
        schema=Schema((*schema.columns, *apart)),
        metric_name=first.metric_name,
        classes=first.classes,
        constraints=wishes.constraints,
        split=split,
        weight=wishes.weight,
        further=tuple(further),
        target_format=first.format,
        data=table,
    )


def _check_classes_weigh(table: Table, targets: Sequence[Target]) -> None:
    """Refuses a target of which rows with a weight have one class only."""
    (first, *further) = targets
    codes = np.unique(np.asarray(table.target))
    if first.classes and not further and len(codes) < 2:
        label = first.classes[int(codes[0])] if len(codes) else None
        raise DataError(
            f"A target needs two classes. Of rows that weigh anything {first.name!r} has only "
            f"{label!r}; mend the weights."
        )


def name_of(source: Any) -> str:
    """What data is called: its file's name without endings."""
    return Path(source).stem.split(".")[0] if isinstance(source, (str, Path)) else "frame"


def _targets(columns: Sequence[pd.Series], wishes: Wishes, audit: Audit) -> list[Target]:
    """What is known of each target column, by the rows that have it."""
    kinds = [_kind(column[is_known(column)], wishes, audit) for column in columns]
    mixed = len({kind == "regression" for kind, _ in kinds}) > 1
    if mixed and wishes.metric and is_known_metric(wishes.metric):
        raise ConfigError(
            f"No metric judges classes and numbers alike, and the targets have both. Got "
            f"{wishes.metric!r}; leave it out, each target has its own."
        )
    targets = []
    for column, (kind, classes) in zip(columns, kinds, strict=True):
        wanted = wishes.metric or wishes.preferred.get(kind)
        metric = get_metric(wanted, kind, classes)
        unsaid = wishes.positive is None and not set(classes) <= {0, 1}
        if metric.of_second_class and kind == "binary" and unsaid:
            said = f"{metric.name} is about the class {classes[1]!r}; --positive names another."
            audit.say("target", said, note=True)
        format = target_format(column[is_known(column)], kind)
        if format is not None:
            said = f"The target {column.name!r} holds numbers written {format}."
            audit.say("target", said, note=True)
        targets.append(Target(str(column.name), kind, metric.name, classes, format))
    return targets


def _as_written(column: pd.Series, whole: pd.Series, source: Any) -> pd.Series:
    """Whole numbers that a text file's gaps had made floats, as whole numbers again."""
    from_text = isinstance(source, (str, Path)) and Path(source).suffix.lower() not in TYPED_FILES
    if not from_text or column.dtype.kind != "f" or not whole.isna().any():
        return column
    present = column.dropna()
    fine = bool((present % 1 == 0).all()) and float(present.abs().max()) < WHOLE
    return column.astype("Int64") if fine else column


def _order_test(encoded: np.ndarray, targets: Sequence[Target]) -> OrderTest:
    """Asks of every target whether a column's order says something of it."""
    columns = encoded.reshape(len(encoded), -1).T.astype(np.float64)
    return OrderTest(
        [
            (~np.isnan(values), values, target.kind)
            for values, target in zip(columns, targets, strict=True)
        ]
    )


def _kind(column: pd.Series, wishes: Wishes, audit: Audit) -> tuple[Kind, tuple[Any, ...]]:
    kind: Kind
    if wishes.kind:
        kind, why = wishes.kind, "as told"  # type: ignore[assignment]
    else:
        kind, went_by = infer_kind(column)
        why = f"judging by its values: {went_by}"
    told = wishes.kind is not None or isinstance(column.dtype, pd.CategoricalDtype)
    classes = find_classes(column, kind, told)
    if wishes.positive is not None:
        classes = with_positive(classes, str(wishes.positive), str(column.name))
    if kind == "multiclass" and len(classes) == 2:
        kind = "binary"
    counted = f" ({len(classes)} classes)" if classes else ""
    said = f"The target {column.name!r} is {kind}{counted}, {why}."
    audit.say("target", said, kind=kind, note=not wishes.kind)
    if classes:
        counts = as_strings(column).value_counts()
        rare = [str(label) for label, count in counts.items() if count < 5]
        if rare:
            audit.say(
                "target",
                f"{len(rare)} classes have fewer than 5 rows ({', '.join(rare[:5])}); "
                "they are kept, but hardly learnable.",
                note=True,
            )
    return kind, classes


def _take_apart(
    frame: pd.DataFrame, wishes: Wishes
) -> tuple[pd.DataFrame, dict[str, Any], list[Column]]:
    """Splits weight and group columns off; a time column stays an input too."""
    for name in (wishes.weight, wishes.group, wishes.time):
        if name is not None and name not in frame.columns:
            raise unknown_name("column", name, map(str, frame.columns))
    extras: dict[str, Any] = {}
    apart: list[Column] = []
    if wishes.weight:
        extras["weight"] = weights_of(frame[wishes.weight])
        apart.append(Column(wishes.weight, "number", optional=True, dropped="it weighs the rows"))
    if wishes.group:
        extras["group"] = group_codes(frame[wishes.group])
        apart.append(Column(wishes.group, "category", optional=True, dropped="it groups the rows"))
    if wishes.time:
        extras["time"] = _times(frame[wishes.time])
    return frame.drop(columns=[column.name for column in apart]), extras, apart


def weights_of(column: pd.Series) -> np.ndarray:
    """Row weights.

    Raises:
        DataError: They are not numbers of at least zero, or all zero.
    """
    weights = as_numbers(column)
    if np.isnan(weights).any() or (weights < 0).any() or weights.sum() == 0:
        raise DataError(
            f"Weights are numbers of at least zero, not all zero. Column {column.name!r} has "
            "others; mend it or drop --weight."
        )
    return np.asarray(weights)


def _times(column: pd.Series) -> np.ndarray:
    """Moments (rows,), of whatever unit, that can be put in order."""
    column = plain(column)
    format = date_format(as_strings(column).dropna()) if is_textual(column) else None
    if format is not None or pd.api.types.is_datetime64_any_dtype(column.dtype):
        stamps = as_dates(column, format)
        if stamps.isna().any():
            raise DataError(f"The time column {column.name!r} has missing values; fill them.")
        return stamps.astype("int64").to_numpy().astype(np.float64)
    guess = guess_type(column, as_strings(column) if is_textual(column) else None, Surroundings())
    numbers = as_numbers(column, guess.format, guess.reading)
    if np.isnan(numbers).any():
        raise DataError(
            f"The time column {column.name!r} must hold dates or numbers in every row; mend it, "
            "or name another."
        )
    return np.asarray(numbers)


def _only(
    overrides: Mapping[str, Any] | None, frame: pd.DataFrame, apart: list[Column]
) -> dict[str, Any]:
    taken = {column.name for column in apart}
    return {name: value for name, value in (overrides or {}).items() if name not in taken}


def _tell_extremes(
    frame: pd.DataFrame, features: pd.DataFrame, schema: Schema, audit: Audit
) -> None:
    """Says which columns hold infinite values, and which are too large for single precision."""
    floats = frame[float_columns(frame[[*schema.of_type("number")]])]
    for name in floats.columns[np.isinf(floats.to_numpy()).any(axis=0)]:
        audit.say("schema", f"Infinite values in {name!r} count as missing.", note=True)
    numbers = features[[*schema.of_type("number")]]
    large = (np.abs(numbers.to_numpy(dtype=np.float64)) > LARGEST).any(axis=0)
    for name in numbers.columns[large]:
        said = f"Values in {name!r} beyond {LARGEST:.2g} count as that."
        audit.say("schema", said, note=True)


def with_folds(task: Task, folds: int) -> Task:
    """The same task, judged over another number of folds."""
    return replace(task, split=replace(task.split, folds=folds))


def pictures_alone(task: Task, audit: Audit) -> Task:
    """The task with its pictures as the only input; the audit is told of what that leaves out.

    Raises:
        ConfigError: There is no column of pictures, or more than one.
    """
    task.input_shape  # noqa: B018 - refuses them
    others = [column.name for column in task.schema.used if column.type != "image"]
    if not others:
        return task
    told = f"Nets of pictures see pictures alone; not used: {', '.join(map(repr, others))}."
    audit.say("schema", told, note=True)
    columns = [
        replace(column, dropped="nets of pictures do not see it")
        if column.name in others
        else column
        for column in task.schema
    ]
    return replace(task, schema=Schema(tuple(columns)))
