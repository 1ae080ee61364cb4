"""The main job: a table, a target and a budget become an explained, saved model.

prepare -> search (a portfolio of strong defaults, then the strategy) -> weigh -> train once more
-> assemble -> explain. Every step is an ordinary part of the run folder and can be resumed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from netwright.core.audit import Audit
from netwright.core.budget import Budget, Clock
from netwright.core.context import Context
from netwright.core.engine import Engine
from netwright.core.folder import MARK, RunFolder, check_output
from netwright.core.progress import Progress
from netwright.core.study import Study, read_study
from netwright.core.task import Task
from netwright.core.terms import Terms
from netwright.core.worker import run_study
from netwright.data.prepare import prepare
from netwright.data.table import Table, fingerprint
from netwright.engines import get_engine
from netwright.evaluators.resampling import ResamplingEvaluator
from netwright.learners.trust import trust
from netwright.recipes import explaining, finish
from netwright.recipes.again import fail_lost
from netwright.recipes.collecting import absent, collect, repeat
from netwright.recipes.joining import open_study, publish
from netwright.recipes.levels import build_space, choose_learners, first_designs
from netwright.recipes.machine import memory_bytes, workers_of
from netwright.recipes.options import FitOptions
from netwright.recipes.preflight import checked_folds
from netwright.recipes.timing import Shares, choose_folds, share_out
from netwright.strategies import get_strategy
from netwright.strategies.pruners import get_pruner

ENSEMBLE_LEVELS = ("full",)


@dataclass
class Run:
    """One run in the making: what every step needs to know."""

    folder: RunFolder
    task: Task
    options: FitOptions
    clock: Clock
    engine: Engine
    progress: Progress

    @property
    def storage(self) -> str | Path:
        """Where trials are remembered."""
        return self.options.storage or self.folder.journal

    @property
    def workers(self) -> int:
        """How many workers."""
        return workers_of(self.options)

    @property
    def context(self) -> Context:
        """Circumstances of every trial."""
        return Context(device=self.options.device, threads=self.options.threads)

    @property
    def memory_bytes(self) -> int:
        """Most memory of all workers together."""
        return memory_bytes(self.options)

    @property
    def shares(self) -> Shares | None:
        """How the time is shared out, None without a clock."""
        if self.clock.seconds is None:
            return None
        shared = self.options.storage is not None  # others may find winners without a model here
        return share_out(self.clock.seconds, self.trains_again or shared)

    @property
    def evaluator(self) -> ResamplingEvaluator:
        """Judges the trials."""
        return ResamplingEvaluator(self.task.with_data(None), self.folder.data, self.options.seed)

    @property
    def again(self) -> dict[str, Any]:
        """Circumstances of whatever is trained again after the search."""
        shares = self.shares
        return {
            "engine": self.engine,
            "storage": self.storage,
            "context": self.context,
            "workers": self.workers,
            "deadline": None if shares is None else self.clock.deadline(shares.refit),
            "hard_deadline": None if shares is None else self.clock.deadline(shares.refit_hard),
            "memory_bytes": self.memory_bytes,
        }

    @property
    def trains_again(self) -> bool:
        """Whether winners learn from all rows at the end: after a hold-out, or under limits
        (where a design is one model, not one a fold)."""
        return self.task.split.folds == 1 or bool(self.task.constraints)


def run(
    source: Any,
    out: str | Path,
    options: FitOptions,
    *,
    progress: Progress | None = None,
    overwrite: bool = False,
    elapsed: float = 0.0,
) -> RunFolder:
    """Fits a table.

    Args:
        source: A path, a query or a DataFrame.
        out: The run folder to make.
        options: What was asked for.
        progress: Is told how it goes.
        overwrite: Whether to replace a run that is there.
        elapsed: Seconds of the budget that are already gone.

    Raises:
        UserError: Anything a person can mend; nothing is left behind.
        NoModel: The budget ended before any trial finished.
    """
    clock = Clock.start(options.seconds, elapsed)
    progress = progress or Progress()
    engine = get_engine(options.engine, options.address)
    get_strategy(options.strategy)
    get_pruner(options.pruner)
    check_output(out, overwrite)
    engine.warm_up(options.threads)
    progress.begin(clock, out=str(out), **_told(options))
    progress.stage("reading")
    notes = Audit()
    task = prepare(source, options.target, options.wishes(), notes)
    learners = choose_learners(task, options.level, options.learners, notes)
    space = build_space(task, learners, options.level)
    # What cannot work is refused before a folder is made.
    first_designs(space, learners, options.level, options.config)
    folds, why = choose_folds(task, clock.seconds, workers_of(options))
    task = checked_folds(task, folds, options.seed)
    folder = RunFolder.create(out, overwrite)
    notes.hand_on(folder.audit, progress.note)
    made = Run(folder, task, options, clock, engine, progress)
    source_name = str(source) if isinstance(source, (str, Path)) else "frame"
    _write_down(made, learners, source_name, why)
    with folder.owned():
        return _go(made, learners)


def _write_down(made: Run, learners: list[str], source: str, why: str) -> None:
    """Writes rows, task and request into the folder, and how trials are judged (`why` so)."""
    folder, options, folds = made.folder, made.options, made.task.split.folds
    folder.audit.say("split", f"Trials are judged {_spell(folds)}: {why}.", folds=folds)
    made.task.data.save(folder.data)
    folder.write_json("task.json", made.task.to_json())
    facts = {
        "netwright": version("netwright"),
        "source": source,
        "rows": len(made.task.data),
        "fingerprint": fingerprint(made.task.data),
        "learners": learners,
        "storage": options.storage,
        "study": folder.study_name(options.storage),
        "options": options.to_json(),
    }
    folder.write_json(MARK, facts)


def resume(
    out: str | Path,
    *,
    seconds: float | None = None,
    trials: int | None = None,
    progress: Progress | None = None,
    elapsed: float = 0.0,
) -> RunFolder:
    """Goes on with a run: for `seconds` more, to `trials` in all, or as long as it had left.

    Raises:
        RunError: There is no run, or another process is at it.
    """
    folder = RunFolder.open(out)
    facts = folder.read_json(MARK)
    options = FitOptions.from_json(facts["options"])
    trust(options.learners)
    engine = get_engine(options.engine, options.address)
    with folder.owned():
        if seconds is None and options.seconds is not None and trials is None:
            seconds = max(options.seconds - _spent(folder), 0.25 * options.seconds)
        options = replace(options, seconds=seconds, trials=trials or options.trials)
        task = folder.task().with_data(Table.open(folder.data))
        clock = Clock.start(seconds, elapsed)
        progress = progress or Progress()
        made = Run(folder, task, options, clock, engine, progress)
        progress.begin(clock, out=str(out), **_told(options))
        folder.audit.say("run", "The run was resumed.")
        return _go(made, facts["learners"])


def _go(run: Run, learners: list[str]) -> RunFolder:
    """Searches and hands over; an interrupted search still hands over what it has."""
    name = run.folder.study_name(run.options.storage)
    study = open_study(run.task, run.options, learners, run.storage, name)
    publish(study, run.task, run.options, learners)
    if run.options.storage is None:
        fail_lost(study, retry=True)
    interrupted = False
    try:
        _search(run, study, learners)
    except KeyboardInterrupt:
        interrupted = True
        run.progress.note("Interrupted: handing over what there is; 'netwright resume' goes on.")
        run.folder.audit.say("run", "The search was interrupted.")
    try:
        _hand_over(run, study, quick=interrupted)
    finally:
        run.progress.end()
    if interrupted:
        raise KeyboardInterrupt
    return run.folder


def _search(run: Run, study: Study, learners: list[str]) -> None:
    options = run.options
    designs = first_designs(study.space, learners, options.level, options.config)
    trials = 1 if options.level == "manual" else options.trials
    queued = study.queued()
    for design in designs[queued : trials or len(designs)]:
        study.enqueue(design)
    shares = run.shares
    deadline = None if shares is None else run.clock.deadline(shares.search)
    hard = None if shares is None else run.clock.deadline(shares.search_hard)
    limit = None if shares is None else max(4.0, 0.35 * (run.clock.left() - shares.search))
    terms = Terms(trials, deadline, hard, limit)
    terms.write(study)
    run.progress.stage("searching")
    run_study(
        study,
        run.evaluator,
        Budget(trials=trials),
        run.engine,
        workers=min(run.workers, trials or run.workers),
        context=run.context,
        trial_seconds=limit,
        deadline=deadline,
        hard_deadline=hard,
        folder=run.folder.trials,
        logs=run.folder.logs,
        memory_bytes=run.memory_bytes,
        on_tick=run.progress.tick,
    )


def _hand_over(run: Run, study: Study, quick: bool) -> None:
    """Weighs, trains once more, assembles, explains. `quick` leaves out what takes time."""
    folder, task, options = run.folder, run.task, run.options
    collect(folder, study, folder.audit)
    winners = absent(folder, study)
    if winners and not quick:
        run.progress.stage("training winners of other machines")
        repeat(folder, study, winners, run.evaluator, options.seed, folder.audit, **run.again)
    run.progress.stage("weighing")
    chosen = finish.choose(folder, task, study, options.level in ENSEMBLE_LEVELS, folder.audit)
    finish.assemble(folder, task, study, chosen, {})
    shares = run.shares
    refitted: dict[int, Path] = {}
    if not quick and run.trains_again:
        run.progress.stage("training on all rows")
        refitted = finish.refit(folder, task, study, chosen, seed=options.seed, **run.again)
        folder.audit.say(
            "refit", f"{len(refitted)} of {len(chosen.weights)} models learned from all rows."
        )
        finish.assemble(folder, task, study, chosen, refitted)
    finish.drop_losers(folder, study, chosen)
    if not quick:
        run.progress.stage("explaining")
        # Pictures end with the time; a test table is judged even a little after it.
        deadline = run.clock.deadline(0.5)
        hard = None if shares is None else run.clock.deadline(-shares.overtime)
        explaining.explain(
            folder,
            chosen.weights,
            options.test,
            run.engine,
            options.seed,
            deadline,
            hard,
            options.learners,
            options.explain,
        )
    _write_result(run, study, chosen, refitted)


def _write_result(run: Run, study: Study, chosen: finish.Chosen, refitted: dict[int, Path]) -> None:
    records = {record.number: record for record in study.trials("complete")}
    found = explaining.read_explanation(run.folder)
    if "test_error" in found:
        run.progress.note(f"The test table could not be judged: {found['test_error']}")
    content: dict[str, Any] = {
        "metric": run.task.metric.name,
        "score": chosen.score,
        "seconds": round(run.clock.elapsed(), 2),
        "ensemble": [
            {
                "trial": number,
                "learner": records[number].config.get("learner"),
                "weight": round(weight, 4),
                "refitted": number in refitted,
            }
            for number, weight in chosen.weights.items()
        ],
        "temperature": chosen.temperature,
        "calibration": chosen.calibration,
        "decision": list(chosen.decision),
    }
    content |= {name: found[name] for name in ("test_metrics", "measured") if name in found}
    run.folder.write_json("result.json", _with_known_scores(run, content))


def _with_known_scores(run: Run, content: dict[str, Any]) -> dict[str, Any]:
    """Test scores that an earlier part of the run had are kept where they could not be measured
    again; of which model they are is told."""
    path = run.folder.path / "result.json"
    if "test_metrics" in content or not path.exists():
        return content
    before = run.folder.read_json("result.json")
    if "test_metrics" not in before:
        return content
    run.progress.note("The test scores are those of the run before it was resumed.")
    return {**content, "test_metrics": before["test_metrics"], "test_metrics_of": "earlier model"}


# ---------------------------------------------------------------------------- small things


def _spent(folder: RunFolder) -> float:
    """Seconds from the run's first trial to its last sign of life."""
    trials = read_study(folder).optuna_study.get_trials(deepcopy=False)
    starts = [trial.datetime_start for trial in trials if trial.datetime_start]
    ends = [trial.datetime_complete for trial in trials if trial.datetime_complete]
    if not starts or not ends:
        return 0.0
    return max(0.0, (max(ends) - min(starts)).total_seconds())


def _told(options: FitOptions) -> dict[str, Any]:
    return {"target": options.target, "level": options.level, "trials": options.trials}


def _spell(folds: int) -> str:
    return "on a hold-out of every fifth row" if folds == 1 else f"over {folds} folds"
