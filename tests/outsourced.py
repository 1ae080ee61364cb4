"""A parent that searches with nobody of its own: its trials are left to `netwright worker`."""

from __future__ import annotations

import os
import subprocess
import sys

from netwright.core.engine import Job, Watch
from netwright.engines.inline import InlineEngine

COMMAND = "NETWRIGHT_TEST_WORKER"
"""What to type after `netwright worker`, words parted by newlines."""


class Outsourced(InlineEngine):
    """Starts the command for the search; everything else is done here."""

    def run(self, job: Job, watch: Watch) -> None:
        """Waits for the command instead of working."""
        if not job.label.startswith("worker-"):
            super().run(job, watch)
            return
        words = os.environ[COMMAND].split("\n")
        command = [sys.executable, "-m", "netwright", "worker", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        assert "4 trials were run here" in done.stdout, done.stdout
