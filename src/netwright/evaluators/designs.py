"""Reads tables of designs: what each row is, what is left out, what is joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.audit import Audit
from netwright.core.config import Config
from netwright.core.domains import Categorical, Domain, Ordinal
from netwright.core.errors import ConfigError, DataError
from netwright.core.space import Parameters, Space
from netwright.data.readers import read
from netwright.evaluators.columns import Columns, known_column, numbers, without_blanks
from netwright.evaluators.table import DesignTable
from netwright.evaluators.tabulated import Tabulated
from netwright.spaces import get_space


def read_table(
    source: Any,
    columns: Columns,
    *,
    space: str | Space | None = None,
    arch: str | None = None,
    parameters: Sequence[str] = (),
    audit: Audit | None = None,
) -> DesignTable:
    """Reads a table of designs.

    Args:
        source: A path (CSV, Parquet, ...; gzipped too) or a DataFrame.
        columns: What each column means.
        space: The space that reads the text of `arch`, by name or itself.
        arch: The column of that text.
        parameters: Instead of both, columns that are a parameter each: text and booleans become
            categories, numbers an order.
        audit: Is told what was left out and joined.

    Raises:
        DataError: The table cannot be read, or no row is left.
        ConfigError: The options do not fit the table, or a column does not exist.
    """
    if bool(parameters) == bool(arch) or bool(arch) != bool(space):
        raise ConfigError(
            "A design is one text column and the space that reads it (--arch with --space), or "
            f"columns (--parameters). Got space {space!r}, arch {arch!r}, "
            f"parameters {list(parameters)!r}."
        )
    audit = audit or Audit()
    frame = read(source, audit)
    text = [known_column(frame, name) for name in (parameters or [str(arch)])]
    named = numbers(frame, dict.fromkeys([*columns.needed, *_cheap_names(columns)]))
    designs = pd.DataFrame({name: without_blanks(frame[name]) for name in text})
    complete = designs.notna().all(axis=1) & named[columns.needed].notna().all(axis=1)
    if not complete.any():
        raise DataError(f"No row has a design and a number in each of {columns.needed}.")
    if not complete.all():
        said = f"Left out {int((~complete).sum())} of {len(frame)} rows that lack a value."
        audit.say("table", said)
    designs, named = designs[complete], named[complete]
    found: Space = _space_of(designs) if parameters else get_space(space)  # type: ignore[arg-type]
    configs = _from_columns(designs) if parameters else _from_text(designs[text[0]], found)
    return _joined(found, columns, configs, named, audit)


def _cheap_names(columns: Columns) -> list[str]:
    return [name.removeprefix("-") for name in columns.cheap]


def _space_of(designs: pd.DataFrame) -> Parameters:
    return Parameters({str(name): _domain(_scalars(designs[name])) for name in designs})


def _domain(values: list[Any]) -> Domain:
    ordered = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
    distinct = tuple(sorted(set(values)))
    return Ordinal(distinct) if ordered else Categorical(distinct)


def _scalars(column: pd.Series[Any]) -> list[Any]:
    """Plain Python values; whole numbers are integers though a blank made the column real."""
    if pd.api.types.is_bool_dtype(column):
        return column.astype(bool).tolist()
    if not pd.api.types.is_numeric_dtype(column):
        kinds = {type(value) for value in column}
        return column.tolist() if kinds == {bool} else column.astype(str).tolist()
    whole = np.isfinite(column).all() and (column % 1 == 0).all()
    return (column.astype(int) if whole else column.astype(float)).tolist()


def _from_columns(designs: pd.DataFrame) -> list[Config]:
    names = [str(name) for name in designs]
    rows = zip(*(_scalars(designs[name]) for name in designs), strict=True)
    return [Config(dict(zip(names, row, strict=True))) for row in rows]


def _from_text(column: pd.Series[Any], space: Space) -> list[Config]:
    reader = getattr(space, "from_text", None)
    if reader is None:
        raise ConfigError(
            f"The space {type(space).__name__} reads no text (it has no from_text); "
            "name the columns of a design with --parameters."
        )
    configs = []
    for row, text in column.items():
        try:
            configs.append(Config(reader(str(text))))
        except Exception as error:  # a person's own from_text may raise anything
            raise DataError(f"Row {row} of column {column.name!r} is no design: {error}") from error
    return configs


def _joined(
    space: Space, columns: Columns, configs: list[Config], named: pd.DataFrame, audit: Audit
) -> DesignTable:
    """One row a design; the rows of one design give their mean."""
    places: dict[Config, int] = {}
    group = [places.setdefault(config, len(places)) for config in configs]
    if len(places) < len(configs):
        said = f"{len(configs) - len(places)} rows repeat a design; each design has their mean."
        audit.say("table", said)
    means = named.groupby(np.array(group)).mean()
    distinct = tuple(places)
    if len(distinct) < _size(space):
        said = (
            f"The table holds {len(distinct)} designs and not every combination; another design "
            "is taken for the nearest one of the table."
        )
        audit.say("table", said)
        space = Tabulated(space, distinct)
    values = {str(name): means[name].to_numpy(dtype=float) for name in means}
    table = DesignTable(space, columns, distinct, values)
    _check(table)
    return table


def _size(space: Space) -> float:
    try:
        return space.size()
    except ConfigError:  # too many to count
        return float("inf")


def _check(table: DesignTable) -> None:
    if not table.feasible.any():
        limits = ", ".join(map(str, table.columns.limits))
        raise DataError(f"No design keeps the limits {limits}; loosen one.")
    if (table.costs <= 0).any():
        raise DataError(
            f"A cost is seconds above zero. Column {table.columns.cost!r} holds "
            f"{table.costs.min():g}."
        )
