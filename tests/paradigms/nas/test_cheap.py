"""Computed scores in the hands of strategies."""

from __future__ import annotations

import math
import pickle

import numpy as np
import optuna
import pytest
import torch

from netwright.core.config import Config
from netwright.core.errors import BudgetError, UnknownName
from netwright.paradigms.nas.proxies.cheap import ProxyScores, with_proxies
from netwright.spaces.nasbench201 import NASBench201
from netwright.spaces.nets import image_task
from netwright.strategies import get_strategy
from netwright.strategies.warm_start import WarmStart
from tests.paradigms.nas.nets import batch

SPACE = NASBench201(channels=2, cells=1)
ALIKE = (
    "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|",
    "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|",
)


def proxy_scores(proxies: tuple[str, ...] = ("params", "snip"), seed: int = 0) -> ProxyScores:
    images, targets = batch()
    return ProxyScores(SPACE, image_task((2, 4, 4), 3), images.float(), targets, proxies, seed)


def designs(sampler: optuna.samplers.BaseSampler, trials: int) -> list[Config]:
    study = optuna.create_study(sampler=sampler, direction="maximize")
    found = []
    for _ in range(trials):
        trial = study.ask()
        found.append(SPACE.configure(trial))
        study.tell(trial, sum(op == "nor_conv_3x3" for op in found[-1].values()))
    return found


def test_scores_are_computed_once_and_no_matter_in_which_order() -> None:
    first, second = map(SPACE.from_text, ALIKE)
    score, other = proxy_scores(), proxy_scores()
    assert score(first) is score(first)
    assert set(score(first)) == {"params", "snip"}
    assert score.score(first) == score(first)
    # They compute the same and are built of other operations: each has scores of its own.
    found = {"first": score(first), "second": score(second)}
    assert {"second": other(second), "first": other(first)} == found


def test_a_seed_decides_and_nothing_outside_does() -> None:
    config = SPACE.from_text(ALIKE[0])
    first = proxy_scores()(config)
    torch.rand(3)
    state = torch.get_rng_state()
    assert proxy_scores()(config) == first
    assert torch.equal(torch.get_rng_state(), state)
    assert proxy_scores(seed=1)(config)["snip"] != first["snip"]


def test_a_wrong_name_is_told_before_anything_is_built() -> None:
    with pytest.raises(UnknownName, match="'snip'"):
        proxy_scores(("snipp",))


def test_among_a_pool_all_others_are_unknown() -> None:
    score = pickle.loads(pickle.dumps(proxy_scores().among(20)))
    rng = np.random.default_rng(1)
    found = [score(SPACE.sample(rng)) for _ in range(300)]
    known = [told for told in found if not math.isnan(told["snip"])]
    assert 0 < len(known) < 60
    assert all(set(told) == {"params", "snip"} for told in found)


def test_any_sampler_begins_with_what_the_proxies_like() -> None:
    scores = proxy_scores(("params",))
    sampler = with_proxies(optuna.samplers.RandomSampler(seed=0), scores, pool=30)
    assert isinstance(sampler, WarmStart)
    tried = [scores(config)["params"] for config in designs(sampler, 12)]
    assert tried[:10] == sorted(tried[:10], reverse=True)
    rng = np.random.default_rng(0)
    assert tried[0] == max(scores(SPACE.sample(rng))["params"] for _ in range(30))


def test_a_strategy_that_knows_cheap_scores_gets_them() -> None:
    scores = proxy_scores(("params",))
    sampler = get_strategy("auto").make(0, SPACE)
    assert with_proxies(sampler, scores, pool=30) is sampler
    found = designs(sampler, 3)
    assert found == designs(with_proxies(get_strategy("auto").make(0, SPACE), scores, 30), 3)
    assert len(scores._known) <= 30


def test_an_empty_pool() -> None:
    with pytest.raises(BudgetError, match="Got 0"):
        with_proxies(optuna.samplers.RandomSampler(), proxy_scores(), pool=0)
