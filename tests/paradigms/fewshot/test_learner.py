"""From many small tasks to a model that adapts, and back from disk."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ConfigError, DataError, UnknownName
from netwright.core.task import Task
from netwright.data.images import as_cells
from netwright.data.table import Table
from netwright.data.tasksets import Terms
from netwright.learners.image import NetModel
from netwright.learners.models import load_model
from netwright.paradigms.fewshot import METHODS
from netwright.paradigms.fewshot.approach import Approach
from netwright.paradigms.fewshot.learner import FewshotLearner
from netwright.paradigms.fewshot.model import FewshotModel
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import image_task
from tests.paradigms.fewshot.toys import pool

TERMS = Terms(3, 1, 4)
SPACE = NetSpaceName("resnet", {"stages": 2})
SQUEEZED = Config(SPACE.open().defaults() | {"width": 8})
DESIGN = Config({**SQUEEZED, "squeeze": False})


def learned(approach: Approach, monkeypatch: pytest.MonkeyPatch, epochs: int = 1) -> FewshotModel:
    monkeypatch.setattr(FewshotLearner, "epoch", 32)
    kept, held = pool(10).split(0.3, np.random.default_rng(0))
    context = Context(validation=held)  # type: ignore[arg-type]
    return FewshotLearner(SPACE, approach, 32 * epochs).fit(kept, DESIGN, context)


def support(classes: int = 3, shots: int = 2, side: int = 8) -> Task:
    """A few rows of classes as a task."""
    rows = pool(classes, shots, side).rows
    table = Table(pd.DataFrame({"image": as_cells(rows)}), np.repeat(np.arange(classes), shots))
    return image_task((1, side, side), classes).with_data(table)


def test_it_learns_to_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    model = learned(Approach(terms=TERMS), monkeypatch, epochs=4)
    found = model.judge(pool(8), episodes=40)
    assert found.score > 0.7  # by chance a third
    assert 0 < found.interval95 < 0.1
    told = "protonet; 3-way 1-shot, 4 queries; transductive normalisation; 8 classes"
    assert found.protocol == told


def test_the_interval_is_that_of_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    model = learned(Approach(terms=TERMS), monkeypatch)
    whole = model.judge(pool(8), episodes=30, context=Context(seed=5))
    each = _each(model)
    assert whole.score == pytest.approx(np.mean(each))
    assert whole.interval95 == pytest.approx(1.96 * np.std(each, ddof=1) / 30**0.5)


def _each(model: FewshotModel) -> list[float]:
    """The accuracy of each of the same episodes, one by one."""
    import torch

    from netwright.paradigms.fewshot.episodes import Episodes

    found = []
    for place in range(30):
        part = Episodes(pool(8), TERMS, 30, 5).take(slice(place, place + 1))
        with torch.no_grad():
            outputs = model.method(*part.inputs)
        found.append(float((outputs.argmax(-1) == part.target).double().mean()))
    return found


@pytest.mark.parametrize("how", ["transductive", "group"])
@pytest.mark.parametrize("name", METHODS)
def test_an_adapted_model_is_an_ordinary_one(
    name: str, how: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model = learned(Approach(name, how, TERMS), monkeypatch)
    adapted = model.adapt(support())
    assert isinstance(adapted, NetModel)
    rows = support().data.features
    shares = adapted.predict(rows)
    assert shares.shape == (6, 3)
    assert np.allclose(shares.sum(axis=1), 1)
    assert np.allclose(adapted.predict(rows.iloc[:1]), shares[:1], atol=1e-5)
    adapted.save(tmp_path)
    assert (load_model(tmp_path).predict(rows) == shares).all()


def test_full_context_is_kept_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    approach = Approach("matching", terms=TERMS, settings={"full_context": True})
    model = learned(approach, monkeypatch)
    adapted = model.adapt(support())
    rows = support().data.features
    shares = adapted.predict(rows)
    adapted.save(tmp_path)
    assert (load_model(tmp_path).predict(rows) == shares).all()


@pytest.mark.parametrize("name", METHODS)
def test_saving_keeps_everything(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = {} if name in ("protonet", "matching") else {"inner_lr": 0.1, "inner_steps": 2}
    model = learned(Approach(name, "running", TERMS, settings), monkeypatch)
    model.save(tmp_path)
    again = load_model(tmp_path)
    assert isinstance(again, FewshotModel)
    assert again.approach == model.approach
    assert again.judge(pool(6), episodes=8) == model.judge(pool(6), episodes=8)


def test_comparing_takes_any_number_of_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    model = learned(Approach(terms=TERMS), monkeypatch)
    assert model.adapt(support(5)).predict(support(5).data.features).shape == (10, 5)
    assert model.judge(pool(8), Terms(6, 2, 3), episodes=4).protocol.startswith(
        "protonet; 6-way 2-shot"
    )


def test_time_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    started = time.monotonic()
    learner = FewshotLearner(SPACE, Approach(terms=TERMS), episodes=5_000_000)
    learner.fit(pool(), DESIGN, Context(deadline=time.monotonic() + 2))
    assert time.monotonic() - started < 5


def test_a_net_without_second_derivatives_is_refused_by_methods_that_need_them() -> None:
    learner = FewshotLearner(SPACE, Approach("maml", terms=TERMS))
    with pytest.raises(ConfigError, match="use fomaml"):
        learner.fit(pool(), SQUEEZED, Context())


def test_what_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = learned(Approach("maml", terms=TERMS), monkeypatch)
    with pytest.raises(ConfigError, match="adapt it to a few examples"):
        model.predict(support().data.features)
    with pytest.raises(ConfigError, match="3 classes apart and cannot take 4"):
        model.adapt(support(4))
    with pytest.raises(ConfigError, match="name the shape in a schema file"):
        model.adapt(support(side=6))
    with pytest.raises(DataError, match="name fewer ways"):
        model.judge(pool(2))
    with pytest.raises(ConfigError, match="cannot be made with inner_lr"):
        learned(Approach(terms=TERMS, settings={"inner_lr": 0.1}), monkeypatch)
    with pytest.raises(UnknownName):
        learned(Approach("protonets", terms=TERMS), monkeypatch)
