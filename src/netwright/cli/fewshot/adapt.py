"""`netwright fewshot adapt`: a few labelled pictures become a predictor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netwright.cli.arguments import Run, Trust
from netwright.cli.fewshot.arguments import Classes


def adapt(
    run: Run,
    support: Annotated[
        str, typer.Argument(help="A few labelled pictures of each class, all learned from.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the new predictor.")],
    target: Classes = None,
    trust: Trust = None,
) -> None:
    """Learn the classes of a few pictures; 'netwright predict' then tells them apart."""
    from netwright.predictor import Predictor

    made = Predictor.load(run, trust or ()).adapt(support, out, target)
    told = ", ".join(map(str, made.classes[:8])) + (" ..." if len(made.classes) > 8 else "")
    if told:
        typer.echo(f"classes   {told}")
    typer.echo(f"predict   netwright predict {out} DATA --out predictions.csv")
