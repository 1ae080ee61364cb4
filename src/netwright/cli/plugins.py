"""`netwright plugins`: what is installed, by role."""

from __future__ import annotations

import typer


def plugins() -> None:
    """List learners, strategies, engines, evaluators, spaces and more, plug-ins too."""
    from netwright.core.registry import names
    from netwright.engines import ENGINES
    from netwright.evaluators import EVALUATORS
    from netwright.learners import LEARNERS, available
    from netwright.paradigms.nas.oneshot import ONE_SHOT
    from netwright.recipes import RECIPES
    from netwright.spaces import SPACES
    from netwright.strategies import STRATEGIES
    from netwright.strategies.pruners import PRUNERS

    tables = {
        "learners": LEARNERS,
        "strategies": STRATEGIES,
        "one_shot": ONE_SHOT,
        "pruners": PRUNERS,
        "engines": ENGINES,
        "evaluators": EVALUATORS,
        "spaces": SPACES,
        "recipes": RECIPES,
    }
    installed = available()
    for role, table in tables.items():
        typer.echo(role)
        for name, target in names(role, table).items():
            own = "" if name in table else "  (plug-in)"
            absent = role == "learners" and name in table and name not in installed
            hint = '  needs: pip install "netwright[tabular]"' if absent else ""
            typer.echo(f"  {name:<16} {target}{own}{hint}")
