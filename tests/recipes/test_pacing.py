"""How long each design is trained, by the clock."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import netwright
from netwright.core.audit import Audit
from netwright.core.budget import Clock
from netwright.core.config import Config
from netwright.core.task import Constraints, Task
from netwright.data.images import CLASS, IMAGE, as_cells
from netwright.data.prepare import Wishes, prepare
from netwright.evaluators.costs import counted
from netwright.recipes import pacing
from netwright.recipes.options import FitOptions, make_options
from netwright.recipes.pacing import MOST, PROBED, USUAL_EPOCHS, epochs_within
from netwright.recipes.search_options import make_search_options
from netwright.spaces.naming import NetSpaceName
from tests.recipes.test_search import SMALL, make_pictures

SPACE = NetSpaceName("nasbench201", {"cells": 1, "channels": 4})
FIT = make_options(target=CLASS, engine="inline", time="10m")


def pictures(rows: int) -> Task:
    values = np.random.default_rng(0).integers(0, 255, (rows, 3, 6, 6)).astype(np.uint8)
    frame = pd.DataFrame({IMAGE: as_cells(values), CLASS: ["a", "b"] * (rows // 2)})
    return prepare(frame, CLASS, Wishes(), Audit())


def epochs(fit: FitOptions = FIT, seconds: float | None = 60.0, rows: int = 128) -> int:
    return epochs_within(SPACE, fit, pictures(rows), Clock.start(seconds))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of 64 pictures takes a tenth of a second."""
    monkeypatch.setattr(pacing, "_one", lambda *told: 0.1)


def test_without_a_clock_it_is_the_usual_number() -> None:
    assert epochs(seconds=None) == USUAL_EPOCHS


def test_time_is_shared_by_thirty_designs(slow: None) -> None:
    # 0.8 * 60 s, over 30 designs of 0.8 * 512 rows: 6.4 steps of 0.1 s an epoch, a quarter more
    assert epochs(rows=512) == round(0.8 * 60 / (30 * 6.4 * 0.1 * 1.25)) == 2
    assert epochs(seconds=240, rows=512) == 8
    assert epochs(replace(FIT, trials=10), rows=512) == 6
    assert epochs_within(SPACE, FIT, pictures(512), Clock.start(240.0), objectives=2) == 4


def test_it_is_one_epoch_at_least_and_twelve_at_most(slow: None) -> None:
    assert epochs(seconds=1, rows=512) == 1
    assert epochs(seconds=1e5, rows=512) == MOST


def test_the_speed_of_some_designs_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    inner = pacing._one
    monkeypatch.setattr(pacing, "_one", lambda *told: asked.append(told[1]) or inner(*told))
    started = time.monotonic()
    assert 1 <= epochs() <= MOST
    assert len(asked) == PROBED
    assert asked[0] == SPACE.open().complete()
    assert time.monotonic() - started < 20


def test_only_designs_that_keep_the_limits_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Config] = []
    monkeypatch.setattr(pacing, "_one", lambda *told: asked.append(told[1]) or 0.1)
    task, name = pictures(128), NetSpaceName("morphism")
    limited = replace(task, constraints=Constraints(max_flops_g=3e-3))
    epochs_within(name, FIT, limited, Clock.start(60.0))
    assert len(asked) == PROBED
    assert all(counted(name, design, task)["flops_g"] <= 3e-3 for design in asked)


def test_without_a_design_in_reach_the_default_is_measured(slow: None) -> None:
    none = replace(pictures(512), constraints=Constraints(max_params_m=1e-9))
    assert epochs_within(SPACE, FIT, none, Clock.start(60.0)) == 2


def test_looking_for_such_designs_ends_in_time(monkeypatch: pytest.MonkeyPatch, slow: None) -> None:
    looked: list[Config] = []
    monkeypatch.setattr(pacing, "counted", lambda *told: looked.append(told[1]) or {"params_m": 1})
    none = replace(pictures(128), constraints=Constraints(max_params_m=1e-9))
    epochs_within(SPACE, FIT, none, Clock.start(1e-6))
    assert len(looked) == 1


def test_nets_with_two_heads_are_measured_too() -> None:
    name = NetSpaceName("darts", {"cells": 3, "channels": 4, "auxiliary": True})
    assert 1 <= epochs_within(name, FIT, pictures(8), Clock.start(5.0)) <= MOST


def test_a_search_by_the_clock_says_how_long_it_trains(tmp_path: Path) -> None:
    source = make_pictures(tmp_path / "pictures")
    words = {"budget": 12, "trials": 2, "engine": "inline", "strategy": "random", **SMALL}
    netwright.search(source, out=tmp_path / "run", **words)
    told = json.loads((tmp_path / "run" / "run.json").read_text())["options"]["epochs"]
    assert told == MOST  # tiny pictures
    assert f"trained for {told} epochs" in (tmp_path / "run" / "audit.jsonl").read_text()


def test_what_was_said_stands() -> None:
    assert make_search_options(target=CLASS, epochs=7).epochs == 7
    assert make_search_options(target=CLASS).epochs is None
    assert make_search_options(target=CLASS, strategy="spos").epochs == 50
