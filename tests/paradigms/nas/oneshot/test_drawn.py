"""Supernets whose designs are drawn: by a controller, evenly, with weights that are made."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from netwright.core.config import Config
from netwright.core.errors import UnknownName
from netwright.nn.bilevel import Turn
from netwright.nn.hypernetwork import BASES, Hypernetwork
from netwright.nn.mixed_operation import Options
from netwright.nn.single_path import SinglePath
from netwright.nn.weight_bank import WeightBank, shared_weights
from netwright.paradigms.nas.oneshot import get_one_shot
from netwright.paradigms.nas.oneshot.enas import SQUASH, TEMPERATURE, Controlled
from netwright.paradigms.nas.oneshot.ghn import trace
from netwright.paradigms.nas.oneshot.path_dropout import LOST, DroppedPaths, rate_of
from netwright.paradigms.nas.oneshot.setn import Template
from netwright.spaces import get_space
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import image_task

TASK = image_task((3, 8, 8), 4)
SPACES = {"nasbench201": {"channels": 4, "cells": 1}, "resnet": {"stages": 2, "deepest": 2}}


def supernet(method: str, space: str = "nasbench201", **settings: str) -> SinglePath[Config]:
    torch.manual_seed(0)
    name = get_one_shot(method, settings).supernet(NetSpaceName(space, SPACES[space]))
    net = name.open().build(Config({}), TASK)
    assert isinstance(net, SinglePath)
    return net


def of(kind: type, *sizes: int) -> Controlled:
    torch.manual_seed(0)
    options = Options()
    for number, size in enumerate(sizes):
        layers = {str(place): nn.Identity() for place in range(size)}
        options.layers(f"decision {number}", layers)
    return kind(options)


# ---------------------------------------------------------------------- ENAS


def test_log_probabilities_are_those_of_the_recurrent_net_by_hand() -> None:
    controller = of(Controlled, 3, 2).controller
    places = [2, 0]
    state, expected = None, 0.0
    given = [controller.begin, controller.taken[0].weight[places[0]][None]]
    for head, before, place in zip(controller.heads, given, places, strict=True):
        state = controller.cell(before, state)
        logits = SQUASH * torch.tanh(head.weight @ state[0][0] / TEMPERATURE)
        expected = expected + torch.log(torch.exp(logits[place]) / torch.exp(logits).sum())
    torch.testing.assert_close(controller(places).log_probability, expected)


def test_the_probabilities_of_all_designs_come_to_one() -> None:
    controller = of(Controlled, 3, 2).controller
    every = [[first, second] for first in range(3) for second in range(2)]
    whole = sum(controller(places).log_probability.exp() for places in every)
    torch.testing.assert_close(whole, torch.tensor(1.0))
    assert controller([0, 0]).entropy <= np.log(3) + np.log(2) + 1e-6


def test_the_controller_learns_what_is_rewarded() -> None:
    relaxation = of(Controlled, 3, 3).train()
    for group in relaxation.optimiser.param_groups:
        group["lr"] = 0.02

    def loss(weights: object = None) -> torch.Tensor:
        relaxation.draw()
        taken = [weighing.active[0] for weighing in relaxation.now.values()]
        return torch.tensor(0.1 if taken[1] == 2 else 2.0)

    for _ in range(150):
        relaxation.learn(Turn(loss, loss, 0.1, 0.5, {}))
    told = relaxation.told(relaxation.strengths())
    assert told["decision 1"]["2"] > 0.8


# ---------------------------------------------------------------------- paths and templates


def test_paths_are_dropped_more_and_more() -> None:
    assert rate_of(4, 0.0) == 0
    assert rate_of(4, 1.0) ** 4 == pytest.approx(LOST)  # all of them are lost so often
    relaxation = of(DroppedPaths, 4).train()
    relaxation.progress = 1.0
    counts = []
    for _ in range(2000):
        relaxation.draw()
        weights, active, _ = relaxation.now["decision 0"]
        assert weights.sum().item() == pytest.approx(1)
        counts.append(len(active))
    alone = LOST  # where all were to be dropped, one stays
    assert np.mean(counts) == pytest.approx(4 * (1 - rate_of(4, 1.0)) + alone, abs=0.08)
    relaxation.eval().draw()
    assert len(relaxation.now["decision 0"].active) == 4


def test_a_template_runs_one_option_and_its_evaluator_all() -> None:
    relaxation = of(Template, 3).train()
    relaxation.draw()
    assert len(relaxation.now["decision 0"].active) == 1
    relaxation.learning = True
    relaxation.draw()
    assert len(relaxation.now["decision 0"].active) == 3


def test_designs_are_drawn_by_what_was_learned() -> None:
    torch.manual_seed(0)
    inner = NetSpaceName("nasbench201", SPACES["nasbench201"])
    method, space = get_one_shot("setn"), inner.open()
    net = method.supernet(inner).open().build(Config({}), TASK)
    with torch.no_grad():
        net.relaxation.alpha.zero_()
        net.relaxation.alpha[3::5] = 50.0  # the fourth operation everywhere
    assert method.proposals(space, net, seed=1) == [
        Config(dict.fromkeys(space.edges.values(), "nor_conv_3x3"))
    ]
    with torch.no_grad():
        net.relaxation.alpha.zero_()
    state = torch.get_rng_state()
    drawn = method.proposals(space, net, seed=1)
    assert len(set(drawn)) == len(drawn) == 100
    assert drawn == method.proposals(space, net, seed=1)
    assert torch.equal(state, torch.get_rng_state())


# ---------------------------------------------------------------------- fair draws


def test_fair_draws_give_every_option_once_before_any_twice() -> None:
    net = supernet("spos", sampling="fair")
    for _ in range(3):
        designs = [net.draws.fresh() for _ in range(5)]
        for edge in designs[0]:
            assert len({design[edge] for design in designs}) == 5
    assert len({net.draws.fresh() for _ in range(20)}) == 20


def test_a_sampling_that_does_not_exist() -> None:
    with pytest.raises(UnknownName, match="fair"):
        supernet("spos", sampling="fare")


# ---------------------------------------------------------------------- made weights


def test_made_weights_are_what_is_kept_and_what_is_mixed_in() -> None:
    torch.manual_seed(0)
    nets = [nn.Sequential(nn.Conv2d(2, width, 3), nn.BatchNorm2d(width)) for width in (6, 4)]
    bank, net = Hypernetwork(nets, width=5), nets[1]
    codes = torch.randn(4, 5)
    made = bank.made(net, codes)
    key = "0/weight:4"
    shares = codes[0] @ bank.mixes[bank.places[key]]
    bases = bank.mixed[key].reshape(BASES, 6, 2, 3, 3)
    expected = bank.weights[key] + sum(shares[b] * bases[b] for b in range(BASES))
    torch.testing.assert_close(made["0.weight"], expected[:4])
    torch.testing.assert_close(made["1.weight"], bank.weights["1/weight:1"][:4])
    kept = WeightBank.parts(bank, net)
    assert {name: weight.shape for name, weight in made.items()} == {
        name: weight.shape for name, weight in kept.items()
    }


@pytest.mark.parametrize("method", ["smash", "ghn"])
@pytest.mark.parametrize("space", SPACES)
def test_a_design_that_was_taken_out_says_the_same(method: str, space: str) -> None:
    whole, opened = supernet(method, space), get_space(space, **SPACES[space])
    rng, x = np.random.default_rng(2), torch.randn(4, 3, 8, 8)
    for design in [opened.sample(rng) for _ in range(4)]:
        alone = whole.fill(opened.build(design, TASK), design)
        alone.eval()
        for norm in alone.modules():
            if isinstance(norm, nn.BatchNorm2d):
                norm.train()  # statistics of the batch, as in the supernet
        with torch.no_grad():
            torch.testing.assert_close(whole.eval().run(design, x), alone(x))


@pytest.mark.parametrize("method", ["spos", "smash", "ghn"])
def test_it_predicts_without_gradients(method: str) -> None:
    net = supernet(method).eval()
    with torch.inference_mode():
        assert net(torch.randn(4, 3, 8, 8)).shape == (4, 4)


@pytest.mark.parametrize("method", ["smash", "ghn"])
def test_how_weights_are_made_is_learned(method: str) -> None:
    net = supernet(method).train()
    nn.functional.cross_entropy(net(torch.randn(8, 3, 8, 8)), torch.arange(8) % 4).backward()
    slopes = {name: weight.grad for name, weight in net.encoder.named_parameters()}
    assert all(slope is not None and slope.any() for slope in slopes.values()), slopes


@pytest.mark.parametrize("method", ["smash", "ghn"])
def test_different_designs_get_different_weights_for_one_place(method: str) -> None:
    net = supernet(method)
    space = get_space("nasbench201", **SPACES["nasbench201"])
    designs = [space.complete({"1<-0": name}) for name in ("nor_conv_1x1", "avg_pool_3x3")]
    made = [net.weights_of(space.build(design, TASK), design) for design in designs]
    assert not torch.equal(made[0]["stem.0.weight"], made[1]["stem.0.weight"])


def test_a_graph_has_a_node_for_every_weight() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2, bias=False))
    graph = trace(net, (3,))
    assert len(set(graph.weights.tolist())) == 3
    hears = graph.edges.sum(dim=1)
    assert set(hears.tolist()) <= {0.0, 1.0}
    assert (hears == 0).sum() == 3  # weights hear nothing, and all else hears something
    assert [weight for weight, *_ in shared_weights(net)] == ["0.weight", "0.bias", "2.weight"]
