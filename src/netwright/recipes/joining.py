"""Working on a fit that another process started: from its run folder, or from its storage.

A run folder holds everything. A storage holds words: what was asked for, the terms of the search
and a fingerprint of the rows, so that a worker brings its own copy of the table and is refused
when that is another one.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from netwright.core.audit import Audit
from netwright.core.budget import Budget
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.engine import Engine
from netwright.core.errors import ConfigError, DataError, RunError, unknown_name
from netwright.core.evaluator import Evaluator
from netwright.core.folder import MARK, RunFolder
from netwright.core.lease import LEASE
from netwright.core.result import Result
from netwright.core.storage import open_storage
from netwright.core.study import Study
from netwright.core.task import Task
from netwright.core.terms import Terms
from netwright.core.worker import run_study
from netwright.data.prepare import prepare, with_folds
from netwright.data.table import Table, fingerprint
from netwright.evaluators.resampling import ResamplingEvaluator
from netwright.learners.trust import trust
from netwright.recipes.levels import build_space
from netwright.recipes.options import FitOptions
from netwright.strategies import get_strategy
from netwright.strategies.pruners import get_pruner

REQUEST = "netwright:request"
"""Attribute of a study: what a worker elsewhere must know beside the rows."""
ELSEWHERE = "folder"
"""Artifact of a trial: where its files lie, when not in the run folder."""


def open_study(
    task: Task, options: FitOptions, learners: list[str], storage: str | Path, name: str
) -> Study:
    """The study of a fit, the same for whoever started it and for whoever joins."""
    return Study(
        build_space(task, learners, options.level),
        objectives=[(task.metric.name, task.metric.direction())],
        strategy=get_strategy(options.strategy),
        storage=storage,
        name=name,
        seed=options.seed,
        pruner=get_pruner(options.pruner),
    )


def publish(study: Study, task: Task, options: FitOptions, learners: list[str]) -> None:
    """Writes into the storage what a worker elsewhere must know; no paths, no passwords."""
    words = replace(options, storage=None, test=None, address=None)
    request = {
        "netwright": version("netwright"),
        "options": words.to_json(),
        "learners": learners,
        "folds": task.split.folds,
        "rows": len(task.data),
        "fingerprint": fingerprint(task.data),
    }
    study.optuna_study.set_user_attr(REQUEST, request)


@dataclass(frozen=True)
class Joined:
    """A study of someone else, and what is needed to work on it.

    Attributes:
        study: Opened anew.
        evaluator: Judges as the others do.
        options: What was asked for.
        folder: Where trials write, None for nowhere.
        logs: Where workers' output goes, None to throw it away.
    """

    study: Study
    evaluator: Evaluator
    options: FitOptions
    folder: Path | None = None
    logs: Path | None = None

    def work(self, engine: Engine, workers: int) -> int:
        """Runs trials until the terms of the search are met; returns how many were run here.

        Raises:
            RunError: Nobody has begun a search in the study.
        """
        terms = Terms.read(self.study)
        label = f"{platform.node()}-{os.getpid()}"
        if not terms.over():
            run_study(
                self.study,
                self.evaluator,
                Budget(trials=terms.trials),
                engine,
                workers=workers,
                context=Context(device=self.options.device, threads=self.options.threads),
                trial_seconds=terms.trial_seconds,
                deadline=terms.deadline,
                hard_deadline=terms.hard_deadline,
                folder=self.folder,
                logs=self.logs,
                memory_bytes=self.options.memory_bytes,
                label=label,
            )
        trials = self.study.optuna_study.get_trials(deepcopy=False)
        return sum(
            trial.user_attrs.get(LEASE, {}).get("worker", "").startswith(label) for trial in trials
        )


def join_run(path: str | Path) -> Joined:
    """Joins through a run folder on this machine or a shared disk.

    Raises:
        RunError: There is no run.
    """
    folder = RunFolder.open(path)
    facts = folder.read_json(MARK)
    options = FitOptions.from_json(facts["options"])
    trust(options.learners)
    task = folder.task()
    storage = facts["storage"] or folder.journal
    rows = task.with_data(Table.open(folder.data))
    return Joined(
        open_study(rows, options, facts["learners"], storage, facts["study"]),
        ResamplingEvaluator(task, folder.data, options.seed),
        options,
        folder.trials,
        folder.logs,
    )


@contextmanager
def join_storage(
    url: str,
    name: str,
    data: Any,
    artifacts: str | Path | None = None,
    trusted: Sequence[str] = (),
) -> Iterator[Joined]:
    """Joins through a storage, with a copy of the table.

    Args:
        url: Storage URL, or the path of a journal file.
        name: The study's name in it.
        data: The table that the study is about: a path or a query.
        artifacts: Shared folder for models and predictions; without one the run that started the
            study trains the winners again.
        trusted: Code of your own (`package:attribute`) that the study may call here.

    Raises:
        ConfigError: The storage cannot be opened, or the study calls code nobody here trusts.
        RunError: There is no such study, or none that can be joined.
        DataError: The table is another one.
    """
    request = _request(url, name)
    options = FitOptions.from_json(request["options"])
    _check_code(options, trusted)
    task = prepare(data, options.target, options.wishes(), Audit())
    task = with_folds(task, request["folds"])
    if fingerprint(task.data) != request["fingerprint"]:
        raise DataError(
            f"The table {str(data)!r} ({len(task.data)} rows) is not the one that the study "
            f"{name!r} is about ({request['rows']} rows); bring the same file."
        )
    with TemporaryDirectory(prefix="netwright-", ignore_cleanup_errors=True) as scratch:
        rows = Path(scratch) / "data"
        task.data.save(rows)
        evaluator: Evaluator = ResamplingEvaluator(task.with_data(None), rows, options.seed)
        folder = None if artifacts is None else _place(Path(artifacts), name)
        if folder is not None:
            evaluator = Elsewhere(evaluator)
        study = open_study(task, options, request["learners"], url, name)
        yield Joined(study, evaluator, options, folder)


def _request(url: str, name: str) -> dict[str, Any]:
    """What the study's storage says about it."""
    if "://" not in url and not Path(url).is_file():
        raise RunError(f"There is no run and no journal file {url!r}; check the path.")
    storage = open_storage(url)
    studies = {study.study_name: study.user_attrs for study in storage.get_all_studies()}
    if name not in studies:
        raise unknown_name("study", name, studies)
    request: dict[str, Any] | None = studies[name].get(REQUEST)
    if request is None:
        raise RunError(
            f"The study {name!r} was not made by 'netwright fit'; join it with netwright.tune."
        )
    if request["netwright"] != version("netwright"):
        raise RunError(
            f"The study {name!r} was made by netwright {request['netwright']}, and this is "
            f"{version('netwright')}; install the same version here."
        )
    return request


def _check_code(options: FitOptions, trusted: Sequence[str]) -> None:
    """A storage cannot choose the code that runs here."""
    named = (*options.learners, options.strategy, options.pruner, options.metric or "")
    strange = [name for name in named if ":" in name and name not in trusted]
    if strange:
        raise ConfigError(
            f"The study calls the code {strange[0]!r}, which is not netwright's; if you trust it, "
            f"pass --trust {strange[0]}."
        )
    trust(options.learners)


def _place(artifacts: Path, name: str) -> Path:
    """The trials' folder inside a shared one, which may be the run folder itself."""
    folder = artifacts / ("trials" if (artifacts / MARK).exists() else name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"Cannot write to {str(artifacts)!r}: {error.strerror}.") from error
    return folder.resolve()


@dataclass(frozen=True)
class Elsewhere(Evaluator):
    """Judges as `inner` does, and notes where the trial's files lie."""

    inner: Evaluator

    def evaluate(self, config: Config, context: Context) -> Result:
        """Judges one configuration."""
        result = self.inner.evaluate(config, context)
        return replace(result, artifacts={**result.artifacts, ELSEWHERE: str(context.folder)})
