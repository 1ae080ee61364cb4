"""Same seed, `--trials 12`, `--engine inline`: the same leaderboard to the last digit, also when
stopped after five trials (gracefully, and by Ctrl-C in the middle of the sixth) and resumed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import DATA, arguments, netwright, write
from netwright.core.folder import RunFolder
from netwright.core.study import read_study

WORDS = (
    "fit", str(DATA / "tabular" / "telco_churn.csv.gz"), "--target", "Churn",
    "--engine", "inline", "--seed", "3",
)  # fmt: skip


def main() -> None:
    """Four ways to the same twelve trials."""
    smoke = arguments(__doc__).smoke
    trials = 4 if smoke else 12
    with tempfile.TemporaryDirectory() as folder:
        runs = {name: Path(folder, name) for name in ("whole", "again", "stopped", "interrupted")}
        for name in ("whole", "again"):
            netwright(*WORDS, "--trials", str(trials), "--out", str(runs[name]))
        netwright(*WORDS, "--trials", str(min(5, trials - 1)), "--out", str(runs["stopped"]))
        netwright("resume", str(runs["stopped"]), "--trials", str(trials))
        interrupt(runs["interrupted"], trials)
        netwright("resume", str(runs["interrupted"]), "--trials", str(trials))
        boards = {name: board(run) for name, run in runs.items()}
        scores = {
            name: json.loads((run / "result.json").read_text())["score"]
            for name, run in runs.items()
        }
    found = {
        "trials": trials,
        "same_leaderboard": {name: boards[name] == boards["whole"] for name in boards},
        "same_score": {name: scores[name] == scores["whole"] for name in scores},
        "best": boards["whole"][0],
    }
    write("replay", found, smoke)


def interrupt(run: Path, trials: int) -> None:
    """Ctrl-C in the middle of a trial."""
    command = [
        sys.executable,
        "-m",
        "netwright",
        *WORDS,
        "--trials",
        str(trials),
        "--out",
        str(run),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = run / "study.journal"
    while not journal.exists() or journal.read_text().count('"op_code":6') < min(
        10, 2 * trials - 2
    ):
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.wait()


def board(run: Path) -> list[tuple[Any, ...]]:
    """Position, configuration and values of every complete trial, best first."""
    ranking = read_study(RunFolder.open(run)).ranking()
    return [(record.position, record.config.to_json(), record.values) for record in ranking]


if __name__ == "__main__":
    main()
