"""Every error netwright raises on purpose, in one tree.

```
NetwrightError
├── UserError            a person can mend it: exit code 2, one sentence, no traceback
│   ├── DataError        a file or frame that cannot be read or used
│   │   └── TargetError  the target column is missing, empty or of the wrong kind
│   ├── BudgetError      a time, trial count or memory size that makes no sense
│   ├── ConfigError      an option, a configuration or a space that does not fit
│   │   └── UnknownName  a plug-in, metric or column that does not exist (names the near ones)
│   ├── MissingExtra     an optional dependency that is not installed
│   ├── RunError         a run folder that cannot be opened, resumed or overwritten
│   └── ArtifactError    a saved model that was changed, is incomplete or of another version
└── NoModel              the budget ended before any trial finished
```

`DataWarning` is a warning beside them: a model was asked about rows it was not made for.

Messages say what was wrong, what was got, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class NetwrightError(Exception):
    """Root of the tree: catch this to catch everything netwright raises on purpose."""

    exit_code = 1


class UserError(NetwrightError):
    """Something a person can mend; the command line prints it and exits with code 2."""

    exit_code = 2


class DataError(UserError):
    """A file or frame that cannot be read or used."""


class TargetError(DataError):
    """The target column is missing, empty, or of a kind that does not fit."""


class BudgetError(UserError):
    """A time, trial count or memory size that makes no sense."""


class ConfigError(UserError):
    """An option, a configuration or a search space that does not fit."""


class UnknownName(ConfigError):
    """A name that does not exist; the message lists the near ones."""


class MissingExtra(UserError):
    """An optional dependency is not installed; the message says how to install it."""


class RunError(UserError):
    """A run folder that cannot be opened, resumed or overwritten."""


class ArtifactError(UserError):
    """A saved model that was changed, is incomplete, or was written by another version."""


class DataWarning(UserWarning):
    """Rows that a model was not made for: predicted all the same, unless `strict` is asked for."""


class NoModel(NetwrightError):
    """The budget ended before any trial finished, so there is nothing to hand over."""


def unknown_name(what: str, name: str, known: Iterable[str]) -> UnknownName:
    """Builds the error for a name that does not exist, naming the near ones first."""
    options = sorted(known)
    near = get_close_matches(str(name), options, n=3, cutoff=0.5)
    if near:
        hint = "Did you mean " + " or ".join(repr(option) for option in near) + "?"
    else:
        shown = ", ".join(options[:20]) + (", ..." if len(options) > 20 else "")
        hint = f"Known: {shown}." if options else "None is known."
    return UnknownName(f"There is no {what} {name!r}. {hint}")
