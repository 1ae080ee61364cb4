"""`netwright fewshot`: learn to learn from a few examples."""

from __future__ import annotations

import typer

from netwright.cli.fewshot.adapt import adapt
from netwright.cli.fewshot.evaluate import evaluate
from netwright.cli.fewshot.search import search
from netwright.cli.fewshot.train import train

app = typer.Typer(
    help="Learn new classes from a few examples: train, evaluate, adapt, search.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
for command in (train, evaluate, adapt, search):
    app.command()(command)
