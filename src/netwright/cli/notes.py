"""What a person should know of their rows, told on the command line as it is in Python."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from netwright.core.errors import DataWarning


@contextmanager
def notes_on_stderr() -> Iterator[None]:
    """Prints each different `DataWarning` of the body once, as a note on stderr."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        yield
    for told in dict.fromkeys(str(one.message) for one in caught if one.category is DataWarning):
        typer.echo(f"note: {told}", err=True)
