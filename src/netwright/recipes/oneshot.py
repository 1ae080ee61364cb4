"""Search with shared weights: a supernet is trained, judges many designs, and the best are trained.

Three studies of one storage, so that a score of shared weights never stands beside that of a design
trained alone: `supernet` has one trial, `shared` the designs that were judged with its weights, and
the run's own study the best of those, trained as any design is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from netwright.core.config import Config
from netwright.core.errors import NoModel
from netwright.core.study import Study
from netwright.paradigms.nas.oneshot import get_one_shot
from netwright.recipes.again import fail_lost
from netwright.recipes.searching import Search
from netwright.spaces.nets import NetSpace
from netwright.strategies import get_strategy

SUPERNET, SHARED = "supernet", "shared"
SUPERNET_SHARE, SHARED_SHARE = 0.5, 0.65
"""Of the time: when the supernet must be trained, and when designs have been judged by it."""
EPOCHS, TIMED_EPOCHS = 50, 300
"""Of a supernet without a time budget, and at most with one."""
PER_TRIAL = 20
"""Designs judged with shared weights for each one that is to be trained, without a time budget."""
TRAINED = 10
"""Designs that are trained unless a number was said."""


def shortlist(made: Search, known: Collection[Config]) -> list[Config]:
    """The designs that a supernet thinks best, best first.

    Args:
        made: The search.
        known: Designs that are on the list already.

    Raises:
        NoModel: There was no time to train a supernet, or none of its designs could be judged.
    """
    method, options = get_one_shot(made.options.one_shot), made.options
    home, timed = made.folder.path / SUPERNET, made.clock.seconds is not None
    home.mkdir(exist_ok=True)
    wanted = options.fit.trials or TRAINED
    supernet = replace(
        options, space=method.supernet(options.space), epochs=TIMED_EPOCHS if timed else EPOCHS
    )
    data = made.task.with_data(None), made.folder.data
    trains, judges = options.regime.sharing(*data, options, supernet, home)
    objectives = options.judged(made.task)
    first = _study(made, SUPERNET, supernet.space.open(), objectives[:1], "random")
    made.progress.stage("training the supernet")
    made.spend(first, trains, 1, SUPERNET_SHARE, folder=home, alone=True, label=SUPERNET)
    if not first.trials("complete"):
        first.best()  # says why not
    judged = method.judged if timed else min(method.judged, PER_TRIAL * wanted)
    second = _study(made, SHARED, made.space(), objectives, method.strategy)
    made.progress.stage("judging designs with its weights")
    made.spend(second, made.counting(judges), judged, SHARED_SHARE, label=SHARED)
    return _best(made, second, wanted, known)


def _study(
    made: Search, name: str, space: NetSpace, objectives: Sequence[tuple[str, str]], strategy: str
) -> Study:
    fit = made.options.fit
    study = Study(
        space,
        objectives=objectives,
        strategy=get_strategy(strategy),
        storage=made.storage,
        name=f"{made.folder.study_name(fit.storage)}-{name}",
        seed=fit.seed,
    )
    if fit.storage is None:
        fail_lost(study, retry=True)
    return study


def _best(made: Search, judged: Study, wanted: int, known: Collection[Config]) -> list[Config]:
    """Of designs that are the same thing one; of several objectives the front first."""
    form = made.options.space.open().canonical
    ranking = [record for record in judged.ranking() if record.feasible]
    if not ranking:
        judged.best()
        raise NoModel("No design that was judged with shared weights keeps the limits.")
    if len(judged.objectives) > 1:
        front = {record.number for record in judged.pareto_front()}
        ranking.sort(key=lambda record: record.number not in front)
    seen, best = {form(config) for config in known}, list[Config]()
    for record in ranking:
        if len(best) < wanted - len(known) and form(record.config) not in seen:
            seen.add(form(record.config))
            best.append(record.config)
    made.folder.audit.say(
        "supernet",
        f"{len(ranking)} designs were judged with weights that a supernet shares among them; the "
        f"best {len(best)} are trained.",
    )
    return best
