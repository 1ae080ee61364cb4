"""Hill climbing and evolution by growing: who is whose child, and the laws on a lineage."""

from __future__ import annotations

import optuna
import pytest

from netwright.core.config import Config
from netwright.core.domains import Categorical
from netwright.core.errors import ConfigError
from netwright.core.space import Parameters
from netwright.spaces.lineage import ORPHAN, PARENT, Lineage, design_of, key_of
from netwright.spaces.morphism import Morphism
from netwright.strategies import get_strategy
from netwright.strategies.morphism import MorphismEvolution, Nash
from netwright.strategies.proposer import Proposer
from netwright.testing import check_one_truth, check_replay, check_seed_by_position
from tests.strategies.test_classics import run

INNER = Morphism(stages=2, blocks=2, widths=(4, 6, 9), kernels=(3, 5))
SPACE = Lineage(INNER)


def loss(config: Config) -> float:
    """Best at a certain size: neither the smallest design nor the biggest."""
    blocks = int(config["stage0.blocks"] or 0) + int(config["stage1.blocks"] or 0)
    return abs(int(config["stage0.width"] or 0) - 6) + abs(blocks - 3)


@pytest.mark.parametrize("name", ["nash", "morphism_evolution"])
def test_the_laws_hold_where_parents_are_told(name: str) -> None:
    spec = get_strategy(name)
    check_replay(spec, SPACE, loss)
    check_seed_by_position(spec, SPACE, loss)
    check_one_truth(spec, SPACE, loss)


@pytest.mark.parametrize("sampler", [Nash(SPACE, 0, 1, 4), MorphismEvolution(SPACE, 0)])
def test_children_grow_from_designs_that_were_judged(sampler: Proposer) -> None:
    found = [config for config, _ in run(sampler, loss, 25)]
    assert found[0] == SPACE.complete()
    for place, child in enumerate(found[1:], start=1):
        known = {key_of(config): config for config in found[:place]}
        assert child[PARENT] in known
        parent = design_of(known[int(child[PARENT] or 0)])
        assert INNER.contains(design_of(child), parent)
        assert design_of(child) != parent
    assert len({design_of(config) for config in found}) == 25


@pytest.mark.parametrize("kind", [Nash, MorphismEvolution])
def test_two_workers_that_begin_at_once_do_not_both_try_the_first(kind: type[Proposer]) -> None:
    study = optuna.create_study(sampler=kind(SPACE, 0))
    one, other = study.ask(), study.ask()  # neither has a design yet
    assert SPACE.configure(one) == SPACE.complete() != SPACE.configure(other)


def test_a_round_of_children_has_the_best_as_its_parent() -> None:
    found = run(Nash(SPACE, 1, moves=2, children=4), loss, 21)
    for begin in range(1, 21, 4):
        best = min(found[:begin], key=lambda one: one[1])[0]
        assert {child[PARENT] for child, _ in found[begin : begin + 4]} == {key_of(best)}


def test_evolution_forgets_the_old() -> None:
    found = [c for c, _ in run(MorphismEvolution(SPACE, 0, population=4), loss, 20)]
    for place in range(5, 20):
        assert found[place][PARENT] in {key_of(config) for config in found[place - 4 : place]}


@pytest.mark.parametrize("kind", [Nash, MorphismEvolution])
def test_growing_finds_the_right_size(kind: type[Proposer]) -> None:
    best = [min(value for _, value in run(kind(SPACE, seed), loss, 30)) for seed in range(3)]
    assert sum(best) <= 1


@pytest.mark.parametrize("kind", [Nash, MorphismEvolution])
def test_nothing_inherits_from_what_failed(kind: type[Proposer]) -> None:
    sampler = kind(SPACE, 0)
    study = optuna.create_study(sampler=sampler)
    trial = study.ask()
    SPACE.configure(trial)
    study.tell(trial, state=optuna.trial.TrialState.FAIL)
    assert SPACE.configure(study.ask())[PARENT] == ORPHAN


def test_a_space_that_is_used_up_still_gives_designs() -> None:
    tiny = Lineage(Morphism(stages=1, blocks=1, widths=(4,), kernels=(3,)))
    found = run(Nash(tiny, 0), lambda config: 0.0, 6)
    assert len({design_of(config) for config, _ in found}) == tiny.size() == 3


def test_without_growing_children_are_mutations() -> None:
    letters = Parameters({f"x{i}": Categorical(("a", "b", "c")) for i in range(4)})
    found = [config for config, _ in run(Nash(letters, 0, moves=1), lambda config: 0.0, 6)]
    assert all(sum(child[n] != found[0][n] for n in child) == 1 for child in found[1:])


@pytest.mark.parametrize(
    ("kind", "setting"), [(Nash, "children"), (Nash, "moves"), (MorphismEvolution, "population")]
)
def test_settings_that_make_no_sense_are_refused(kind: type[Proposer], setting: str) -> None:
    with pytest.raises(ConfigError, match=f"needs {setting} of at least 1. Got 0"):
        kind(SPACE, 0, **{setting: 0})
