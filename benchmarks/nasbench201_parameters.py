"""Parameters of all NAS-Bench-201 cells against the published ones, to the digits printed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch

from common import DATA, arguments, write
from netwright.spaces.nasbench201 import NASBench201
from netwright.spaces.nets import image_task

TABLE = DATA / "nas" / "nasbench201_cifar10.csv.gz"
TASK = image_task((3, 32, 32), 10, "cifar10")
SMOKE = 300


def main() -> None:
    """Counts every cell as it is written; what differs is looked into."""
    told = arguments(__doc__)
    table = pd.read_csv(TABLE, usecols=["arch_str", "c10_params_M", "zc_c10_params"])
    table = table.sample(SMOKE, random_state=0) if told.smoke else table
    space = NASBench201()
    configs = [space.from_text(text) for text in table.arch_str]

    with torch.device("meta"):  # shapes alone, no numbers
        table["ours"] = [parameters(space.build(config, TASK)) for config in configs]
    table["same"] = [str(space.canonical(config)) for config in configs]
    write("nasbench201_parameters", compared(table), told.smoke)


def parameters(net: torch.nn.Module) -> float:
    """In millions."""
    return sum(weights.numel() for weights in net.parameters()) / 1e6


def compared(table: pd.DataFrame) -> dict[str, Any]:
    """How many published counts are ours, and whose count the others are."""
    ours, first, second = (
        table[name].map(printed) for name in ("ours", "c10_params_M", "zc_c10_params")
    )
    counts_of = ours.groupby(table.same).agg(set)
    differs, has_second = first != ours, table.zc_c10_params.notna()
    pairs = zip(first, table.same, strict=True)
    alike = pd.Series([count in counts_of[same] for count, same in pairs], table.index)
    examples = table[differs & has_second].head(3)
    return {
        "cells": len(table),
        "equal": int((~differs).sum()),
        "differing": int(differs.sum()),
        "of the differing": {
            "published a second time": int((differs & has_second).sum()),
            "and there equal to ours": int((differs & (second == ours)).sum()),
            "equal to our count of a cell that computes the same": int((differs & alike).sum()),
        },
        "second column": {
            "cells": int(has_second.sum()),
            "equal": int((second == ours).sum()),
        },
        "examples": examples.drop(columns="same").to_dict("records"),
    }


def printed(millions: float) -> str:
    """With the six digits of the published table."""
    return f"{millions:.6g}"


if __name__ == "__main__":
    main()
