"""Search with shared weights, end to end on small pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest

import netwright
from netwright.core.errors import ConfigError
from netwright.core.folder import RunFolder
from netwright.core.storage import open_storage
from netwright.core.study import read_study
from netwright.evaluators.costs import counted
from netwright.recipes.ranking import correlations
from netwright.recipes.search import read_options
from netwright.report.summary import summarise
from tests.conftest import Outcome
from tests.recipes.test_search import SMALL, make_pictures

FAST = {"strategy": "spos", "engine": "inline", "epochs": 1, **SMALL}


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("oneshot")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netwright.recipes.oneshot.EPOCHS", 4)
        patch.setattr("netwright.recipes.oneshot.PER_TRIAL", 6)
        netwright.search(make_pictures(root / "pictures"), trials=2, out=root / "run", **FAST)
    return root


def shared(run: Path) -> dict[str, optuna.Study]:
    storage = open_storage(run / "study.journal")
    names = [summary.study_name for summary in optuna.get_all_study_summaries(storage)]
    return {name: optuna.load_study(study_name=name, storage=storage) for name in names}


def test_scores_of_shared_weights_stand_apart(searched: Path) -> None:
    studies = shared(searched / "run")
    assert {name: len(study.trials) for name, study in studies.items()} == {
        "study": 2, "study-supernet": 1, "study-shared": 12,
    }  # fmt: skip


def test_the_best_by_shared_weights_are_trained(searched: Path) -> None:
    studies = shared(searched / "run")
    ranked = sorted(studies["study-shared"].trials, key=lambda trial: (-trial.value, trial.number))
    designs = list(dict.fromkeys(tuple(sorted(trial.params.items())) for trial in ranked))[:2]
    trained = {tuple(sorted(trial.params.items())) for trial in studies["study"].trials}
    assert trained == set(designs)


def test_what_is_handed_over_is_an_ordinary_run(
    searched: Path, cli: Callable[..., Outcome]
) -> None:
    run = searched / "run"
    assert json.loads(cli("show", run, "--json").out)["trials"]["complete"] == 2
    assert len(netwright.load(run).predict(searched / "pictures" / "test")) == 8
    said = [entry["said"] for entry in RunFolder.open(run).audit.entries()]
    assert any("weights that a supernet shares" in line for line in said)
    assert not (run / "supernet" / "training.safetensors").exists()


def test_going_on_trains_more_of_them(searched: Path, cli: Callable[..., Outcome]) -> None:
    run = searched / "run"
    done = cli("resume", run, "--trials", 3)
    assert done.code == 0, done.err
    assert len(read_study(RunFolder.open(run)).trials("complete")) == 3
    assert len(shared(run)["study-supernet"].trials) == 1  # it is trained already


def test_limits_hold_for_what_is_judged_too(searched: Path, tmp_path: Path) -> None:
    netwright.search(
        searched / "pictures", trials=1, out=tmp_path / "run", max_params_m=0.006, **FAST
    )
    facts = summarise(RunFolder.open(tmp_path / "run"))
    assert all(row["costs"]["params_m"] <= 0.006 for row in facts["designs"])


def test_a_regime_without_shared_weights_says_so(searched: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="take another strategy"):
        netwright.fewshot.search(
            searched / "pictures", space="conv4", strategy="spos", ways=2, shots=1, queries=2,
            trials=1, episodes=4, out=tmp_path / "run",
        )  # fmt: skip
    assert not (tmp_path / "run").exists()


def table_of(run: Path, path: Path, designs: int) -> Path:
    """A table that says of random cells how many weights they have."""
    space = read_options(RunFolder.open(run)).space
    task = RunFolder.open(run).task()
    rng = np.random.default_rng(3)
    drawn = [space.open().sample(rng) for _ in range(designs)]
    texts = [space.open().to_text(design) for design in drawn]
    sizes = [counted(space, design, task)["params_m"] for design in drawn]
    pd.DataFrame({"arch_str": texts, "accuracy": sizes}).to_csv(path, index=False)
    return path


def test_shared_weights_are_compared_with_a_table(
    searched: Path, cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    table = table_of(searched / "run", tmp_path / "table.csv", 12)
    words = ("--validation", "accuracy", "--designs", 8, "--json", tmp_path / "out.json")
    done = cli("rank", searched / "run", "--table", table, *words)
    assert done.code == 0, done.err
    facts = json.loads((tmp_path / "out.json").read_text())
    assert f"Kendall's tau     {facts['kendall_tau']:.3f}" in done.out
    assert "over 8 designs" in done.out
    assert facts["params_tau"] == 1
    assert -1 <= facts["kendall_tau"] <= 1
    assert {len(row["design"].split("+")) for row in facts["rows"]} == {3}


def test_a_run_without_a_supernet_ranks_nothing(
    searched: Path, cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    netwright.search(
        searched / "pictures", trials=1, out=tmp_path / "run", **{**FAST, "strategy": "random"}
    )
    done = cli("rank", tmp_path / "run", "--table", "any.csv", "--validation", "accuracy")
    assert done.code == 2
    assert "trained no supernet" in done.err


def test_correlations_by_hand() -> None:
    columns = {"score": [1, 2, 3, 4], "table": [1, 2, 4, 3], "params_m": [2, 1, 3, 4]}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    assert correlations(rows) == {
        "kendall_tau": 0.6667, "params_tau": 0.3333,
        "partial_tau": 0.6325,  # (2/3 - 2/3 * 1/3) / sqrt((1 - 4/9) * (1 - 1/9))
    }  # fmt: skip


def test_what_knows_nothing_but_size_has_no_partial_correlation() -> None:
    rows = [{"score": size, "table": size % 3, "params_m": size} for size in range(6)]
    assert correlations(rows)["partial_tau"] is None
