"""The artifact: predicting, saving, and refusing what was tampered with."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import netwright
from netwright.core.errors import ArtifactError, ConfigError, DataError, DataWarning
from netwright.manifest import MANIFEST, seal
from netwright.predictor import Predictor
from tests.conftest import Outcome, make_frame


@pytest.fixture
def copy(tmp_path: Path, fitted: Path) -> Path:
    path = tmp_path / "predictor"
    shutil.copytree(fitted / "predictor", path)
    return path


def test_predictions_keep_the_index(fitted: Path) -> None:
    frame = make_frame(20, seed=3).set_index(pd.Index([f"r{i}" for i in range(20)]))
    predictor = netwright.load(fitted)
    predicted, shares = predictor.predict(frame), predictor.predict_proba(frame)
    assert predicted.index.equals(frame.index)
    assert shares.index.equals(frame.index)
    assert list(shares.columns) == ["no", "yes"]
    assert predicted.name == "y"
    assert (shares.idxmax(axis=1) == predicted).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_the_run_folder_and_its_predictor_both_open(fitted: Path) -> None:
    assert netwright.load(fitted).manifest == netwright.load(fitted / "predictor").manifest


def test_opening_costs_nothing_until_it_predicts(fitted: Path) -> None:
    script = (
        "import sys, netwright; p = netwright.load(sys.argv[1]); print(repr(p)); "
        "print('lightgbm' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(fitted)], capture_output=True, text=True, check=True
    )
    assert "Predictor(binary 'y'" in done.stdout
    assert "False False" in done.stdout


def test_a_fresh_process_predicts_the_same_to_the_last_bit(tmp_path: Path, fitted: Path) -> None:
    frame = make_frame(50, seed=4)
    frame.to_parquet(tmp_path / "new.parquet")
    here = netwright.load(fitted).predict_proba(frame).to_numpy()
    script = (
        "import sys, netwright, numpy; "
        "numpy.save(sys.argv[3], netwright.load(sys.argv[1]).predict_proba(sys.argv[2]).to_numpy())"
    )
    out = tmp_path / "there.npy"
    subprocess.run(
        [sys.executable, "-c", script, str(fitted), str(tmp_path / "new.parquet"), str(out)],
        check=True,
    )
    np.testing.assert_array_equal(np.load(out), here)


def test_saving_elsewhere(tmp_path: Path, fitted: Path) -> None:
    predictor = netwright.load(fitted)
    again = netwright.load(predictor.save(tmp_path / "copy"))
    frame = make_frame(10)
    pd.testing.assert_series_equal(again.predict(frame), predictor.predict(frame))
    with pytest.raises(ConfigError, match="not empty"):
        predictor.save(tmp_path / "copy")


def test_extra_reordered_and_optional_columns(fitted: Path) -> None:
    predictor = netwright.load(fitted)
    frame = make_frame(10)
    expected = predictor.predict_proba(frame)
    turned = frame.assign(extra="?")[[*reversed(frame.columns), "extra"]]
    pd.testing.assert_frame_equal(predictor.predict_proba(turned), expected)
    without = frame.drop(columns=["key", "y"])
    pd.testing.assert_frame_equal(predictor.predict_proba(without), expected)


def test_a_needed_column_is_named(fitted: Path) -> None:
    with pytest.raises(DataError, match="lacks the column 'town'"):
        netwright.load(fitted).predict(make_frame(5).drop(columns="town"))


def test_unseen_categories_and_missing_values_are_predicted(fitted: Path) -> None:
    frame = make_frame(5).assign(town="Atlantis", x=None, note=None, day=None)
    with pytest.warns(DataWarning) as told:
        found = netwright.load(fitted).predict_proba(frame)
    assert found.notna().all(axis=None)
    assert sorted(str(one.message) for one in told) == [
        "Column 'day' is missing in 100% of the rows, and was in 0% of the training rows.",
        "Column 'town' has values never seen in 100% of the rows, such as 'Atlantis'.",
        "Column 'x' is missing in 100% of the rows, and was in 0% of the training rows.",
    ]


def test_strict_refuses_what_a_warning_tells_of(fitted: Path) -> None:
    predictor = netwright.load(fitted)
    pd.testing.assert_series_equal(
        predictor.predict(make_frame(5), strict=True), predictor.predict(make_frame(5))
    )
    with pytest.raises(DataError, match="'town' has values never seen in 100% of the rows"):
        predictor.predict(make_frame(5).assign(town="Atlantis"), strict=True)
    with pytest.raises(DataError, match="'x' cannot be read as number in 100% of the rows"):
        predictor.predict_proba(make_frame(5).assign(x="soon"), strict=True)


def test_the_command_line_tells_it_too(
    fitted: Path, cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    make_frame(5).assign(town="Atlantis").to_csv(tmp_path / "t.csv", index=False)
    out = tmp_path / "p.csv"
    done = cli("predict", fitted, tmp_path / "t.csv", "--out", out)
    assert done.code == 0
    assert "note: Column 'town' has values never seen in 100% of the rows" in done.err
    out.unlink()
    done = cli("predict", fitted, tmp_path / "t.csv", "--out", out, "--strict")
    assert done.code == 2
    assert "'town' has values never seen" in done.err
    assert not out.exists()


def test_no_rows_give_no_predictions(fitted: Path) -> None:
    predictor = netwright.load(fitted)
    empty = make_frame(5).iloc[:0]
    assert len(predictor.predict(empty)) == 0
    assert predictor.predict_proba(empty).shape == (0, 2)


def test_numbers_as_classes_come_back_as_numbers(tmp_path: Path) -> None:
    frame = make_frame(100)
    frame["y"] = (frame["y"] == "yes").astype(int)
    predictor = netwright.fit(
        frame, "y", trials=1, out=tmp_path / "r", engine="inline", learners=["linear"]
    )
    predicted = predictor.predict(frame)
    assert predicted.dtype.kind == "i"
    assert list(predictor.predict_proba(frame).columns) == [0, 1]


def test_a_regression_has_no_probabilities(tmp_path: Path) -> None:
    frame = make_frame(80, "regression")
    predictor = netwright.fit(
        frame, "y", trials=1, out=tmp_path / "r", engine="inline", learners=["linear"]
    )
    with pytest.raises(ConfigError, match="use predict"):
        predictor.predict_proba(frame)
    assert set(predictor.evaluate(frame)) == {"rmse", "mae", "r2"}


def test_every_metric_of_the_kind(fitted: Path) -> None:
    scores = netwright.load(fitted).evaluate(make_frame(60, seed=9))
    assert list(scores) == ["log_loss", "accuracy", "balanced_accuracy", "auc"]
    assert scores["auc"] > 0.7


def test_labels_never_seen_are_judged_not_refused(fitted: Path) -> None:
    frame = make_frame(40, seed=9)
    frame.loc[:3, "y"] = "perhaps"
    scores = netwright.load(fitted).evaluate(frame)
    assert np.isfinite(scores["log_loss"])


def test_explaining(fitted: Path) -> None:
    table = netwright.load(fitted).explain(make_frame(100, seed=9), repeats=2)
    assert table.index.name == "column"
    assert table.index[0] in ("x", "town")
    assert set(table.columns) == {"importance", "deviation"}


def test_the_leaderboard_has_weights(fitted: Path) -> None:
    board = netwright.load(fitted).leaderboard()
    assert board["weight"].sum() == pytest.approx(1, abs=1e-3)
    assert board["score"].is_monotonic_increasing


# -------------------------------------------------------------------------- tampering


def some_file(folder: Path) -> Path:
    return next(
        path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MANIFEST
    )


def change(folder: Path) -> None:
    path = some_file(folder)
    path.write_bytes(path.read_bytes() + b" ")


def remove(folder: Path) -> None:
    some_file(folder).unlink()


def add(folder: Path) -> None:
    (folder / "model" / "extra.py").write_text("print('gotcha')")


def change_manifest(folder: Path) -> None:
    path = folder / MANIFEST
    path.write_text(path.read_text().replace('"binary"', '"regression"', 1))


def damage_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("{")


def later_version(folder: Path) -> None:
    body = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**body, "format": 99}))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (change, "was changed"),
        (remove, "is missing"),
        (add, "was added"),
        (change_manifest, "manifest .* was changed"),
        (damage_manifest, "is damaged"),
        (later_version, "format 99"),
    ],
)
def test_what_was_tampered_with_is_refused(copy: Path, act: object, message: str) -> None:
    act(copy)  # type: ignore[operator]
    with pytest.raises(ArtifactError, match=message):
        Predictor(copy)


def test_no_predictor_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="netwright resume"):
        netwright.load(tmp_path)


def test_a_sealed_model_cannot_choose_the_code_that_opens_it(tmp_path: Path, copy: Path) -> None:
    """A forged learner name is neither imported nor called, unless the person trusts it."""
    facts = json.loads((copy / MANIFEST).read_text())
    path = next((copy / "model").glob("member*/model.json"))
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "algorithm": "tests.forged_code:run"}))
    (copy / MANIFEST).unlink()
    seal(copy, {key: facts[key] for key in facts if key not in ("files", "digest")})
    with pytest.raises(ArtifactError, match=r"trust=\['tests.forged_code:run'\]"):
        Predictor.load(copy).predict(make_frame(3))
    assert "tests.forged_code" not in sys.modules


def test_a_sealed_lie_about_the_kind_of_model_runs_nothing(copy: Path) -> None:
    """Even with a correct seal, only kinds in netwright's own table are opened."""
    facts = json.loads((copy / MANIFEST).read_text())
    model = copy / "model" / "model.json"
    model.write_text(json.dumps({"format": "os:system", "weights": [1.0], "temperature": 1.0}))
    (copy / MANIFEST).unlink()
    seal(copy, {key: facts[key] for key in facts if key not in ("files", "digest")})
    with pytest.raises(ArtifactError, match="unknown kind"):
        Predictor(copy).predict(make_frame(3))
