"""`netwright evaluate`: judge a finished run on a table with known targets."""

from __future__ import annotations

import json

import typer

from netwright.cli.arguments import Data, Json, Run, Trust
from netwright.cli.notes import notes_on_stderr


def evaluate(run: Run, data: Data, as_json: Json = False, trust: Trust = None) -> None:
    """Judge a finished run on a table or pictures with the target: every metric of the kind.

    Of data with a test part of its own, that part is judged on.
    """
    from netwright.predictor import Predictor

    with notes_on_stderr():
        scores = Predictor.load(run, trust or ()).evaluate(data)
    if as_json:
        typer.echo(json.dumps(scores))
        return
    width = max(map(len, scores))
    for name, value in scores.items():
        typer.echo(f"{name:<{width}}  {value:.6g}")
