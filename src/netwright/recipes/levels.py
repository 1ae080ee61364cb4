"""The ladder of automation: which learners compete, what of them is searched, what goes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netwright.core.audit import Audit
from netwright.core.combining import Branch, Frozen
from netwright.core.config import Config
from netwright.core.errors import ConfigError, UnknownName, unknown_name
from netwright.core.registry import find, missing_module, names
from netwright.core.space import Space
from netwright.core.task import Task
from netwright.learners import LEARNERS, NEEDS, available
from netwright.learners.trust import trust

PORTFOLIO: tuple[dict[str, Any], ...] = (
    {"learner": "lightgbm"},
    {"learner": "linear"},
    {"learner": "catboost"},
    {
        "learner": "lightgbm",
        "lightgbm.categories": "target",
        "lightgbm.learning_rate": 0.03,
        "lightgbm.num_leaves": 16,
        "lightgbm.feature_fraction": 0.5,
        "lightgbm.min_child_samples": 10,
        "lightgbm.lambda_l2": 1.0,
    },
    {"learner": "xgboost"},
    {"learner": "extra_trees"},
    {"learner": "net"},
    {"learner": "random_forest", "random_forest.max_features": 0.4},
    {"learner": "catboost", "catboost.depth": 8, "catboost.rsm": 0.7, "catboost.l2_leaf_reg": 6.0},
    {
        "learner": "lightgbm",
        "lightgbm.learning_rate": 0.04,
        "lightgbm.num_leaves": 96,
        "lightgbm.feature_fraction": 0.6,
        "lightgbm.min_child_samples": 5,
        "lightgbm.extra_trees": 1,
    },
    {
        "learner": "net",
        "net.architecture.block": "resnet",
        "net.architecture.norm": "layer",
        "net.architecture.dropout": 0.2,
        "net.lr": 1e-3,
    },
    {"learner": "linear", "linear.text": "svd", "linear.numbers": "standard", "linear.C": 0.1},
    {"learner": "neighbours"},
    {"learner": "image"},
    {"learner": "image", "image.augment": "flip"},
    {
        "learner": "image",
        "image.architecture.width": 48,
        "image.architecture.depth1": 2,
        "image.architecture.activation": "silu",
    },
    {
        "learner": "image",
        "image.augment": "trivial",
        "image.architecture.width": 24,
        "image.architecture.depth0": 2,
        "image.architecture.depth2": 2,
    },
    {"learner": "extra_trees", "extra_trees.categories": "target", "extra_trees.max_features": 1.0},
)
"""Strong and different designs, tried first in this order; all else takes the defaults."""


def choose_learners(task: Task, level: str, wanted: Sequence[str], audit: Audit) -> list[str]:
    """The learners that compete at a level.

    Raises:
        UnknownName: A wanted learner does not exist.
        ConfigError: None of the wanted learners can take the task.
    """
    known = names("learners", LEARNERS)
    for name in wanted:
        if name not in known and ":" not in name:
            raise unknown_name("learner", name, known)
    for name in wanted:
        if name in NEEDS and name not in available():
            raise missing_module(ModuleNotFoundError(name=NEEDS[name]), name)
    trust(wanted)
    chosen = list(wanted) or _usual(level, task)
    fitting = []
    for name in chosen:
        reason = find("learners", name, LEARNERS)().unfit_for(task)
        if reason is None:
            fitting.append(name)
        else:
            audit.say("space", f"The learner {name!r} was left out: {reason}.", learner=name)
    if not fitting:
        raise ConfigError(f"None of the learners {', '.join(chosen)} can take this task.")
    missing = sorted(set(LEARNERS) - set(available()))
    if not wanted and missing and level in ("select", "full"):
        audit.say(
            "space",
            f"Not installed and so not tried: {', '.join(missing)}; "
            'pip install "netwright[tabular]" brings them.',
            note=True,
        )
    return fitting[:1] if level in ("manual", "hpo") else fitting


def _usual(level: str, task: Task) -> list[str]:
    if task.schema.of_type("image"):
        return ["image"]
    if level == "architecture":
        return ["net"]
    if level in ("manual", "hpo"):
        return ["lightgbm"]
    return [name for name in available() if name != "image"]


def build_space(task: Task, learners: Sequence[str], level: str) -> Space:
    """One conditional space over the learners; below `architecture` a net's design is fixed,
    save its activation."""
    spaces: dict[str, Space] = {}
    for name in learners:
        space = find("learners", name, LEARNERS)().space(task)
        if level in ("manual", "hpo", "select"):
            fixed = {
                key: value
                for key, value in space.complete().items()
                if key.startswith("architecture.") and not key.endswith(".activation")
            }
            space = Frozen(space, fixed)
        spaces[name] = space
    return Branch("learner", spaces)


def first_designs(
    space: Space, learners: Sequence[str], level: str, config: dict[str, Any] | None
) -> list[Config]:
    """What is tried before the strategy has its say: a person's own configuration, then the
    portfolio's entries that fit this space.

    Raises:
        ConfigError: The person's configuration does not fit the space.
    """
    designs: list[Config] = []
    if config or level == "manual":
        designs.append(_own_design(space, learners, config or {}))
    if level == "manual":
        return designs
    for entry in PORTFOLIO:
        if entry["learner"] in learners:
            designs.append(complete_loosely(space, entry))
    for name in learners:
        designs.append(space.complete({"learner": name}))
    return list(dict.fromkeys(designs))


def _own_design(space: Space, learners: Sequence[str], config: dict[str, Any]) -> Config:
    """A person's configuration; names without the learner's prefix are the learner's own."""
    name = str(config.get("learner", learners[0]))
    spelled = {
        key if key == "learner" or key.startswith(f"{name}.") else f"{name}.{key}": value
        for key, value in config.items()
    }
    return space.complete({**spelled, "learner": name})


def complete_loosely(space: Space, values: dict[str, Any]) -> Config:
    """Completes a design, leaving out values that this task's space has no place for."""
    kept = dict(values)
    while True:
        try:
            return space.complete(kept)
        except UnknownName as error:
            idle = next(name for name in kept if repr(name) in str(error))
            del kept[idle]
        except ConfigError as error:
            wrong = next((name for name in kept if repr(name) in str(error)), None)
            if wrong is None or wrong == "learner":
                raise
            del kept[wrong]
