"""The audit trail: what was inferred, tried, dropped and chosen, in plain words.

One JSON object a line in `audit.jsonl`: `time` (UTC), `step`, `said`, and whatever facts belong
to it. The trail explains; it is never read back as state.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class Audit:
    """Writes and reads one trail. Without a path it only remembers, for use in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._memory: list[dict[str, Any]] = []

    def say(self, step: str, said: str, **facts: Any) -> None:
        """Adds one sentence, with the facts it rests on."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"time": now, "step": step, "said": said, **facts}
        if self.path is None:
            self._memory.append(entry)
            return
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, default=str, ensure_ascii=False) + "\n")

    def hand_on(self, trail: Audit, note: Callable[[str], None]) -> None:
        """Says it all again in another trail; what a person should see at once goes to `note`."""
        for entry in self.entries():
            trail.say(**{k: v for k, v in entry.items() if k not in ("time", "note")})
            if entry.get("note"):
                note(entry["said"])

    def entries(self) -> list[dict[str, Any]]:
        """Every sentence so far; a torn last line is passed over."""
        if self.path is None or not self.path.exists():
            return list(self._memory)
        found = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return found
