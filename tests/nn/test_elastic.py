"""Elastic nets: smaller kernels, sorted channels, phases and lessons."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from netwright.core.config import Config
from netwright.nn.bilevel import Turn
from netwright.nn.elastic import ElasticBank, ElasticNet
from netwright.nn.mobile import InvertedResidual, MobileBlock
from netwright.paradigms.nas.oneshot import get_one_shot
from netwright.paradigms.nas.oneshot.ofa import PHASES, phase_of
from netwright.spaces.mobile import Mobile, MobileStage
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import image_task

TASK = image_task((3, 8, 8), 4)


class Small(Mobile):
    """A mobile space that is quickly built."""

    def __init__(self) -> None:
        stages = [MobileStage(8, 2, True, "relu"), MobileStage(8, 1, False, "relu")]
        super().__init__(stages, stem=4, depths=(1, 2), expansions=(2, 3))


def elastic(teaching: float | None = None) -> ElasticNet[Config]:
    torch.manual_seed(0)
    said = {} if teaching is None else {"teaching": teaching}
    name = get_one_shot("ofa", said).supernet(NetSpaceName(f"{__name__}:Small"))
    net = name.open().build(Config({}), TASK)
    assert isinstance(net, ElasticNet)
    return net


def convolution(kernel: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(2, 3, kernel, padding=kernel // 2))


def test_a_smaller_kernel_is_the_middle_behind_matrices_of_its_own() -> None:
    torch.manual_seed(0)
    bank, small = ElasticBank([convolution(7), convolution(3)]), convolution(3)
    whole = bank.weights["0/weight:4"]
    torch.testing.assert_close(bank.parts(small)["0.weight"], whole[:, :, 2:5, 2:5])
    five, three = (bank.transforms[f"0/weight:4@{size}"] for size in (5, 3))
    with torch.no_grad():
        five.normal_()
        three.normal_()
    middle = (whole[:, :, 1:6, 1:6].flatten(2) @ five).unflatten(2, (5, 5))
    expected = (middle[:, :, 1:4, 1:4].flatten(2) @ three).unflatten(2, (3, 3))
    torch.testing.assert_close(bank.parts(small)["0.weight"], expected)
    torch.testing.assert_close(bank.parts(convolution(7))["0.weight"], whole)


@pytest.mark.parametrize("squeeze", [0, 4])
def test_sorting_channels_changes_nothing_that_is_said(squeeze: int) -> None:
    torch.manual_seed(0)
    block = InvertedResidual(4, MobileBlock(4, 12, 5, 1, squeeze, "relu"))
    bank, x = ElasticBank([block]), torch.randn(3, 4, 6, 6)
    before = bank.fill(block)(x)
    bank.sort(block)
    torch.testing.assert_close(bank.fill(block)(x), before)
    taken = bank.weights["project/0/weight:4"].abs().sum(dim=(0, 2, 3))
    assert (taken.diff() <= 1e-6).all()


def test_phases_go_by_the_last_word_of_a_name() -> None:
    names = ["stage1.block2.kernel", "stage1.depth", "depth0", "stage1.block1.expansion", "width"]
    assert [phase_of(name) for name in names] == [1, 2, 2, 3, 3]
    assert phase_of("resolution") == 0


def test_designs_shrink_phase_by_phase() -> None:
    net, largest = elastic(), elastic().largest
    assert largest["stage1.depth"] == 2
    seen = []
    for phase in range(len(PHASES)):
        net.draws.reached.fill_(phase)
        designs = [net.draws.fresh() for _ in range(40)]
        varied = {phase_of(n) for d in designs for n in d if d[n] != largest.get(n)}
        seen.append(varied)
    assert seen == [set(), {1}, {1, 2}, {1, 2, 3}]


def test_channels_are_sorted_once_when_widths_begin_to_shrink() -> None:
    net, x = elastic().eval(), torch.randn(2, 3, 8, 8)
    before = net.run(net.largest, x)
    sorted_at = []
    inner = net.draws._sort
    net.draws._sort = lambda: (sorted_at.append(int(net.draws.reached)), inner())
    for gone in np.linspace(0, 1, 21):
        net.draws.learn(Turn(None, None, 0.1, float(gone), {}))
    assert sorted_at == [2]
    assert int(net.draws.reached) == 3
    torch.testing.assert_close(net.run(net.largest, x), before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("teaching", "before"), [(None, 0.7), (0.0, 0.2)])
def test_the_largest_teaches_the_others(teaching: float | None, before: float) -> None:
    net, x = elastic(teaching).train(), torch.randn(4, 3, 8, 8)
    net.draws.learn(Turn(None, None, 0.1, before, {}))
    turn = Turn(None, None, 0.1, 0.8, {})
    net(x)
    assert net.draws.beside(turn) is None  # it has not begun, or there are no others yet
    net.draws.learn(turn)
    said = net(x)
    known = net.run(net.largest, x).softmax(dim=1)
    lesson = net.draws.beside(turn)
    torch.testing.assert_close(lesson, -(known * said.log_softmax(dim=1)).sum(dim=1).mean())
    lesson.backward()
    assert net.draws.beside(turn) is None


def test_numbers_are_taught_too() -> None:
    net = elastic()
    said, known = torch.tensor([[1.0], [2.0]]), torch.tensor([[0.0], [4.0]])
    net.draws.taught(said, known)
    torch.testing.assert_close(net.draws.beside(None), torch.tensor(2.5))


def test_a_subnet_says_alone_what_it_says_inside() -> None:
    net, space = elastic().eval(), Small()
    with torch.no_grad():
        for matrix in net.bank.transforms.values():
            matrix.add_(0.1 * torch.randn_like(matrix))
    rng, x = np.random.default_rng(0), torch.randn(4, 3, 8, 8)
    for _ in range(50):
        design = space.sample(rng)
        alone = net.subnet(design).eval()
        for norm in alone.modules():
            if isinstance(norm, nn.BatchNorm2d):
                norm.train()
        with torch.no_grad():
            torch.testing.assert_close(net.run(design, x), alone(x), rtol=1e-5, atol=1e-5)
