"""A predictor's folder: written whole or not at all, and checked before anything in it is opened.

It holds data formats only. Its manifest lists every file with its SHA-256; a file that was
changed, added or removed is refused.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from netwright.core.decision import Decision
from netwright.core.errors import ArtifactError
from netwright.core.task import Task
from netwright.learners.ensemble import write_ensemble

MANIFEST = "manifest.json"
MODEL = "model"
FORMAT = 1
PACKAGES = ("netwright", "numpy", "pandas", "scikit-learn", "torch", "lightgbm", "optuna")


def write_predictor(
    folder: Path,
    task: Task,
    members: Sequence[tuple[Path, float]],
    temperature: float,
    leaderboard: Sequence[Mapping[str, Any]],
    decision: Decision = (),
) -> None:
    """Makes a predictor folder from saved models, in one step: whole or not at all.

    Args:
        folder: Where it goes; what is there is replaced.
        task: The statement.
        members: Folder and weight of each model.
        temperature: Of the ensemble.
        leaderboard: Rows kept for whoever opens it.
        decision: How labels are made of probabilities.
    """
    draft = folder.with_name(folder.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / MODEL).mkdir(parents=True)
    for position, (source, _) in enumerate(members):
        shutil.copytree(source, draft / MODEL / f"member{position:03d}")
    write_ensemble(draft / MODEL, [weight for _, weight in members], temperature)
    seal(
        draft,
        {
            "format": FORMAT,
            "versions": versions(),
            "task": task.to_json(),
            "members": [{"weight": weight} for _, weight in members],
            "leaderboard": list(leaderboard),
            "decision": list(decision),
        },
    )
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(draft, folder)


def seal(folder: Path, facts: Mapping[str, Any]) -> None:
    """Writes the manifest: the facts, every file's hash, and a digest of both."""
    files = {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    body = {**facts, "files": files}
    content = {**body, "digest": _digest(body)}
    (folder / MANIFEST).write_text(json.dumps(content, indent=1, ensure_ascii=False))


def _digest(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Reads a manifest and checks every file against it.

    Raises:
        ArtifactError: Anything is missing, damaged, changed, or of another version.
    """
    path = folder / MANIFEST
    if not path.exists():
        raise ArtifactError(
            f"There is no predictor in {str(folder)!r}; if a fit was interrupted, finish it with "
            "'netwright resume'."
        )
    try:
        body = json.loads(path.read_text())
        digest, files = body.pop("digest"), body["files"]
    except (ValueError, KeyError, UnicodeDecodeError) as error:
        raise ArtifactError(f"The manifest in {str(folder)!r} is damaged; fit again.") from error
    if body.get("format") != FORMAT:
        raise ArtifactError(
            f"The predictor in {str(folder)!r} has format {body.get('format')!r}; this version "
            f"of netwright reads format {FORMAT}."
        )
    if digest != _digest(body):
        raise ArtifactError(f"The manifest in {str(folder)!r} was changed; refusing to load it.")
    found = {
        item.relative_to(folder).as_posix() for item in folder.rglob("*") if item.is_file()
    } - {MANIFEST}
    for name in sorted(found | set(files)):
        if name not in found or name not in files:
            word = "is missing from" if name in files else "was added to"
            raise ArtifactError(f"The file {name!r} {word} the predictor; refusing to load it.")
        if sha256((folder / name).read_bytes()).hexdigest() != files[name]:
            raise ArtifactError(f"The file {name!r} was changed; refusing to load the predictor.")
    return dict(body)


def versions() -> dict[str, str]:
    """Versions of the packages a prediction depends on."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
