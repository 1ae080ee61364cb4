"""Search with shared weights, end to end on small pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest

import netwright
from netwright.core.errors import ConfigError, NoModel
from netwright.core.folder import RunFolder
from netwright.core.metric import get_metric
from netwright.core.storage import open_storage
from netwright.core.study import read_study
from netwright.evaluators.costs import counted
from netwright.paradigms.nas.oneshot import History
from netwright.paradigms.nas.oneshot.relaxed import Relaxed
from netwright.recipes.ranking import correlations
from netwright.recipes.search import read_options
from netwright.report.summary import summarise
from netwright.spaces.naming import NetSpaceName
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
    assert "shared   spos, 4 epochs in" in cli("show", run).out
    assert summarise(RunFolder.open(run))["supernet"]["judged"] == 12


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


def cell(operation: str) -> str:
    """The cell of one operation."""
    nodes = ("|".join(f"{operation}~{source}" for source in range(node)) for node in (1, 2, 3))
    return "+".join(f"|{node}|" for node in nodes)


def choosing(patch: pytest.MonkeyPatch, *operations: str) -> None:
    """Has the next supernet come to choose these, one an epoch."""
    space = NetSpaceName(SMALL["space"], SMALL["arguments"]).open()
    designs = [space.from_text(cell(operation)) for operation in operations]
    history = History(options={}, strengths=[], designs=designs)
    patch.setattr(Relaxed, "history", lambda *_: history)


LIMITED = {**FAST, "strategy": "darts", "trials": 2, "max_params_m": 0.005}


def test_what_a_supernet_chose_is_trained_if_it_keeps_the_limits(
    searched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choosing(monkeypatch, "skip_connect", "nor_conv_3x3")
    netwright.search(searched / "pictures", out=tmp_path / "run", **LIMITED)
    (row,) = summarise(RunFolder.open(tmp_path / "run"))["designs"]
    assert row["design"] == cell("skip_connect")


def test_a_choice_that_breaks_them_all_is_told(
    searched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choosing(monkeypatch, "nor_conv_1x1", "nor_conv_3x3")
    with pytest.raises(NoModel, match="stood for in 2 epochs keeps the limits"):
        netwright.search(searched / "pictures", out=tmp_path / "run", **LIMITED)


def test_a_supernet_that_was_saved_counts_though_its_trial_was_stopped(
    searched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netwright.evaluators import nets

    score, calls = nets._scores, []

    def stopped_at_first(*args: object) -> dict[str, float]:
        calls.append(args)
        if len(calls) == 1:
            raise RuntimeError("stopped")
        return score(*args)

    monkeypatch.setattr(nets, "_scores", stopped_at_first)
    netwright.search(searched / "pictures", trials=1, out=tmp_path / "run", **FAST)
    assert shared(tmp_path / "run")["study-supernet"].trials[0].state.name == "FAIL"
    assert summarise(RunFolder.open(tmp_path / "run"))["trials"]["complete"] == 1


EPISODES = {"ways": 2, "shots": 1, "queries": 2, "episodes": 4, "engine": "inline", "trials": 1}


@pytest.mark.parametrize("strategy", ["spos", "gdas", "enas"])
def test_designs_share_weights_under_episodes(
    searched: Path, tmp_path: Path, strategy: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netwright.recipes.fewshot.SUPERNET_EPISODES", 600)
        patch.setattr("netwright.recipes.oneshot.PER_TRIAL", 3)
        patch.setattr("netwright.paradigms.nas.oneshot.enas.ENAS.drawn", 3)
        netwright.fewshot.search(
            searched / "pictures", strategy=strategy, out=tmp_path / "run", **SMALL, **EPISODES
        )
    studies = shared(tmp_path / "run")
    judged = {} if strategy == "gdas" else {"study-shared": 3}
    assert {name: len(study.trials) for name, study in studies.items()} == {
        "study": 1, "study-supernet": 1, **judged,
    }  # fmt: skip
    assert (tmp_path / "run" / "choices.json").exists() == (strategy != "spos")


@pytest.mark.parametrize(
    ("words", "said"),
    [({"method": "maml"}, "such as protonet"), ({"norm": "running"}, "another --norm")],
)
def test_what_cannot_share_weights_under_episodes_says_so(
    searched: Path, tmp_path: Path, words: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        netwright.fewshot.search(
            searched / "pictures", strategy="spos", out=tmp_path / "run",
            **SMALL, **EPISODES, **words,
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
    assert "over 8 designs, by accuracy" in done.out
    assert facts["by_metric"]["accuracy"]["kendall_tau"] == facts["kendall_tau"]
    assert "log_loss" in facts["by_metric"]
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
    found = zip([1, 2, 3, 4], [1, 2, 4, 3], [2, 1, 3, 4], strict=True)
    rows = [
        {"scores": {"accuracy": score, "log_loss": -score}, "table": truth, "params_m": size}
        for score, truth, size in found
    ]
    for name in ("accuracy", "log_loss"):
        assert correlations(rows, get_metric(name, "multiclass")) == {
            "kendall_tau": 0.6667, "params_tau": 0.3333,
            "partial_tau": 0.6325,  # (2/3 - 2/3 * 1/3) / sqrt((1 - 4/9) * (1 - 1/9))
        }  # fmt: skip


def test_what_knows_nothing_but_size_has_no_partial_correlation() -> None:
    rows = [
        {"scores": {"accuracy": size}, "table": size % 3, "params_m": size} for size in range(6)
    ]
    assert correlations(rows, get_metric("accuracy", "multiclass"))["partial_tau"] is None


def test_designs_without_a_score_are_left_out_of_ranks() -> None:
    metric = get_metric("accuracy", "multiclass")
    rows: list[dict[str, Any]] = [
        {"scores": {"accuracy": x}, "table": x * x, "params_m": (x * 7) % 1}
        for x in (0.1, 0.3, 0.4, 0.8, 0.9)
    ]
    expected = correlations(rows, metric)
    assert expected["kendall_tau"] == 1.0
    gaps: list[dict[str, Any]] = [
        {"scores": {"accuracy": float("nan")}, "table": 0.5, "params_m": 0.2},
        {"scores": {}, "table": 0.1, "params_m": 0.3},
    ]
    assert correlations([*rows, *gaps], metric) == expected
    assert correlations(gaps, metric) == dict.fromkeys(expected)


# ---------------------------------------------------------------------- supernets that choose


@pytest.fixture(scope="module")
def chosen(searched: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netwright.recipes.oneshot.EPOCHS", 5)
        words = {**FAST, "strategy": "gdas", "level": "mixed", "held_weight": 0.5}
        netwright.search(searched / "pictures", trials=2, out=searched / "chosen", **words)
    return searched / "chosen"


def test_what_was_chosen_last_is_trained_first(chosen: Path) -> None:
    told = json.loads((chosen / "choices.json").read_text())
    assert len(told["designs"]) == len(told["strengths"]) == 5
    assert set(told["options"]) == {"1<-0", "2<-0", "2<-1", "3<-0", "3<-1", "3<-2"}
    space = read_options(RunFolder.open(chosen)).space.open()
    first = read_study(RunFolder.open(chosen)).trials("complete")[0].config
    assert space.to_text(first) == told["designs"][-1]
    assert set(shared(chosen)) == {"study", "study-supernet"}


def test_settings_are_kept(chosen: Path) -> None:
    options = read_options(RunFolder.open(chosen))
    assert options.settings == {"level": "mixed", "held_weight": 0.5}
    assert options.training(RunFolder.open(chosen).task())["epochs"] == 1


def test_the_report_draws_how_it_was_chosen(chosen: Path, cli: Callable[..., Outcome]) -> None:
    assert cli("report", chosen).code == 0
    assert "How the design was chosen" in (chosen / "report.html").read_text()


def test_going_on_trains_what_was_chosen_before(chosen: Path, cli: Callable[..., Outcome]) -> None:
    before = len(read_study(RunFolder.open(chosen)).trials("complete"))
    told = json.loads((chosen / "choices.json").read_text())
    done = cli("resume", chosen, "--trials", 4)
    assert done.code == 0, done.err
    after = len(read_study(RunFolder.open(chosen)).trials("complete"))
    assert before <= after <= min(4, len(set(told["designs"])))
    assert json.loads((chosen / "choices.json").read_text()) == told


@pytest.mark.parametrize("strategy", ["setn", "enas"])
def test_designs_that_are_drawn_are_judged(searched: Path, tmp_path: Path, strategy: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netwright.recipes.oneshot.EPOCHS", 2)
        patch.setattr("netwright.paradigms.nas.oneshot.setn.SETN.drawn", 5)
        patch.setattr("netwright.paradigms.nas.oneshot.enas.ENAS.drawn", 5)
        words = {**FAST, "strategy": strategy}
        netwright.search(searched / "pictures", trials=2, out=tmp_path / "run", **words)
    studies = shared(tmp_path / "run")
    assert {name: len(study.trials) for name, study in studies.items()} == {
        "study": 2, "study-supernet": 1, "study-shared": 5,
    }  # fmt: skip
    best = max(studies["study-shared"].trials, key=lambda trial: trial.value)
    assert studies["study"].trials[0].params == best.params
    space = read_options(RunFolder.open(tmp_path / "run")).space.open()
    chosen = json.loads((tmp_path / "run" / "choices.json").read_text())["designs"][-1]
    trained = read_study(RunFolder.open(tmp_path / "run")).trials("complete")
    assert chosen in {space.to_text(record.config) for record in trained}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--strategy", "darts", "--level", "third"), "third"),
        (("--strategy", "darts", "--level", "mixed", "--held-weight", "-1"), "0 times or more"),
        (("--strategy", "spos", "--level", "first"), "knows no level"),
        (("--strategy", "darts2", "--sampling", "fair"), "knows no sampling"),
        (("--strategy", "random", "--level", "first"), "Only a strategy whose supernet"),
        (("--strategy", "darts", "--space", "resnet"), "--strategy spos"),
        (("--strategy", "pc_darts", "--channels", "6"), "must be a multiple"),
        (("--strategy", "spos", "--sampling", "fairly"), "fairly"),
        (("--strategy", "ofa", "--space", "mobile", "--teaching", "2"), "a share of training"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_made(
    searched: Path, tmp_path: Path, cli: Callable[..., Outcome], words: tuple[str, ...], said: str
) -> None:
    told = words if "--space" in words else (*words, "--space", "nasbench201", "--cells", "1")
    out = tmp_path / "run"
    done = cli("search", searched / "pictures", *told, "--trials", 1, "--out", out)
    assert done.code == 2, done.out
    assert said in done.err
    assert not out.exists()


@pytest.mark.parametrize("own", ["Mine", "Own"])
def test_a_space_of_ones_own_is_searched_by_gradients(
    searched: Path, tmp_path: Path, own: str
) -> None:
    space = f"tests.paradigms.nas.oneshot.test_relaxed:{own}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netwright.recipes.oneshot.EPOCHS", 2)
        netwright.search(
            searched / "pictures", space=space, strategy="drnas", trials=1, epochs=1,
            engine="inline", out=tmp_path / "run",
        )  # fmt: skip
    told = json.loads((tmp_path / "run" / "choices.json").read_text())
    assert len(told["designs"]) == 2
    assert len(netwright.load(tmp_path / "run", trust=[space]).predict(
        searched / "pictures" / "test"
    )) == 8  # fmt: skip
