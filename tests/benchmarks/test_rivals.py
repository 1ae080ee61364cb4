"""Random designs of a cost are random, and of that cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.config import Config
from netwright.core.space import Categorical, Int, Parameters
from netwright.data.prepare import Wishes, prepare
from rivals import random_of_cost, unseen_rows

SPACE = Parameters(
    {"width": Int(8, 256, log=True), "depth": Int(1, 8), "act": Categorical(("relu", "gelu"))}
)


def cost(config: Config) -> float:
    return float(config["width"] or 0) ** 2 * float(config["depth"] or 0)


def drawn(wanted: float, count: int = 40, within: float = 0.25) -> list[Config]:
    rngs = [np.random.default_rng(seed) for seed in range(count)]
    return [random_of_cost(SPACE, cost, wanted, rng, within) for rng in rngs]


@pytest.mark.parametrize("wanted", [3000.0, 60_000.0, 450_000.0])
@pytest.mark.parametrize("within", [0.25, 0.1])
def test_the_cost_is_kept(wanted: float, within: float) -> None:
    for design in drawn(wanted, 10, within):
        assert abs(cost(design) / wanted - 1) <= within
        assert design == SPACE.complete(design)


def test_designs_differ_and_do_not_crowd_on_one_side() -> None:
    wanted = 100_000.0
    designs = drawn(wanted)
    assert len(set(designs)) > 30
    assert {design["act"] for design in designs} == {"relu", "gelu"}
    shares = np.array([cost(design) / wanted for design in designs])
    assert 0.93 < shares.mean() < 1.07
    assert (shares > 1).sum() > 8


def test_a_seed_decides() -> None:
    assert drawn(50_000.0, 3) == drawn(50_000.0, 3)


def test_a_cost_that_nothing_has_is_refused() -> None:
    with pytest.raises(RuntimeError, match="costs about 1e-06"):
        drawn(1e-6, 1)


def test_unseen_rows_are_coded_as_the_task_has_them() -> None:
    frame = pd.DataFrame({"x": np.arange(30.0), "y": ["a", "b", "c"] * 10})
    task = prepare(frame, "y", Wishes(), Audit())
    rows = unseen_rows(task, pd.DataFrame({"x": [7.0, 8.0], "y": ["c", "b"]}))
    assert rows.target is not None
    assert rows.target.tolist() == [2, 1]
    assert rows.features["x"].tolist() == [7.0, 8.0]
