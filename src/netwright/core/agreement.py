"""Whether a study that is opened again is the one that was meant.

A storage keeps directions and trials, whatever a person asks for the next time. What cannot go on
is refused, with the difference named; a wider range or a further parameter goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netwright.core.errors import ConfigError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study

OBJECTIVES = "netwright:objectives"
SPACE = "netwright:space"
"""Attributes of a study: its objectives' names, and its parameters as Optuna writes them."""


def agree(
    study: Study,
    objectives: Sequence[tuple[str, str]],
    space: Mapping[str, BaseDistribution] | None,
) -> bool:
    """Compares a study with what is asked for, and writes down what it is from now on.

    Args:
        study: As it was opened.
        objectives: Name and direction of each.
        space: What may be chosen; None for whoever only looks.

    Returns:
        Whether the space is another one than before.

    Raises:
        ConfigError: The study cannot go on so.
    """
    known = study.user_attrs
    _check_directions(study, objectives)
    names = [name for name, _ in objectives]
    before = known.get(OBJECTIVES)
    if before is not None and before != names:
        raise _other(study, f"of the objectives {before}", f"of {names}")
    if space is None:
        return False
    told = _written(space)
    if SPACE in known:
        _check_space(study, json.loads(known[SPACE]), told)
    changed = SPACE in known and json.loads(known[SPACE]) != told
    if before is None:
        study.set_user_attr(OBJECTIVES, names)
    if SPACE not in known or changed:
        study.set_user_attr(SPACE, json.dumps(told))
    return changed


def _written(space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    from optuna.distributions import distribution_to_json

    return {name: json.loads(distribution_to_json(one)) for name, one in space.items()}


def _check_directions(study: Study, objectives: Sequence[tuple[str, str]]) -> None:
    stored = [direction.name.lower() for direction in study.directions]
    asked = [direction for _, direction in objectives]
    if stored != asked:
        raise _other(study, f"that {' and '.join(stored)}", f"to {' and '.join(asked)}")


def _check_space(study: Study, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for name in sorted(before.keys() & now.keys()):
        if before[name] == now[name]:
            continue
        kinds = [one[name]["name"].removesuffix("Distribution").lower() for one in (before, now)]
        choices = [one[name]["attributes"].get("choices") for one in (before, now)]
        if kinds[0] != kinds[1]:
            raise _other(study, f"whose {name!r} is {kinds[0]}", f"with one that is {kinds[1]}")
        logs = [bool(one[name]["attributes"].get("log")) for one in (before, now)]
        if logs[0] != logs[1]:
            scales = ["on a logarithmic scale" if log else "on an even scale" for log in logs]
            raise _other(study, f"whose {name!r} is {scales[0]}", f"with it {scales[1]}")
        if choices[0] != choices[1]:
            raise _other(study, f"whose {name!r} is one of {choices[0]}", f"with {choices[1]}")


def _other(study: Study, holds: str, asked: str) -> ConfigError:
    count = len(study.get_trials(deepcopy=False))
    return ConfigError(
        f"The study {study.study_name!r} holds {count} trials {holds}; it cannot go on {asked}. "
        "Name another study or folder, or ask for the same again."
    )
