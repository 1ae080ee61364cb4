"""This build against an earlier one, side by side: test loss and trials on the eight real tables,
seconds of `predict` and of `tune`.

    git worktree add /tmp/before COMMIT
    python benchmarks/before_and_after.py --before /tmp/before --resume [--only tables,predict,tune]

Both builds run with the same interpreter and libraries, in turn, on the cores this script may use
(`taskset -c 1 python ...` for one). Tables: the plain command with `--time`, `--seed`; losses of
the test rows are kept, and the mean over seeds is compared row by row (paired bootstrap).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from common import DATA, ROOT, commit_of, parser, test_rows
from parts import Part, Parts

FOLDER = DATA / "tabular"
CLIP = 1e-7
DRAWS = 2000
TRIALS_BAR, PREDICT_BAR, TUNE_BAR = 0.97, 3.0, 20.0
MODELS = ("linear", "xgboost", "catboost", "lightgbm")


def main() -> None:
    """Runs what is asked for, part by part."""
    made = parser(__doc__)
    made.add_argument("--before", type=Path, default=ROOT, help="checkout of the earlier build")
    made.add_argument("--resume", action="store_true")
    made.add_argument("--only", default="tables,predict,tune")
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--seconds", type=int, default=60)
    said = made.parse_args()
    builds = {"before": said.before.resolve(), "after": ROOT}
    seconds, seeds = (20, 1) if said.smoke else (said.seconds, said.seeds)
    terms = {"before": commit_of(builds["before"]), "seconds": seconds, "seeds": seeds}
    parts = Parts("before_and_after", terms, resume=said.resume, smoke=said.smoke)
    wanted = said.only.split(",")
    verdict: dict[str, Any] = {}
    if "tune" in wanted:
        trials = 50 if said.smoke else 2000
        verdict["tune"] = parts.take(f"tune {trials}", partial(tune, builds, trials))
        verdict["tune"]["met"] = verdict["tune"]["ratio"] >= TUNE_BAR
    if "predict" in wanted:
        verdict["predict"] = predict_all(parts, builds, said.smoke)
    if "tables" in wanted and (FOLDER / "tasks.json").exists():
        verdict |= tables(parts, builds, seconds, range(seeds), said.smoke)
    parts.conclude(verdict)


def script(build: Path, *words: str, code: str | None = None) -> str:
    """What the netwright of a build, or a script that imports it, prints."""
    command = [sys.executable, "-m", "netwright", *words]
    if code is not None:
        command = [sys.executable, "-c", code, *words]
    env = {**os.environ, "PYTHONPATH": str(build / "src")}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} failed in {build}:\n{done.stderr}")
    return done.stdout


# ------------------------------------------------------------------------------- tables


def tables(
    parts: Parts, builds: dict[str, Path], seconds: int, seeds: range, smoke: bool
) -> dict[str, Any]:
    """Every table with every seed, and what that says of the two builds."""
    tasks = json.loads((FOLDER / "tasks.json").read_text())
    tasks = tasks[-2:-1] if smoke else tasks
    rows = []
    for task in tasks:
        for seed in seeds:
            name = f"{task['name']} {seed}"
            parts.take(name, partial(one_table, parts, builds, task, seconds, seed))
        rows.append(compared(parts, task, seeds))
    finished = [parts.done[f"{t['name']} {s}"]["trials"] for t in tasks for s in seeds]
    ratio = float(np.median([row["after"] / row["before"] for row in finished]))
    worse = [row["table"] for row in rows if row["low"] > 0]
    return {
        "tables": rows,
        "worse_on": worse,
        "tables_met": not worse,
        "trials_ratio": round(ratio, 4),
        "trials_met": ratio >= TRIALS_BAR,
    }


def one_table(
    parts: Parts, builds: dict[str, Path], task: dict[str, Any], seconds: int, seed: int
) -> Part:
    """Fits one table with both builds in turn; who goes first changes from seed to seed."""
    held = test_rows(task["name"])
    raw = pd.read_csv(FOLDER / f"{task['name']}.csv.gz", dtype=str, keep_default_na=False)
    kept = np.isin(np.arange(len(raw)), held)
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        train, test = Path(folder, "train.csv"), Path(folder, "test.csv")
        raw[~kept].to_csv(train, index=False)
        raw[kept].drop(columns=[task["target"]]).to_csv(test, index=False)
        for name in sorted(builds, reverse=seed % 2 == 0):
            out, told = Path(folder, name), Path(folder, f"{name}.csv")
            script(
                builds[name], "fit", str(train), "--target", task["target"],
                "--kind", task["task"], "--metric", task["metric"], "--time", f"{seconds}s",
                "--seed", str(seed), "--no-explain", "--out", str(out),
            )  # fmt: skip
            proba = [] if task["task"] == "regression" else ["--proba"]
            script(builds[name], "predict", str(out), str(test), "--out", str(told), *proba)
            losses = row_losses(pd.read_csv(told), raw.loc[kept, task["target"]], task)
            home = parts.run(f"{task['name']} {seed}")
            home.mkdir(parents=True, exist_ok=True)
            np.save(home / f"{name}.npy", losses)
            shown = json.loads(script(builds[name], "show", str(out), "--json"))
            found[name] = {"loss": whole(losses, task), "trials": shown["trials"]["complete"]}
    facts = {key: {name: one[key] for name, one in found.items()} for key in ("loss", "trials")}
    return {**facts, "commit": commit_of(builds["after"])}


def row_losses(told: pd.DataFrame, truth: pd.Series, task: dict[str, Any]) -> NDArray[np.float64]:
    """Of each test row: squared error, or negative log probability of its class."""
    if task["task"] == "regression":
        return np.asarray((told["prediction"].to_numpy() - truth.astype(float).to_numpy()) ** 2)
    shares = told.drop(columns=[told.columns[0], "prediction"])
    place = shares.columns.get_indexer(pd.Index(truth.astype(str)))
    chosen = np.where(place >= 0, shares.to_numpy()[np.arange(len(truth)), place], 0.0)
    return np.asarray(-np.log(np.clip(chosen, CLIP, 1 - CLIP)))


def whole(losses: NDArray[np.float64], task: dict[str, Any]) -> float:
    """The metric of all rows."""
    mean = float(losses.mean())
    return round(mean**0.5 if task["task"] == "regression" else mean, 6)


def compared(parts: Parts, task: dict[str, Any], seeds: range) -> dict[str, Any]:
    """Mean losses of rows over seeds, after less before, with a 95 % interval over rows."""
    homes = [parts.run(f"{task['name']} {seed}") for seed in seeds]
    mean = {
        name: np.mean([np.load(home / f"{name}.npy") for home in homes], axis=0)
        for name in ("before", "after")
    }
    difference = mean["after"] - mean["before"]
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(difference), (DRAWS, len(difference)))
    low, high = np.quantile(difference[drawn].mean(axis=1), (0.025, 0.975))
    return {
        "table": task["name"],
        "metric": task["metric"],
        **{name: whole(losses, task) for name, losses in mean.items()},
        "ratio": round(whole(mean["after"], task) / whole(mean["before"], task), 4),
        "low": float(low),
        "high": float(high),
    }


# ------------------------------------------------------------------------------ predict

FIT = """
import sys, numpy as np, pandas as pd, netwright
rng = np.random.default_rng(0)
def table(n):
    f = pd.DataFrame({f"x{i}": rng.normal(size=n) for i in range(16)})
    f = f.assign(**{f"k{i}": rng.integers(0, 500, n) for i in range(6)})
    words = np.array([f"v{j}" for j in range(12)])
    f = f.assign(**{f"c{i}": words[rng.integers(0, 12, n)] for i in range(6)})
    f["b"] = rng.random(n) < 0.5
    f["d"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**6, n), unit="min")
    return f
where, model, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
small = table(3000)
y = small.x0 + small.x1 * (small.c0 == "v3") + rng.normal(size=3000)
told = dict(trials=1, level="select", learners=(model,), engine="inline", explain=False)
netwright.fit(small.assign(y=y), "y", kind="regression", out=where + "/run", **told)
table(rows).to_parquet(where + "/big.parquet")
"""
PREDICT = """
import sys, time, pandas as pd, netwright
frame = pd.read_parquet(sys.argv[1] + "/big.parquet")
predictor = netwright.load(sys.argv[1] + "/run")
predictor.predict(frame.head(10))
taken = []
for _ in range(3):
    began = time.perf_counter()
    predictor.predict(frame)
    taken.append(time.perf_counter() - began)
print(sorted(taken)[1])
"""


def predict_all(parts: Parts, builds: dict[str, Path], smoke: bool) -> dict[str, Any]:
    """Seconds for 100,000 rows of 30 columns with a predictor that the earlier build made."""
    rows = 2000 if smoke else 100_000
    models = MODELS[:1] if smoke else MODELS
    found = {
        model: parts.take(f"predict {model}", partial(predict, builds, model, rows))
        for model in models
    }
    ratios = [part["ratio"] for part in found.values()]
    median = float(np.median(ratios))
    return {"rows": rows, "median_ratio": round(median, 2), "met": median >= PREDICT_BAR, **found}


def predict(builds: dict[str, Path], model: str, rows: int) -> Part:
    """Medians of three in a process of its own each, of five folds' models."""
    with tempfile.TemporaryDirectory() as folder:
        script(builds["before"], folder, model, str(rows), code=FIT)
        seconds = {
            name: float(script(build, folder, code=PREDICT)) for name, build in builds.items()
        }
    return ratio_of(seconds, builds)


def ratio_of(seconds: dict[str, float], builds: dict[str, Path]) -> Part:
    """Both, how many times faster the later build is, and of which commit it is."""
    told: Part = {f"{name}_seconds": round(value, 4) for name, value in seconds.items()}
    ratio = round(seconds["before"] / seconds["after"], 2)
    return {**told, "ratio": ratio, "commit": commit_of(builds["after"])}


# --------------------------------------------------------------------------------- tune

TUNE = """
import sys, time, netwright
space = {"x": netwright.Float(-1, 1), "n": netwright.Int(1, 9)}
began = time.perf_counter()
netwright.tune(lambda c, _: c["x"] ** 2 + c["n"], space, trials=int(sys.argv[1]), strategy="random")
print(time.perf_counter() - began)
"""


def tune(builds: dict[str, Path], trials: int) -> Part:
    """Seconds of a free function, in memory; and milliseconds a trial."""
    seconds = {name: float(script(build, str(trials), code=TUNE)) for name, build in builds.items()}
    each = round(seconds["after"] / trials * 1e3, 3)
    return {**ratio_of(seconds, builds), "after_ms_a_trial": each}


if __name__ == "__main__":
    main()
