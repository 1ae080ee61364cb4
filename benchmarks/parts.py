"""Long benchmarks in parts: what is done stands in the result file, and need not be done again."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from threading import Lock
from typing import Any

from common import RESULTS, ROOT, write

Part = dict[str, Any]


class Parts:
    """The finished parts of a benchmark.

    Args:
        name: Of the result file.
        terms: What was asked for; parts that were measured on other terms do not count.
        resume: Whether parts that stand in the result file are taken from there.
        smoke: Whether nothing is written.
        results: Folder of the result file.
    """

    def __init__(
        self,
        name: str,
        terms: Mapping[str, Any],
        *,
        resume: bool,
        smoke: bool,
        results: Path = RESULTS,
    ) -> None:
        self.name, self.terms, self.smoke = name, dict(terms), smoke
        self.path = results / f"{name}.json"
        self.done: dict[str, Part] = self._known() if resume else {}
        self._writing = Lock()
        self.runs = ROOT / "runs" / "benchmarks" / name
        if smoke:
            self.runs = Path(tempfile.mkdtemp(prefix="netwright-smoke-"))
            atexit.register(shutil.rmtree, self.runs, ignore_errors=True)

    def _known(self) -> dict[str, Part]:
        known = json.loads(self.path.read_text()) if self.path.exists() else {}
        same = known.get("terms") == json.loads(json.dumps(self.terms))
        return known.get("parts", {}) if same else {}

    def run(self, part: str) -> Path:
        """The run folder of a part: kept, so that a later part still finds it; a temporary one in
        a smoke run."""
        return self.runs / part.replace(" ", "-")

    def take(self, part: str, measure: Callable[[], Part]) -> Part:
        """What a part came to, measured unless that is known."""
        if part not in self.done:
            print(f"{time.strftime('%H:%M:%S')} {part} ...", flush=True)
            self.done[part] = json.loads(json.dumps(measure()))
            self._keep()
        print(f"{time.strftime('%H:%M:%S')} {part}: {json.dumps(self.done[part])}", flush=True)
        return self.done[part]

    def side_by_side(self, measures: Mapping[str, Callable[[], Part]]) -> dict[str, Part]:
        """What parts came to that are measured at once: as many as there are cores, each with one
        core to itself, which the commands that it runs inherit."""
        cores: Queue[int] = Queue()
        for core in sorted(os.sched_getaffinity(0)):
            cores.put(core)

        def pin() -> None:
            os.sched_setaffinity(0, {cores.get()})  # of this thread alone

        with ThreadPoolExecutor(cores.qsize(), initializer=pin) as pool:
            found = pool.map(self.take, measures, measures.values())
            return dict(zip(measures, found, strict=True))

    def _keep(self) -> None:
        if self.smoke:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        with self._writing:  # parts may be measured side by side
            known = {"terms": self.terms, "parts": dict(self.done)}
            draft.write_text(json.dumps(known, indent=1) + "\n")
            draft.replace(self.path)

    def conclude(self, verdict: Mapping[str, Any]) -> None:
        """Writes the verdict above the parts it rests on."""
        write(self.name, {**verdict, "terms": self.terms, "parts": self.done}, self.smoke)
