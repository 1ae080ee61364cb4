"""Runs the work right here: one worker, this process. For debugging, replay and small things."""

from __future__ import annotations

import threading

from netwright.core.engine import Engine, Job, Watch

TICK_SECONDS = 0.25


class InlineEngine(Engine):
    """Calls the work once; a thread keeps the watch informed. Nothing can be killed here."""

    def run(self, job: Job, watch: Watch) -> None:
        """Runs the one worker to its end."""
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(watch, over), daemon=True)
        watcher.start()
        try:
            job.work(f"{job.label}-0")
        finally:
            over.set()
            watcher.join()
        watch.ended(f"{job.label}-0", None)

    @staticmethod
    def _watch(watch: Watch, over: threading.Event) -> None:
        while not over.wait(TICK_SECONDS):
            watch.tick()
