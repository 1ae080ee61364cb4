"""Two workers of one thread, or one of two? Trials done and test loss in the same 25 s."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from common import DATA, arguments, netwright, shown, write

SETTINGS = {"2x1": ("2", "1"), "1x2": ("1", "2")}
TABLES = {"adult": "income", "california_housing": "median_house_value", "telco_churn": "Churn"}


def main() -> None:
    """Every table with both settings, one after the other."""
    smoke = arguments(__doc__).smoke
    rows = []
    for name, target in list(TABLES.items())[: 1 if smoke else None]:
        for setting, (workers, threads) in SETTINGS.items():
            rows.append(one(name, target, setting, workers, threads, 15 if smoke else 25))
            print(rows[-1], flush=True)
    write("workers", {"seconds": 25, "runs": rows}, smoke)


def one(
    name: str, target: str, setting: str, workers: str, threads: str, seconds: int
) -> dict[str, Any]:
    """One fit."""
    with tempfile.TemporaryDirectory() as folder:
        frame = pd.read_csv(DATA / "tabular" / f"{name}.csv.gz", dtype=str, keep_default_na=False)
        held = np.random.default_rng(0).random(len(frame)) < 0.3
        train, test = Path(folder, "train.csv"), Path(folder, "test.csv")
        frame[~held].to_csv(train, index=False)
        frame[held].to_csv(test, index=False)
        run = Path(folder, "run")
        netwright(
            "fit", str(train), "--target", target, "--time", f"{seconds}s", "--out", str(run),
            "--workers", workers, "--threads", threads, "--test", str(test),
        )  # fmt: skip
        facts = shown(run)
    test = facts.get("test_metrics", {}).get(facts["metric"], float("nan"))
    return {
        "table": name,
        "setting": setting,
        "trials": facts["trials"],
        "held_back": round(facts["score"], 5),
        "test": round(test, 5),
    }


if __name__ == "__main__":
    main()
