"""Costs are in the units of limits."""

from __future__ import annotations

from torch import nn

from netwright.hardware.costs import Costs, costs_of


def test_costs_are_in_the_units_of_limits() -> None:
    costs = costs_of(nn.Linear(1000, 2000, bias=False), (1000,))
    assert costs == Costs(params_m=2.0, flops_g=0.002, memory_mb=8.012)
