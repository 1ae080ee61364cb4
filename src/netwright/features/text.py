"""Text columns as numbers: weighted words and word pairs, squeezed into few dimensions on demand.

TF-IDF with sublinear counts (Salton & Buckley 1988), and latent semantic analysis: its truncated
singular value decomposition (Deerwester et al. 1990).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse
from numpy.typing import NDArray

from netwright.features.encoder import Encoder, State, Target, Values

MAX_TERMS = 20_000
STATISTICS = ("characters", "words", "capitals", "digits", "marks")


class TextVectors(Encoder):
    """Words and word pairs of each text column.

    Args:
        columns: Text columns.
        components: Dimensions to squeeze each column into; 0 keeps the sparse terms.
    """

    def __init__(self, columns: list[str], components: int = 0) -> None:
        self.columns = columns
        self.components = components
        self.terms: list[list[str]] = []
        self.arrays: dict[str, NDArray[Any]] = {}

    def fit_transform(self, frame: pd.DataFrame, target: Target) -> Values:
        """Learns terms, their weights and the squeeze."""
        blocks = []
        self.terms, self.arrays = [], {}
        for i, name in enumerate(self.columns):
            vectorizer = _vectorizer(None, len(frame))
            try:
                sparse = vectorizer.fit_transform(frame[name])
            except ValueError:  # nothing but stop words and blanks
                self.terms.append([])
                blocks.append(self._empty(len(frame)))
                continue
            self.terms.append(list(vectorizer.get_feature_names_out()))
            self.arrays[f"idf{i}"] = vectorizer.idf_.astype(np.float32)
            if self.components:
                self._fit_squeeze(sparse, i, target.seed)
            blocks.append(self._squeezed(sparse.astype(np.float32), i))
        return _join(blocks, len(frame))

    def transform(self, frame: pd.DataFrame) -> Values:
        """Encodes other rows."""
        blocks = []
        for i, name in enumerate(self.columns):
            if not self.terms[i]:
                blocks.append(self._empty(len(frame)))
                continue
            vectorizer = _vectorizer(self.terms[i], len(frame))
            vectorizer.idf_ = self.arrays[f"idf{i}"]
            sparse = vectorizer.transform(frame[name]) if len(frame) else self._none(i)
            blocks.append(self._squeezed(sparse.astype(np.float32), i))
        return _join(blocks, len(frame))

    def _none(self, i: int) -> scipy.sparse.csr_matrix:
        return scipy.sparse.csr_matrix((0, len(self.terms[i])), dtype=np.float32)

    def _empty(self, rows: int) -> Values:
        return np.empty((rows, 0), np.float32)

    def _fit_squeeze(self, sparse: Any, i: int, seed: int) -> None:
        from sklearn.utils.extmath import randomized_svd

        count = min(self.components, min(sparse.shape) - 1)
        if count < 1:
            self.arrays[f"svd{i}"] = np.eye(sparse.shape[1], dtype=np.float32)
            return
        _, _, directions = randomized_svd(sparse, count, n_iter=4, random_state=seed)
        self.arrays[f"svd{i}"] = np.ascontiguousarray(directions, dtype=np.float32)

    def _squeezed(self, sparse: Any, i: int) -> Values:
        if not self.components:
            return scipy.sparse.csr_matrix(sparse)
        return np.asarray(sparse @ self.arrays[f"svd{i}"].T, dtype=np.float32)

    def names(self) -> list[str]:
        """`column:term`, or `column#dimension`."""
        found: list[str] = []
        for i, name in enumerate(self.columns):
            if self.components and self.terms[i]:
                found += [f"{name}#{k}" for k in range(len(self.arrays[f"svd{i}"]))]
            else:
                found += [f"{name}:{term}" for term in self.terms[i]]
        return found

    def state(self) -> State:
        """Terms, weights, squeeze."""
        facts = {"columns": self.columns, "components": self.components, "terms": self.terms}
        return facts, self.arrays

    @classmethod
    def from_state(cls, facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> TextVectors:
        """Restores."""
        made = cls(facts["columns"], facts["components"])
        made.terms, made.arrays = facts["terms"], arrays
        return made


def _vectorizer(terms: list[str] | None, rows: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        vocabulary=terms,
        ngram_range=(1, 2),
        min_df=2 if rows >= 200 and terms is None else 1,
        max_features=MAX_TERMS if terms is None else None,
        sublinear_tf=True,
        strip_accents="unicode",
        token_pattern=r"(?u)[#@]?\b\w+\b|[!?]",
        dtype=np.float32,
    )


def _join(blocks: list[Values], rows: int) -> Values:
    if any(scipy.sparse.issparse(block) for block in blocks):
        return scipy.sparse.hstack(blocks, format="csr")
    return np.hstack(blocks) if blocks else np.empty((rows, 0), np.float32)


def text_statistics(frame: pd.DataFrame, columns: list[str]) -> NDArray[np.float32]:
    """(rows, columns x 5): characters, words, capitals, digits, exclamation and question marks."""
    found = [
        counted.to_numpy(dtype=np.float32)
        for name in columns
        for counted in _counts(frame[name].astype("str").str)
    ]
    return np.column_stack(found) if found else np.empty((len(frame), 0), np.float32)


def _counts(text: Any) -> list[pd.Series]:
    patterns = (r"\S+", r"[A-Z]", r"\d", r"[!?]")
    return [text.len(), *(text.count(pattern) for pattern in patterns)]
