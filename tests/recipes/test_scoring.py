"""What proxies say before a search: which designs they score, and who goes first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import netwright
from netwright.core.folder import RunFolder
from netwright.core.study import read_study
from netwright.core.trial import TrialRecord
from netwright.paradigms.nas.proxies.vote import vote
from netwright.recipes import proxies
from netwright.recipes.search import read_options
from netwright.recipes.searching import SCORED
from tests.recipes.test_search import SMALL, make_pictures

FAST: dict[str, Any] = {"engine": "inline", "epochs": 1, **SMALL}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "POOL", 12)


def searched(root: Path, **words: Any) -> Path:
    if not (root / "pictures").exists():
        make_pictures(root / "pictures")
    netwright.search(root / "pictures", out=root / "run", overwrite=True, **{**FAST, **words})
    return root / "run"


def rows(run: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((run / SCORED).read_text())["designs"]
    return found


def trials(run: Path) -> list[TrialRecord]:
    return read_study(RunFolder.open(run)).trials()


def texts(run: Path) -> list[str]:
    space = read_options(RunFolder.open(run)).space.open()
    return [space.to_text(record.config) for record in trials(run)]


@pytest.mark.parametrize("strategy", ["auto", "random"])
def test_the_best_by_the_vote_go_first(tmp_path: Path, strategy: str) -> None:
    run = searched(tmp_path, strategy=strategy, proxies="params,synflow", trials=3)
    found = rows(run)
    assert set(found[0]["scores"]) == {"params", "synflow"}
    votes = vote([row["scores"] for row in found], ("params", "synflow"))
    best = [found[place]["design"] for place in (-votes).argsort(kind="stable")]
    tried = [text for text in texts(run) if text != found[0]["design"]]  # the usual one is apart
    assert tried[0] in best[:2]
    assert set(tried) <= set(best[:4])


def test_a_space_too_large_to_list_begins_with_them_too(tmp_path: Path) -> None:
    words = {"space": "cell", "arguments": {"cells": 3, "channels": 4}}
    run = searched(tmp_path, strategy="auto", proxies="params", trials=3, **words)
    found = sorted(rows(run), key=lambda row: -row["scores"]["params"])
    assert set(texts(run)) <= {row["design"] for row in found[:3]} | {rows(run)[0]["design"]}


def test_designs_over_a_limit_are_not_scored(tmp_path: Path) -> None:
    run = searched(tmp_path, proxies="params", trials=1, max_params_m=0.0055)
    assert 0 < len(rows(run)) < 12
    assert all(row["scores"]["params"] <= 5500 for row in rows(run))


def test_designs_are_scored_once_for_a_run(tmp_path: Path) -> None:
    run = searched(tmp_path, proxies="params", trials=1)
    assert "params scored 12 random designs" in (run / "audit.jsonl").read_text()
    before = (run / SCORED).stat().st_mtime_ns
    netwright.resume(run, trials=2)
    assert (run / SCORED).stat().st_mtime_ns == before


def test_nothing_is_scored_unasked(tmp_path: Path) -> None:
    assert not (searched(tmp_path, trials=1) / SCORED).exists()


def test_time_limits_how_many_are_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "SCORING", 0.0)
    run = searched(tmp_path, proxies="params", budget=6)
    assert len(rows(run)) == 1
