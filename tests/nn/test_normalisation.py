"""Where statistics come from, against torch's own batch normalisation."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from netwright.core.errors import UnknownName
from netwright.nn.normalisation import (
    NORMS,
    embed_tasks,
    freeze,
    normalise_tasks,
    norms_of,
    supported,
    track,
)


def net(how: str) -> nn.Module:
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten())
    nn.init.uniform_(made[1].weight)
    nn.init.uniform_(made[1].bias)
    return normalise_tasks(made, how)


def rows(count: int = 6, seed: int = 1) -> Tensor:
    return torch.randn(count, 2, 5, 5, generator=torch.Generator().manual_seed(seed))


def plain() -> nn.Module:
    made = net("transductive")
    made[1] = made[1].plain()
    return made


def test_transductive_is_torchs_training_mode() -> None:
    reference = plain().train()
    assert torch.allclose(net("transductive")(rows()), reference(rows()), atol=1e-6)
    assert torch.allclose(net("transductive").eval()(rows()), reference(rows()), atol=1e-6)


def test_running_is_torchs_evaluation_mode() -> None:
    made = net("running").eval()
    made[1].running_mean += 0.3
    reference = plain()
    reference[1].running_mean += 0.3
    assert torch.allclose(made(rows()), reference.eval()(rows()), atol=1e-6)


def test_a_query_is_normalised_by_the_support_alone() -> None:
    made = net("support")
    with supported(made, 4):
        first, second = made(rows(6)), made(torch.cat([rows(6)[:4], 9 + rows(2, seed=5)]))
    assert torch.equal(first[:4], second[:4])
    assert torch.allclose(first[:4], made(rows(6)[:4]), atol=1e-6)
    assert not torch.allclose(first, made(rows(6)))


def test_groups_need_no_other_rows() -> None:
    made = net("group")
    assert isinstance(made[1], nn.GroupNorm)
    assert torch.allclose(made(rows()), torch.cat([made(row[None]) for row in rows()]), atol=1e-6)


@pytest.mark.parametrize("how", NORMS)
def test_weights_keep_their_names_and_values(how: str) -> None:
    kept = dict(plain().named_parameters())
    assert {name: weight.tolist() for name, weight in net(how).named_parameters()} == {
        name: weight.tolist() for name, weight in kept.items()
    }


@pytest.mark.parametrize("how", NORMS)
def test_tasks_are_embedded_each_by_itself(how: str) -> None:
    made = net(how).eval()
    support, query = torch.stack([rows(3), rows(3, 2)]), torch.stack([rows(4, 3), rows(4, 4)])
    known, asked = embed_tasks(made, support, query)
    for task in range(2):
        alone = embed_tasks(made, support[task, None], query[task, None])
        assert torch.allclose(known[task], alone[0][0], atol=1e-6)
        assert torch.allclose(asked[task], alone[1][0], atol=1e-6)


def test_only_running_statistics_are_tracked() -> None:
    for how in ("transductive", "support", "running"):
        made = net(how)
        track(made, torch.stack([rows(), rows(6, 2)]))
        assert bool(made[1].running_mean.any()) == (how == "running")


def test_tracked_statistics_are_those_of_tasks() -> None:
    made = net("running")
    for _ in range(400):
        track(made, torch.stack([rows(), rows(6, 2)]))
    maps = [made[0](rows()), made[0](rows(6, 2))]
    mean = torch.stack([one.mean((0, 2, 3)) for one in maps]).mean(0)
    assert torch.allclose(made[1].running_mean, mean, atol=0.02)
    assert not norms_of(made)[0].running_mean.requires_grad


@pytest.mark.parametrize("how", ["transductive", "support"])
def test_a_frozen_net_is_plain_and_knows_the_support(how: str) -> None:
    made = net(how)
    expected = made(rows())
    frozen = freeze(made, rows())
    assert isinstance(frozen[1], nn.BatchNorm2d)
    assert torch.allclose(frozen(rows()), expected, atol=1e-5)
    assert torch.allclose(frozen(rows()[:1]), expected[:1], atol=1e-5)


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(UnknownName, match="transductive"):
        net("transductiv")


@pytest.mark.parametrize("how", NORMS)
def test_half_precision_comes_near(how: str) -> None:
    torch.manual_seed(0)
    net = normalise_tasks(nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.Flatten()), how)
    support, query = torch.randn(2, 3, 1, 6, 6), torch.randn(2, 4, 1, 6, 6)
    exact = embed_tasks(net.train(), support, query)
    with torch.autocast("cpu", torch.bfloat16):
        half = embed_tasks(net, support, query)
    for ours, theirs in zip(half, exact, strict=True):
        assert ours.dtype == torch.float32
        assert torch.allclose(ours, theirs, atol=0.1)
