"""`netwright scale`: sizes of a found net by compound scaling."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from netwright.cli.arguments import Design, Json, Run, interruptible

Option = typer.Option


def scale(
    run: Run,
    phi: Annotated[str, Option(help="How far, a,b,c; each doubles the multiply-adds.")] = "1,2,3",
    design: Design = "best",
    time: Annotated[
        str | None,
        Option(help="For finding alpha, beta and gamma by training [those of EfficientNet]."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Scale a found net: cells, channels and side for 2^phi times its multiply-adds."""
    interruptible()
    from netwright.core.budget import parse_seconds
    from netwright.core.errors import ConfigError
    from netwright.recipes.scaling import scale_run

    try:
        phis = [float(text) for text in phi.split(",")]
    except ValueError as error:
        raise ConfigError(f"--phi takes numbers such as 1,2,3. Got {phi!r} instead.") from error
    seconds = None if time is None else parse_seconds(time)
    found = scale_run(
        run, phis, design, seconds, lambda size: typer.echo(f"training {size}", err=True)
    )
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    told = found["scaling"]
    typer.echo(f"alpha {told['alpha']:g}  beta {told['beta']:g}  gamma {told['gamma']:g}")
    typer.echo("  phi  cells  channels  side  params (M)  multiply-adds (G)  growth")
    for row in found["sizes"]:
        typer.echo(
            f"{row['phi']:>5g}  {row['cells']:>5}  {row['channels']:>8}  {row['side']:>4}  "
            f"{row['params_m']:>10.3g}  {row['flops_g']:>17.3g}  {row['growth']:>6.2f}"
        )
    typer.echo("train one: netwright retrain RUN --cells CELLS --channels CHANNELS")
