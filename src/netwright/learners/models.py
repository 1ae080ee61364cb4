"""Opens saved models of any kind: `model.json` says which, and the table below knows how."""

from __future__ import annotations

import json
from pathlib import Path

from netwright.core.errors import ArtifactError
from netwright.core.learner import Model
from netwright.core.registry import import_attribute, names

MODELS: dict[str, str] = {
    "tabular": "netwright.learners.tabular:TabularModel",
    "ensemble": "netwright.learners.ensemble:EnsembleModel",
    "net": "netwright.learners.image:NetModel",
    "prepared": "netwright.learners.prepared:PreparedModel",
    "fewshot": "netwright.paradigms.fewshot.model:FewshotModel",
    "fewshot_rows": "netwright.paradigms.fewshot.rows:FewshotRows",
}


def load_model(folder: Path) -> Model:
    """Reads a model. Only kinds in the table (or an installed plug-in) are known.

    Raises:
        ArtifactError: The folder holds no model, or one of an unknown kind.
    """
    try:
        kind = json.loads((folder / "model.json").read_text())["format"]
    except (OSError, ValueError, KeyError) as error:
        raise ArtifactError(f"There is no readable model in {str(folder)!r}.") from error
    known = names("models", MODELS)
    if kind not in known:
        raise ArtifactError(f"The model in {str(folder)!r} is of an unknown kind {kind!r}.")
    model: Model = import_attribute(known[kind]).load(folder)
    return model
