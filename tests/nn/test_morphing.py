"""A net that grew says what it said: every move, any chain of moves, and what training needs."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from netwright.core.context import Context
from netwright.core.errors import ConfigError
from netwright.nn.growing import GrowingNet
from netwright.nn.morphing import morph, rectified, widening
from netwright.nn.plans import BlockPlan, StagePlan, contains, matched
from netwright.nn.training import Batchable, Recipe, classification_loss, train

SMALL = (
    StagePlan(6, 3, (BlockPlan(3), BlockPlan(3, skip=True))),
    StagePlan(8, 3, (BlockPlan(5),)),
)
GROWN = {
    "nothing": SMALL,
    "widen the first": (StagePlan(11, 3, SMALL[0].blocks), SMALL[1]),
    "widen the last": (SMALL[0], StagePlan(20, 3, SMALL[1].blocks)),
    "grow the kernel of a stage": (SMALL[0], StagePlan(8, 7, SMALL[1].blocks)),
    "grow the kernel of a block": (StagePlan(6, 3, (BlockPlan(5), SMALL[0].blocks[1])), SMALL[1]),
    "add a skip": (StagePlan(6, 3, (BlockPlan(3, True), SMALL[0].blocks[1])), SMALL[1]),
    "deepen in front": (StagePlan(6, 3, (BlockPlan(7), *SMALL[0].blocks)), SMALL[1]),
    "deepen at the end": (SMALL[0], StagePlan(8, 3, (BlockPlan(5), BlockPlan(3)))),
    "deepen by a skip": (SMALL[0], StagePlan(8, 3, (BlockPlan(5), BlockPlan(3, True)))),
    "everything": (
        StagePlan(13, 5, (BlockPlan(3), BlockPlan(5, True), BlockPlan(3), BlockPlan(5, True))),
        StagePlan(8, 5, (BlockPlan(7, True), BlockPlan(3, True), BlockPlan(3))),
    ),
}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def trained(plan: tuple[StagePlan, ...] = SMALL, seed: int = 0) -> GrowingNet:
    """A net whose weights and statistics are anything but those of the start."""
    torch.manual_seed(seed)
    net = GrowingNet(plan, 3, 5)
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean = torch.randn_like(module.bias)
                module.running_var = torch.rand_like(module.bias) * 3 + 0.1
                module.weight.normal_()
                module.bias.normal_()
        for block in (block for stage in range(len(plan)) for block in net.blocks(stage)):
            if block.scale is not None:
                block.scale.normal_()
    return net.eval()


def images(side: int = 9) -> torch.Tensor:
    return torch.randn(4, 3, side, side, generator=generator(1))


def distance(one: nn.Module, other: nn.Module, side: int = 9) -> float:
    """The greatest difference, relative to what is said."""
    with torch.no_grad():
        said, again = one.eval()(images(side)), other.eval()(images(side))
    return float((said - again).abs().max() / said.abs().max().clamp(min=1))


@pytest.mark.parametrize("noise", [0.0, 0.5])
@pytest.mark.parametrize("side", [1, 9])
@pytest.mark.parametrize("name", GROWN)
def test_the_function_is_kept(name: str, side: int, noise: float) -> None:
    parent = trained()
    child = morph(parent, GROWN[name], generator(), noise)
    assert child.plan == GROWN[name]
    assert distance(parent, child, side) < 1e-5


def test_a_move_that_costs_nothing_copies_to_the_last_bit() -> None:
    parent = trained()
    child = morph(parent, SMALL, generator(), 0.5)
    for name, value in parent.state_dict().items():
        assert torch.equal(child.state_dict()[name], value), name


blocks = st.builds(BlockPlan, st.sampled_from((3, 5)), st.booleans())
stages = st.builds(
    StagePlan, st.integers(1, 7), st.sampled_from((3, 5)), st.lists(blocks, max_size=2).map(tuple)
)


@settings(max_examples=40, deadline=None)
@given(st.lists(stages, min_size=1, max_size=3).map(tuple), st.data())
def test_any_chain_of_growth_keeps_the_function(
    plan: tuple[StagePlan, ...], data: st.DataObject
) -> None:
    first = last = trained(plan)
    for _ in range(3):
        plan = tuple(data.draw(st.just(stage).flatmap(bigger)) for stage in plan)
        last = morph(last, plan, generator(), 0.3)
    assert distance(first, last) < 1e-5


def bigger(stage: StagePlan) -> st.SearchStrategy[StagePlan]:
    """Some stage that a stage can become."""

    def build(extra: int, grow: int, where: int, new: BlockPlan, skip: bool) -> StagePlan:
        old = [BlockPlan(block.kernel + grow, block.skip or skip) for block in stage.blocks]
        place = min(where, len(old))
        blocks = (*old[:place], BlockPlan(new.kernel, new.skip), *old[place:])
        return StagePlan(stage.width + extra, stage.kernel + grow, blocks)

    small, even = st.integers(0, 4), st.sampled_from((0, 2))
    return st.builds(build, small, even, st.integers(0, 2), blocks, st.booleans()).filter(
        lambda grown: contains((grown,), (stage,))
    )


def test_copies_share_out_what_is_read() -> None:
    plain = widening(3, 8, generator())
    assert torch.equal(plain.source[:3], torch.arange(3))
    counts = torch.bincount(plain.source, minlength=3)
    torch.testing.assert_close(plain.shares, 1 / counts[plain.source].float())
    uneven = widening(3, 8, generator(), noise=0.5)
    torch.testing.assert_close(
        torch.zeros(3).index_add_(0, uneven.source, uneven.shares), torch.ones(3)
    )
    assert len(set(uneven.shares.tolist())) == 8


def test_noise_lets_copies_part() -> None:
    """Equal copies that are read equally would stay equal for ever."""
    wide = (StagePlan(12, 3), StagePlan(8, 3))
    parent = trained((StagePlan(6, 3), StagePlan(8, 3)))
    rows = Batchable([images()], torch.tensor([0, 1, 2, 3]))
    nearest = []
    for noise in (0.0, 0.5):
        child = morph(parent, wide, generator(), noise)
        train(child, rows, None, classification_loss, Recipe(epochs=3), Context())
        weights = child.blocks(0)[0].conv.weight.detach().flatten(1)
        apart = torch.cdist(weights, weights) + 1e3 * torch.eye(12)
        nearest.append(float(apart.min()))
    assert nearest[0] < 1e-6 < nearest[1]


def test_a_new_block_hands_on_in_training_too() -> None:
    """Statistics of a new block are those of what it gets, so that training starts unshaken."""
    torch.manual_seed(0)
    parent = GrowingNet((StagePlan(16, 3),), 3, 5)
    child = morph(parent, (StagePlan(16, 3, (BlockPlan(3), BlockPlan(3))),), generator())
    batch = torch.randn(256, 3, 12, 12, generator=generator())
    with torch.no_grad():
        said, again = parent.train()(batch), child.train()(batch)
    assert float((said - again).abs().max() / said.std()) < 0.1


@pytest.mark.parametrize(("mean", "spread"), [(0.0, 1.0), (1.5, 0.5), (-1.0, 2.0)])
def test_moments_of_what_relu_hands_on(mean: float, spread: float) -> None:
    drawn = torch.randn(400_000, generator=generator()) * spread + mean
    first, second = rectified(torch.tensor(mean), torch.tensor(spread))
    kept = drawn.clamp(min=0)
    assert float(first) == pytest.approx(float(kept.mean()), abs=0.01)
    assert float(second) == pytest.approx(float(kept.var()), rel=0.02)


def test_a_grown_net_learns() -> None:
    child = morph(trained(), GROWN["everything"], generator(), 0.3)
    rows = Batchable([images()], torch.tensor([0, 1, 2, 3]))
    recipe = Recipe(epochs=8, lr=0.01)
    curve = train(child, rows, None, classification_loss, recipe, Context()).curve
    assert curve[-1][1] < curve[0][1]
    assert all(weight.requires_grad for weight in child.parameters())


def test_the_mode_is_inherited() -> None:
    assert morph(trained().train(), SMALL, generator()).training
    assert not morph(trained(), SMALL, generator()).training


@pytest.mark.parametrize(
    "smaller",
    [
        SMALL[:1],
        (StagePlan(5, 3, SMALL[0].blocks), SMALL[1]),
        (StagePlan(6, 3, SMALL[0].blocks[:1]), SMALL[1]),
        (SMALL[0], StagePlan(8, 3, (BlockPlan(3),))),
        (StagePlan(6, 3, (BlockPlan(3), BlockPlan(3))), SMALL[1]),
    ],
)
def test_a_net_never_shrinks(smaller: tuple[StagePlan, ...]) -> None:
    assert not contains(smaller, SMALL)
    with pytest.raises(ConfigError, match="A net only grows"):
        morph(trained(), smaller, generator())


def test_blocks_find_their_places_in_order() -> None:
    parent = StagePlan(4, 3, (BlockPlan(5), BlockPlan(3, True)))
    child = StagePlan(4, 3, (BlockPlan(3), BlockPlan(5), BlockPlan(3), BlockPlan(7, True)))
    assert matched(child, parent) == [None, 0, None, 1]
    assert matched(parent, child) is None


def test_growth_is_transitive() -> None:
    chain = [GROWN["nothing"], GROWN["widen the first"], GROWN["everything"]]
    assert all(contains(bigger, smaller) for smaller, bigger in pairwise(chain))
    assert contains(chain[-1], chain[0])
