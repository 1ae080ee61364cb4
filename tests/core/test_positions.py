"""Slots of trials, counted once each."""

from __future__ import annotations

import optuna
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import FrozenTrial, TrialState

from netwright.core.positions import POSITION, SURPLUS, Positions, all_trials, position_of

STATES = [TrialState.COMPLETE, TrialState.FAIL, TrialState.RUNNING, TrialState.WAITING]


def trial(number: int, state: TrialState, attributes: dict) -> FrozenTrial:
    value = 0.0 if state == TrialState.COMPLETE else None
    made = optuna.trial.create_trial(state=state, value=value, user_attrs=attributes)
    made.number = number
    return made


KINDS = st.tuples(
    st.sampled_from(STATES), st.sampled_from([{}, {}, {}, {SURPLUS: True}, {POSITION: 1}])
)


@given(st.lists(KINDS, max_size=30), st.integers(1, 20))
def test_a_summary_says_what_counting_all_says(kinds: list, limit: int) -> None:
    trials = [trial(number, *kind) for number, kind in enumerate(kinds)]
    closed: dict[int, int] = {}
    summary = Positions(lambda one, position: closed.update({one.number: position}))
    for seen in range(len(trials) + 1):
        summary.update(trials[:seen])
    found = {one.number: position for one, position in summary.open()}
    for one in trials:
        expected = position_of(one, trials)
        assert {**closed, **found}.get(one.number, expected) == expected
    counted = [(one, position_of(one, trials)) for one in trials if SURPLUS not in one.user_attrs]
    waiting = any(o.state == TrialState.WAITING and p < limit for o, p in counted)
    assert summary.slot_left(limit) == (waiting or len({p for _, p in counted}) < limit)


def test_every_trial_is_seen_where_a_pruner_shows_some_only() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(pruner=optuna.pruners.HyperbandPruner())
    seen = []

    class Watching(optuna.samplers.RandomSampler):
        def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict:
            seen.append(len(all_trials(study)))
            return {}

    study.sampler = Watching(seed=0)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=6)
    assert seen == [1, 2, 3, 4, 5, 6]
