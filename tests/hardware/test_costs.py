"""Costs and how far they are over limits."""

from __future__ import annotations

import pytest
from torch import nn

from netwright.core.task import Constraints
from netwright.hardware.costs import Costs, costs_of, over


def test_costs_are_in_the_units_of_limits() -> None:
    costs = costs_of(nn.Linear(1000, 2000, bias=False), (1000,))
    assert costs == Costs(params_m=2.0, flops_g=0.002, memory_mb=8.012)


def test_over_is_a_share_of_each_limit_set() -> None:
    limits = Constraints(max_params_m=1.0, max_flops_g=0.4, max_latency_ms=3.0)
    broken = over(Costs(params_m=1.5, flops_g=0.3, memory_mb=9.0), limits)
    assert broken == {"params_m": pytest.approx(0.5), "flops_g": pytest.approx(-0.25)}


def test_a_limit_that_is_met_exactly_is_kept() -> None:
    assert over(Costs(1.0, 1.0, 5.0), Constraints(max_memory_mb=5.0)) == {"memory_mb": 0.0}


def test_nothing_is_over_without_limits() -> None:
    assert over(Costs(1.0, 1.0, 1.0), Constraints()) == {}
