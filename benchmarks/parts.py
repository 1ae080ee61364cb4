"""Long benchmarks in parts: what is done stands in the result file, and need not be done again."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
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

    def _keep(self) -> None:
        if self.smoke:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps({"terms": self.terms, "parts": self.done}, indent=1) + "\n")
        draft.replace(self.path)

    def conclude(self, verdict: Mapping[str, Any]) -> None:
        """Writes the verdict above the parts it rests on."""
        write(self.name, {**verdict, "terms": self.terms, "parts": self.done}, self.smoke)
