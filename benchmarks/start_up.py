"""How long `netwright --help` and `import netwright` take, and what they load."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from common import arguments, write

HEAVY = ("torch", "sklearn", "pandas", "optuna", "lightgbm")
COMMANDS = {
    "help": [sys.executable, "-m", "netwright", "--help"],
    "import": [sys.executable, "-c", "import netwright"],
}
LIMITS = {"help": 0.5, "import": 0.3}


def main() -> None:
    """Median of several runs, after one that warms the file cache."""
    smoke = arguments(__doc__).smoke
    found = {}
    for name, command in COMMANDS.items():
        taken = []
        for _ in range(2 if smoke else 11):
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            taken.append(time.perf_counter() - started)
        warm = taken[1:]
        found[name] = {
            "median_seconds": round(statistics.median(warm), 3),
            "max_seconds": round(max(warm), 3),
            "limit_seconds": LIMITS[name],
            "loads": loaded(name),
        }
    write("start_up", found, smoke)


def loaded(name: str) -> list[str]:
    """Heavy packages that are in memory afterwards."""
    body = {
        "help": "import netwright.cli.app",
        "import": "import netwright",
    }[name]
    script = f"import sys; {body}; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    return done.stdout.split()


if __name__ == "__main__":
    main()
