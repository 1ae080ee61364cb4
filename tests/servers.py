"""A real PostgreSQL server and a real gRPC proxy on loopback, for as long as a test needs them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_for(port: int, seconds: float = 60.0) -> None:
    """Returns when somebody listens on a port of this machine."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


def find_postgres() -> Path | None:
    """The folder of the newest PostgreSQL server's programs, None where none is installed."""
    beside = shutil.which("pg_ctl")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: p.parts[-3])
    return Path(beside).parent if beside else found[-1].parent if found else None


@contextmanager
def postgres(programs: Path) -> Iterator[str]:
    """A fresh server; yields the URL of its one database. It refuses root, so we step down."""
    port = free_port()
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="nwpg", ignore_cleanup_errors=True) as place:
        if user:
            shutil.chown(place, user)
        data = f"{place}/data"

        def tell(program: str, *words: str) -> None:
            command = [str(programs / program), "-D", data, *words]
            subprocess.run(
                command, user=user, cwd=place, check=True, capture_output=True, timeout=60
            )

        tell("initdb", "-U", "netwright", "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale")
        options = f"-h 127.0.0.1 -p {port} -k {place} -c fsync=off"
        tell("pg_ctl", "start", "-w", "-l", f"{place}/log", "-o", options)
        try:
            yield f"postgresql://netwright@127.0.0.1:{port}/postgres"
        finally:
            tell("pg_ctl", "stop", "-m", "immediate")


PROXY = """
import sys, warnings
warnings.simplefilter("ignore")
import optuna
storage = optuna.storages.get_storage(sys.argv[1])
optuna.storages.run_grpc_proxy_server(storage, host="127.0.0.1", port=int(sys.argv[2]))
"""


@contextmanager
def grpc_proxy(url: str) -> Iterator[str]:
    """Optuna's gRPC proxy over a database; yields its URL."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", PROXY, url, str(port)])
    try:
        wait_for(port)
        yield f"grpc://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
