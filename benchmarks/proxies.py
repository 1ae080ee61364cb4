"""Proxies against the published scores of NAS-Bench-Suite-Zero, and what they say of accuracy."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd
import torch
from scipy.stats import spearmanr

from common import DATA, write
from netwright.nn.allocation import keep_freed_memory
from netwright.paradigms.nas.proxies import PROXIES, get_proxy
from netwright.paradigms.nas.proxies.probe import Probe
from netwright.paradigms.nas.proxies.vote import VOTERS, vote
from netwright.recipes.proxies import read_batch
from netwright.spaces.nasbench201 import NASBench201

TABLE = DATA / "nas" / "nasbench201_cifar10.csv.gz"
IMAGES = DATA / "images" / "cifar10_12k.zip"
COLUMNS = {"jacob_cov": "zc_c10_jacov", "naswot": "zc_c10_nwot"}
BARS = {
    "params": 0.99, "flops": 0.99, "synflow": 0.99, "naswot": 0.95, "jacob_cov": 0.85,
    "snip": 0.85, "grad_norm": 0.85, "fisher": 0.85, "grasp": 0.7,
}  # fmt: skip
DEAR = ("grasp", "fisher", "ntk")
UNKNOWN = -1e8
"""What the published tables write where there is no score."""


def main() -> None:
    """Scores random cells; what is known so far is printed every fifty."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="smallest run, writes nothing")
    parser.add_argument("--cells", type=int, default=300)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    if told.smoke:
        told.cells, told.batch = 3, 8
    keep_freed_memory()  # as `netwright proxies` does
    table = pd.read_csv(TABLE)
    table = table[table.zc_c10_params.notna()].sample(told.cells, random_state=told.seed)
    rows: list[dict[str, float]] = []
    scores = scored(table.arch_str, told.batch, told.seed)
    next(scores)  # a first cell pays for what is loaded at the first use
    for row in scores:
        rows.append(row)
        if len(rows) % 50 == 0:
            print(len(rows), standing(rows, table)["with_published"], flush=True)
    facts = {**vars(told), "threads": torch.get_num_threads()}
    write("proxies", {**facts, **standing(rows, table)}, told.smoke)


def scored(texts: Iterable[str], batch: int, seed: int) -> Iterator[dict[str, float]]:
    """The scores of each cell, and the seconds that each proxy takes.

    What several proxies share (the way through the net and back) is charged to the first of them.
    """
    images, targets, task = read_batch(IMAGES, batch, seed)
    space = NASBench201()
    for text in ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", *texts):
        began = time.perf_counter()
        torch.manual_seed(seed)
        probe = Probe(space.build(space.from_text(text), task), images, targets, seed)
        row = {"seconds": time.perf_counter() - began}
        for name in PROXIES:
            began = time.perf_counter()
            row[name] = get_proxy(name).of(probe)
            row[f"{name}_seconds"] = time.perf_counter() - began
        yield row


def standing(rows: list[dict[str, float]], table: pd.DataFrame) -> dict[str, Any]:
    """Rank correlations and seconds over the first cells."""
    ours, known = pd.DataFrame(rows), table[: len(rows)]
    accuracy = known.c10_test_200
    published = {
        name: rank_correlation(ours[name], known[column])
        for name in PROXIES
        if (column := COLUMNS.get(name, f"zc_c10_{name}")) in known
    }
    seconds = ours.filter(like="seconds")
    whole, dear = seconds.sum(axis=1), seconds[[f"{name}_seconds" for name in DEAR]].sum(axis=1)
    return {
        "with_published": published,
        "bars_missed": [name for name, bar in BARS.items() if published[name] < bar],
        "with_accuracy": {name: rank_correlation(ours[name], accuracy) for name in PROXIES},
        "vote": {
            "voters": list(VOTERS),
            "with_accuracy": rank_correlation(pd.Series(vote(rows)), accuracy),
            "published_parameters_with_accuracy": rank_correlation(known.zc_c10_params, accuracy),
        },
        "seconds_a_cell": {
            f"without {', '.join(DEAR)}": round(float((whole - dear).mean()), 3),
            "all": round(float(whole.mean()), 3),
            "all, slowest": round(float(whole.max()), 3),
            **{name: round(float(ours[f"{name}_seconds"].mean()), 3) for name in PROXIES},
        },
    }


def rank_correlation(ours: pd.Series, other: pd.Series) -> float:
    """Spearman's; a net without a score comes last."""
    return round(float(spearmanr(ours.fillna(UNKNOWN), other).statistic), 4)


if __name__ == "__main__":
    main()
