"""Who remembers: an Optuna storage, opened from a path, a URL or nothing.

A path is a journal file: an append-only log that many processes share. Optuna's own file lock is a
symbolic link, which a killed process leaves behind, and a half-written last line makes its journal
unreadable at the next append; `JournalLock` mends both.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

from netwright.core.errors import ConfigError
from netwright.core.registry import missing_module


class JournalLock:
    """A lock the kernel drops when its holder dies, and a guard against torn tails.

    Whoever holds the lock is the only writer, so a last line without its newline belongs to a
    writer that was killed in the middle: it is cut off before anything is appended.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = str(path)
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Waits for the lock, then repairs the tail of the journal."""
        handle = os.open(self._path + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            truncate_torn_tail(self._path)
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        return True

    def release(self) -> None:
        """Lets the next writer in."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def truncate_torn_tail(path: str | Path) -> int:
    """Cuts a journal back to its last complete line; returns how many bytes went.

    The caller holds the journal's lock.
    """
    if not os.path.exists(path):
        return 0
    with open(path, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            file.truncate(end)
        return size - end


def open_storage(where: str | Path | None) -> Any:
    """Opens an Optuna storage.

    Args:
        where: None for memory, a path for a journal file, a URL (`sqlite:///a.db`,
            `postgresql://...`) for a database.

    Raises:
        ConfigError: The URL cannot be opened.
        MissingExtra: The URL needs a driver that is not installed.
    """
    import optuna
    from optuna.storages.journal import JournalFileBackend

    if where is None:
        return optuna.storages.InMemoryStorage()
    text = str(where)
    if "://" not in text:
        lock = JournalLock(text)
        lock.acquire()
        lock.release()
        return optuna.storages.JournalStorage(JournalFileBackend(text, lock_obj=lock))  # type: ignore[arg-type]
    try:
        return optuna.storages.RDBStorage(text)
    except ModuleNotFoundError as error:
        raise missing_module(error, text) from error
    except ImportError as error:
        raise ConfigError(f"The storage {text!r} cannot be opened: {error}") from error
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigError(f"The storage {text!r} cannot be opened: {reason}") from error
