"""What people call from Python: fit, search, retrain, transfer, resume, join, load."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netwright.core.budget import Budget
from netwright.core.errors import ConfigError
from netwright.core.folder import MARK, RunFolder
from netwright.core.progress import Progress
from netwright.predictor import Predictor

if TYPE_CHECKING:
    from netwright.core.config import Config
    from netwright.recipes.joining import Joined


def fit(
    data: Any,
    target: str | None = None,
    *,
    budget: Budget | str | float | None = None,
    out: str | Path | None = None,
    trials: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> Predictor:
    """Designs and trains a model for a table or for pictures.

    Args:
        data: A path, `URL::SELECT ...`, or a pandas DataFrame; a folder or zip file of pictures.
        target: The column to predict; class folders and an array called y need not be named.
        budget: Wall time such as `"60s"` or `"10m"`; ten minutes when neither it nor `trials` is
            given.
        out: The run folder to make; a temporary one by default.
        trials: Number of trials. Without a budget nothing consults the clock.
        overwrite: Replace a run that is there.
        progress: Is told how it goes.
        options: Any of `netwright.recipes.options.FitOptions`: `metric`, `kind`, `positive`,
            `level`, `learners`, `config`, `test`, `weight`, `group`, `time_column`, `schema`,
            `keep_ids`, `strategy`, `pruner`, `engine`, `workers`, `seed`, `memory`, `storage`,
            `recipe`, ...

    Returns:
        The finished predictor, opened from its folder.

    Raises:
        UserError: Anything a person can mend, in one sentence.
        NoModel: The budget ended before any trial finished.
    """
    from netwright.recipes.options import make_options

    told = Budget.of(budget, trials)
    said = {"seconds": told.seconds, "trials": told.trials, "target": target, **options}
    said = with_implied(data, said)
    where = Path(tempfile.mkdtemp(prefix="netwright-")) if out is None else Path(out)
    run_fit(data, where, make_options(**said), progress, overwrite)
    return Predictor.load(where)


def with_implied(data: Any, said: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, and what the data says by its nature: its target, its own test part."""
    from netwright.data.readers import has_test_part, implied_target

    whole = dict(said)
    if whole.get("target") is not None:
        whole["target"] = str(whole["target"])
    if whole.get("target") is None and not whole.get("targets"):
        whole["target"] = implied_target(data)
    if whole.get("test") is None and has_test_part(data):
        whole["test"] = data
    test = whole.get("test")
    if isinstance(test, (str, Path)):
        # A run is resumed from anywhere.
        whole["test"] = str(Path(test).absolute()) if Path(test).exists() else str(test)
    return whole


def search(
    data: Any,
    target: str | None = None,
    *,
    space: str = "resnet",
    budget: Budget | str | float | None = None,
    out: str | Path | None = None,
    trials: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> Predictor:
    """Searches an architecture for pictures, or for a table (`space="mlp"`), and trains it.

    Args:
        data: A folder or zip file of pictures, a table with their paths, an npz file, a frame.
        target: The column to predict; class folders and an array called y need not be named.
        space: What may be built: a name or your own `package:Class`.
        budget: Wall time such as `"20m"`; ten minutes when neither it nor `trials` is given.
        out: The run folder to make; a temporary one by default.
        trials: Number of designs. Without a budget nothing consults the clock.
        overwrite: Replace a run that is there.
        progress: Is told how it goes.
        options: `strategy`, `epochs`, `objectives`, `proxies`, `augment`, `arguments` (of the
            space), the limits `max_params_m`, `max_flops_g`, `max_memory_mb`, `max_latency_ms`,
            `targets` (several columns that one net learns, instead of `target`), and what a fit
            takes: `metric`, `seed`, `engine`, `workers`, ...

    Returns:
        The best design's net, as it was trained in the search; `retrain` makes it better.

    Raises:
        UserError: Anything a person can mend, in one sentence.
        NoModel: The budget ended before any design was trained.
    """
    from netwright.recipes.search_options import make_search_options

    told = Budget.of(budget, trials)
    said = {"seconds": told.seconds, "trials": told.trials, "target": target, **options}
    said = with_implied(data, said)
    where = Path(tempfile.mkdtemp(prefix="netwright-")) if out is None else Path(out)
    run_search(data, where, make_search_options(space=space, **said), progress, overwrite)
    return Predictor.load(where)


def retrain(
    run: str | Path,
    design: str | int = "best",
    *,
    budget: Budget | str | float | None = None,
    epochs: int | None = None,
    progress: Progress | None = None,
    elapsed: float = 0.0,
    **options: Any,
) -> Predictor:
    """Trains a design of a search again, from scratch and for long, on all rows.

    Args:
        run: The search's folder.
        design: `best`, `knee`, or the number of a trial.
        budget: Wall time; ten minutes when neither it nor `epochs` is given.
        epochs: Most passes over the rows.
        progress: Is told how it goes.
        elapsed: Seconds of the budget that are already gone.
        options: `threads`; for nets of pictures `augment`, and `arguments` of the space for a
            wider or deeper net.

    Raises:
        UserError: There is no such search or design.
        NoModel: The budget was too short to train.
    """
    from netwright.recipes import retrain as of_pictures
    from netwright.recipes import table_nets

    told = Budget.of(budget)
    recipe = table_nets if table_nets.is_table_search(RunFolder.open(run)) else of_pictures
    with _reported(Path(run)):
        recipe.retrain(
            run,
            str(design),
            seconds=told.seconds,
            epochs=epochs,
            progress=progress,
            elapsed=elapsed,
            **options,
        )
    return Predictor.load(run)


def transfer(
    run: str | Path,
    data: Any,
    design: str | int = "best",
    *,
    out: str | Path | None = None,
    budget: Budget | str | float | None = None,
    epochs: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    elapsed: float = 0.0,
    **options: Any,
) -> Predictor:
    """Trains a design of a search on other pictures, as a run of its own.

    Args:
        run: The search's folder.
        data: The new pictures; their classes and their size are their own.
        design: `best`, `knee`, or the number of a trial.
        out: The run folder to make; a temporary one by default.
        budget: Wall time; ten minutes when neither it nor `epochs` is given.
        epochs: Most passes over the rows.
        overwrite: Replace a run that is there.
        progress: Is told how it goes.
        elapsed: Seconds of the budget that are already gone.
        options: `arguments` of the space for a wider or deeper net, `target` or `targets`,
            `test`, `metric`, `augment`, `schema`, `engine`, `threads`, ...

    Raises:
        UserError: There is no such search or design, or the new data cannot be used.
        NoModel: The budget was too short to train.
    """
    from netwright.recipes import transfer as recipe

    where = Path(tempfile.mkdtemp(prefix="netwright-")) if out is None else Path(out)
    with _reported(where):
        recipe.transfer(
            run,
            data,
            where,
            design=str(design),
            seconds=Budget.of(budget).seconds,
            epochs=epochs,
            said=with_implied(data, options),
            progress=progress,
            overwrite=overwrite,
            elapsed=elapsed,
        )
    return Predictor.load(where)


def run_search(
    data: Any,
    out: Path,
    options: Any,
    progress: Progress | None = None,
    overwrite: bool = False,
    elapsed: float = 0.0,
    first: Sequence[Config] = (),
) -> RunFolder:
    """Searches and writes the report; an interrupted search is reported too."""
    from netwright.recipes import search, table_nets

    said: dict[str, Any] = {"progress": progress, "overwrite": overwrite, "elapsed": elapsed}
    with _reported(out):
        if options.space.name == table_nets.SPACE:
            return table_nets.run(data, out, options, **said)
        return search.run(data, out, options, first=first, **said)


def run_fit(
    data: Any,
    out: Path,
    options: Any,
    progress: Progress | None = None,
    overwrite: bool = False,
    elapsed: float = 0.0,
) -> RunFolder:
    """Fits and writes the report; an interrupted fit is reported too."""
    from netwright.recipes import tabular

    with _reported(out, options.explain):
        return tabular.run(
            data, out, options, progress=progress, overwrite=overwrite, elapsed=elapsed
        )


def resume(
    out: str | Path,
    *,
    budget: Budget | str | float | None = None,
    trials: int | None = None,
    progress: Progress | None = None,
    elapsed: float = 0.0,
) -> Predictor:
    """Goes on with a run: for a further budget, to a number of trials in all, or as long as it
    had left."""
    from netwright.recipes import search, tabular

    told = Budget.of(budget, trials)
    searched = RunFolder.open(out).read_json(MARK).get("recipe") == search.RECIPE
    go_on = search.resume if searched else tabular.resume
    with _reported(Path(out)):
        go_on(out, seconds=told.seconds, trials=told.trials, progress=progress, elapsed=elapsed)
    return Predictor.load(out)


@contextmanager
def _reported(out: Path, wanted: bool = True) -> Iterator[None]:
    """Writes report and card afterwards, also when the run was interrupted with a model made."""
    if not wanted:
        yield
        return
    from netwright.report.page import write_report

    try:
        yield
    except KeyboardInterrupt:
        if (out / "result.json").exists():
            write_report(RunFolder.open(out))
        raise
    write_report(RunFolder.open(out))


@contextmanager
def join(
    where: str | Path,
    *,
    study: str | None = None,
    data: Any = None,
    artifacts: str | Path | None = None,
    trust: Sequence[str] = (),
) -> Iterator[Joined]:
    """Joins a fit that another process or machine started: `joined.work(engine, workers)`.

    Args:
        where: A run folder, or a storage (URL or path of a journal), which needs `study` and
            `data` too.
        study: The study's name in the storage.
        data: The study's table, as on this machine.
        artifacts: Shared folder for models; without one whoever started the study trains the
            winners again.
        trust: Code of your own (`package:attribute`) that the study may call here.

    Raises:
        UserError: There is nothing to join, or the table is another one.
    """
    from netwright.recipes import joining

    if study is None and data is None and artifacts is None and "://" not in str(where):
        yield joining.join_run(where)
        return
    if study is None or data is None:
        raise ConfigError(
            "A storage holds no rows: name the study and its table with --study and --data."
        )
    with joining.join_storage(str(where), study, data, artifacts, trust) as joined:
        yield joined


def load(folder: str | Path, trust: Sequence[str] = ()) -> Predictor:
    """Opens a predictor folder, or the one in a run folder; runs no code from it.

    Args:
        folder: Where it is.
        trust: Learners of your own (`package:attribute`) whose models may be opened.

    Raises:
        ArtifactError: It is missing, damaged, changed, or of another version.
    """
    return Predictor.load(folder, trust)
