"""A table's columns as inputs of an ONNX file, and their preparation as its first operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import ConfigError
from netwright.core.task import Column, Schema
from netwright.export.dates import date_parts
from netwright.export.graph import ML, OUTPUT, Graph
from netwright.export.normal import normal_quantile
from netwright.export.ranks import ranks
from netwright.features.categories import Codes, OneHot, TargetMeans
from netwright.features.centring import LARGEST, Centring
from netwright.features.dates import DateParts
from netwright.features.encoder import Encoder
from netwright.features.numbers import CLIP, SURE, Scaler
from netwright.features.preparation import MAX_DENSE, Preparation

INPUTS = {"number": np.float64, "category": str, "date": np.float64}
"""Type of a column to the type of its input."""
PADDED = ("{}", " {}", "{} ", " {} ")
MISSING = np.float32("nan")


def column_inputs(graph: Graph, schema: Schema) -> dict[str, str]:
    """Makes an input of every column that models see.

    Returns:
        Column to tensor (rows, 1): float64 numbers and dates as they come, or int64 codes of
        categories, -1 where missing or unknown.

    Raises:
        ConfigError: A column is of a type that cannot be read inside the file; says which.
    """
    for column in schema.used:
        if column.type not in INPUTS:
            raise ConfigError(
                f"This predictor cannot be written as ONNX: it reads the column {column.name!r}, "
                f"which is {column.type}, and only numbers, categories and dates are prepared "
                "there; set it to 'ignore' in a schema file and fit again, or keep the folder."
            )
    names = input_names(schema)
    for column in schema.used:  # first of all, so that no other tensor takes a column's name
        graph.input(names[column.name], INPUTS[column.type])
    return {
        one.name: _codes(graph, one, names[one.name]) if one.type == "category" else names[one.name]
        for one in schema.used
    }


def input_names(schema: Schema) -> dict[str, str]:
    """Column to the input of its name; one that ONNX has no room for gets underscores behind."""
    taken = {column.name for column in schema.used}
    found = {}
    for column in schema.used:
        name = column.name
        while name in ("", OUTPUT) or (name != column.name and name in taken):
            name += "_"
        taken.add(name)
        found[column.name] = name
    return found


def _codes(graph: Graph, column: Column, name: str) -> str:
    """ONNX cannot strip strings, so those with a blank before or after are known as well."""
    keys = [pad.format(name) for name in column.categories for pad in PADDED]
    codes = np.repeat(np.arange(len(column.categories)), len(PADDED)).tolist()
    known = {"keys_strings": keys, "values_int64s": codes}
    return graph.add("LabelEncoder", name, domain=ML, default_int64=-1, **known)


def prepared(graph: Graph, preparation: Preparation, columns: Mapping[str, str]) -> str:
    """Does what a fitted preparation does.

    Args:
        graph: Grows.
        preparation: Fitted.
        columns: As `column_inputs` gives them.

    Returns:
        Float32 features (rows, features), missing ones NaN.
    """
    encoded = {
        name: ENCODERS[type(encoder)](graph, encoder, columns)
        for name, encoder in preparation.encoders.items()
    }
    wide = [_finite(graph, columns[name]) for name in preparation.numbers]
    wide += [encoded["dates"]] if "dates" in encoded else []
    numeric = [_centred(graph, preparation.centring, graph.columns(wide))] if wide else []
    numeric += [encoded["target"]] if "target" in encoded else []
    blocks = [_scaled(graph, preparation.scaler, graph.columns(numeric))] if numeric else []
    blocks += [encoded[name] for name in ("codes", "one_hot") if name in encoded]
    features = graph.columns(blocks)
    if "one_hot" in encoded and len(preparation.names) > MAX_DENSE:
        graph.gaps.add(features)
    return features


def _finite(graph: Graph, column: str) -> str:
    """A column whose infinite values are missing."""
    return graph.add("Where", graph.add("IsInf", column), float("nan"), column)


def _centred(graph: Graph, centring: Centring, values: str) -> str:
    """Doubles (rows, columns) in single precision, as `Centring.transform` does it."""
    if centring.arrays:
        origin, scale = centring.arrays["origin"], centring.arrays["scale"]
        values = graph.add("Div", graph.add("Sub", values, origin), scale)
    return graph.cast(graph.add("Clip", values, -LARGEST, LARGEST), np.float32)


def _scaled(graph: Graph, scaler: Scaler, values: str) -> str:
    """Fills, scales and flags (rows, features), all in doubles as `Scaler.transform` does."""
    learned = scaler.arrays
    if not learned:
        return values
    missing = graph.add("IsNaN", values)
    filled = graph.add("Where", missing, learned["fill"], graph.cast(values, np.float64))
    if scaler.how == "quantile":
        below = ranks(graph, filled, learned["quantiles"])
        scaled = normal_quantile(graph, graph.add("Clip", below, SURE, 1 - SURE))
        if "straight" in learned:
            straight = learned["straight"].astype(bool)
            scaled = graph.add("Where", straight, _standardised(graph, learned, filled), scaled)
    else:
        scaled = _standardised(graph, learned, filled)
    parts = [graph.cast(scaled, np.float32)]
    if len(learned["flag"]):
        flags = graph.add("Gather", missing, learned["flag"].astype(np.int64), axis=1)
        parts.append(graph.cast(flags, np.float32))
    return graph.columns(parts)


def _standardised(graph: Graph, learned: Mapping[str, NDArray[Any]], filled: str) -> str:
    """Deviations from the mean, cut off where `Scaler` does."""
    bound = learned.get("bound", np.full(len(learned["mean"]), CLIP))
    scaled = graph.add("Div", graph.add("Sub", filled, learned["mean"]), learned["spread"])
    return graph.add("Max", graph.add("Min", scaled, bound), -bound)


def _coded(graph: Graph, encoder: Codes, columns: Mapping[str, str]) -> str:
    codes = graph.columns(columns[name] for name in encoder.columns)
    missing = graph.add("Less", codes, 0)
    return graph.add("Where", missing, MISSING, graph.cast(codes, np.float32))


def _one_hot(graph: Graph, encoder: OneHot, columns: Mapping[str, str]) -> str:
    starts = np.cumsum([0, *encoder.widths])
    homes = [home + start for home, start in zip(encoder.maps, starts, strict=False)]
    places = _looked_up(graph, homes, [columns[name] for name in encoder.columns])
    rows = graph.add("Shape", places, end=1)
    zeros = graph.add("Expand", np.float32(0), graph.add("Concat", rows, starts[-1:], axis=0))
    ones = graph.add("Expand", np.float32(1), graph.add("Shape", places))
    return graph.add("ScatterElements", zeros, places, ones, axis=1)


def _target_means(graph: Graph, encoder: TargetMeans, columns: Mapping[str, str]) -> str:
    means = _looked_up(graph, encoder.tables, [columns[name] for name in encoder.columns])
    return graph.add("Flatten", means)  # from (rows, columns, outputs)


def _looked_up(graph: Graph, tables: list[NDArray[Any]], codes: list[str]) -> str:
    """For each column's code, a row of its table, whose first is for missing values."""
    starts = np.cumsum([1, *(len(table) for table in tables)])[:-1]
    places = graph.add("Add", graph.columns(codes), starts)
    return graph.add("Gather", np.concatenate(tables), places, axis=0)


ENCODERS: dict[type[Encoder], Callable[[Graph, Any, Mapping[str, str]], str]] = {
    Codes: _coded,
    DateParts: date_parts,
    OneHot: _one_hot,
    TargetMeans: _target_means,
}
"""What each kind of encoder does, in ONNX."""
