"""A model card (Mitchell et al. 2019): what the model is, from what, how good, how to use it."""

from __future__ import annotations

from typing import Any

from netwright.core.folder import MARK, RunFolder
from netwright.core.target import Target
from netwright.core.task import Task

NAMED = 20
"""Classes that are named one by one."""


def write_card(
    folder: RunFolder, task: Task, facts: dict[str, Any], explained: dict[str, Any]
) -> None:
    """Writes `card.md`."""
    run = folder.read_json(MARK)
    parts = [
        f"# Model card: {task.name}",
        _intended(task),
        _data(task, run),
        _quality(facts, task),
        _inside(facts),
        _caveats(task, facts, explained),
        f"Made by netwright {run['netwright']}, seed {_seed(run)}. `netwright {_use(facts)}`",
    ]
    folder.card.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _use(facts: dict[str, Any]) -> str:
    if "protocol" in facts:
        return "fewshot adapt RUN SUPPORT --out ADAPTED"
    return "predict RUN DATA --out predictions.csv"


def _intended(task: Task) -> str:
    return "## Task\n\n" + "\n".join(map(_predicted, task.targets))


def _predicted(target: Target) -> str:
    named = ", ".join(map(str, target.classes[:NAMED]))
    more = f" and {len(target.classes) - NAMED} more" if len(target.classes) > NAMED else ""
    classes = f" Classes: {named}{more}." if target.classes else ""
    return f"Predicts `{target.name}` ({target.kind}).{classes}"


def _data(task: Task, run: dict[str, Any]) -> str:
    kinds = [column.type for column in task.schema.used]
    counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    dropped = [f"`{column.name}` ({column.dropped})" for column in task.schema if column.dropped]
    unused = f" Not used: {', '.join(dropped)}." if dropped else ""
    return (
        f"## Data\n\n{run['rows']} rows from `{run['source']}` (fingerprint "
        f"`{run['fingerprint']}`); input columns: {counted}.{unused}"
    )


def _quality(facts: dict[str, Any], task: Task) -> str:
    rows = []
    if facts["score"] is not None:
        how = facts["judged_on"]
        how += ", before it was trained again" if facts.get("retrained") else ""
        rows.append(f"| {facts['metric']} | {facts['score']:.6g} | {how} |")
    for name, value in facts.get("test_metrics", {}).items():
        rows.append(f"| {name} | {value:.6g} | test table |")
    if facts.get("calibration"):
        error = facts["calibration"]["after"]
        rows.append(f"| expected calibration error | {error:.4f} | held-back rows |")
    cut = f"\n\nLabels: {facts['labels']}, tuned on held-back rows." if "labels" in facts else ""
    return "## Quality\n\n| metric | value | judged on |\n|---|---|---|\n" + "\n".join(rows) + cut


def _inside(facts: dict[str, Any]) -> str:
    members = [
        f"- {entry['learner']} (trial {entry['trial']}), weight {entry['weight']:.2f}"
        + (", trained again on all rows" if entry["refitted"] else "")
        for entry in facts["ensemble"]
    ]
    return "## Inside\n\n" + "\n".join(members)


def _caveats(task: Task, facts: dict[str, Any], explained: dict[str, Any]) -> str:
    said = [
        "- The held-back score chose the model, so it is a little optimistic; a test table is not."
    ]
    rows = explained.get("importance", [])
    if rows:
        top = ", ".join(f"`{row['column']}`" for row in rows[:5])
        said.append(f"- It looks most at {top}. Importance is not cause.")
    if task.split.kind == "random":
        said.append("- Rows were split at random: expect less where the future differs.")
    return "## Caveats\n\n" + "\n".join(said)


def _seed(run: dict[str, Any]) -> int:
    options = run["options"]
    return int(options["fit"]["seed"] if "fit" in options else options["seed"])
