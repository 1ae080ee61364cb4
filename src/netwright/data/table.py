"""Rows ready to learn from, kept as memory-mapped Arrow so that workers share one copy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from netwright.data.images import as_cells, holds_pictures

FEATURES = "features.arrow"
ORDER = "columns.json"
"""Columns in their order, and which of them are pictures, kept apart as arrays."""
EXTRAS = ("target", "weight", "group", "time")


@dataclass(frozen=True)
class Table:
    """Typed input columns and what belongs to each row.

    Attributes:
        features: Typed columns (see `netwright.data.schema.typed`), a plain range as index.
        target: Class codes (rows,) int64 or numbers (rows,) float64; several targets side by side
            (rows, targets) float64, NaN where a row does not know one; None when unknown.
        weight: Row weights (rows,) float64, None for equal ones.
        group: Group codes (rows,) int64, None where rows are not grouped.
        time: Order in time (rows,) float64, None where it does not matter.
    """

    features: pd.DataFrame
    target: NDArray[Any] | None = None
    weight: NDArray[np.float64] | None = None
    group: NDArray[np.int64] | None = None
    time: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.features)

    def rows(self, index: NDArray[np.int64]) -> Table:
        """Some of the rows, copied."""

        def some(values: NDArray[Any] | None) -> Any:
            return None if values is None else np.asarray(values[index])

        return Table(
            self.features.iloc[index].reset_index(drop=True),
            some(self.target),
            some(self.weight),
            some(self.group),
            some(self.time),
        )

    def save(self, folder: Path) -> None:
        """Writes the rows, uncompressed so that they can be mapped."""
        folder.mkdir(parents=True, exist_ok=True)
        pictures = [name for name in self.features if holds_pictures(self.features[name])]
        for place, name in enumerate(pictures):
            np.save(folder / f"pictures{place}.npy", np.stack(list(self.features[name])))
        table = pa.Table.from_pandas(self.features.drop(columns=pictures), preserve_index=False)
        order = {"columns": [str(name) for name in self.features], "pictures": pictures}
        (folder / ORDER).write_text(json.dumps(order))
        with (
            pa.OSFile(str(folder / FEATURES), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as writer,
        ):
            writer.write_table(table)
        for name in EXTRAS:
            values = getattr(self, name)
            if values is not None:
                np.save(folder / f"{name}.npy", values)

    @classmethod
    def open(cls, folder: Path) -> Table:
        """Maps what `save` wrote; numbers are not copied."""
        with pa.memory_map(str(folder / FEATURES)) as source:
            table = pa.ipc.open_file(source).read_all()
        features = table.to_pandas(split_blocks=True)
        order = json.loads((folder / ORDER).read_text())
        for place, name in enumerate(order["pictures"]):
            mapped = np.load(folder / f"pictures{place}.npy", mmap_mode="r")
            features[name] = as_cells(np.asarray(mapped))
        features = features[order["columns"]]
        extras = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r")
            for name in EXTRAS
            if (folder / f"{name}.npy").exists()
        }
        return cls(features, **extras)


def fingerprint(table: Table) -> str:
    """Sixteen hexadecimal digits that change when any value changes."""
    digest = sha256()
    digest.update(repr(list(table.features.columns)).encode())
    pictures = [name for name in table.features if holds_pictures(table.features[name])]
    plain = table.features.drop(columns=pictures)
    digest.update(pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes())
    for name in pictures:
        for picture in table.features[name]:
            digest.update(np.ascontiguousarray(picture).tobytes())
    for name in EXTRAS:
        values = getattr(table, name)
        if values is not None:
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]
