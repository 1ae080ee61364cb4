"""Preparations: choices, matrices, and the way to disk and back."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from netwright.core.config import Config
from netwright.features.encoder import Matrix, Target
from netwright.features.preparation import Preparation, preparation_space
from netwright.testing import check_space, toy_task

DEFAULTS = {"numbers": "raw", "categories": "codes", "text": "svd"}


def prepare(config: dict, kind: str = "binary") -> tuple[Preparation, Matrix, object]:
    task = toy_task(kind)  # type: ignore[arg-type]
    preparation = Preparation(task.schema, Config(config), DEFAULTS)
    target = Target(task.data.target, task.outputs)
    return preparation, preparation.fit_transform(task.data.features, target), task


def dense(matrix: Matrix) -> np.ndarray:
    return matrix.values.toarray() if scipy.sparse.issparse(matrix.values) else matrix.values


@pytest.mark.parametrize(
    ("numbers", "categories", "text"),
    list(
        product(("raw", "standard", "quantile"), ("codes", "one_hot", "target"), ("svd", "tfidf"))
    ),
)
def test_every_combination(tmp_path: Path, numbers: str, categories: str, text: str) -> None:
    config = {"numbers": numbers, "categories": categories, "text": text, "text_components": 5}
    preparation, matrix, task = prepare(config, "multiclass")
    features = task.data.features  # type: ignore[attr-defined]
    assert matrix.values.dtype == np.float32
    assert matrix.shape == (len(features), len(matrix.names))
    assert len(set(matrix.names)) == len(matrix.names)
    if numbers != "raw" and categories != "codes":
        assert np.isfinite(dense(matrix)).all()
    preparation.save(tmp_path)
    again = Preparation.load(tmp_path)
    np.testing.assert_array_equal(
        dense(again.transform(features)), dense(preparation.transform(features))
    )
    assert again.transform(features).names == matrix.names
    assert again.transform(features.iloc[:0]).shape == (0, len(matrix.names))


def test_codes_are_told_apart() -> None:
    _, matrix, _ = prepare({"categories": "codes"})
    ((position, size),) = matrix.cardinalities.items()
    assert matrix.names[position] == "colour"
    assert size == 4


def test_training_rows_and_new_rows_are_prepared_alike_but_for_target_means() -> None:
    preparation, matrix, task = prepare({"numbers": "standard", "categories": "one_hot"})
    again = preparation.transform(task.data.features)  # type: ignore[attr-defined]
    np.testing.assert_allclose(dense(matrix), dense(again), atol=1e-6)


def test_many_words_stay_sparse() -> None:
    task = toy_task(rows=300)
    features = task.data.features
    features["note"] = [f"w{i} w{i + 1} w{i * 7} w{i * 3}" for i in range(300)]
    preparation = Preparation(task.schema, Config({"text": "tfidf"}), DEFAULTS)
    matrix = preparation.fit_transform(features, Target(task.data.target, 2))
    assert scipy.sparse.issparse(matrix.values) == (matrix.shape[1] > 400)


def test_only_choices_that_matter_are_asked() -> None:
    options = {
        "numbers": ("standard", "quantile"),
        "categories": ("codes", "target"),
        "text": ("svd", "tfidf"),
    }
    rich = preparation_space(toy_task(), **options)  # type: ignore[arg-type]
    check_space(rich)
    assert set(rich.distributions()) == {"numbers", "fill", "categories", "text", "text_components"}
    poor = preparation_space(toy_task(rich=False), **options)  # type: ignore[arg-type]
    assert set(poor.distributions()) == {"numbers", "categories"}
    assert preparation_space(toy_task(rich=False)).distributions() == {}


def test_columns_without_anything_to_prepare() -> None:
    task = toy_task(rich=False)
    preparation = Preparation(task.schema, Config({}), DEFAULTS)
    matrix = preparation.fit_transform(task.data.features, Target(task.data.target, 2))
    assert matrix.names == ["x", "noise", "colour"]
