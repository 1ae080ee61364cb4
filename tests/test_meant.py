"""What a person meant, from the first row to the last prediction: small tables of every kind."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_diabetes, make_classification
from sklearn.metrics import f1_score, matthews_corrcoef

import netwright
from netwright import NetwrightClassifier
from netwright.core.errors import DataWarning, TargetError
from netwright.data.images import readable
from netwright.data.pixels import brightest_of, decode, rescaled
from netwright.data.readers import read

QUICK: dict[str, Any] = {
    "trials": 1, "engine": "inline", "learners": ("linear",), "level": "select", "explain": False,
}  # fmt: skip
RNG = np.random.default_rng(0)


def fit(frame: pd.DataFrame, **told: Any) -> netwright.Predictor:
    return netwright.fit(frame, "y", **{**QUICK, **told})


# ------------------------------------------------------------------------------ weights


def test_a_weight_is_as_many_rows_for_every_learner() -> None:
    x = RNG.normal(size=200)
    frame = pd.DataFrame({"x": x, "z": RNG.normal(size=200), "w": RNG.integers(0, 4, 200)})
    frame["y"] = np.where(x + RNG.normal(size=200) > 0, "b", "a")
    copies = frame.loc[np.repeat(frame.index, frame["w"])].drop(columns="w")
    for learner in ("linear", "lightgbm", "extra_trees", "neighbours"):
        told = {"learners": (learner,)}
        weighed = fit(frame, weight="w", **told).predict_proba(frame)
        repeated = fit(copies, **told).predict_proba(frame)
        np.testing.assert_allclose(weighed, repeated, err_msg=learner)


def test_oversampling_moves_the_probabilities() -> None:
    x = RNG.normal(size=400)
    frame = pd.DataFrame({"x": x, "y": (RNG.random(400) < 0.1).astype(int)})
    often = pd.concat([frame, *[frame[frame["y"] == 1]] * 8])
    plain, many = (fit(one).predict_proba(frame)[1].mean() for one in (frame, often))
    assert many == pytest.approx(often["y"].mean(), abs=0.05)
    assert many > 3 * plain


# ------------------------------------------------------------------- numbers and targets


@pytest.mark.parametrize(
    "scale",
    [lambda y: y * 1e-9, lambda y: y * 1e-30, lambda y: y + 1.7e9, lambda y: y * 1e15 - 1e18],
)
@pytest.mark.parametrize("learner", ["linear", "lightgbm", "xgboost", "extra_trees"])
def test_the_unit_of_a_target_does_not_matter(scale: Any, learner: str) -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    told = {"kind": "regression", "learners": (learner,), "config": None}
    plain = fit(X.assign(y=y), **told).evaluate(X.assign(y=y))["r2"]
    other = fit(X.assign(y=scale(y)), **told).evaluate(X.assign(y=scale(y)))["r2"]
    assert other == pytest.approx(plain, abs=0.02)


def test_a_heavy_tail_is_learned() -> None:
    x = RNG.normal(size=400)
    y = np.exp(4 * x)
    found = fit(pd.DataFrame({"x": x, "y": y}), learners=("lightgbm",))
    predicted = found.predict(pd.DataFrame({"x": x}))
    assert np.corrcoef(pd.Series(y).rank(), predicted.rank())[0, 1] > 0.8


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_moments_keep_their_seconds(unit: str) -> None:
    seconds = RNG.integers(0, 900, 500)
    stamps = pd.Timestamp("2024-05-01") + pd.to_timedelta(seconds, unit="s")
    since = stamps.astype(f"datetime64[{unit}]").astype("int64")
    frame = pd.DataFrame({"t": since, "z": RNG.normal(size=500), "y": seconds / 60})
    assert fit(frame, learners=("lightgbm",)).evaluate(frame)["rmse"] < 0.2
    frame["t"] = stamps
    assert fit(frame, learners=("lightgbm",)).evaluate(frame)["rmse"] < 0.2


def test_columns_of_zeros_with_a_few_counts_are_not_cut_flat() -> None:
    counts = np.where(RNG.random((2000, 3)) < 0.02, RNG.integers(1, 20, (2000, 3)), 0)
    frame = pd.DataFrame(counts, columns=list("abc")).assign(z=RNG.normal(size=2000))
    frame["y"] = counts.sum(axis=1) + 0.0
    # Sixteen different values that are all whole: told that they are a quantity.
    found = fit(frame, kind="regression", config={"numbers": "standard", "C": 100.0})
    assert found.evaluate(frame)["rmse"] < 0.05


# --------------------------------------------------------------------- kinds and labels


@pytest.mark.parametrize(
    "labels",
    [(0.5, 1.0), (-1, 1), (True, False), (1.0, 2.0), ("007", "042"), ("1.0", "2.0")],
    ids=str,
)
@pytest.mark.parametrize("container", [list, pd.Categorical, "nullable"])
def test_labels_come_back_as_they_were(labels: tuple, container: Any) -> None:
    x = RNG.normal(size=120)
    y: Any = [labels[int(value > 0)] for value in x]
    if container == "nullable":
        y = pd.Series(y).convert_dtypes()
        # pandas makes whole numbers of 1.0 and 2.0
        labels = tuple(pd.Series(labels).convert_dtypes().tolist())
    elif container is not list:
        y = container(y)
    predictor = fit(pd.DataFrame({"x": x, "z": RNG.normal(size=120), "y": y}))
    assert predictor.classes == tuple(sorted(labels))
    assert [type(label) for label in predictor.classes] == [type(x) for x in sorted(labels)]
    found = predictor.predict(pd.DataFrame({"x": [-2.0, 2.0], "z": 0.0}))
    assert found.tolist() == [labels[0], labels[1]]


def test_a_classifier_is_a_classifier_on_few_rows_of_many_classes() -> None:
    X = np.repeat(np.eye(30), 3, axis=0) + 0.01 * RNG.normal(size=(90, 30))
    labels = np.repeat(np.arange(30) * 10, 3)
    model = NetwrightClassifier(trials=1, engine="inline", learners=("linear",), level="select")
    assert (model.fit(X, labels).predict(X) == labels).mean() > 0.9


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (pd.date_range("2024-01-01", periods=60), "holds dates; predict the days"),
        (pd.to_timedelta(np.arange(60), unit="h"), "holds durations; predict its seconds"),
    ],
)
def test_dates_and_durations_are_refused_as_targets(values: Any, match: str) -> None:
    with pytest.raises(TargetError, match=match):
        fit(pd.DataFrame({"x": np.arange(60.0), "y": values}))


@pytest.mark.parametrize("written", ["$1,234", "1.234,5", "12 %", "1 234,5"])
def test_targets_written_by_people(written: str, tmp_path: Path) -> None:
    x = RNG.uniform(1000, 9000, 150).round(1)
    text = {
        "$1,234": [f"${v:,.0f}" for v in x],
        "1.234,5": [f"{v:,.1f}".translate({44: ".", 46: ","}) for v in x],
        "12 %": [f"{v:.1f} %" for v in x],
        "1 234,5": [f"{v:,.1f}".translate({44: " ", 46: ","}) for v in x],
    }[written]
    frame = pd.DataFrame({"x": x, "z": RNG.normal(size=150), "y": text})
    predictor = fit(frame)
    assert predictor.task.kind == "regression"
    assert predictor.evaluate(frame)["r2"] > 0.9
    assert predictor.predict(frame).corr(pd.Series(x)) > 0.95


# ----------------------------------------------------------------------------------- ids


@pytest.mark.parametrize("name", ["week", "day_index", "customer_id"])
def test_a_counter_that_tells_something_is_kept(name: str) -> None:
    count = np.arange(1, 301)
    frame = pd.DataFrame({name: count, "z": RNG.normal(size=300)})
    frame["y"] = 3.0 * count + 20 * RNG.normal(size=300)
    assert fit(frame).evaluate(frame)["r2"] > 0.9


def test_a_counter_that_only_counts_is_dropped_and_kept_on_demand() -> None:
    frame = pd.DataFrame({"row": np.arange(300), "z": RNG.normal(size=300)})
    frame["y"] = frame["z"] + RNG.normal(size=300)
    assert fit(frame).task.schema["row"].type == "id"
    assert fit(frame, keep_ids=True).task.schema["row"].type == "number"


def test_a_file_sorted_by_class_makes_no_input_of_its_row_numbers() -> None:
    frame = pd.DataFrame({"Id": np.arange(1, 151), "z": RNG.normal(size=150)})
    frame["y"] = np.repeat(["a", "b", "c"], 50)
    assert fit(frame).task.schema["Id"].type == "id"


# ------------------------------------------------------------------------------- metrics


@pytest.mark.parametrize(("metric", "judge"), [("f1", f1_score), ("mcc", matthews_corrcoef)])
def test_metrics_of_labels_are_cut_where_they_are_best(metric: str, judge: Any) -> None:
    X, y = make_classification(
        4000, 8, n_informative=4, weights=[0.95], flip_y=0.03, class_sep=0.7, random_state=1
    )
    table = pd.DataFrame(X).add_prefix("f").assign(y=y)
    train, test = table[:2500], table[2500:]
    predictor = fit(train, metric=metric, learners=("lightgbm",))
    assert len(predictor.decision) == 2
    labels = predictor.predict(test)
    halves = predictor.predict_proba(test)[1] > 0.5
    assert judge(test["y"], labels) > judge(test["y"], halves)
    scores = predictor.evaluate(test)
    assert scores[predictor.task.metric_name] == pytest.approx(judge(test["y"], labels))
    assert scores["accuracy"] == pytest.approx((labels == test["y"]).mean())


def test_a_person_says_which_class_f1_is_about() -> None:
    x = RNG.normal(size=400)
    frame = pd.DataFrame({"x": x, "y": np.where(x + RNG.normal(size=400) > 1.5, "gone", "stays")})
    predictor = fit(frame, metric="f1", positive="gone")
    assert predictor.classes == ("stays", "gone")
    labels = predictor.predict(frame)
    expected = f1_score(frame["y"], labels, pos_label="gone")
    assert predictor.evaluate(frame)["f1"] == pytest.approx(expected)
    assert list(predictor.predict_proba(frame).columns) == ["stays", "gone"]
    with pytest.raises(TargetError, match="'y' has gone, stays; got 'away'"):
        fit(frame, metric="f1", positive="away")


# ------------------------------------------------------------------------------ pictures


def grey(values: np.ndarray, kind: str = "PNG") -> bytes:
    held = io.BytesIO()
    Image.fromarray(values).save(held, kind)
    return held.getvalue()


@pytest.mark.parametrize(("bits", "top"), [(8, 255), (10, 1023), (12, 4095), (16, 65535)])
def test_white_is_white_at_any_depth(bits: int, top: int) -> None:
    shares = np.linspace(0, 1, 24 * 24).reshape(24, 24)
    deep = (shares * top).round().astype("uint8" if bits == 8 else "uint16")
    pictures = [decode(grey(deep)), decode(grey((deep * 0.6).astype(deep.dtype)))]
    white = brightest_of(pictures)
    assert white == top
    found = rescaled(pictures[0], white)
    assert np.abs(found[0] / 255.0 - shares).max() < 0.01
    # One dark picture alone is as dark as it was among the others.
    alone = rescaled(decode(grey((deep * 0.1).astype(deep.dtype))), white)
    assert alone.max() == pytest.approx(25, abs=1)


def test_floats_and_bytes_are_equally_bright() -> None:
    shares = np.linspace(0, 1, 100).reshape(1, 10, 10).astype("float32")
    white = brightest_of([shares])
    assert white == 1.0
    served = rescaled((shares * 255).round().astype("uint8"), white)
    assert np.abs(served - shares).max() < 0.01
    assert rescaled(shares, 255.0).max() == 255
    assert brightest_of([shares - 0.5]) is None


def test_a_broken_picture_keeps_its_row_everywhere(tmp_path: Path) -> None:
    for label, shade in (("cat", 40), ("dog", 200)):
        (tmp_path / "a" / label).mkdir(parents=True)
        for number in range(6):
            pixels = np.clip(RNG.normal(shade, 20, (12, 12)), 0, 255).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "a" / label / f"{number}.png")
    told = {"space": "conv4", "trials": 1, "epochs": 1, "engine": "inline", "explain": False}
    predictor = netwright.search(tmp_path / "a", **told)
    (tmp_path / "a" / "dog" / "3.png").write_bytes(b"broken")
    with pytest.warns(DataWarning, match="1 of 12 rows have no readable picture: 'dog/3.png'"):
        labels = predictor.predict(tmp_path / "a")
    assert labels.index.tolist()[9] == "dog/3.png"
    assert labels.isna().tolist() == [place == 9 for place in range(12)]
    with pytest.warns(DataWarning):
        shares = predictor.predict_proba(tmp_path / "a")
    assert shares.isna().all(axis=1).tolist() == labels.isna().tolist()
    with pytest.warns(DataWarning, match="1 rows have no readable picture"):
        assert 0 <= predictor.evaluate(tmp_path / "a")["accuracy"] <= 1


@pytest.mark.parametrize(
    "parts", [("Train", "Val"), ("training_set", "test_set"), ("TRAIN", "Testing")]
)
def test_parts_of_any_spelling_are_no_classes(parts: tuple[str, str], tmp_path: Path) -> None:
    hidden = [".DS_Store", "__MACOSX", ".ipynb_checkpoints"]
    for part in (*parts, *hidden):
        for label in ("True", "None", "01"):
            (tmp_path / part / label).mkdir(parents=True)
            Image.new("L", (4, 4)).save(tmp_path / part / label / "1.png")
            Image.new("L", (4, 4)).save(tmp_path / part / label / ".2.png")
    for part in ("train", "test"):
        found = read(tmp_path, part=part)
        assert readable(found).all()
        assert sorted(found["class"]) == ["01", "None", "True"]
