"""Two levels: the companion's gradients are the true ones, and rows are divided fairly."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from netwright.core.context import Context
from netwright.nn.batches import Batchable
from netwright.nn.bilevel import Companion, Halves, Turn, first_order, second_order
from netwright.nn.losses import classification_loss
from netwright.nn.mixed_operation import Options
from netwright.nn.relaxation import RelaxedNet
from netwright.nn.training import Recipe, train
from netwright.paradigms.nas.oneshot.darts import Softmax


def relaxed(level: str = "first", **settings: object) -> RelaxedNet:
    """Two layers of three options each, in float64."""
    torch.manual_seed(0)
    options = Options()

    def mixed(name: str, before: int, after: int) -> nn.Module:
        layers = {
            "plain": nn.Linear(before, after),
            "tanh": nn.Sequential(nn.Linear(before, after), nn.Tanh()),
            "free": nn.Linear(before, after, bias=False),
        }
        return options.layers(name, layers)

    net = nn.Sequential(mixed("one", 4, 5), nn.Tanh(), mixed("two", 5, 3))
    whole = RelaxedNet(net, Softmax(options, level, **settings)).double()
    with torch.no_grad():
        whole.relaxation.alpha.normal_()
    return whole


def turn_of(net: RelaxedNet, rate: float = 0.3) -> Turn:
    generator = torch.Generator().manual_seed(1)
    batches = [
        (torch.randn(6, 4, dtype=torch.float64, generator=generator), torch.arange(6) % 3)
        for _ in range(2)
    ]

    def objective(x: Tensor, y: Tensor):
        def loss(weights: Mapping[str, Tensor] | None) -> Tensor:
            found = net(x) if weights is None else functional_call(net, dict(weights), (x,))
            return nn.functional.cross_entropy(found, y)

        return loss

    weights = {name: w for name, w in net.named_parameters() if "alpha" not in name}
    return Turn(objective(*batches[0]), objective(*batches[1]), rate, 0.5, weights)


def differences(net: RelaxedNet, loss) -> Tensor:
    """How a loss changes with every strength, by central differences."""
    alpha, found = net.relaxation.alpha, []
    for place in range(len(alpha)):
        sides = []
        for side in (1e-5, -1e-5):
            with torch.no_grad():
                alpha[place] += side
            sides.append(loss().item())
            with torch.no_grad():
                alpha[place] -= side
        found.append((sides[0] - sides[1]) / 2e-5)
    return torch.tensor(found, dtype=torch.float64)


def ahead(turn: Turn) -> Tensor:
    """The held loss after one plain step of the weights."""
    weights = list(turn.weights.values())
    slopes = torch.autograd.grad(turn.learned(None), weights)
    pairs = zip(turn.weights.items(), slopes, strict=True)
    return turn.held({name: weight - turn.rate * slope for (name, weight), slope in pairs})


def test_the_second_order_gradient_is_the_one_of_the_step_ahead() -> None:
    net = relaxed()
    turn = turn_of(net)
    (found,) = second_order(turn, [net.relaxation.alpha])
    torch.testing.assert_close(found, differences(net, lambda: ahead(turn)), rtol=1e-6, atol=1e-9)


def test_the_finite_difference_of_the_paper_comes_to_the_same() -> None:
    net = relaxed()
    turn = turn_of(net)
    (exact,) = second_order(turn, [net.relaxation.alpha])
    (near,) = second_order(turn, [net.relaxation.alpha], exact=False)
    torch.testing.assert_close(near, exact, rtol=1e-4, atol=1e-7)


def test_the_first_order_is_the_second_of_a_step_that_goes_nowhere() -> None:
    net = relaxed()
    turn = turn_of(net, rate=0.0)
    (first,), (second,) = (
        first_order(turn, [net.relaxation.alpha]),
        second_order(turn, [net.relaxation.alpha]),
    )
    torch.testing.assert_close(first, second)
    torch.testing.assert_close(
        first, differences(net, lambda: turn.held(None)), rtol=1e-6, atol=1e-9
    )


def test_the_mixed_level_goes_down_both_losses() -> None:
    net = relaxed("mixed", held_weight=0.5)
    turn, relaxation = turn_of(net), net.relaxation
    found = relaxation.slopes(turn, [relaxation.alpha])[0]
    both = differences(net, lambda: turn.learned(None) + 0.5 * turn.held(None))
    torch.testing.assert_close(found, both, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(relaxation.beside(turn), 0.5 * turn.held(None))


@pytest.mark.parametrize(("rows", "kept"), [(10, 5), (11, 5), (3, 1)])
def test_half_of_the_rows_are_kept_from_the_weights(rows: int, kept: int) -> None:
    halves = Halves(rows, relaxed().relaxation, seed=3)
    assert sorted([*halves.learned.tolist(), *halves.held.tolist()]) == list(range(rows))
    assert len(halves.held) == kept
    seen = list(halves.batches(2, torch.Generator().manual_seed(0)))
    assert sorted(torch.cat([chosen for chosen, _ in seen]).tolist()) == sorted(
        halves.learned.tolist()
    )
    assert all(len(chosen) == len(beside) for chosen, beside in seen)


@pytest.mark.parametrize("companion", [None, relaxed("single").relaxation])
def test_whoever_needs_no_half_keeps_no_rows(companion: Companion | None) -> None:
    halves = Halves(7, companion, seed=3)
    assert [beside for _, beside in halves.batches(4, torch.Generator())] == [None, None]
    assert len(halves.learned) == 7


def rows(count: int = 40) -> Batchable:
    torch.manual_seed(2)
    x = torch.randn(count, 4, dtype=torch.float64)
    return Batchable([x], (x[:, 0] > 0).long() + (x[:, 1] > 0).long())


RECIPE = Recipe(epochs=6, batch_size=8, optimiser="sgd", lr=0.1, keep="last", warmup=0.0)


def learn(net: nn.Module, **circumstances: object) -> None:
    train(net, rows(), None, classification_loss, RECIPE, Context(**circumstances))


def test_strengths_and_weights_are_learned_beside_each_other() -> None:
    net = relaxed()
    before = {name: weight.clone() for name, weight in net.named_parameters()}
    learn(net)
    assert all(not torch.equal(before[name], weight) for name, weight in net.named_parameters())
    assert net.relaxation.history.shape == (6, 6)
    told = net.relaxation.told(net.relaxation.strengths())
    assert {name: round(sum(of.values()), 6) for name, of in told.items()} == {"one": 1, "two": 1}


def test_with_one_option_it_is_plain_training() -> None:
    """The option learns from the rows that the strengths leave, as a net without strengths does."""

    def layer() -> nn.Linear:
        torch.manual_seed(5)
        return nn.Linear(4, 3).double()

    options = Options()
    mixed = options.layers("only", {"layer": layer()})
    relaxation = Softmax(options, "single")
    learn(RelaxedNet(mixed, relaxation))
    plain = layer()
    learn(plain)
    torch.testing.assert_close(mixed.layers[0].state_dict(), plain.state_dict())


def test_what_was_interrupted_goes_on_as_if_it_was_not(tmp_path) -> None:
    whole, again = relaxed(), relaxed()
    learn(whole)
    stops = iter([False, False, True])
    recipe = {**vars(RECIPE), "checkpoint_seconds": 0.0}
    end = again.relaxation.end_epoch

    def interrupted(gone: float) -> bool:
        end(gone)
        if next(stops):
            raise KeyboardInterrupt
        return False

    again.relaxation.end_epoch = interrupted
    context = Context(folder=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        train(again, rows(), None, classification_loss, Recipe(**recipe), context)
    resumed = relaxed()
    train(resumed, rows(), None, classification_loss, Recipe(**recipe), context)
    torch.testing.assert_close(resumed.state_dict(), whole.state_dict())
