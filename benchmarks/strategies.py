"""Every bar of the search strategies on NAS-Bench-201, by `netwright bench`, 100 seeds each."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from common import DATA, netwright, write

TABLE = DATA / "nas" / "nasbench201_cifar10.csv.gz"
LONG = ("--validation", "c10_val_200", "--test", "c10_test_200")
SHORT = ("--validation", "c10_val_12", "--test", "c10_test_200")
CHEAP = ("--cheap", "zc_c10_synflow,zc_c10_nwot,zc_c10_jacov")
COST = ("--cost", "c10_train_time_200", "--cost-scale", "0.06", "--cost-budget", "12000")
FRONT = (
    "--validation", "c10_test_200", "--test", "c10_test_200",
    "--minimise", "hw_c10_raspi4_latency", "--queries", "300",
)  # fmt: skip
SEVEN = "random,local_search,regularized_evolution,reinforce,tpe,bananas,auto"

RUNS: dict[str, tuple[tuple[str, ...], str]] = {
    "200 epochs, 100 queries": ((*LONG, "--queries", "100"), SEVEN),
    "200 epochs, 25 queries": ((*LONG, "--queries", "25"), "random,local_search,auto"),
    "200 epochs, 25 queries, cheap scores": (
        (*LONG, "--queries", "25", *CHEAP), "random,local_search,auto",
    ),
    "12 epochs, 12,000 s": ((*SHORT, *COST), "random,local_search,auto"),
    "200 epochs, 300 queries": ((*LONG, "--queries", "300"), "random,reinforce"),
    "accuracy and latency, 300 queries": (FRONT, "random,nsga2,auto"),
    "200 epochs, 100 queries, the others": (
        (*LONG, "--queries", "100"), "grid,qmc,genetic,smac,nsga2",
    ),
}  # fmt: skip
KEPT = (
    "test_mean", "test_std", "validation_mean", "validation_regret", "seconds_per_query",
    "hypervolume",
)  # fmt: skip


def main() -> None:
    """One command a bar; results are kept after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="smallest run, writes nothing")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--only", help="runs whose name holds this")
    told = parser.parse_args()
    path = Path(__file__).parent / "results" / "strategies.json"
    known = json.loads(path.read_text())["runs"] if path.exists() and not told.smoke else {}
    for name, (words, strategies) in RUNS.items():
        if told.only and told.only not in name:
            continue
        known[name] = one(words, strategies, told.seeds, told.smoke)
        write("strategies", {"runs": known}, told.smoke)
        if told.smoke:
            return


def one(words: tuple[str, ...], strategies: str, seeds: int, smoke: bool) -> dict[str, Any]:
    """One comparison, as a person would run it."""
    if smoke:
        words, strategies, seeds = (*LONG, "--queries", "8"), "random,auto", 2
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        seconds, _ = netwright(
            "bench", str(TABLE), "--space", "nasbench201", "--arch", "arch_str", *words,
            "--strategies", strategies, "--seeds", str(seeds), "--json", str(out),
        )  # fmt: skip
        found = json.loads(out.read_text())
    return {
        "command": " ".join(words),
        "seeds": seeds,
        "wall_seconds": round(seconds, 1),
        "optimum": found["optimum"],
        "strategies": {
            name: {key: said[key] for key in KEPT if key in said}
            for name, said in found["strategies"].items()
        },
    }


if __name__ == "__main__":
    main()
