"""Finds parts by name: built-ins from one literal table a role, plug-ins from entry points.

A role is a table such as `netwright.learners.LEARNERS`, mapping a name to `"module:attribute"`.
Third parties add to it with an entry point in the group `netwright.<role>`; a person names a part
of their own as `package:attribute`. Nothing is imported before it is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from netwright.core.errors import ConfigError, MissingExtra, unknown_name

EXTRA_OF_MODULE = {
    "xgboost": "tabular",
    "catboost": "tabular",
    "cmaes": "search",
    "google": "search",
    "grpc": "search",
    "onnx": "deploy",
    "onnxruntime": "deploy",
    "optuna_dashboard": "dashboard",
    "psycopg": "postgres",
    "ray": "ray",
    "sqlalchemy": "postgres",
}
"""Which extra brings an optional module; used to say what to install."""


def import_attribute(target: str) -> Any:
    """Imports `package.module:attribute` (the person's own folder counts too).

    Raises:
        ConfigError: The text has no colon, or the module or attribute does not exist.
        MissingExtra: The module needs a package that an extra of netwright brings.
    """
    module_name, colon, attribute = target.partition(":")
    if not colon or not module_name or not attribute:
        raise ConfigError(f"A part is named 'package.module:attribute'. Got {target!r} instead.")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        raise missing_module(error, target) from error
    found: Any = module
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise ConfigError(f"Module {module_name!r} has no {attribute!r}; check {target!r}.")
        found = getattr(found, name)
    return found


def importable_name(part: Any) -> str:
    """The `package.module:attribute` of a function or class, by which workers find it.

    Raises:
        ConfigError: It has none, because it was made inside a function or a script.
    """
    module, name = getattr(part, "__module__", None), getattr(part, "__qualname__", None)
    if module and name:
        for home in _packages(module):  # the shortest that has it
            if getattr(sys.modules.get(home), name, None) is part and home != "__main__":
                return f"{home}:{name}"
    raise ConfigError(
        f"A part is given by name, so that workers can import it. {part!r} has none they could "
        "find; put it into a module and name it 'package.module:attribute'."
    )


def _packages(module: str) -> list[str]:
    """`a`, `a.b`, `a.b.c` of `a.b.c`."""
    parts = module.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


def missing_module(error: ModuleNotFoundError, target: str) -> ConfigError | MissingExtra:
    """Turns a failed import into the sentence a person needs."""
    missing = (error.name or "").split(".")[0]
    extra = EXTRA_OF_MODULE.get(missing)
    if extra:
        return MissingExtra(
            f"This needs the package {missing!r}, which is not installed; "
            f'run: pip install "netwright[{extra}]"'
        )
    return ConfigError(f"Could not import {target!r}: no module named {error.name!r}.")


def names(role: str, table: Mapping[str, str]) -> dict[str, str]:
    """All names of a role, each with where it lives; built-ins come first and win."""
    return {**table, **plugged_in(role), **table}


@cache
def plugged_in(role: str) -> dict[str, str]:
    """What installed packages offer for a role; looked up once, it reads every package's files."""
    return {entry.name: entry.value for entry in entry_points(group=f"netwright.{role}")}


def find(role: str, name: str, table: Mapping[str, str]) -> Any:
    """Returns the part called `name`, or the one at `package:attribute`.

    Raises:
        UnknownName: No such part; the message lists the near ones.
    """
    known = names(role, table)
    if name in known:
        return import_attribute(known[name])
    if ":" in name:
        return import_attribute(name)
    raise unknown_name(role.rstrip("s").replace("_", " "), name, known)
