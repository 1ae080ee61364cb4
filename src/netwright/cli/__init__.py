"""The command line: one command a file, nothing heavy imported before it is needed."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Runs a command. A person's mistake ends with one sentence and exit code 2."""
    from netwright.cli.app import app
    from netwright.core.errors import NetwrightError

    _quiet()
    try:
        app(prog_name="netwright")
    except NetwrightError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)


def _quiet() -> None:
    """Keeps other libraries' warnings away from a person who can do nothing about them."""
    if "NETWRIGHT_DEBUG" not in os.environ:
        import warnings

        warnings.simplefilter("ignore")
