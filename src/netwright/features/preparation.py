"""Everything between a typed table and a matrix of numbers, as part of what is searched.

A learner says which preparations suit it (`preparation_space`); the choice stands in its
configuration beside its hyperparameters, and is learned on each fold's training rows only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from netwright.core.config import Config
from netwright.core.space import Categorical, Domain, Int, Parameters, Space
from netwright.core.task import Schema, Task
from netwright.features.categories import MAX_TARGET_OUTPUTS, Codes, OneHot, TargetMeans
from netwright.features.centring import Centring
from netwright.features.dates import DateParts
from netwright.features.encoder import Encoder, Matrix, Target, Values
from netwright.features.numbers import Scaler
from netwright.features.text import STATISTICS, TextVectors, text_statistics

ENCODERS: dict[str, type[Encoder]] = {
    "dates": DateParts,
    "codes": Codes,
    "one_hot": OneHot,
    "target": TargetMeans,
    "text": TextVectors,
}
MAX_DENSE = 400
"""One-hot columns and words beyond this many features stay sparse."""


def preparation_space(
    task: Task,
    *,
    numbers: tuple[str, ...] = ("raw",),
    categories: tuple[str, ...] = ("codes",),
    text: tuple[str, ...] = ("svd",),
) -> Space:
    """The choices of preparation that matter for this task; first ones are the defaults."""
    domains: dict[str, Domain] = {}
    when: dict[str, tuple[str, Any]] = {}
    schema = task.schema
    if len(numbers) > 1 and schema.of_type("number", "date", "text"):
        domains["numbers"] = Categorical(numbers)
        if any(schema[name].optional for name in schema.of_type("number", "date")):
            domains["fill"] = Categorical(("median", "mean"))
            when["fill"] = ("numbers", tuple(how for how in numbers if how != "raw"))
    fitting = tuple(
        how for how in categories if how != "target" or task.outputs <= MAX_TARGET_OUTPUTS
    )
    if len(fitting) > 1 and schema.of_type("category"):
        domains["categories"] = Categorical(fitting)
    if schema.of_type("text"):
        if len(text) > 1:
            domains["text"] = Categorical(text)
            when["text_components"] = ("text", "svd")
        if "svd" in text:
            domains["text_components"] = Int(16, 256, log=True, default=64)
    return Parameters(domains, when)


class Preparation:
    """A fitted preparation.

    Args:
        schema: The typed columns it will see.
        config: Values for the choices of `preparation_space`; absent ones take `defaults`.
        defaults: The learner's first choices: `numbers`, `categories`, `text`.
    """

    def __init__(self, schema: Schema, config: Config, defaults: dict[str, str]) -> None:
        chosen = {**defaults, **config}
        self.numbers = schema.of_type("number")
        self.texts = schema.of_type("text")
        self.centring = Centring()
        self.scaler = Scaler(str(chosen["numbers"]), str(chosen.get("fill", "median")))
        how = str(chosen["categories"])
        squeeze = chosen["text"] == "svd"
        components = int(chosen.get("text_components", 64) or 0) if squeeze else 0
        lines = self.scaler.how != "raw"
        self.encoders: dict[str, Encoder] = {}
        if dates := schema.of_type("date"):
            self.encoders["dates"] = DateParts(dates, cycles=lines)
        if categories := schema.of_type("category"):
            self.encoders[how] = ENCODERS[how](categories)  # type: ignore[call-arg]
        if self.texts:
            self.encoders["text"] = TextVectors(self.texts, components)
        self.names: list[str] = []

    def fit_transform(self, frame: pd.DataFrame, target: Target) -> Matrix:
        """Learns from training rows and returns them as a matrix."""
        encoded = {name: e.fit_transform(frame, target) for name, e in self.encoders.items()}
        numeric = self._numeric(frame, encoded, learn=True)
        self.scaler.fit(numeric)
        matrix = self._assemble(numeric, encoded)
        self.names = matrix.names
        return matrix

    def transform(self, frame: pd.DataFrame, sparse: bool = False) -> Matrix:
        """Prepares other rows in the same way.

        Args:
            frame: Typed columns.
            sparse: Whether one-hot columns and words stay sparse, however few they are.
        """
        encoded = {name: encoder.transform(frame) for name, encoder in self.encoders.items()}
        return self._assemble(self._numeric(frame, encoded), encoded, sparse)

    def _numeric(
        self, frame: pd.DataFrame, encoded: dict[str, Values], learn: bool = False
    ) -> NDArray[np.float32]:
        """Everything the scaler sees: numbers, date parts, target means, facts about texts."""
        wide = self._wide(frame, encoded)
        if learn:
            self.centring.fit(wide)
        blocks = [self.centring.transform(wide)]
        if "target" in encoded:
            blocks.append(encoded["target"])
        if self.texts:
            blocks.append(text_statistics(frame, self.texts))
        return np.hstack(blocks) if len(blocks) > 1 else blocks[0]

    def _wide(self, frame: pd.DataFrame, encoded: dict[str, Values]) -> NDArray[np.float64]:
        """Numbers and date parts in double precision."""
        numbers = frame[self.numbers].to_numpy(dtype=np.float64)
        return np.hstack([numbers, encoded["dates"]]) if "dates" in encoded else numbers

    def _numeric_names(self) -> list[str]:
        encoders = [self.encoders[name] for name in ("dates", "target") if name in self.encoders]
        made = [name for encoder in encoders for name in encoder.names()]
        told = [f"{name} {fact}" for name in self.texts for fact in STATISTICS]
        return [*self.numbers, *made, *told]

    def _assemble(
        self, numeric: NDArray[np.float32], encoded: dict[str, Values], sparse: bool = False
    ) -> Matrix:
        blocks: list[Values] = [self.scaler.transform(numeric)]
        names = self.scaler.names(self._numeric_names())
        cardinalities: dict[int, int] = {}
        for name in ("codes", "one_hot", "text"):
            if name not in encoded:
                continue
            encoder = self.encoders[name]
            if isinstance(encoder, Codes):
                sizes = enumerate(encoder.sizes, start=len(names))
                cardinalities = dict(sizes)
            blocks.append(encoded[name])
            names += encoder.names()
        if any(scipy.sparse.issparse(block) for block in blocks):
            values: Values = scipy.sparse.hstack(blocks, format="csr", dtype=np.float32)
            if values.shape[1] <= MAX_DENSE and not sparse:
                values = values.toarray()
        else:
            values = np.ascontiguousarray(np.hstack(blocks), dtype=np.float32)
        return Matrix(values, names, cardinalities)

    def save(self, folder: Path) -> None:
        """Writes `preparation.json` and, where there are arrays, `preparation.safetensors`."""
        facts: dict[str, Any] = {
            "numbers": self.numbers,
            "texts": self.texts,
            "scaler": {"how": self.scaler.how, "fill": self.scaler.fill},
            "names": self.names,
            "encoders": {},
        }
        arrays = {f"scaler/{key}": value for key, value in self.scaler.arrays.items()}
        arrays |= {f"centring/{key}": value for key, value in self.centring.arrays.items()}
        for name, encoder in self.encoders.items():
            facts["encoders"][name], found = encoder.state()
            arrays |= {f"{name}/{key}": value for key, value in found.items()}
        (folder / "preparation.json").write_text(json.dumps(facts, ensure_ascii=False))
        contiguous = {key: np.ascontiguousarray(value) for key, value in arrays.items()}
        save_file(contiguous, folder / "preparation.safetensors")

    @classmethod
    def load(cls, folder: Path) -> Preparation:
        """Reads what `save` wrote."""
        facts = json.loads((folder / "preparation.json").read_text())
        arrays = load_file(folder / "preparation.safetensors")

        def under(name: str) -> dict[str, NDArray[Any]]:
            start = f"{name}/"
            return {k[len(start) :]: v for k, v in arrays.items() if k.startswith(start)}

        made = cls.__new__(cls)
        made.numbers, made.texts, made.names = facts["numbers"], facts["texts"], facts["names"]
        made.centring = Centring(under("centring"))
        made.scaler = Scaler(**facts["scaler"])
        made.scaler.arrays = under("scaler")
        made.encoders = {
            name: ENCODERS[name].from_state(state, under(name))
            for name, state in facts["encoders"].items()
        }
        return made
