"""Gradients of gradients against finite differences, and what the methods have in common."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from netwright.core.errors import ConfigError
from netwright.nn.normalisation import NORMS, normalise_tasks
from netwright.paradigms.fewshot.anil import ANIL
from netwright.paradigms.fewshot.gradient import GradientMethod
from netwright.paradigms.fewshot.maml import MAML, FirstOrderMAML
from netwright.paradigms.fewshot.meta_sgd import HIGHEST, LOWEST, MetaSGD
from netwright.paradigms.fewshot.method import episode_loss
from tests.paradigms.fewshot.toys import SHOTS, TASKS, WAYS, backbone, batch

KINDS = (MAML, FirstOrderMAML, ANIL, MetaSGD)


def outer(method: GradientMethod, shown: tuple[Tensor, ...]) -> Tensor:
    support, labels, query, target = shown
    return episode_loss(method(support, labels, query), target)


def gradient(method: GradientMethod, shown: tuple[Tensor, ...]) -> list[Tensor]:
    return list(torch.autograd.grad(outer(method, shown), list(method.net.parameters())))


def slope(loss: Callable[[], Tensor], weight: Tensor, place: int, step: float = 1e-5) -> float:
    """The central difference of a loss by one number of a weight."""
    flat = weight.data.view(-1)
    middle = float(flat[place])
    found = []
    for sign in (1, -1):
        flat[place] = middle + sign * step
        found.append(loss().item())
    flat[place] = middle
    return (found[0] - found[1]) / (2 * step)


@pytest.mark.parametrize("how", NORMS)
@pytest.mark.parametrize("kind", [MAML, ANIL, MetaSGD])
def test_the_gradient_goes_through_the_steps_exactly(kind: type, how: str) -> None:
    method = kind(backbone(how), inner_lr=0.3, inner_steps=2).eval()
    shown = batch()
    found = gradient(method, shown)
    for weight, exact in zip(method.net.parameters(), found, strict=True):
        for place in (0, weight.numel() - 1):
            near = slope(lambda: outer(method, shown), weight, place)
            assert near == pytest.approx(float(exact.view(-1)[place]), abs=1e-6)


def test_rates_are_learned_through_the_steps_too() -> None:
    method = MetaSGD(backbone(), inner_lr=0.2).eval()
    shown = batch()
    found = torch.autograd.grad(outer(method, shown), list(method.rates))
    for rate, exact in zip(method.rates, found, strict=True):
        near = slope(lambda: outer(method, shown), rate, 0)
        assert near == pytest.approx(float(exact.view(-1)[0]), abs=1e-6)


def test_first_order_is_exact_where_nothing_moves() -> None:
    shown = batch()
    first, second = (
        gradient(kind(backbone(), inner_lr=0.0, inner_steps=2), shown)
        for kind in (FirstOrderMAML, MAML)
    )
    assert all(torch.allclose(a, b) for a, b in zip(first, second, strict=True))


def test_first_order_is_the_gradient_at_the_adapted_weights() -> None:
    shown = batch(tasks=1)
    method = FirstOrderMAML(backbone(), inner_lr=0.3, inner_steps=3)
    found = gradient(method, shown)
    support, labels, query, target = (part[0] for part in shown)
    net = backbone()
    descent = torch.optim.SGD(net.parameters(), lr=0.3)
    for _ in range(3):
        descent.zero_grad()
        cross_entropy(net(support), labels).backward()
        descent.step()
    descent.zero_grad()
    cross_entropy(net(query), target).backward()
    for ours, weight in zip(found, net.parameters(), strict=True):
        assert torch.allclose(ours, weight.grad)


@pytest.mark.parametrize("how", NORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_all_at_once_is_one_after_another(kind: type, how: str) -> None:
    shown = batch()
    at_once, in_turn = (
        kind(backbone(how), inner_lr=0.1, inner_steps=2, vectorised=vectorised)
        for vectorised in (True, False)
    )
    assert torch.allclose(at_once(*shown[:3]), in_turn(*shown[:3]))
    for a, b in zip(gradient(at_once, shown), gradient(in_turn, shown), strict=True):
        assert torch.allclose(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_it_may_adapt_by_other_steps_than_it_learned_by(kind: type) -> None:
    shown = batch()
    few, many, both = (
        kind(backbone(), inner_lr=0.1, inner_steps=inner, adapt_steps=adapt)
        for inner, adapt in ((1, None), (3, None), (1, 3))
    )
    assert torch.equal(both.train()(*shown[:3]), few.train()(*shown[:3]))
    assert torch.equal(both.eval()(*shown[:3]), many.eval()(*shown[:3]))
    task = shown[0][0], shown[1][0]
    ours, theirs = (method.adapted(*task).state_dict() for method in (both, many))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


class Reader(nn.Module):
    """An LSTM that reads pictures line by line, which torch cannot vectorise."""

    def __init__(self) -> None:
        super().__init__()
        self.reader = nn.LSTM(3, 4, batch_first=True)
        self.head = nn.Linear(4, WAYS)

    def forward(self, x: Tensor) -> Tensor:
        answers: Tensor = self.head(self.reader(x)[0][:, -1])
        return answers


@pytest.mark.parametrize("kind", KINDS)
def test_a_recurrent_net_adapts_task_after_task(kind: type) -> None:
    support, query = torch.randn(2, WAYS, 5, 3), torch.randn(2, WAYS, 5, 3)
    labels = torch.arange(WAYS).expand(2, -1)
    found = gradient(kind(Reader(), inner_lr=0.1), (support, labels, query, labels))
    assert all(slope.isfinite().all() for slope in found)
    assert any(slope.any() for slope in found)


def by_hand(net: nn.Module, shown: tuple[Tensor, ...], steps: int, follow: bool) -> Tensor:
    """The outer loss with weights of its own for every task."""
    losses = []
    for support, labels, query, target in zip(*shown, strict=True):
        fast = dict(net.named_parameters())
        for _ in range(steps):
            loss = cross_entropy(functional_call(net, fast, (support,)), labels)
            slopes = torch.autograd.grad(loss, list(fast.values()), create_graph=follow)
            fast = {n: w - 0.3 * slope for (n, w), slope in zip(fast.items(), slopes, strict=True)}
        losses.append(cross_entropy(functional_call(net, fast, (query,)), target))
    return torch.stack(losses).mean()


@pytest.mark.parametrize("vectorised", [True, False])
@pytest.mark.parametrize("kind", [MAML, FirstOrderMAML])
def test_rows_that_stand_for_weights_change_nothing(kind: type, vectorised: bool) -> None:
    torch.manual_seed(0)
    layers = nn.Linear(40, 30), nn.BatchNorm1d(30), nn.ReLU(), nn.Linear(30, 20), nn.Linear(20, 2)
    net = normalise_tasks(nn.Sequential(*layers).double(), "transductive")
    support, query = torch.randn(3, 4, 40).double(), torch.randn(3, 6, 40).double()
    labels, target = (torch.arange(2).repeat(each).expand(3, -1) for each in (2, 3))
    shown = support, labels, query, target
    method = kind(net, 0.3, 3, vectorised)
    assert set(method.weights(support[0], labels[0]).rows) == {"0", "3"}
    theirs = by_hand(net, shown, 3, follow=kind is MAML)
    assert torch.allclose(outer(method, shown), theirs)
    slopes = torch.autograd.grad(theirs, list(net.parameters()))
    for ours, slope_by_hand in zip(gradient(method, shown), slopes, strict=True):
        assert torch.allclose(ours, slope_by_hand)


@pytest.mark.parametrize("kind", KINDS)
def test_no_task_sees_another(kind: type) -> None:
    support, labels, query, _ = batch()
    method = kind(backbone(), inner_lr=0.1).eval()
    together = method(support, labels, query)
    alone = torch.cat(
        [method(support[i, None], labels[i, None], query[i, None]) for i in range(TASKS)]
    )
    assert torch.allclose(together, alone)


def test_the_body_of_anil_stays() -> None:
    method = ANIL(backbone(), inner_lr=0.5)
    support, labels, _, _ = batch()
    fast = method.weights(support[0], labels[0]).whole(method.net)
    assert sorted(fast) == ["5.bias", "5.weight"]


@pytest.mark.parametrize("kind", KINDS)
def test_renaming_classes_renames_answers(kind: type) -> None:
    """The head is the same for all classes at first, so that their order cannot matter."""
    net = backbone()
    head = net[5]
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    method = kind(net, inner_lr=0.3, inner_steps=1).eval()
    support, labels, query, _ = batch()
    order = torch.tensor([2, 0, 1])
    there, here = method(support, order[labels], query), method(support, labels, query)
    assert torch.allclose(there[..., order], here)


@pytest.mark.parametrize("how", NORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_adapted_net_answers_row_by_row(kind: type, how: str) -> None:
    method = kind(backbone(how), inner_lr=0.3, inner_steps=3).eval()
    support, labels, query, _ = (part[0] for part in batch())
    net = method.adapted(support, labels)
    whole = net(query)
    assert torch.allclose(whole, torch.cat([net(row[None]) for row in query]))
    if how != "transductive":
        answered = method(support[None], labels[None], query[None])[0]
        assert torch.allclose(whole, answered)
    before = cross_entropy(method.net(support), labels)
    assert cross_entropy(net(support), labels) < before


def test_rates_begin_where_the_paper_has_them() -> None:
    rates = torch.cat([rate.detach().flatten() for rate in MetaSGD(backbone()).rates])
    assert LOWEST <= rates.min() < rates.max() <= HIGHEST


def test_a_step_is_needed() -> None:
    with pytest.raises(ConfigError, match=r"at least 1\. Got 0"):
        MAML(backbone(), inner_steps=0)


def test_numbers_are_learned_as_well() -> None:
    support, _, query, _ = batch()
    labels = support.mean((2, 3, 4))
    method = MAML(backbone(outputs=1), inner_lr=0.01).eval()
    assert method(support, labels, query).shape == (TASKS, WAYS * 4, 1)
    assert labels.shape == (TASKS, WAYS * SHOTS)
