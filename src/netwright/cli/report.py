"""`netwright report`: write a run's report page and model card anew."""

from __future__ import annotations

import typer

from netwright.cli.arguments import Run


def report(run: Run) -> None:
    """Write the report page and the model card, and print where they are."""
    from netwright.core.folder import RunFolder
    from netwright.report.page import write_report

    folder = RunFolder.open(run)
    write_report(folder)
    typer.echo(f"{folder.report}\n{folder.card}")
