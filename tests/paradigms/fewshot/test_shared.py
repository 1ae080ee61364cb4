"""Designs that share weights learn to learn: what they begin with, and how they normalise."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.nn.normalisation import TaskNorm, norms_of
from netwright.nn.single_path import SinglePath
from netwright.paradigms.fewshot.approach import Approach
from netwright.paradigms.nas.oneshot import get_one_shot
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import image_task

INNER = NetSpaceName("nasbench201", {"cells": 1, "channels": 4})
TASK = image_task((3, 8, 8), 5)


def supernet(method: str = "spos") -> nn.Module:
    torch.manual_seed(0)
    return get_one_shot(method).supernet(INNER).open().build(Config({}), TASK)


def episode() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    labels = torch.arange(5).repeat(2, 1)
    return torch.randn(2, 5, 3, 8, 8), labels, torch.randn(2, 10, 3, 8, 8)


def test_drawn_designs_are_normalised_by_their_task_and_do_not_answer() -> None:
    method = Approach().make(nn.Sequential(nn.Identity(), supernet()))
    method(*episode())
    (path,) = [part for part in method.modules() if isinstance(part, SinglePath)]
    assert any(isinstance(part, TaskNorm) for part in path.drawn.modules())
    assert not any(isinstance(part, nn.BatchNorm2d) for part in path.drawn.modules())
    assert isinstance(path.drawn.head, nn.Identity)
    assert set(norms_of(method)) == {
        part for part in path.drawn.modules() if isinstance(part, TaskNorm)
    }


def test_a_task_sees_no_other_task() -> None:
    method = Approach(norm="support").make(nn.Sequential(nn.Identity(), supernet())).eval()
    support, labels, query = episode()
    with torch.no_grad():
        whole = method(support, labels, query)
        alone = method(support[:1], labels[:1], query[:1])
    torch.testing.assert_close(whole[:1], alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("method", ["spos", "gdas", "darts"])
def test_a_design_says_alone_what_it_says_inside(method: str) -> None:
    net, space = supernet(method), INNER.open()
    design = space.sample(np.random.default_rng(2))
    learned = Approach().make(nn.Sequential(nn.Identity(), deepcopy(net)))
    alone = space.build(design, TASK)
    inner = learned.net[1]
    head, alone.head = alone.head, nn.Identity()
    inner.fill(alone, design)
    assert head.weight.shape[0] == 5
    if method == "spos":
        inner.draws._design = design
    else:
        rows = [0.0 if word == design[name] else -1e4 for name, words in
                inner.relaxation.options.items() for word in words]  # fmt: skip
        with torch.no_grad():
            inner.relaxation.alpha.copy_(torch.tensor(rows))
    inside = learned.eval()(*episode())
    alone.head = nn.Linear(16, 5)
    compared = Approach().make(nn.Sequential(nn.Identity(), alone)).eval()(*episode())
    torch.testing.assert_close(inside, compared, rtol=1e-4, atol=1e-4)


def test_methods_that_do_not_compare_refuse() -> None:
    with pytest.raises(ConfigError, match="protonet"):
        Approach(method="maml").make(nn.Sequential(nn.Identity(), supernet()))


def test_enas_keeps_its_controller() -> None:
    """The last layer of the net is not that of the controller."""
    method = Approach().make(nn.Sequential(nn.Identity(), supernet("enas")))
    assert method.head == "1.net.head"
