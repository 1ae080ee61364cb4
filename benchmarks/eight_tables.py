"""Eight real tables, 60 s each: test loss against LightGBM with its defaults.

The test rows are the fixed ones of the shared data. Both systems see the same training rows; the
command's whole wall time is kept beside the loss.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from common import DATA, arguments, netwright, shown, test_rows, write

FOLDER = DATA / "tabular"
CLIP = 1e-7


def main() -> None:
    """Fits every table with both systems."""
    smoke = arguments(__doc__).smoke
    tasks = json.loads((FOLDER / "tasks.json").read_text())
    rows = []
    for task in tasks[-2:-1] if smoke else tasks:
        rows.append(one_table(task, test_rows(task["name"]), 15 if smoke else 60))
        print(rows[-1], flush=True)
    better = sum(row["netwright"] < row["lightgbm_defaults"] for row in rows)
    write("eight_tables", {"seconds": 60, "seed": 0, "better_on": better, "tables": rows}, smoke)


def one_table(task: dict[str, Any], held: list[int], seconds: int) -> dict[str, Any]:
    """Losses of both systems on one table."""
    frame = pd.read_csv(FOLDER / f"{task['name']}.csv.gz", low_memory=False)
    kept = np.isin(np.arange(len(frame)), held)
    classes = sorted(frame[task["target"]].astype(str).unique())
    with tempfile.TemporaryDirectory() as folder:
        train, test = Path(folder, "train.csv"), Path(folder, "test.csv")
        raw = pd.read_csv(FOLDER / f"{task['name']}.csv.gz", dtype=str, keep_default_na=False)
        raw[~kept].to_csv(train, index=False)
        raw[kept].drop(columns=[task["target"]]).to_csv(test, index=False)
        out, told = Path(folder, "run"), Path(folder, "predictions.csv")
        taken, _ = netwright(
            "fit", str(train), "--target", task["target"], "--kind", task["task"],
            "--metric", task["metric"], "--time", f"{seconds}s", "--out", str(out),
        )  # fmt: skip
        proba = [] if task["task"] == "regression" else ["--proba"]
        netwright("predict", str(out), str(test), "--out", str(told), *proba)
        predicted = pd.read_csv(told)
        facts = shown(out)
    truth = frame.loc[kept, task["target"]]
    if proba:
        shares = pd.DataFrame(0.0, index=predicted.index, columns=classes)
        known = [name for name in predicted.columns if name in classes]
        shares[known] = predicted[known]
        ours = log_loss(truth.astype(str), shares)
    else:
        ours = rmse(truth, predicted["prediction"])
    started = time.monotonic()
    theirs = lightgbm_defaults(frame, kept, task, classes)
    return {
        "table": task["name"],
        "metric": task["metric"],
        "netwright": round(ours, 5),
        "lightgbm_defaults": round(theirs, 5),
        "ratio": round(ours / theirs, 4),
        "fit_seconds": round(taken, 1),
        "lightgbm_seconds": round(time.monotonic() - started, 1),
        "held_back_score": facts["score"],
        "folds": facts["folds"],
        "trials": facts["trials"],
        "ensemble": [(part["learner"], part["weight"]) for part in facts["ensemble"]],
    }


def lightgbm_defaults(
    frame: pd.DataFrame, kept: np.ndarray, task: dict[str, Any], classes: list[str]
) -> float:
    """Test loss of LightGBM as it comes; strings become its categories."""
    features = frame.drop(columns=[task["target"]])
    for name in features.columns:
        if not pd.api.types.is_numeric_dtype(features[name]):
            features[name] = features[name].astype("category")
    features.columns = [f"c{i}" for i in range(features.shape[1])]
    target = frame[task["target"]]
    if task["task"] == "regression":
        model = lightgbm.LGBMRegressor(verbose=-1, n_jobs=2)
        model.fit(features[~kept], target[~kept])
        return rmse(target[kept], np.asarray(model.predict(features[kept])))
    model = lightgbm.LGBMClassifier(verbose=-1, n_jobs=2)
    model.fit(features[~kept], target[~kept].astype(str))
    shares = pd.DataFrame(0.0, index=range(int(kept.sum())), columns=classes)
    shares[list(model.classes_)] = model.predict_proba(features[kept])
    return log_loss(target[kept].astype(str), shares)


def log_loss(truth: pd.Series, shares: pd.DataFrame) -> float:
    """Mean negative log probability of the true class, clipped."""
    place = shares.columns.get_indexer(pd.Index(truth))
    chosen = shares.to_numpy()[np.arange(len(truth)), place]
    return float(-np.log(np.clip(chosen, CLIP, 1 - CLIP)).mean())


def rmse(truth: pd.Series, predicted: np.ndarray | pd.Series) -> float:
    """Root mean squared error."""
    return float(np.sqrt(np.mean((truth.to_numpy() - np.asarray(predicted)) ** 2)))


if __name__ == "__main__":
    main()
