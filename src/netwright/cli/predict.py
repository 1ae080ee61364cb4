"""`netwright predict`: predict a table with a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from netwright.cli.arguments import Data, Run, Trust
from netwright.cli.notes import notes_on_stderr


def predict(
    run: Run,
    data: Data,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file to write.")],
    proba: Annotated[bool, typer.Option("--proba", help="Add one column a class.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse rows that hardly fit the training rows.")
    ] = False,
    trust: Trust = None,
) -> None:
    """Predict a table or pictures: row or path, prediction and, with --proba, a column a class.

    Of several targets there is a column prediction_NAME each, and the classes are NAME=CLASS.

    Of data with a test part of its own, that part is predicted.
    """
    import pandas as pd

    from netwright.core.errors import ConfigError
    from netwright.predictor import Predictor

    if out.suffix.lower() not in (".csv", ".parquet"):
        raise ConfigError(f"Predictions are written as .csv or .parquet. Got {str(out)!r} instead.")
    if not out.parent.exists():
        raise ConfigError(f"There is no folder {str(out.parent)!r} to write to; make it first.")
    predictor = Predictor.load(run, trust or ())
    frame = predictor.read(data)
    # Probabilities come first: a regression has none, and nothing is written then.
    with notes_on_stderr():
        shares = predictor.predict_proba(frame, strict) if proba else None
        found = predictor.predict(frame, strict)
    if isinstance(found, pd.DataFrame):
        parts = [found.add_prefix("prediction_")]
    else:
        parts = [found.to_frame("prediction")]
    if shares is not None:
        parts.append(shares.set_axis([_column(name) for name in shares], axis=1))
    keys = pd.DataFrame({frame.index.name or "row": frame.index})
    table = pd.concat([keys, *(part.reset_index(drop=True) for part in parts)], axis=1)
    draft = out.with_suffix(out.suffix + ".tmp")
    if out.suffix.lower() == ".parquet":
        table.to_parquet(draft, index=False)
    else:
        table.to_csv(draft, index=False)
    draft.replace(out)
    typer.echo(f"{len(table)} predictions in {out}")


def _column(name: Any) -> str:
    """A class, or a target and its class."""
    return "=".join(map(str, name)) if isinstance(name, tuple) else str(name)
