"""Mixed operations: what they add up, what runs, and what a design takes from them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from netwright.core.errors import ConfigError, UnknownName
from netwright.nn.bilevel import Turn
from netwright.nn.mixed_operation import MixedOperation, Options, Weighing, carrying
from netwright.nn.operations import Zero
from netwright.nn.relaxation import Relaxation, RelaxedNet
from netwright.paradigms.nas.oneshot.darts import Softmax


class Told(Relaxation):
    """Counts options as it is told."""

    def __init__(
        self, options: Options, weights: list[float], resting: float | None = None
    ) -> None:
        super().__init__(options, resting)
        self.weights, self.adapted = torch.tensor(weights), None

    def draw(self) -> None:
        active = [place for place, weight in enumerate(self.weights.tolist()) if weight]
        self.now = dict.fromkeys(self.options, Weighing(self.weights, active))

    def strengths(self) -> Tensor:
        return self.weights.repeat(len(self.options))

    def adapt(self, turn: Turn) -> None:
        self.adapted = turn.gone


def edge(weights: list[float], operations: list[str], stride: int = 1) -> RelaxedNet:
    torch.manual_seed(0)
    options = Options()
    made = options.edge("1<-0", operations, 4, stride, node="1")
    return RelaxedNet(made, Told(options, weights))


OPERATIONS = ["none", "skip_connect", "nor_conv_3x3"]


def test_the_sum_is_weighted() -> None:
    net, x = edge([0.2, 0.3, 0.5], OPERATIONS), torch.randn(3, 4, 6, 6)
    convolution = net.net.layers[2]
    torch.testing.assert_close(net(x), 0.3 * x + 0.5 * convolution(x))


def test_a_weight_of_one_is_carried_with_the_derivatives_of_a_product() -> None:
    torch.manual_seed(0)
    made = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    weight = torch.ones((), dtype=torch.float64, requires_grad=True)
    found = []
    for product in (carrying, torch.mul):
        first = torch.autograd.grad(
            (product(made, weight) ** 3).sum(), [made, weight], create_graph=True
        )
        second = torch.autograd.grad(first[0].sin().sum() + first[1] ** 2, [made, weight])
        found.append([*first, *second])
    for own, expected in zip(*found, strict=True):
        torch.testing.assert_close(own, expected)


def test_a_weight_is_carried_for_many_tasks_at_once() -> None:
    made, weight = torch.randn(4, 2, 3), torch.ones(4)

    def slope(one: Tensor, factor: Tensor) -> Tensor:
        return torch.func.grad(lambda w: carrying(one, w).square().sum())(factor)

    torch.testing.assert_close(torch.vmap(slope)(made, weight), 2 * made.square().sum(dim=(1, 2)))


def test_choices_rest_for_the_first_part_of_a_training() -> None:
    options = Options()
    options.layers("layer", {"one": nn.Identity()})
    told = Told(options, [1.0], resting=0.3)
    for gone in (0.0, 0.2, 0.3, 0.4):
        told.learn(Turn(None, None, 0.1, gone, {}))
        assert told.progress == gone
        assert told.adapted == (gone if gone >= 0.3 else None)
    with pytest.raises(ConfigError, match="rest for a share"):
        Told(options, [1.0], resting=1.0)


def test_what_does_not_count_does_not_run() -> None:
    net = edge([0, 1, 0], OPERATIONS)
    ran = []
    for layer in net.net.layers:
        layer.register_forward_hook(lambda layer, taken, given: ran.append(type(layer)))
    net(torch.randn(3, 4, 6, 6))
    assert ran == [nn.Identity]


@pytest.mark.parametrize("stride", [1, 2])
def test_where_nothing_counts_nothing_is_delivered(stride: int) -> None:
    net = edge([1, 0, 0], OPERATIONS, stride)
    out = net(torch.randn(3, 4, 5, 5))
    assert out.shape == (3, 4, -(-5 // stride), -(-5 // stride))
    assert not out.any()
    assert isinstance(net.net.layers[0], Zero)


def test_norms_do_not_scale() -> None:
    norms = [
        part for part in edge([1, 1, 1], OPERATIONS).modules() if isinstance(part, nn.BatchNorm2d)
    ]
    assert [(norm.weight, norm.bias) for norm in norms] == [(None, None)]


def test_decisions_are_remembered_by_the_node_they_meet_in() -> None:
    options = Options()
    for name, node in (("1<-0", "1"), ("2<-0", "2"), ("2<-1", "2"), ("1<-0", "1")):
        options.edge(name, OPERATIONS, 4, node=node)
    assert options.known == dict.fromkeys(("1<-0", "2<-0", "2<-1"), tuple(OPERATIONS))
    assert options.sums == {"1": ["1<-0"], "2": ["2<-0", "2<-1"]}


def test_one_name_has_one_set_of_options() -> None:
    options = Options()
    options.layers("layer", {"a": nn.Identity()})
    with pytest.raises(ConfigError, match="stands twice"):
        options.layers("layer", {"b": nn.Identity()})
    with pytest.raises(ConfigError, match="nothing to choose"):
        options.layers("empty", {})


def test_levels_are_known() -> None:
    options = Options()
    options.layers("layer", {"a": nn.Identity()})
    with pytest.raises(UnknownName, match="second"):
        Softmax(options, level="secnd")
    with pytest.raises(ConfigError, match="0 times or more"):
        Softmax(options, held_weight=-1.0)
    with pytest.raises(ConfigError, match="nothing to choose"):
        Softmax(Options())


def test_the_strengths_stand_in_the_order_of_the_decisions() -> None:
    options = Options()
    options.layers("one", {"a": nn.Identity(), "b": nn.Identity()})
    options.layers("two", {"c": nn.Identity()})
    relaxation = Softmax(options)
    with torch.no_grad():
        relaxation.alpha.copy_(torch.tensor([0.0, 1.0, 5.0]))
    told = relaxation.told(relaxation.strengths())
    assert told["two"] == {"c": 1.0}
    assert told["one"]["b"] == pytest.approx(1 / (1 + torch.exp(torch.tensor(-1.0)).item()))


def test_what_follows_nobody_cannot_run() -> None:
    with pytest.raises(IndexError):
        MixedOperation("layer", {"a": nn.Identity()})(torch.ones(1))
