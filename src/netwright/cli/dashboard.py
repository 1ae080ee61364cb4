"""`netwright dashboard`: look at a run in the browser with optuna-dashboard."""

from __future__ import annotations

from typing import Annotated

import typer

from netwright.cli.arguments import Run, interruptible


def dashboard(
    run: Run,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for a free one.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Show a run, finished or not, in the browser until Ctrl-C."""
    from netwright.report.dashboard import make_dashboard

    interruptible()
    server = make_dashboard(run, host, port)
    typer.echo(f"http://{host}:{server.server_port}/  (Ctrl-C ends it)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        typer.echo("ended")
    finally:
        server.server_close()
