"""What a design of a net costs, before it is trained."""

from __future__ import annotations

import pytest

from netwright.core.config import Config
from netwright.evaluators.costs import counted
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import image_task

TASK = image_task((3, 32, 32), 10)


def test_resnet20_costs_what_is_published() -> None:
    """0.27 million parameters and 41 million multiply-adds (He et al., 2016)."""
    space = NetSpaceName("named", {"designs": ["resnet20"]})
    costs = counted(space, Config({"design": "resnet20"}), TASK)
    assert costs["params_m"] == pytest.approx(0.27, abs=0.005)
    assert costs["flops_g"] == pytest.approx(0.041, abs=0.001)


def test_arguments_that_are_lists_can_be_counted() -> None:
    narrow, wide = (
        NetSpaceName("mobile", {"depths": [1], "expansions": [times]}) for times in (3, 6)
    )
    costs = [counted(space, space.open().complete(), TASK) for space in (narrow, wide)]
    assert costs[0]["flops_g"] < costs[1]["flops_g"]
