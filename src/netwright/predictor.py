"""The artifact a run hands over: predicts, explains itself, and can be saved anywhere.

How its folder is written and checked: `netwright.manifest`.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.audit import Audit
from netwright.core.decision import Decision, decided, with_decision
from netwright.core.errors import ConfigError, DataError, DataWarning
from netwright.core.learner import Model
from netwright.core.target import Target
from netwright.core.task import Task
from netwright.data.grouped import is_grouped, read_grouped
from netwright.data.labelled import read_labelled
from netwright.data.prepare import weights_of
from netwright.data.readers import read
from netwright.data.serving import readable_rows, served, text_columns
from netwright.data.table import Table
from netwright.data.target import encode_targets, take_targets, unknown_labels
from netwright.explain.importance import permutation_importance
from netwright.learners.models import load_model
from netwright.learners.trust import trust as trust_learners
from netwright.manifest import MANIFEST, MODEL, read_manifest, write_predictor


class Predictor:
    """A finished model and the task it solves.

    Made by `netwright.fit` and `netwright.load`; opening one costs nothing until it predicts.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.manifest = read_manifest(self.folder)
        self.task = Task.from_json(self.manifest["task"])

    def __repr__(self) -> str:
        told = " and ".join(map(str, self.task.targets))
        return f"Predictor({told}, {len(self.manifest['members'])} models)"

    @classmethod
    def load(cls, folder: str | Path, trust: Sequence[str] = ()) -> Predictor:
        """Opens a predictor folder, or the one inside a run folder; runs no code from it.

        Args:
            folder: Where it is.
            trust: Learners of your own (`package:attribute`) whose models may be opened; only
                needed where they are not installed as plug-ins and were not used in this process.

        Raises:
            ArtifactError: It is missing, damaged, changed, or of another version.
        """
        trust_learners(trust)
        path = Path(folder)
        inside = path / "predictor"
        return cls(inside if (inside / MANIFEST).exists() else path)

    def save(self, folder: str | Path) -> Path:
        """Copies the predictor to a new or empty folder."""
        target = Path(folder)
        if target.exists() and (target.is_file() or any(target.iterdir())):
            raise ConfigError(
                f"The folder {str(folder)!r} is not empty; name a new one to save to."
            )
        shutil.copytree(self.folder, target, dirs_exist_ok=True)
        return target

    @cached_property
    def model(self) -> Model:
        """The model, opened on first use."""
        return load_model(self.folder / MODEL)

    @property
    def decision(self) -> Decision:
        """What each class' probability is multiplied by before the largest gives the label."""
        return tuple(self.manifest.get("decision", ()))

    @property
    def classes(self) -> tuple[Any, ...]:
        """Class labels in the order of probabilities; empty for regression."""
        return self.task.classes

    # ---------------------------------------------------------------- predicting

    def predict(self, data: Any, strict: bool = False) -> pd.Series | pd.DataFrame:
        """Labels or numbers, one a row, with the frame's index; of several targets a column each.

        A row whose picture cannot be read has no prediction (None or NaN).

        Args:
            data: See `netwright.data.readers.read`; the target is not needed.
            strict: Refuse rows that hardly fit the training rows, in place of a `DataWarning`.

        Raises:
            DataError: A needed column is absent, or with `strict` one has mostly missing, unknown
                or unreadable values.
        """
        frame, kept, found = self._raw(data, strict)
        parts = [
            pd.Series(self._labels(target, raw), index=frame.index[kept], name=target.name)
            for target, raw in found
        ]
        if not kept.all():
            parts = [_in_place(part, kept, frame.index) for part in parts]
        return parts[0] if len(parts) == 1 else pd.concat(parts, axis=1)

    def predict_proba(self, data: Any, strict: bool = False) -> pd.DataFrame:
        """Probabilities, one column a class named by the class, with the frame's index.

        Of several targets the columns have two levels, target and class; numbers are left out.

        Args:
            data: See `predict`.
            strict: See `predict`.

        Raises:
            ConfigError: There are no classes.
            DataError: See `predict`.
        """
        if not any(target.classes for target in self.task.targets):
            raise ConfigError("A regression has no class probabilities; use predict.")
        frame, kept, raws = self._raw(data, strict)
        found = {
            target.name: _spread(raw, kept, frame.index, target.classes)
            for target, raw in raws
            if target.classes
        }
        return pd.concat(found, axis=1) if self.task.further else found[self.task.target]

    def read(self, data: Any) -> pd.DataFrame:
        """The raw rows of a source, its columns read as those of the training rows were."""
        return read(
            data,
            part="test",
            as_text=text_columns(self.task.schema),
            pictures=self.task.schema.of_type("image"),
            every_row=True,
        )

    def _raw(
        self, data: Any, strict: bool
    ) -> tuple[pd.DataFrame, np.ndarray, list[tuple[Target, np.ndarray]]]:
        """Rows, which of them can be read, and what the model says of each target (rows, width)."""
        self._check_ready()
        frame = self.read(data)
        kept = readable_rows(frame, self.task.schema)
        features, surprises = served(frame[kept] if not kept.all() else frame, self.task.schema)
        if not kept.all():
            first = ", ".join(map(repr, frame.index[~kept][:5]))
            count = int((~kept).sum())
            surprises.append(f"{count} of {len(frame)} rows have no readable picture: {first}.")
        _tell(surprises, strict)
        raw = self.model.predict(features).reshape(len(features), self.task.outputs)
        parts = zip(self.task.targets, self.task.parts, strict=True)
        return frame, kept, [(target, raw[:, part]) for target, part in parts]

    def _labels(self, target: Target, raw: np.ndarray) -> np.ndarray:
        return _said(target, raw if self.task.further else decided(raw, self.decision))

    # ---------------------------------------------------------------- adapting

    def adapt(self, data: Any, out: str | Path, target: str | None = None) -> Predictor:
        """Learns new classes from a few labelled pictures of each, or a new task from a few rows.

        Args:
            data: The support, such as a folder of class folders or a table; all of it is learned
                from.
            out: Folder of the new predictor; empty or new.
            target: Column of the classes, None for the one the data has by its nature.

        Raises:
            ConfigError: This predictor does not adapt, not to so many classes, or `out` is taken.
            DataError: A picture has no class or cannot be read.
        """
        model = self._adapting()
        folder = Path(out)
        if folder.exists() and (folder.is_file() or any(folder.iterdir())):
            raise ConfigError(f"The folder {str(out)!r} is not empty; name a new one.")
        support = self._support(data, target)
        adapted = model.adapt(support)
        with TemporaryDirectory() as draft:
            adapted.save(Path(draft))
            members = [(Path(draft), 1.0)]
            write_predictor(folder, support.with_data(None), members, 1.0, [])
        return Predictor(folder)

    def _support(self, data: Any, target: str | None) -> Task:
        """The few labelled examples."""
        if is_grouped(self.task):
            return read_grouped(data, self.task, target, part="train", tasks=False)
        return read_labelled(data, self.task.input_shape, target, strict=True)

    def _check_ready(self) -> None:
        if self._adapts:
            raise ConfigError(
                "This predictor has no classes of its own yet; adapt it to a few examples of "
                f"yours: netwright fewshot adapt {self.folder} SUPPORT --out ADAPTED"
            )

    @cached_property
    def _adapts(self) -> bool:
        return any(hasattr(member, "adapt") for member in getattr(self.model, "members", []))

    def _adapting(self) -> Any:
        members = getattr(self.model, "members", [])
        if len(members) != 1 or not self._adapts:
            raise ConfigError(
                "This predictor knows its classes for good; one that learns others from a few "
                "examples is made by 'netwright fewshot train'."
            )
        return members[0]

    # ---------------------------------------------------------------- judging

    def evaluate(self, data: Any) -> dict[str, float]:
        """Every metric of the kind, in natural sign, on rows that have the target."""
        table = self.table(data)
        assert table.target is not None
        found = self.model.predict(table.features)
        return self.task.scores(table.target, found, table.weight, self.decision)

    def explain(self, data: Any, repeats: int = 3) -> pd.DataFrame:
        """Permutation importance of each column on rows that have the target, biggest first."""
        metric = with_decision(self.task.metric, self.decision)
        found = permutation_importance(self.model, self.table(data), metric, repeats=repeats)
        return pd.DataFrame(
            {
                "importance": [item.importance for item in found],
                "deviation": [item.deviation for item in found],
            },
            index=pd.Index([item.column for item in found], name="column"),
        )

    def table(self, data: Any) -> Table:
        """Typed rows with their target (and weights, where the task has them)."""
        self._check_ready()
        targets = self.task.targets
        names = [target.name for target in targets]
        whole = self.read(data)
        kept = readable_rows(whole, self.task.schema)
        frame, columns = take_targets(whole[kept] if not kept.all() else whole, names, Audit())
        weight = self.task.weight
        weights = weights_of(frame[weight]) if weight and weight in frame.columns else None
        features, surprises = served(frame, self.task.schema)
        if not kept.all():
            surprises.append(f"{int((~kept).sum())} rows have no readable picture.")
        encoded = encode_targets(columns, targets)
        surprises += unknown_labels(encoded, columns, targets)
        _tell(surprises, strict=False)
        return Table(features, encoded, weights)

    def leaderboard(self) -> pd.DataFrame:
        """Every finished trial of the run, best first, with its weight in this predictor."""
        return pd.DataFrame(self.manifest["leaderboard"])


def _said(target: Target, raw: np.ndarray) -> np.ndarray:
    """Labels of the most probable class, in the type they have in the file, or numbers."""
    if not target.classes:
        return raw[:, 0]
    labels = np.array(target.classes, dtype=object)[raw.argmax(axis=1)]
    dtype = np.asarray(target.classes).dtype
    return labels if dtype.kind in "OU" or len(labels) == 0 else labels.astype(dtype)


def _spread(
    raw: np.ndarray, kept: np.ndarray, index: pd.Index, classes: Sequence[Any]
) -> pd.DataFrame:
    """Probabilities in their rows, NaN in those that could not be read."""
    if kept.all():
        return pd.DataFrame(raw, index=index, columns=list(classes))
    whole = np.full((len(kept), raw.shape[1]), np.nan)
    whole[kept] = raw
    return pd.DataFrame(whole, index=index, columns=list(classes))


def _in_place(found: pd.Series, kept: np.ndarray, index: pd.Index) -> pd.Series:
    """Predictions in their rows, missing in those that could not be read."""
    places = pd.Series(found.to_numpy(), index=np.flatnonzero(kept)).reindex(range(len(kept)))
    return pd.Series(places.array, index=index, name=found.name)


def _tell(surprises: Sequence[str], strict: bool) -> None:
    """Warns of what does not fit, or refuses it.

    Raises:
        DataError: With `strict`, if there is anything.
    """
    if strict and surprises:
        raise DataError(surprises[0] + " Mend the rows, or predict them without 'strict'.")
    for surprise in surprises:
        warnings.warn(surprise, DataWarning, stacklevel=4)
