"""A 50,000 x 15 table in 60 s: the most memory all processes of the command use together.

Memory is proportional set size, polled ten times a second over the whole family: a page that n
processes share counts 1/n in each.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from common import arguments, write

LIMIT_BYTES = 2e9


def main() -> None:
    """Fits and watches."""
    smoke = arguments(__doc__).smoke
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "train.csv")
        table(5_000 if smoke else 50_000).to_csv(path, index=False)
        command = [
            sys.executable, "-m", "netwright", "fit", str(path), "--target", "y",
            "--time", "15s" if smoke else "60s", "--out", str(Path(folder, "run")),
        ]  # fmt: skip
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peak, processes = watch(process)
    found = {
        "rows": 5_000 if smoke else 50_000,
        "columns": 15,
        "exit_code": process.returncode,
        "wall_seconds": round(time.monotonic() - started, 1),
        "peak_megabytes": round(peak / 1e6),
        "processes_at_peak": processes,
        "limit_megabytes": round(LIMIT_BYTES / 1e6),
    }
    write("memory", found, smoke)


def watch(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Peak bytes and how many processes there were then."""
    peak, count = 0, 0
    root = psutil.Process(process.pid)
    while process.poll() is None:
        total, seen = 0, 0
        try:
            for member in [root, *root.children(recursive=True)]:
                try:
                    total += member.memory_full_info().pss
                    seen += 1
                except psutil.Error:
                    continue
        except psutil.Error:
            break
        if total > peak:
            peak, count = total, seen
        time.sleep(0.1)
    process.wait()
    return peak, count


def table(rows: int) -> pd.DataFrame:
    """Ten numbers, four categories, one date; two classes."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 10))).rename(columns=lambda i: f"n{i}")
    for i, size in enumerate((3, 10, 50, 400)):
        frame[f"c{i}"] = rng.integers(0, size, rows).astype(str)
        frame[f"c{i}"] = "v" + frame[f"c{i}"]
    days = rng.integers(0, 2000, rows).astype("timedelta64[D]")
    frame["day"] = (np.datetime64("2019-01-01") + days).astype(str)
    signal = frame["n0"] * frame["n1"] + (frame["c0"] == "v1") + rng.normal(size=rows)
    frame["y"] = np.where(signal > 0.3, "yes", "no")
    return frame


if __name__ == "__main__":
    main()
