"""Architecture search that trains: pictures, a space of nets and limits become a trained net.

prepare -> say what limits allow -> search (designs trained alike, those over a limit not at all)
-> measure the front again on a quiet machine -> hand over the best. `retrain` goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from netwright.core.audit import Audit
from netwright.core.budget import Clock
from netwright.core.config import Config
from netwright.core.errors import RunError
from netwright.core.folder import MARK, RunFolder, check_output
from netwright.core.progress import Progress
from netwright.core.registry import import_attribute
from netwright.core.study import Study
from netwright.data.table import Table, fingerprint
from netwright.engines import get_engine
from netwright.learners.trust import trust
from netwright.recipes import designs
from netwright.recipes.again import fail_lost
from netwright.recipes.machine import workers_of
from netwright.recipes.oneshot import check_supernet, shortlist
from netwright.recipes.proxies import check_proxies
from netwright.recipes.search_options import SearchOptions
from netwright.recipes.searching import Search
from netwright.strategies import get_strategy

RECIPE = "search"
SEARCH_SHARE = 0.9
"""Share of the time in which new designs are begun; the rest is for ending well."""
ALONE_SHARE = 0.95
"""The same of a single design, which needs no strategy afterwards."""
LONGEST_TRIAL = 0.35
"""Share of the search one design may take at most, where there are several."""


def run(
    source: Any,
    out: str | Path,
    options: SearchOptions,
    *,
    progress: Progress | None = None,
    overwrite: bool = False,
    elapsed: float = 0.0,
    first: Sequence[Config] = (),
) -> RunFolder:
    """Searches an architecture for pictures.

    Args:
        source: A folder, zip file, table with paths, npz file or DataFrame of pictures.
        out: The run folder to make.
        options: What was asked for.
        progress: Is told how it goes.
        overwrite: Whether to replace a run that is there.
        elapsed: Seconds of the budget that are already gone.
        first: Designs that are tried before the strategy has its say.

    Raises:
        UserError: Anything a person can mend; nothing is left behind.
        NoModel: The budget ended before any design was trained.
    """
    fit = options.fit
    clock = Clock.start(fit.seconds, elapsed)
    progress = progress or Progress()
    engine = get_engine(fit.engine, fit.address)
    strategy = get_strategy(fit.strategy)
    designs.check_choices(options.space, fit.trials)
    trust([options.space.name])  # it was asked for here
    check_output(out, overwrite)
    engine.warm_up(fit.threads)
    wanted = ",".join(options.targets)
    progress.begin(clock, out=str(out), target=wanted, level="architecture", trials=fit.trials)
    progress.stage("reading")
    notes = Audit()
    task = options.regime.task(source, options, notes)
    options.judged(task)
    if options.measures_latency(task):  # what is missing is told before a folder is made
        import_attribute("onnxruntime:InferenceSession")
    if options.proxies:
        check_proxies(strategy, options.proxies, task)
    if options.one_shot:
        options.regime.sharing(task, Path(), options, options, Path())
        check_supernet(options, options.regime.statement(task))
    designs.check_limits(options.space, options.regime.statement(task))
    if options.epochs is None:
        options = replace(options, epochs=options.regime.epochs(options, task, clock))
    folder = RunFolder.create(out, overwrite)
    notes.hand_on(folder.audit, progress.note)
    made = Search(folder, task, options, clock, engine, progress, first)
    _write_down(made, source)
    with folder.owned():
        return _go(made)


def resume(
    out: str | Path,
    *,
    seconds: float | None = None,
    trials: int | None = None,
    progress: Progress | None = None,
    elapsed: float = 0.0,
) -> RunFolder:
    """Goes on with a search for `seconds` more, or to `trials` in all.

    Raises:
        RunError: There is no run, or another process is at it.
    """
    folder = RunFolder.open(out)
    options = read_options(folder)
    fit = options.fit
    with folder.owned():
        if seconds is None and trials is None:
            seconds = fit.seconds
        fit = replace(fit, seconds=seconds, trials=trials or fit.trials)
        clock = Clock.start(seconds, elapsed)
        progress = progress or Progress()
        wanted = ",".join(options.targets)
        progress.begin(clock, out=str(out), target=wanted, level="architecture", trials=fit.trials)
        task = folder.task().with_data(Table.open(folder.data))
        folder.audit.say("run", "The search was resumed.")
        engine = get_engine(fit.engine, fit.address)
        return _go(Search(folder, task, replace(options, fit=fit), clock, engine, progress))


def read_options(folder: RunFolder) -> SearchOptions:
    """What was asked for in a run of a search.

    Raises:
        RunError: It is a run of something else.
    """
    facts = folder.read_json(MARK)
    if facts.get("recipe") != RECIPE:
        raise RunError(
            f"The run {str(folder.path)!r} is no search of nets; make one with 'netwright search'."
        )
    return SearchOptions.from_json(facts["options"])


def _write_down(made: Search, source: Any) -> None:
    folder, options = made.folder, made.options
    made.task.data.save(folder.data)
    folder.write_json("task.json", made.task.to_json())
    folder.write_json(
        MARK,
        {
            "netwright": version("netwright"),
            "recipe": RECIPE,
            "source": str(source) if isinstance(source, (str, Path)) else "frame",
            "rows": len(made.task.data),
            "fingerprint": fingerprint(made.task.data),
            "storage": options.fit.storage,
            "study": folder.study_name(options.fit.storage),
            "objectives": options.judged(made.task),
            "options": options.to_json(),
        },
    )
    size = made.space().size()
    folder.audit.say(
        "space",
        f"The space {options.space.name!r} holds {size:.4g} designs; "
        f"{options.regime.told(options)}.",
    )


def _go(made: Search) -> RunFolder:
    """Searches and hands over; an interrupted search still hands over what it has."""
    if made.options.proxies:
        made.progress.stage("scoring designs")
        made.score()
    study = made.study()
    if made.options.fit.storage is None:
        fail_lost(study, retry=True)
    interrupted = False
    try:
        _search(made, study)
    except KeyboardInterrupt:
        interrupted = True
        made.progress.note("Interrupted: handing over what there is; 'netwright resume' goes on.")
        made.folder.audit.say("run", "The search was interrupted.")
    try:
        made.progress.stage("handing over")
        solved = made.options.regime.solves(made.task)
        designs.hand_over(made.folder, solved, made.statement, study, made.options, made.clock)
    finally:
        made.progress.end()
    if interrupted:
        raise KeyboardInterrupt
    return made.folder


def _search(made: Search, study: Study) -> None:
    trials, first = made.options.fit.trials, made.first[study.queued() :]
    longest, share = (1.0, ALONE_SHARE) if trials == 1 else (LONGEST_TRIAL, SEARCH_SHARE)
    if made.options.one_shot:
        first = shortlist(made, known={trial.config for trial in study.trials()})
        trials = study.slots_taken() + len(first)
        rounds = -(-len(first) // workers_of(made.options.fit))
        longest, share = 1 / max(1, rounds), ALONE_SHARE  # what is chosen shares what is left
    for design in first:
        study.enqueue(design)
    made.progress.stage("searching")
    made.spend(study, made.evaluator, trials, share, folder=made.folder.trials, longest=longest)
