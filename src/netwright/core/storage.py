"""Who remembers: an Optuna storage, opened from a path, a URL or nothing.

A path is a journal file: an append-only log that many processes share. Optuna's own file lock is a
symbolic link, which a killed process leaves behind, and a half-written last line makes its journal
unreadable at the next append; `JournalLock` mends both.
"""

from __future__ import annotations

import fcntl
import os
import re
import weakref
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from netwright.core.errors import ConfigError
from netwright.core.registry import missing_module

CONNECT_SECONDS = 5
"""How long a server may take to answer before a person is told."""


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
            `postgresql://user@host/db`, `mysql+pymysql://...`) for a database, or
            `grpc://host:port` for an Optuna gRPC proxy.

    Raises:
        ConfigError: The URL cannot be opened; the message keeps its password to itself.
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
    shown = without_password(text)
    try:
        return _open_proxy(text) if text.startswith("grpc://") else _open_database(text)
    except Exception as error:
        for missing in (error, error.__cause__):  # Optuna wraps what its driver lacks
            if isinstance(missing, ModuleNotFoundError):
                raise missing_module(missing, shown) from error
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigError(f"The storage {shown!r} cannot be opened: {reason}") from error


def without_password(url: str) -> str:
    """The URL as it may be printed."""
    return re.sub(r"(://[^:/@]*):[^/]*@", r"\1:***@", url)


def _open_database(text: str) -> Any:
    """A database; a plain `postgresql://` means psycopg 3, and a server has a few seconds."""
    import optuna
    import sqlalchemy

    url = sqlalchemy.make_url(text)
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    options: dict[str, Any] = {}
    if url.get_backend_name() in ("postgresql", "mysql", "mariadb"):
        options["pool_pre_ping"] = True
        if "connect_timeout" not in url.query:
            options["connect_args"] = {"connect_timeout": CONNECT_SECONDS}
    storage = optuna.storages.RDBStorage(
        url.render_as_string(hide_password=False), engine_kwargs=options
    )
    weakref.finalize(storage, storage.engine.dispose)  # connections go with the storage
    return storage


def _open_proxy(text: str) -> Any:
    """Optuna's gRPC proxy, once it answers."""
    import warnings

    import optuna

    address = urlsplit(text)
    if not address.hostname or not address.port:
        raise ConfigError("a proxy is named 'grpc://host:port'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the proxy announces that it is experimental
        proxy = optuna.storages.GrpcStorageProxy(host=address.hostname, port=address.port)
    try:
        proxy.wait_server_ready(timeout=CONNECT_SECONDS)
    except ConnectionError:
        proxy.close()
        raise ConnectionError(f"no answer within {CONNECT_SECONDS} s; check that it runs") from None
    return proxy
