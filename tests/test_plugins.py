"""Third parties add parts with entry points; theirs stand beside ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import netwright
from netwright.core.registry import find, names, plugged_in
from netwright.engines import ENGINES
from netwright.learners import LEARNERS
from netwright.strategies import get_strategy, known_strategies
from tests.conftest import make_frame

MODULE = '''
import optuna
from netwright.learners.linear import Linear
from netwright.learners.tabular import TabularLearner


class Theirs(Linear):
    """A linear model of a third party."""

    name = "their_linear"


def learner():
    return TabularLearner(Theirs())


class Sampler(optuna.samplers.RandomSampler):
    """Their sampler."""
'''
METADATA = "Metadata-Version: 2.1\nName: their-package-of-parts\nVersion: 1.0\n"
ENTRY_POINTS = """
[netwright.learners]
their_linear = their_package_of_parts:learner
lightgbm = their_package_of_parts:learner

[netwright.strategies]
their_search = their_package_of_parts:Sampler
"""


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Path]:
    """A package as pip would have left it."""
    (tmp_path / "their_package_of_parts.py").write_text(MODULE)
    info = tmp_path / "their_package_of_parts-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: their-package-of-parts\nVersion: 1.0\n"
    )
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    sys.path.insert(0, str(tmp_path))
    plugged_in.cache_clear()
    yield tmp_path
    plugged_in.cache_clear()
    sys.path.remove(str(tmp_path))
    sys.modules.pop("their_package_of_parts", None)


def test_their_names_are_known(installed: Path) -> None:
    assert names("learners", LEARNERS)["their_linear"] == "their_package_of_parts:learner"
    assert "their_search" in known_strategies()
    assert names("engines", ENGINES) == ENGINES


def test_built_ins_cannot_be_replaced_behind_a_persons_back(installed: Path) -> None:
    assert names("learners", LEARNERS)["lightgbm"] == LEARNERS["lightgbm"]


def test_their_learner_competes_and_its_model_opens_again(installed: Path, tmp_path: Path) -> None:
    frame = make_frame(80)
    predictor = netwright.fit(
        frame, "y", trials=1, out=tmp_path / "run", engine="inline", learners=["their_linear"]
    )
    assert predictor.leaderboard()["learner"].tolist() == ["their_linear"]
    assert len(netwright.load(tmp_path / "run").predict(frame)) == 80


def test_their_sampler_searches(installed: Path) -> None:
    study = netwright.tune(
        lambda config: float(config["x"]),
        {"x": netwright.Float(0, 1)},
        trials=3,
        strategy="their_search",
    )
    assert len(study.trials("complete")) == 3
    assert get_strategy("their_search").name == "their_search"


def test_plugins_are_listed_as_such(installed: Path, cli) -> None:  # type: ignore[no-untyped-def]
    listed = cli("plugins").out
    (line,) = [line for line in listed.splitlines() if "their_linear" in line]
    assert "(plug-in)" in line


def test_a_learner_that_was_uninstalled_is_told(installed: Path, tmp_path: Path) -> None:
    predictor = netwright.fit(
        make_frame(60),
        "y",
        trials=1,
        out=tmp_path / "run",
        engine="inline",
        learners=["their_linear"],
    )
    sys.path.remove(str(installed))
    sys.modules.pop("their_package_of_parts")
    plugged_in.cache_clear()
    try:
        with pytest.raises(netwright.UserError, match="their_linear"):
            netwright.load(predictor.folder).predict(make_frame(3))
    finally:
        sys.path.insert(0, str(installed))


def test_find_prefers_the_table() -> None:
    assert find("learners", "linear", LEARNERS)().algorithm.name == "linear"
