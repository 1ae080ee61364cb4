"""The table of commands."""

from __future__ import annotations

import typer

from netwright.cli.bench import bench
from netwright.cli.dashboard import dashboard
from netwright.cli.deploy import deploy
from netwright.cli.evaluate import evaluate
from netwright.cli.export import export
from netwright.cli.fewshot.app import app as fewshot
from netwright.cli.fit import fit
from netwright.cli.plugins import plugins
from netwright.cli.predict import predict
from netwright.cli.profile import profile
from netwright.cli.proxies import proxies
from netwright.cli.rank import rank
from netwright.cli.report import report
from netwright.cli.resume import resume
from netwright.cli.retrain import retrain
from netwright.cli.scale import scale
from netwright.cli.search import search
from netwright.cli.show import show
from netwright.cli.transfer import transfer
from netwright.cli.worker import worker

app = typer.Typer(
    help="Bring data, a target, a metric and a budget; netwright designs the model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"netwright {version('netwright')}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Bring data, a target, a metric and a budget; netwright designs the model."""


for command in (
    fit,
    search,
    retrain,
    transfer,
    resume,
    show,
    report,
    predict,
    evaluate,
    export,
    deploy,
    profile,
    scale,
    worker,
    dashboard,
    bench,
    proxies,
    rank,
    plugins,
):
    app.command()(command)
app.add_typer(fewshot, name="fewshot")
