"""Measures every .onnx file of a folder on this device, and writes a CSV.

    python KIT.py FOLDER latencies.csv [threads]

Needs Python 3.8 or newer and onnxruntime, and nothing of netwright, which hands out this very file
with `netwright profile --kit KIT.py`. Threads are 1 unless said otherwise, 0 for all cores. Bring
the CSV back: `LatencyPredictor.from_csv` learns this device from it.
"""

from __future__ import annotations

import csv
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Callable, Tuple  # noqa: UP035  (for Python 3.8)

TYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(double)": "float64"}
WARM_UP, REPEATS, SECONDS = 5, 100, 5.0


def prepared(path: Path, threads: int) -> Callable[[], Any]:
    """Opens a file; what comes back runs it once on one input of zeros."""
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    inputs = {}
    for one in session.get_inputs():
        shape = [side if isinstance(side, int) else 1 for side in one.shape]
        inputs[one.name] = numpy.zeros(shape, TYPES[one.type])
    return lambda: session.run(None, inputs)


def measured(call: Callable[[], Any]) -> Tuple[float, float]:  # noqa: UP006
    """Median of a call and the distance between its quartiles, in milliseconds."""
    for _ in range(WARM_UP):
        call()
    taken: list[float] = []
    deadline = time.perf_counter() + SECONDS
    while len(taken) < REPEATS and (len(taken) < 5 or time.perf_counter() < deadline):
        started = time.perf_counter()
        call()
        taken.append(1e3 * (time.perf_counter() - started))
    low, median, high = statistics.quantiles(taken, n=4, method="inclusive")
    return median, high - low


def main(words: list[str]) -> None:
    """Measures one file after another; what is written so far survives an interruption."""
    if len(words) not in (2, 3):
        sys.exit(__doc__)
    threads = int(words[2]) if len(words) == 3 else 1
    files = sorted(Path(words[0]).glob("*.onnx"))
    if not files:
        sys.exit(f"There is no .onnx file in {words[0]!r}.")
    with open(words[1], "w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["file", "median_ms", "spread_ms"])
        for path in files:
            median, spread = measured(prepared(path, threads))
            table.writerow([path.name, f"{median:.6g}", f"{spread:.6g}"])
            out.flush()
            print(f"{path.name}  {median:.3f} ms", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
