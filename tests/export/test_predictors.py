"""Predictors as one net: the same numbers as their own `predict`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from netwright.core.errors import ConfigError
from netwright.core.learner import Model
from netwright.core.task import Task
from netwright.export.predictors import exportable
from netwright.learners.ensemble import EnsembleModel
from netwright.predictor import Predictor
from netwright.spaces.nets import image_task
from tests.export.toys import SHAPE, PictureModel, picture_net, picture_rows

CLASSES = image_task(SHAPE, 3)
NUMBERS = replace(CLASSES, kind="regression", classes=(), metric_name="rmse")


def outputs(model: Model, task: Task) -> np.ndarray:
    """Of the one net, on the rows below."""
    whole = exportable(model)
    assert whole.shape == SHAPE
    with torch.no_grad():
        return whole.net(torch.from_numpy(np.stack(list(ROWS["image"])))).numpy()


ROWS = picture_rows(20, 3).features


def test_a_net_gives_probabilities() -> None:
    model = PictureModel(picture_net(3), 3)
    assert np.allclose(outputs(model, CLASSES), model.predict(ROWS), atol=1e-6)


@pytest.mark.parametrize("temperature", [1.0, 0.6, 2.5])
def test_an_ensemble_is_its_weighted_and_tempered_mean(temperature: float) -> None:
    members = [PictureModel(picture_net(3, seed), 3) for seed in range(3)]
    model = EnsembleModel(members, [0.5, 0.3, 0.2], temperature)
    assert np.allclose(outputs(model, CLASSES), model.predict(ROWS), atol=1e-6)


def test_a_regression_is_on_the_targets_own_scale() -> None:
    model = EnsembleModel([PictureModel(picture_net(1, seed), 1) for seed in (0, 1)], [0.7, 0.3])
    assert np.allclose(outputs(model, NUMBERS)[:, 0], model.predict(ROWS), atol=1e-5)


def test_parts_that_learn_from_tables_are_named(fitted: Path) -> None:
    predictor = Predictor.load(fitted)
    with pytest.raises(ConfigError, match=r"lightgbm|linear"):
        exportable(predictor.model)
