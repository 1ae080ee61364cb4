"""Search by gradients: each method's way to weigh options, against sums by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call

from netwright.core.config import Config
from netwright.core.domains import Chooser
from netwright.core.errors import ConfigError
from netwright.core.task import Task
from netwright.nn.bilevel import Turn
from netwright.nn.choices import InputChoice, LayerChoice, ValueChoice
from netwright.nn.mixed_operation import Options
from netwright.nn.operations import make
from netwright.nn.recalibration import recalibrate
from netwright.nn.relaxation import Relaxation, RelaxedNet
from netwright.nn.weight_bank import share_as, shared_weights
from netwright.paradigms.nas.oneshot import ONE_SHOT, get_one_shot
from netwright.paradigms.nas.oneshot.beta_darts import MOST, BetaDecay
from netwright.paradigms.nas.oneshot.darts import Softmax
from netwright.paradigms.nas.oneshot.darts_es import Watched, curvature, grown
from netwright.paradigms.nas.oneshot.drnas import DirichletDraws, concentrations
from netwright.paradigms.nas.oneshot.gdas import COLD, HOT, Gumbel, straight_through
from netwright.paradigms.nas.oneshot.pc_darts import PartialChannels, PartialOptions
from netwright.paradigms.nas.oneshot.relaxed import Relaxed
from netwright.paradigms.nas.oneshot.sdarts import Shaken
from netwright.spaces import get_space
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import NetSpace, image_task

TASK = image_task((3, 8, 8), 4)
SPACES = {
    "nasbench201": {"channels": 4, "cells": 1},
    "darts": {"channels": 4, "cells": 3},
    "cell": {"channels": 4, "cells": 3, "nodes": 2},
}
METHODS = [name for name in ONE_SHOT if isinstance(get_one_shot(name), Relaxed)]


class Mine(nn.Module):
    """A space of a person's own."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        inputs = task.input_shape[0]
        layers = {"small": nn.Conv2d(inputs, 8, 1), "large": nn.Conv2d(inputs, 8, 3, padding=1)}
        self.first = LayerChoice("first", layers)
        self.second = LayerChoice("second", {"tanh": nn.Tanh(), "relu": nn.ReLU()})
        self.join = InputChoice("join", inputs=2)
        self.head = nn.Linear(8, task.outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.first(x)
        return self.head(self.join([first, self.second(first)]).mean(dim=(2, 3)))


class Own(NetSpace):
    """A space of a person's own class, which says how it is mixed."""

    def configure(self, choose: Chooser) -> Config:
        return Config({"operation": choose.suggest_categorical("operation", OWN)})

    def build(self, config: Config, task: Task) -> nn.Module:
        operation = share_as(
            make(str(config["operation"]), 4, 4), f"operation {config['operation']}"
        )
        return self._around(operation, task)

    def relax(self, task: Task, options: Options) -> nn.Module:
        return self._around(options.edge("operation", OWN, 4, node="only"), task)

    def _around(self, operation: nn.Module, task: Task) -> nn.Module:
        stem, head = nn.Conv2d(task.input_shape[0], 4, 3, padding=1), nn.Linear(4, task.outputs)
        return nn.Sequential(stem, operation, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)


OWN = ["skip_connect", "conv_3x3", "max_pool_3x3"]


class Wide(nn.Module):
    """Chooses a value."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.head = nn.Linear(ValueChoice("width", [4, 8]), task.outputs)


def supernet(space: str, method: str = "darts", **settings: object) -> RelaxedNet:
    torch.manual_seed(0)
    inner = NetSpaceName(space, SPACES.get(space, {}))
    net = get_one_shot(method, settings).supernet(inner).open().build(Config({}), TASK)
    assert isinstance(net, RelaxedNet)
    return net


def of_one(kind: type[Relaxation], options: int = 3) -> Relaxation:
    made = Options()
    made.layers("layer", {str(place): nn.Identity() for place in range(options)})
    return kind(made)


# ---------------------------------------------------------------------- every method


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("space", ["nasbench201", "darts"])
def test_every_method_learns_and_says_a_design(method: str, space: str) -> None:
    net = supernet(space, method).train()
    x, target = torch.randn(8, 3, 8, 8), torch.arange(8) % 4

    def loss(weights: dict[str, torch.Tensor] | None = None) -> torch.Tensor:
        said = functional_call(net, weights or {}, (x,))
        return nn.functional.cross_entropy(said, target)

    own = list(net.relaxation.parameters())
    before = [parameter.clone() for parameter in own]
    weights = {name: w for name, w in net.named_parameters() if not name.startswith("relaxation")}
    net.relaxation.learn(Turn(loss, loss, 0.1, 0.5, weights))
    net.relaxation.requires_grad_(False)
    assert not own or any(not torch.equal(*pair) for pair in zip(before, own, strict=True))
    assert all(parameter.grad is None for parameter in own)
    assert not net.relaxation.end_epoch(0.5)
    loss().backward()
    net.relaxation.requires_grad_(True)
    opened = get_space(space, **SPACES[space])
    history = get_one_shot(method).history(opened, net)
    if history is None:
        assert method == "path_dropout"
        return
    assert [opened.from_text(opened.to_text(design)) for design in history.designs] == list(
        history.designs
    )
    assert sum(map(len, history.options.values())) == len(history.strengths[0])


@pytest.mark.parametrize("method", METHODS)
def test_saved_weights_find_their_supernet_again(method: str) -> None:
    first, second = supernet("nasbench201", method), supernet("nasbench201", method)
    x, target = torch.randn(8, 3, 8, 8), torch.arange(8) % 4

    def loss(weights: dict[str, torch.Tensor] | None = None) -> torch.Tensor:
        return nn.functional.cross_entropy(functional_call(first, weights or {}, (x,)), target)

    weights = {name: w for name, w in first.named_parameters() if "relaxation" not in name}
    first.relaxation.learn(Turn(loss, loss, 0.1, 0.5, weights))
    first.relaxation.end_epoch(0.1)
    second.load_state_dict(first.state_dict())
    torch.testing.assert_close(first.state_dict(), second.state_dict())
    assert second.relaxation.history.shape[0] == (0 if method == "path_dropout" else 1)


@pytest.mark.parametrize("space", ["nasbench201", "darts", "cell"])
def test_a_design_says_alone_what_it_says_inside(space: str) -> None:
    """Strengths so far apart that one option of each decision is all there is."""
    whole, opened = supernet(space), get_space(space, **SPACES[space])
    rng, x = np.random.default_rng(1), torch.randn(8, 3, 8, 8)
    for _ in range(50 if space == "nasbench201" else 10):
        design = opened.sample(rng)
        alone = recalibrate(whole.fill(opened.build(design, TASK)), [x])
        inside = recalibrate(chosen(whole, opened, design), [x])
        with torch.no_grad():
            torch.testing.assert_close(inside(x), alone(x), rtol=1e-5, atol=1e-5)


def chosen(whole: RelaxedNet, space: object, design: Config) -> RelaxedNet:
    """The supernet with the strengths of one design; an input that it lacks is none at all."""
    kept = wanted(space, design)
    rows = []
    for name, options in whole.relaxation.options.items():
        rows += [0.0 if word == kept.get(name, "none") else -1e4 for word in options]
    with torch.no_grad():
        whole.relaxation.alpha.copy_(torch.tensor(rows))
    return whole


def wanted(space: object, design: Config) -> dict[str, str]:
    if not hasattr(space, "genotype"):
        return dict(design)
    found = {}
    for kind in ("normal", "reduce"):
        genes, _ = space.genotype(design).cell(kind == "reduce")
        for place, (name, source) in enumerate(genes):
            found[f"{kind}.{2 + place // 2}<-{source}"] = name
    return found


def test_a_space_of_ones_own_is_mixed() -> None:
    name = f"{__name__}:Mine"
    whole, space = supernet(name), get_space(name)
    assert whole.relaxation.options == {
        "first": ("small", "large"), "second": ("tanh", "relu"), "join": ("0", "1"),
    }  # fmt: skip
    x, rng = torch.randn(4, 3, 8, 8), np.random.default_rng(0)
    for _ in range(8):
        design = space.sample(rng)
        alone = whole.fill(space.build(design, TASK))
        torch.testing.assert_close(chosen(whole, space, design)(x), alone(x))


def test_a_space_of_ones_own_class_is_mixed() -> None:
    whole, space = supernet(f"{__name__}:Own"), Own()
    x, rng = torch.randn(4, 3, 8, 8), np.random.default_rng(0)
    for _ in range(4):
        design = space.sample(rng)
        alone = recalibrate(whole.fill(space.build(design, TASK)), [x])
        inside = recalibrate(chosen(whole, space, design), [x])
        torch.testing.assert_close(inside(x), alone(x))


def test_values_and_other_spaces_cannot_be_mixed() -> None:
    with pytest.raises(ConfigError, match="'width' cannot be mixed"):
        supernet(f"{__name__}:Wide")
    with pytest.raises(ConfigError, match="--strategy spos"):
        supernet("resnet")


def test_settings_are_known() -> None:
    with pytest.raises(ConfigError, match="knows no level; it takes sampling"):
        get_one_shot("spos", {"level": "second"})
    assert supernet("nasbench201", "gdas", level="single").relaxation.halves is False


# ---------------------------------------------------------------------- what a design keeps


def test_a_node_keeps_its_two_strongest_inputs_and_never_none() -> None:
    space = get_space("darts", **SPACES["darts"])
    options = supernet("darts").relaxation.options
    strengths = {name: dict.fromkeys(words, 0.1) for name, words in options.items()}
    for name in strengths:
        strengths[name]["none"] = 0.9
    strengths["normal.4<-3"]["sep_conv_5x5"] = 0.5
    strengths["normal.4<-1"]["max_pool_3x3"] = 0.4
    strengths["normal.4<-0"]["skip_connect"] = 0.3
    design = space.strongest(strengths)
    assert design["normal.node4.inputs"] == "1+3"
    assert (design["normal.node4.op1"], design["normal.node4.op2"]) == (
        "max_pool_3x3",
        "sep_conv_5x5",
    )


# ---------------------------------------------------------------------- one by one


def test_beta_decay_holds_the_smooth_maximum_down() -> None:
    relaxation = of_one(BetaDecay)
    with torch.no_grad():
        relaxation.alpha.copy_(torch.tensor([0.0, 1.0, 2.0]))
    expected = math.log(1 + math.e + math.e**2)
    relaxation.end_epoch(relaxation.resting / 2)
    assert relaxation.penalty(0.9).item() == 0
    relaxation.end_epoch(1.0)
    assert relaxation.penalty(1.0).item() == pytest.approx(MOST * expected)
    relaxation.end_epoch((1 + relaxation.resting) / 2)
    (slope,) = torch.autograd.grad(relaxation.penalty(0.9), [relaxation.alpha])
    torch.testing.assert_close(slope, MOST / 2 * relaxation.alpha.detach().softmax(dim=0))


def test_the_curvature_is_the_largest_eigenvalue() -> None:
    """Of a loss whose Hessian is known."""
    torch.manual_seed(0)
    square = torch.randn(6, 6)
    matrix = square @ square.T
    alpha = torch.randn(6)

    def loss(weights: object = None) -> torch.Tensor:
        return alpha @ matrix @ alpha / 2

    found = curvature(Turn(loss, loss, 0.1, 0.5, {}), alpha)
    assert found == pytest.approx(torch.linalg.eigvalsh(matrix)[-1].item(), rel=1e-2)
    assert not alpha.requires_grad
    alone = torch.tensor([2.0])
    cube = Turn(loss, lambda weights: (alone**3).sum(), 0.1, 0.5, {})
    assert curvature(cube, alone) == pytest.approx(12.0)


def test_the_search_ends_when_the_curvature_has_grown_by_a_third() -> None:
    assert not grown([1.0] * 9)
    assert not grown([1.0] * 5 + [1.3] * 5)
    assert grown([1.0] * 5 + [1.4] * 5)
    relaxation = of_one(Watched)
    relaxation.curvatures = torch.tensor([1.0] * 5 + [1.4] * 4)
    relaxation.history = torch.arange(9.0)[:, None].expand(9, 3)

    def loss(weights: object = None) -> torch.Tensor:
        return 5 * (relaxation.alpha**2).sum()

    relaxation.learn(Turn(loss, loss, 0.1, 0.5, {}))
    relaxation.requires_grad_(False)
    assert relaxation.end_epoch(0.5)
    assert len(relaxation.history) == 5  # ten epochs without the last five


def test_a_shaken_mixture_is_still_one() -> None:
    relaxation = of_one(Shaken).train()
    relaxation.progress = 1.0
    logits, even = torch.zeros(3), torch.full((3,), 1 / 3)
    drawn = torch.stack([relaxation.weigh("layer", logits).weights for _ in range(500)])
    torch.testing.assert_close(drawn.sum(dim=1), torch.ones(500))
    assert (drawn - even).abs().max() > 0.1
    torch.testing.assert_close(drawn.mean(dim=0), even, atol=0.03, rtol=0)
    relaxation.learning = True
    torch.testing.assert_close(relaxation.weigh("layer", logits).weights, even)


def test_a_drawn_path_carries_the_gradient_of_its_softened_probability() -> None:
    logits = torch.tensor([0.3, -0.2, 0.9], dtype=torch.float64, requires_grad=True)
    weights, active, alone = straight_through(logits, temperature=2.0)
    assert alone
    assert weights.tolist() == pytest.approx([0, 0, 1])
    assert active == [2]
    (slope,) = torch.autograd.grad(weights[2], logits)
    soft = (logits.detach() / 2).softmax(dim=0)
    expected = soft[2] * (torch.tensor([0.0, 0.0, 1.0]) - soft) / 2  # of the softmax at its place
    torch.testing.assert_close(slope, expected)


def test_paths_are_drawn_by_their_strength() -> None:
    relaxation = of_one(Gumbel).train()
    logits = torch.tensor([0.0, 1.0, 2.0])
    torch.manual_seed(0)
    drawn = [relaxation.weigh("layer", logits).active[0] for _ in range(4000)]
    shares = torch.bincount(torch.tensor(drawn)) / 4000
    torch.testing.assert_close(shares, logits.softmax(dim=0), atol=0.03, rtol=0)
    assert relaxation.eval().weigh("layer", logits).active == [2]


def test_the_temperature_falls() -> None:
    relaxation = of_one(Gumbel)
    temperatures = []
    for progress in (0.0, 0.5, 1.0):
        relaxation.progress = progress
        temperatures.append(relaxation.temperature)
    assert temperatures == pytest.approx([HOT, (HOT + COLD) / 2, COLD])


def test_weights_are_drawn_from_a_dirichlet_distribution() -> None:
    relaxation = of_one(DirichletDraws).train()
    logits = torch.tensor([-1.0, 0.0, 2.0])
    torch.manual_seed(0)
    drawn = torch.stack([relaxation.weigh("layer", logits).weights for _ in range(4000)])
    torch.testing.assert_close(drawn.sum(dim=1), torch.ones(4000))
    concentration = torch.tensor([math.exp(-1), 1.0, 3.0])  # elu + 1
    torch.testing.assert_close(concentrations(logits), concentration)
    mean = concentration / concentration.sum()
    torch.testing.assert_close(drawn.mean(dim=0), mean, atol=0.02, rtol=0)
    variance = mean * (1 - mean) / (1 + concentration.sum())
    torch.testing.assert_close(drawn.var(dim=0), variance, atol=0.01, rtol=0)
    even = of_one(DirichletDraws)
    with torch.no_grad():
        even.alpha.zero_()
    assert even.penalty(0.5).item() == pytest.approx(0, abs=1e-6)


def test_a_quarter_of_the_channels_goes_through() -> None:
    torch.manual_seed(0)
    options = PartialOptions()
    edge = options.edge("1<-0", ["skip_connect", "nor_conv_1x1"], 8, node="1")
    relaxation = PartialChannels(options)
    net, x = RelaxedNet(edge, relaxation), torch.randn(2, 8, 4, 4)
    through = edge.mixed(x[:, :2]) if relaxation.draw() is None else None
    whole = torch.cat([through, x[:, 2:]], dim=1)
    order = [0, 2, 4, 6, 1, 3, 5, 7]  # four groups of two, one of each in turn
    torch.testing.assert_close(net(x), whole[:, order])
    assert relaxation.edge("1<-0").item() == 1.0  # the only edge of its node


def test_edges_that_meet_share_one() -> None:
    relaxation = supernet("nasbench201", "pc_darts").relaxation
    with torch.no_grad():
        relaxation.beta.copy_(torch.arange(6.0))
    relaxation.draw()
    meeting = torch.stack([relaxation.edge(f"3<-{source}") for source in range(3)])
    torch.testing.assert_close(meeting, torch.tensor([3.0, 4.0, 5.0]).softmax(dim=0))


@pytest.mark.parametrize("method", METHODS)
def test_what_draws_begins_by_passing_on_and_what_mixes_as_published(method: str) -> None:
    weights = shared_weights(supernet("nasbench201", method))
    squares = [weight for _, key, weight in weights if "nor_conv" in key and weight.ndim == 4]
    middles = [w[..., w.shape[-1] // 2, w.shape[-1] // 2].diagonal() for w in squares]
    passing = bool(torch.cat(middles).mean() > 0.8)
    mixes = ("darts", "darts2", "beta_darts", "sdarts", "darts_es")
    assert passing == (method not in mixes)


@pytest.mark.parametrize("method", ["beta_darts", "pc_darts", "drnas", "gdas", "setn", "enas"])
def test_strengths_rest_while_the_weights_are_worth_nothing(method: str) -> None:
    relaxation = supernet("nasbench201", method).relaxation
    before = {name: value.clone() for name, value in relaxation.named_parameters()}

    def never(weights: object = None) -> torch.Tensor:
        raise AssertionError("nothing is to be computed")

    relaxation.learn(Turn(never, never, 0.1, 0.2, {}))
    torch.testing.assert_close(before, dict(relaxation.named_parameters()))


def test_partial_channels_need_cells_and_a_multiple_of_four() -> None:
    with pytest.raises(ConfigError, match="Got 6"):
        get_one_shot("pc_darts").supernet(
            NetSpaceName("nasbench201", {"channels": 6, "cells": 1})
        ).open().build(Config({}), TASK)
    with pytest.raises(ConfigError, match="space of cells"):
        supernet(f"{__name__}:Mine", "pc_darts")


def test_softmax_runs_everything() -> None:
    weights, active, _ = of_one(Softmax).weigh("layer", torch.zeros(3))
    torch.testing.assert_close(weights, torch.full((3,), 1 / 3))
    assert list(active) == [0, 1, 2]
