"""Optuna's dashboard over a run's storage, served from this process."""

from __future__ import annotations

from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from netwright.core.errors import ConfigError
from netwright.core.folder import RunFolder
from netwright.core.registry import missing_module
from netwright.core.study import read_study


class _Server(ThreadingMixIn, WSGIServer):
    """One thread a request; none of them keeps the process alive."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    """Tells nobody about each request."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def make_dashboard(run: str | Path, host: str, port: int) -> WSGIServer:
    """A server that is bound and waits to serve.

    Args:
        run: The run folder.
        host: Address to listen on.
        port: 0 for a free one.

    Raises:
        RunError: There is no run.
        MissingExtra: optuna-dashboard is not installed.
        ConfigError: The address cannot be had.
    """
    folder = RunFolder.open(run)
    try:
        from optuna_dashboard import wsgi
    except ModuleNotFoundError as error:
        raise missing_module(error, "dashboard") from error
    application = wsgi(read_study(folder).optuna_study._storage)
    try:
        return make_server(host, port, application, _Server, _Quiet)
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"Cannot listen on {host}:{port}: {error}; choose another --port or --host."
        ) from error
