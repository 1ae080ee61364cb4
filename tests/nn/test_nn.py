"""Blocks and the training loop."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from torch import nn

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.nn.blocks import ACTIVATIONS, NORMS, CategoryEmbedding, DenseBlock, PeriodicEmbedding
from netwright.nn.tabular import TabularNet
from netwright.nn.training import (
    OPTIMISERS,
    Batchable,
    Recipe,
    classification_loss,
    make_optimiser,
    pick_device,
    regression_loss,
    train,
    validate,
)
from netwright.spaces.mlp import TabularNetSpace
from netwright.testing import check_space, toy_task


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_dense_blocks(activation: str, norm: str) -> None:
    block = DenseBlock(8, 8, activation, norm, 0.0, residual=True).eval()
    x = torch.randn(4, 8)
    assert block(x).shape == (4, 8)
    torch.testing.assert_close(block(x) - x, block.body(x))


def test_a_residual_needs_equal_widths() -> None:
    assert not DenseBlock(4, 8, "relu", "none", 0.0, residual=True).residual


def test_the_periodic_embedding_is_the_papers_formula() -> None:
    torch.manual_seed(0)
    embedding = PeriodicEmbedding(2, width=3, frequencies=4)
    x = torch.randn(5, 2)
    out = embedding(x)
    assert out.shape == (5, 6)
    angle = 2 * np.pi * embedding.frequencies[1] * x[2, 1]
    waves = torch.cat([torch.cos(angle), torch.sin(angle)])
    expected = torch.relu(waves @ embedding.weight[1] + embedding.bias[1])
    torch.testing.assert_close(out[2, 3:], expected)


def test_embeddings_of_categories_have_a_place_for_the_unknown() -> None:
    embedding = CategoryEmbedding([3, 50], width=8)
    out = embedding(torch.tensor([[0, 0], [3, 50]]))
    assert out.shape == (2, embedding.width)
    assert embedding.width == 3 + 8


@pytest.mark.parametrize("seed", range(8))
def test_every_design_builds_and_trains_one_step(seed: int) -> None:
    space = TabularNetSpace(toy_task())
    config = space.sample(np.random.default_rng(seed))
    net = space.build(config, numbers=3, sizes=[4, 6], outputs=2)
    out = net(torch.randn(6, 3), torch.randint(0, 4, (6, 2)))
    assert out.shape == (6, 2)
    out.sum().backward()
    assert all(p.grad is not None for p in net.parameters())


def test_nets_without_numbers_or_without_categories() -> None:
    config = TabularNetSpace(toy_task()).complete()
    assert TabularNet(config, 0, [4], 3)(torch.empty(2, 0), torch.zeros(2, 1, dtype=int)).shape == (
        2,
        3,
    )
    assert TabularNet(config, 2, [], 1)(torch.randn(2, 2), torch.empty(2, 0, dtype=int)).shape == (
        2,
        1,
    )


def test_the_space_keeps_its_contract_and_knows_its_task() -> None:
    check_space(TabularNetSpace(toy_task()))
    assert "number_embedding" in TabularNetSpace(toy_task()).distributions()


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pick_device("cuda:1") == "cuda:1"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto") == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto") == "cpu"


def test_losses_are_torchs_and_weights_count() -> None:
    logits, classes = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    expected = nn.functional.cross_entropy(logits, classes)
    torch.testing.assert_close(classification_loss(logits, classes, None), expected)
    one = torch.tensor([1.0, 0, 0, 0, 0, 0])
    alone = nn.functional.cross_entropy(logits[:1], classes[:1])
    torch.testing.assert_close(classification_loss(logits, classes, one), alone)
    out, target = torch.randn(6, 1), torch.randn(6)
    mse = nn.functional.mse_loss(out[:, 0], target)
    torch.testing.assert_close(regression_loss(out, target, None), mse)


def line(rows: int = 200, seed: int = 0) -> Batchable:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 3, generator=generator)
    return Batchable([x], x @ torch.tensor([1.0, -2.0, 0.5]))


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_training_finds_a_line(optimiser: str) -> None:
    torch.manual_seed(0)
    net = nn.Linear(3, 1)
    lr = 0.05 if optimiser == "sgd" else 0.1
    recipe = Recipe(epochs=40, batch_size=32, optimiser=optimiser, lr=lr, weight_decay=0.0)
    train(net, line(), line(seed=1), regression_loss, recipe, Context())
    assert validate(net, line(seed=2), regression_loss) < 1e-2


def test_the_best_weights_come_back() -> None:
    torch.manual_seed(0)
    net, valid = nn.Linear(3, 1), line(seed=1)
    trained = train(net, line(), valid, regression_loss, Recipe(epochs=12, lr=0.05), Context())
    assert validate(net, valid, regression_loss) == pytest.approx(trained.loss, rel=1e-5)


def test_patience_ends_training() -> None:
    torch.manual_seed(0)
    net = nn.Linear(3, 1)
    noise = Batchable([torch.randn(50, 3)], torch.randn(50) * 100)
    recipe = Recipe(epochs=500, lr=1e-9, patience=2)
    started = time.monotonic()
    train(net, line(), noise, regression_loss, recipe, Context())
    assert time.monotonic() - started < 20


def test_the_deadline_ends_training() -> None:
    net = nn.Linear(3, 1)
    context = Context(deadline=time.monotonic() + 0.3)
    started = time.monotonic()
    train(net, line(20_000), None, regression_loss, Recipe(epochs=10_000), context)
    assert time.monotonic() - started < 5


def test_the_seed_decides() -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(0)
        net = nn.Linear(3, 1)
        recipe = Recipe(epochs=2, batch_size=32)
        train(net, line(), None, regression_loss, recipe, Context(seed=seed))
        return net.weight.detach()

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_vectors_are_not_decayed() -> None:
    groups = make_optimiser(nn.Linear(3, 2), Recipe(weight_decay=0.1)).param_groups
    decays = {len(group["params"][0].shape): group["weight_decay"] for group in groups}
    assert decays == {2: 0.1, 1: 0.0}


def test_a_loss_that_is_no_number_is_infinitely_bad() -> None:
    net = nn.Linear(3, 1)
    nn.init.constant_(net.weight, float("nan"))
    assert validate(net, line(), regression_loss) == float("inf")


def test_a_last_batch_of_one_row_does_not_break_batch_norm() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    train(net, line(33), None, regression_loss, Recipe(epochs=1, batch_size=32), Context())


def test_the_configuration_reaches_the_net() -> None:
    config = Config({**TabularNetSpace(toy_task()).complete(), "depth": 4, "width": 40})
    net = TabularNet(config, 3, [], 2)
    assert len(net.body) == 4
    assert net.head.in_features == 40
