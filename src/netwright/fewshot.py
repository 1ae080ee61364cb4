"""Few-shot learning: `from netwright import fewshot`.

predictor = fewshot.train("omniglot.npz", method="protonet", budget="10m")
fewshot.evaluate(predictor.folder, "omniglot.npz", ways=5, shots=1)
mine = predictor.adapt("five_letters/", out="mine")
mine.predict("letters/")
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from netwright.api import run_search
from netwright.core.budget import Budget
from netwright.core.progress import Progress
from netwright.data.readers import implied_target
from netwright.predictor import Predictor
from netwright.recipes.fewshot import evaluate, make_fewshot_options, make_training_options

__all__ = ["evaluate", "search", "train"]


def train(
    data: Any,
    target: str | None = None,
    *,
    backbone: str | None = None,
    budget: Budget | str | float | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    elapsed: float = 0.0,
    **options: Any,
) -> Predictor:
    """Trains a backbone on many small tasks, so that it learns the next from a few examples.

    Args:
        data: Pictures of many classes: class folders, a zip file, a table with paths, an npz file;
            or, with `tasks`, a table whose rows belong to many tasks.
        target: Column of the classes or numbers; class folders need none.
        backbone: A space, for its default design; a JSON file of a design; or a search's run.
            `conv4` for pictures and `mlp` for rows if None.
        budget: Wall time such as `"10m"`; ten minutes when neither it nor `episodes` is given.
        out: The run folder to make; a temporary one by default.
        overwrite: Replace a run that is there.
        progress: Is told how it goes.
        elapsed: Seconds of the budget that are already gone.
        options: `method`, `norm`, `ways`, `shots`, `queries`, `train_ways`, `train_queries`,
            `inner_lr`, `inner_steps`, `adapt_steps`, `episodes`, `rotations`, `augment`, ...;
            `tasks` names the column that says to which task a row belongs.

    Returns:
        A predictor that has no classes yet; `adapt` gives one that has.

    Raises:
        UserError: Anything a person can mend, in one sentence.
        NoModel: The budget was too short to train.
    """
    made, design = make_training_options(backbone, **_said(data, target, budget, options))
    where = _folder(out)
    run_search(data, where, made, progress, overwrite, elapsed, first=[design])
    return Predictor.load(where)


def search(
    data: Any,
    target: str | None = None,
    *,
    space: str = "resnet",
    budget: Budget | str | float | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    elapsed: float = 0.0,
    **options: Any,
) -> Predictor:
    """Searches the backbone that learns new classes best.

    Args:
        data: See `train`.
        target: See `train`.
        space: What may be built: a name or your own `package:Class`.
        budget: Wall time such as `"20m"`; ten minutes when neither it nor `trials` is given.
        out: The run folder to make; a temporary one by default.
        overwrite: Replace a run that is there.
        progress: Is told how it goes.
        elapsed: Seconds of the budget that are already gone.
        options: As `train` takes them, where `episodes` are those a design is trained on; and
            `strategy`, `trials`, `objectives`, `max_params_m`, `max_latency_ms`, ...

    Returns:
        The best design as it was trained in the search; `train(backbone=RUN)` makes it better.

    Raises:
        UserError: Anything a person can mend, in one sentence.
        NoModel: The budget ended before any design was trained.
    """
    made = make_fewshot_options(space=space, **_said(data, target, budget, options))
    where = _folder(out)
    run_search(data, where, made, progress, overwrite, elapsed)
    return Predictor.load(where)


def _said(data: Any, target: str | None, budget: Any, options: dict[str, Any]) -> dict[str, Any]:
    wanted = target or implied_target(data)
    return {**options, "target": wanted, "seconds": Budget.of(budget).seconds}


def _folder(out: str | Path | None) -> Path:
    return Path(tempfile.mkdtemp(prefix="netwright-")) if out is None else Path(out)
