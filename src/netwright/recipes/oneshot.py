"""Search with shared weights: a supernet is trained, says which designs are good, and those are
trained.

Studies of one storage, so that a score of shared weights never stands beside that of a design
trained alone: `supernet` has one trial, `shared` the designs that were judged with its weights, and
the run's own study the best of those, trained as any design is. A supernet that learns to choose
needs no `shared`: what it stood for after each epoch is trained, the last first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from netwright.core.config import Config
from netwright.core.errors import NoModel
from netwright.core.evaluator import Evaluator
from netwright.core.folder import CHOICES, MARK, SHARED, SUPERNET, RunFolder
from netwright.core.space import Parameters
from netwright.core.study import Study
from netwright.core.task import Task
from netwright.core.trial import TrialRecord
from netwright.evaluators.nets import MODEL
from netwright.learners.models import load_model
from netwright.paradigms.nas.oneshot import History, OneShot, get_one_shot
from netwright.recipes.again import fail_lost
from netwright.recipes.search_options import SearchOptions
from netwright.recipes.searching import Search
from netwright.spaces.nets import NetSpace
from netwright.strategies import get_strategy

JUDGED = "shared"
"""Ends the name of the study of designs that a supernet judged."""
EPOCHS, TIMED_EPOCHS = 50, 300
"""Of a supernet without a time budget, and at most with one."""
PER_TRIAL = 100
"""Designs judged with shared weights for each one that is to be trained, without a time budget."""
TRAINED = 2
"""Designs that are trained unless a number was said: few, but for long."""


def shortlist(made: Search, known: Collection[Config]) -> list[Config]:
    """The designs that a supernet thinks best, best first.

    Args:
        made: The search.
        known: Designs that are on the list already.

    Raises:
        NoModel: There was no time to train a supernet, none of its designs could be judged, or what
            it came to choose breaks the limits.
    """
    options = made.options
    method = get_one_shot(options.one_shot, options.settings)
    seconds, judges = _train(made, method)
    space = options.space.open()
    home = made.folder.path / SUPERNET / MODEL
    net = options.regime.supernet(home)
    facts = {"strategy": method.name, "seconds": seconds, **load_model(home).tuned}
    history = method.history(space, net)
    if history is not None:
        _remember(made, history)
        facts["chosen"] = space.to_text(history.designs[-1])
    wanted = options.fit.trials or TRAINED
    drawn = method.proposals(space, net, options.fit.seed)
    if drawn or history is None:
        judged = _judge(made, method, judges, drawn, wanted)
        facts["judged"] = len(judged.trials("complete"))
        chosen = [] if history is None else history.designs[-1:]
        best = _best(made, judged, chosen, wanted, known)
    else:
        best = _new(made, reversed(history.designs), wanted, known)
        if not best and not known:
            raise NoModel(
                f"None of the designs that the supernet stood for in {len(history.designs)} epochs "
                "keeps the limits. Loosen them, or search with --strategy spos, which judges "
                "designs that do."
            )
        said = f"Of the designs that the supernet stood for, the last {len(best)} are trained."
        made.folder.audit.say("supernet", said)
    made.folder.write_json(SHARED, facts)
    return best


def check_supernet(options: SearchOptions, task: Task) -> None:
    """Refuses spaces that a supernet cannot be made of, and settings that it does not know.

    Args:
        options: What was asked for.
        task: What nets are built for.

    Raises:
        UserError: Says why.
    """
    import torch

    supernet = get_one_shot(options.one_shot, options.settings).supernet(options.space).open()
    with torch.random.fork_rng(devices=[]):  # weights are drawn, and thrown away
        supernet.build(Config({}), task)


def _train(made: Search, method: OneShot) -> tuple[float, Evaluator]:
    """Trains the supernet; returns how long that took, and who judges designs by its weights.

    One that was saved is trained, even if its worker was stopped before it could say so.
    """
    options, home = made.options, made.folder.path / SUPERNET
    home.mkdir(exist_ok=True)
    supernet = replace(
        options,
        space=method.supernet(options.space),
        epochs=EPOCHS if made.clock.seconds is None else TIMED_EPOCHS,
        recipe=method.recipe,
    )
    data = made.task.with_data(None), made.folder.data
    trains, judges = options.regime.sharing(*data, options, supernet, home)
    study = _study(made, SUPERNET, supernet.space.open(), options.judged(made.task)[:1], "random")
    made.progress.stage("training the supernet")
    saved = home / MODEL / "model.json"
    if not saved.exists():
        trained, _ = method.ends(made.clock.seconds)
        made.spend(study, trains, 1, trained, folder=home, alone=True, label=SUPERNET)
    if not saved.exists():
        study.best()  # says why there is none
    return study.trials()[-1].seconds, judges


def _judge(
    made: Search, method: OneShot, judges: Evaluator, drawn: Sequence[Config], wanted: int
) -> Study:
    """Judges designs with shared weights: those that are drawn, or what a strategy asks for."""
    objectives, strategy = made.options.judged(made.task), method.strategy or "random"
    study = _study(made, JUDGED, made.space(), objectives, strategy)
    for design in (drawn or method.extremes(made.options.space.open()))[study.queued() :]:
        study.enqueue(design)
    many = method.judged if made.clock.seconds else min(method.judged, PER_TRIAL * wanted)
    made.progress.stage("judging designs with its weights")
    _, ends = method.ends(made.clock.seconds)
    made.spend(study, made.counting(judges), len(drawn) or many, ends, label=JUDGED)
    return study


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


def _best(
    made: Search,
    judged: Study,
    chosen: Sequence[Config],
    wanted: int,
    known: Collection[Config],
) -> list[Config]:
    """Of designs that are the same thing one; of several objectives the front first.

    What the supernet itself came to choose comes second: judging and choosing may err apart.
    """
    ranking = [record for record in judged.ranking() if record.feasible]
    if not ranking:
        judged.best()
        raise NoModel("No design that was judged with shared weights keeps the limits.")
    if len(judged.objectives) > 1:
        front = {record.number for record in judged.pareto_front()}
        ranking.sort(key=lambda record: record.number not in front)
    first, *others = (record.config for record in ranking)
    best = _new(made, [first, *chosen, *others], wanted, known)
    also = ", among them what the supernet chose" if chosen and len(best) > 1 else ""
    what = "handed over with theirs" if made.options.deploys else "trained"
    made.folder.audit.say(
        "supernet",
        f"{len(ranking)} designs were judged with weights that a supernet shares among them; the "
        f"best {len(best)} are {what}{also}.",
    )
    return best


def _remember(made: Search, history: History) -> None:
    """Writes down how a supernet came to choose."""
    space = made.options.space.open()
    texts = [space.to_text(design) for design in history.designs]
    told = {"options": history.options, "strengths": history.strengths, "designs": texts}
    made.folder.write_json(CHOICES, told)
    made.folder.audit.say(
        "supernet", f"In {len(texts)} epochs the supernet came to choose {texts[-1]}."
    )


def read_judged(folder: RunFolder, name: str) -> list[TrialRecord]:
    """The designs that the supernet of a finished run judged."""
    facts = folder.read_json(MARK)
    told = [(metric, direction) for metric, direction in facts["objectives"]]
    study = Study(
        Parameters({}),
        objectives=told,
        strategy=get_strategy("random"),
        storage=facts["storage"] or folder.journal,
        name=f"{facts['study']}-{name}",
    )
    return study.trials("complete")


def _new(
    made: Search, designs: Iterable[Config], wanted: int, known: Collection[Config]
) -> list[Config]:
    """The first designs within the limits that are neither known nor the same as one before."""
    space = made.space()
    form = space.canonical
    seen, found = {form(config) for config in known}, list[Config]()
    for design in designs:
        if len(found) >= wanted - len(known):
            break
        if form(design) not in seen and space.allows(design):
            seen.add(form(design))
            found.append(design)
    return found
