"""Votes and learned combinations, on made-up and on published scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from netwright.core.errors import ConfigError, DataError
from netwright.paradigms.nas.proxies.combine import combine
from netwright.paradigms.nas.proxies.vote import VOTERS, vote
from netwright.spaces.nasbench201 import NASBench201

NAN = float("nan")
COLUMNS = {"jacob_cov": "jacov", "params": "params", "synflow": "synflow", "naswot": "nwot"}


def test_a_vote_is_the_share_of_designs_beaten() -> None:
    scores = [{"a": 3.0, "b": 10.0}, {"a": 2.0, "b": 30.0}, {"a": 1.0, "b": 20.0}]
    assert vote(scores, ("a", "b")).tolist() == [0.5, 0.75, 0.25]
    assert vote(scores, ("a",)).tolist() == [1, 0.5, 0]


def test_a_score_that_is_not_known_loses() -> None:
    assert vote([{"a": NAN}, {"a": -9.0}, {}], ("a",)).tolist() == [0.25, 1, 0.25]
    assert vote([{"a": 1.0}], ("a",)).tolist() == [0]


@pytest.mark.parametrize("seed", range(3))
def test_only_the_order_of_scores_counts(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(20, 3))
    plain = [dict(zip(VOTERS, row, strict=True)) for row in values]
    bent = [dict(zip(VOTERS, row, strict=True)) for row in np.exp(3 * values)]
    assert np.array_equal(vote(plain), vote(bent))


@pytest.mark.parametrize(("voters", "said"), [((), "none is named"), (("a", "z"), "'z'")])
def test_voters_must_have_scored(voters: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        vote([{"a": 1.0}], voters)


def published(shared_data: Path, count: int) -> pd.DataFrame:
    table = pd.read_csv(shared_data / "nas" / "nasbench201_cifar10.csv.gz")
    return table[table.zc_c10_synflow.notna()].sample(count, random_state=0)


def scores_of(table: pd.DataFrame) -> list[dict[str, float]]:
    renamed = {f"zc_c10_{old}": name for name, old in COLUMNS.items()}
    return table[list(renamed)].rename(columns=renamed).to_dict("records")


@pytest.mark.shared_data
def test_the_vote_on_published_scores_beats_the_number_of_parameters(shared_data: Path) -> None:
    table = published(shared_data, 2000)
    voted = spearmanr(vote(scores_of(table)), table.c10_test_200).statistic
    alone = spearmanr(table.zc_c10_params, table.c10_test_200).statistic
    assert voted > 0.88 > alone


@pytest.mark.shared_data
def test_a_combination_learns_more_than_a_vote_knows(shared_data: Path) -> None:
    table = published(shared_data, 1000)
    space = NASBench201()
    configs = [space.from_text(text) for text in table.arch_str]
    scores, accuracies = scores_of(table), table.c10_test_200.to_numpy()
    learned = combine(space, configs[:100], scores[:100], accuracies[:100])
    found = learned.predict(configs[100:], scores[100:])
    combined = spearmanr(found, accuracies[100:]).statistic
    assert combined > spearmanr(vote(scores[100:]), accuracies[100:]).statistic
    again = combine(space, configs[:100], scores[:100], accuracies[:100])
    assert np.array_equal(again.predict(configs[100:], scores[100:]), found)


def test_a_combination_bears_unknown_scores() -> None:
    space, rng = NASBench201(), np.random.default_rng(0)
    configs = [space.sample(rng) for _ in range(30)]
    accuracies = [sum(op == "nor_conv_3x3" for op in config.values()) for config in configs]
    scores = [{"a": NAN if i % 3 else float(y)} for i, y in enumerate(accuracies)]
    learned = combine(space, configs, scores, accuracies)
    assert spearmanr(learned.predict(configs, scores), accuracies).statistic > 0.99
    assert learned.predict(configs[:2], [{}, {"other": 1.0}]).shape == (2,)


@pytest.mark.parametrize(("designs", "scores", "known"), [(3, 3, 3), (5, 4, 5), (5, 5, 4)])
def test_what_cannot_be_learned_from_is_named(designs: int, scores: int, known: int) -> None:
    space = NASBench201()
    configs = [space.complete()] * designs
    with pytest.raises(DataError, match=f"Got {designs}, {scores} and {known}"):
        combine(space, configs, [{"a": 1.0}] * scores, [1.0] * known)
