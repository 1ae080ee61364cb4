"""Progress on a terminal: one live panel; quiet elsewhere; JSON lines on demand."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from netwright.core.budget import Clock
from netwright.core.progress import Progress
from netwright.core.study import Study

JSON_SECONDS = 1.0
TRAINING = "retrain"
"""Level of a run that is one training, whose epochs are told instead of trials."""


def make_progress(json_log: bool) -> Progress:
    """The progress that suits where stderr goes."""
    if json_log:
        return JsonProgress()
    return LiveProgress() if sys.stderr.isatty() else NoteProgress()


def ticker(unit: str) -> Callable[[int, int, str], None] | None:
    """One line that renews itself, on a terminal only: how many of how many, and which."""
    if not sys.stderr.isatty():
        return None

    def tick(done: int, whole: int, which: str) -> None:
        end = "\r\033[K" if done == whole else ""
        print(
            f"\r\033[K{done} of {whole} {unit}, {which}{end}", end="", file=sys.stderr, flush=True
        )

    return tick


def snapshot(study: Study, clock: Clock) -> dict[str, Any]:
    """Where a study stands, read from its storage."""
    ranking = study.ranking()
    running = study.trials("running")
    return {
        "elapsed": round(clock.elapsed(), 1),
        "budget": clock.seconds,
        "trials": study.counts(),
        "best": ranking[0].values[0] if ranking else None,
        "best_learner": ranking[0].config.get("learner") if ranking else None,
        "running": [str(record.config.get("learner", "design")) for record in running],
        "reported": [record.reported for record in running if record.reported is not None],
        "left": None if clock.seconds is None else round(clock.left(), 1),
    }


class NoteProgress(Progress):
    """Not a terminal: only what a person should know."""

    def note(self, said: str) -> None:
        """Prints a note."""
        print(f"note: {said}", file=sys.stderr)


class JsonProgress(Progress):
    """One JSON object a line on stderr."""

    def __init__(self) -> None:
        self._clock = Clock.start(None)
        self._told: tuple[float, Any] = (0.0, None)

    def _write(self, event: str, **facts: Any) -> None:
        line = {"event": event, "elapsed": round(self._clock.elapsed(), 2), **facts}
        print(json.dumps(line, default=str), file=sys.stderr, flush=True)

    def begin(self, clock: Clock, **facts: Any) -> None:
        """A run starts."""
        self._clock = clock
        self._write("begin", budget=clock.seconds, **facts)

    def stage(self, name: str) -> None:
        """Another step begins."""
        self._write("stage", stage=name)

    def tick(self, study: Study) -> None:
        """Writes when something has changed, at most once a second."""
        at, before = self._told
        if time.monotonic() - at < JSON_SECONDS:
            return
        facts = snapshot(study, self._clock)
        seen = (facts["trials"], facts["best"], facts["reported"])
        self._told = (time.monotonic(), seen)
        if seen != before:
            facts.pop("elapsed")
            self._write("trials", **facts)

    def note(self, said: str) -> None:
        """Something a person should know."""
        self._write("note", said=said)

    def end(self) -> None:
        """The run is over."""
        self._write("end")


class LiveProgress(Progress):
    """One panel that renews itself: elapsed of budget, trials, best so far, what is running."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._live: Any = None
        self._clock = Clock.start(None)
        self._stage = ""
        self._facts: dict[str, Any] = {}
        self._level = ""
        self._lock = threading.Lock()

    def begin(self, clock: Clock, **facts: Any) -> None:
        """Opens the panel."""
        from rich.live import Live

        self._clock, self._level = clock, str(facts.get("level", ""))
        self._live = Live(
            console=self._console,
            refresh_per_second=4,
            transient=True,
            get_renderable=self._panel,
        )
        self._live.start()

    def stage(self, name: str) -> None:
        """Another step begins."""
        self._stage = name

    def tick(self, study: Study) -> None:
        """Reads the storage."""
        facts = snapshot(study, self._clock)
        with self._lock:
            self._facts = facts

    def note(self, said: str) -> None:
        """Prints above the panel."""
        self._console.print(f"note: {said}", highlight=False)

    def end(self) -> None:
        """Takes the panel away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _panel(self) -> Any:
        from rich.panel import Panel

        with self._lock:
            facts = dict(self._facts)
        elapsed, budget = self._clock.elapsed(), self._clock.seconds
        share = f"{elapsed:4.0f} s" + (f" of {budget:.0f} s" if budget else "")
        bar = ""
        if budget:
            done = min(30, int(30 * elapsed / budget))
            bar = f"  [{'━' * done}{'╌' * (30 - done)}]"
        lines = [f"{share}{bar}  {self._stage}"]
        if facts:
            lines += training_lines(facts) if self._level == TRAINING else study_lines(facts)
        return Panel("\n".join(lines).replace("[", r"\["), title="netwright", title_align="left")


def study_lines(facts: dict[str, Any]) -> list[str]:
    """Where a search stands."""
    counts = facts["trials"]
    lines = [
        f"trials  {counts['complete']} done, {counts['pruned']} pruned, {counts['failed']} failed"
    ]
    if facts["best"] is not None:
        lines.append(f"best    {facts['best']:.6g} ({facts['best_learner']})")
    if facts["running"]:
        lines.append(f"running {', '.join(facts['running'])}")
    if facts["reported"]:
        told = ", ".join(f"{value:.4g} (epoch {step:g})" for step, value in facts["reported"])
        lines.append(f"so far  {told}")
    return lines


def training_lines(facts: dict[str, Any]) -> list[str]:
    """Where one long training stands: epoch, training loss, seconds left."""
    left = "" if facts["left"] is None else f", {facts['left']:.0f} s left"
    return [f"epoch {step}, training loss {loss:.4g}{left}" for step, loss in facts["reported"]]
