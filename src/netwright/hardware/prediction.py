"""Predicts the latency of designs from a hundred that were measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netwright.core.config import Config
from netwright.core.errors import DataError
from netwright.core.space import Space
from netwright.hardware.additive import AdditiveProcess
from netwright.hardware.features import Features

LEAST = 5


class LatencyPredictor:
    """Milliseconds of designs on one device; energy and memory are learned as well.

    Operations add up to most of a latency, so the process behind it is additive: every operation
    everywhere, every operation at its place, and what remains.
    """

    def fit(self, space: Space, configs: Sequence[Config], ms: ArrayLike) -> LatencyPredictor:
        """Learns from measured designs.

        Args:
            space: Of the designs.
            configs: n designs, five or more.
            ms: (n,) what each took.

        Raises:
            DataError: Too few of them, or a measurement that is not a number.
        """
        values = np.asarray(ms, dtype=float)
        if len(configs) < LEAST or values.shape != (len(configs),):
            raise DataError(
                f"A latency predictor learns from {LEAST} measured designs or more. Got "
                f"{len(configs)} designs and measurements of shape {values.shape}."
            )
        if not np.isfinite(values).all():
            raise DataError("A measured latency is not a number; leave such designs out.")
        self._features = Features(space, configs)
        self._process = AdditiveProcess(self._features.blocks(configs), values)
        return self

    def predict(self, configs: Sequence[Config]) -> NDArray[np.float64]:
        """Milliseconds (n,) of designs of the same space, never less than none."""
        if not configs:
            return np.empty(0)
        return np.maximum(self._process.predict(self._features.blocks(configs)), 0.0)

    @classmethod
    def from_csv(
        cls, path: str | Path, space: Space, designs: Mapping[str, Config]
    ) -> LatencyPredictor:
        """The predictor of a device where the kit of `netwright profile --kit` has been run.

        Args:
            path: The CSV it wrote there: file, median_ms, spread_ms.
            space: Of the designs.
            designs: File name, such as `0007.onnx`, to the design in it.

        Raises:
            DataError: The CSV lacks a column, or is about other files.
        """
        import pandas as pd

        table = pd.read_csv(path)
        missing = {"file", "median_ms"} - set(table.columns)
        if missing:
            raise DataError(f"{str(path)!r} lacks the columns {sorted(missing)}.")
        known = table[table["file"].isin(list(designs))]
        if known.empty:
            raise DataError(f"No file in {str(path)!r} is one of the designs given.")
        configs = [designs[name] for name in known["file"]]
        return cls().fit(space, configs, known["median_ms"].to_numpy(dtype=float))
