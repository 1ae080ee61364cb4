"""A run folder: everything one run is, in one place that can be copied, resumed and served.

```
runs/house/
  study.journal   who remembers          task.json      what is to be solved
  run.json        what was asked for     audit.jsonl    what was inferred, dropped, chosen and why
  data/           the rows, memory-mapped trials/0007/   what each trial kept
  predictor/      the finished model     report.html, card.md
```
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netwright.core.audit import Audit
from netwright.core.errors import RunError
from netwright.core.task import Task

MARK = "run.json"
SUPERNET = "supernet"
"""Folder of a run in which its supernet lies."""
SHARED = "supernet.json"
"""What its supernet came to."""
CHOICES = "choices.json"
"""How a supernet came to choose its designs."""
STUDY = "study"


def check_output(path: str | Path, overwrite: bool = False) -> None:
    """Refuses an output that is taken, before any work is done; creates nothing.

    Raises:
        RunError: Something is there, and it is not a run or `overwrite` is off.
    """
    folder = Path(path)
    if folder.is_file():
        raise RunError(f"The output {str(path)!r} is a file; name a folder.")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / MARK).exists():
        raise RunError(
            f"The output folder {str(path)!r} holds other files; name an empty or new one."
        )
    if not overwrite:
        raise RunError(
            f"The output folder {str(path)!r} holds another run; "
            "name a new one, or pass --overwrite to replace it."
        )


class RunFolder:
    """The paths of a run, and its small files."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.journal = self.path / "study.journal"
        self.data = self.path / "data"
        self.trials = self.path / "trials"
        self.predictor = self.path / "predictor"
        self.report = self.path / "report.html"
        self.card = self.path / "card.md"
        self.logs = self.path / "logs"
        self.audit = Audit(self.path / "audit.jsonl")

    @classmethod
    def create(cls, path: str | Path, overwrite: bool = False) -> RunFolder:
        """Makes an empty run folder.

        Raises:
            RunError: Something is already there, and it is not a run or `overwrite` is off.
        """
        check_output(path, overwrite)
        folder = cls(path)
        shutil.rmtree(folder.path, ignore_errors=True)
        try:
            folder.trials.mkdir(parents=True)
            folder.logs.mkdir()
        except OSError as error:
            raise RunError(f"Cannot write to {str(path)!r}: {error.strerror}.") from error
        return folder

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """Opens a run that exists.

        Raises:
            RunError: There is no run.
        """
        folder = cls(path)
        if not (folder.path / MARK).exists():
            raise RunError(f"There is no run in {str(path)!r}; make one with 'netwright fit'.")
        return folder

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Writes a small file in one step: whole or not at all."""
        target = self.path / name
        draft = target.with_suffix(".tmp")
        draft.write_text(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n")
        os.replace(draft, target)

    def read_json(self, name: str) -> dict[str, Any]:
        """Reads a small file.

        Raises:
            RunError: It is missing or not JSON.
        """
        try:
            loaded: dict[str, Any] = json.loads((self.path / name).read_text())
        except (OSError, ValueError) as error:
            raise RunError(f"The run {str(self.path)!r} has no readable {name}.") from error
        return loaded

    def study_name(self, storage: str | None) -> str:
        """Constant in a run folder; told apart by the folder in a storage that many share."""
        return STUDY if storage is None else f"{STUDY}-{self.path.name}"

    def task(self) -> Task:
        """The task, without its rows."""
        return Task.from_json(self.read_json("task.json"))

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Holds the run for this process; the kernel lets go when the process dies.

        Raises:
            RunError: Another process is running it.
        """
        handle = os.open(self.path / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RunError(
                    f"Another process is working on the run {str(self.path)!r}; wait for it."
                ) from error
            yield
        finally:
            os.close(handle)
