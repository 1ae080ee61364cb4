"""`netwright predict`: predict a table with a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netwright.cli.arguments import Data, Run, Trust


def predict(
    run: Run,
    data: Data,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file to write.")],
    proba: Annotated[bool, typer.Option("--proba", help="Add one column a class.")] = False,
    trust: Trust = None,
) -> None:
    """Predict a table or pictures: row or path, prediction and, with --proba, a column a class.

    Of data with a test part of its own, that part is predicted.
    """
    import pandas as pd

    from netwright.core.errors import ConfigError
    from netwright.data.readers import read
    from netwright.predictor import Predictor

    if out.suffix.lower() not in (".csv", ".parquet"):
        raise ConfigError(f"Predictions are written as .csv or .parquet. Got {str(out)!r} instead.")
    if not out.parent.exists():
        raise ConfigError(f"There is no folder {str(out.parent)!r} to write to; make it first.")
    predictor = Predictor.load(run, trust or ())
    frame = read(data, part="test")
    # Probabilities come first: a regression has none, and nothing is written then.
    shares = predictor.predict_proba(frame) if proba else None
    key = frame.index.name or "row"
    columns = {key: frame.index, "prediction": predictor.predict(frame).to_numpy()}
    table = pd.DataFrame(columns)
    if shares is not None:
        shares.columns = [str(name) for name in shares.columns]
        table = pd.concat([table, shares.reset_index(drop=True)], axis=1)
    draft = out.with_suffix(out.suffix + ".tmp")
    if out.suffix.lower() == ".parquet":
        table.to_parquet(draft, index=False)
    else:
        table.to_csv(draft, index=False)
    draft.replace(out)
    typer.echo(f"{len(table)} predictions in {out}")
