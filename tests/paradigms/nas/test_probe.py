"""What all proxies promise: the net stays as it is, seeds decide, bad input is named."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from netwright.core.errors import ConfigError, DataError, UnknownName
from netwright.paradigms.nas.proxies import PROXIES, get_proxy, known_proxies
from netwright.paradigms.nas.proxies.probe import Probe, scores
from netwright.spaces.nasbench201 import NASBench201
from netwright.spaces.nets import image_task
from tests.paradigms.nas.nets import batch, convolutional

DEAD = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"


def noisy() -> nn.Sequential:
    """A net that draws while it runs, some of whose weights are frozen and one has a gradient."""
    net = nn.Sequential(nn.Dropout(0.5), *convolutional()).double().eval()
    net[1].weight.requires_grad_(False)
    net[-1].weight.grad = torch.ones_like(net[-1].weight)
    return net


@pytest.mark.parametrize("name", PROXIES)
def test_the_net_stays_as_it_was(name: str) -> None:
    net, (images, targets) = noisy(), batch()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    shown, random = images.clone(), torch.get_rng_state()
    get_proxy(name)(net, images, targets, 1)
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert not any(module.training or module._forward_hooks for module in net.modules())
    assert [p.requires_grad for p in net.parameters()] == [False] + [True] * 7
    graded = [p for p in net.parameters() if p.grad is not None]
    assert len(graded) == 1
    assert (graded[0].grad == 1).all()
    assert torch.equal(images, shown)
    assert not images.requires_grad
    assert torch.equal(torch.get_rng_state(), random)


@pytest.mark.parametrize("name", PROXIES)
def test_a_seed_decides(name: str) -> None:
    net, (images, targets) = noisy(), batch()
    first = get_proxy(name)(net, images, targets, 1)
    torch.rand(1)
    assert get_proxy(name)(net, images, targets, 1) == first
    draws = name not in ("synflow", "params", "flops", "ntk")
    assert (get_proxy(name)(net, images, targets, 2) != first) == draws


def test_together_is_as_alone() -> None:
    net, (images, targets) = noisy(), batch()
    together = scores(list(PROXIES), net, images, targets, seed=4)
    assert list(together) == list(PROXIES)
    for name, found in reversed(together.items()):
        assert get_proxy(name)(net, images, targets, 4) == pytest.approx(found, rel=1e-12)


def test_a_cell_that_delivers_nothing_gets_low_or_no_scores() -> None:
    space = NASBench201(channels=4, cells=1)
    net = space.build(space.from_text(DEAD), image_task((2, 4, 4), 3))
    images, targets = batch()
    found = scores(list(PROXIES), net, images.float(), targets)
    for name in ("grad_norm", "snip", "synflow", "grasp"):
        assert found[name] == 0
    assert math.isnan(found["jacob_cov"])
    assert math.isnan(found["naswot"])


class TwoHeads(nn.Module):
    """What it predicts, then what an auxiliary head does."""

    def __init__(self) -> None:
        super().__init__()
        self.net = convolutional()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        out = self.net(x)
        return out, 2 * out


def test_auxiliary_heads_do_not_count() -> None:
    images, targets = batch()
    names = [name for name in PROXIES if name != "flops"]
    assert scores(names, TwoHeads(), images, targets) == pytest.approx(
        scores(names, convolutional(), images, targets), rel=1e-12
    )


@pytest.mark.parametrize(
    ("images", "targets", "said"),
    [
        (torch.rand(4, 2, 4), torch.zeros(4, dtype=torch.int64), "at least two images"),
        (torch.zeros(4, 2, 4, 4, dtype=torch.uint8), torch.zeros(4).long(), "torch.uint8"),
        (torch.rand(1, 2, 4, 4), torch.zeros(1).long(), "at least two images"),
        (torch.rand(4, 2, 4, 4), torch.zeros(3).long(), "of the 4 images"),
        (torch.rand(4, 2, 4, 4), torch.zeros(4), "torch.float32"),
        (torch.rand(4, 2, 4, 4), -torch.ones(4).long(), "class number"),
    ],
)
def test_what_is_no_batch_is_named(images: Tensor, targets: Tensor, said: str) -> None:
    with pytest.raises(DataError, match=said):
        Probe(convolutional(), images, targets, 0)


def test_a_class_the_net_does_not_know() -> None:
    images, targets = batch()
    with pytest.raises(DataError, match=r"below 3.*Got 3"):
        get_proxy("snip")(convolutional(), images, targets + 3 - targets.max(), 0) and scores(
            ["snip"], convolutional(), images, targets * 0 + 3
        )


def test_names() -> None:
    assert set(PROXIES) <= set(known_proxies())
    with pytest.raises(UnknownName, match="'synflow'"):
        get_proxy("synflo")
    with pytest.raises(ConfigError, match="is a function"):
        get_proxy("netwright.paradigms.nas.proxies:PROXIES")


def test_a_persons_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_proxy.py").write_text(
        "def depth(net, images, targets, seed):\n    return len(list(net.children()))\n"
    )
    monkeypatch.chdir(tmp_path)
    images, targets = batch()
    found = scores(["my_proxy:depth", "params"], convolutional(), images, targets)
    assert found["my_proxy:depth"] == 7
