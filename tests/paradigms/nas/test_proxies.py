"""Every proxy against a calculation by hand, another way, in double precision."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from netwright.paradigms.nas.proxies import get_proxy
from netwright.paradigms.nas.proxies.jacob_cov import SMALL
from netwright.paradigms.nas.proxies.linear_regions import STEPS
from netwright.paradigms.nas.proxies.naswot import agreement
from netwright.paradigms.nas.proxies.probe import Probe
from netwright.paradigms.nas.proxies.zen import IMAGES, NOISE
from tests.paradigms.nas.nets import (
    CLASSES,
    batch,
    convolutional,
    gradients_by_hand,
    weights_of,
)


def score(name: str, net: nn.Module, images: Tensor, targets: Tensor, seed: int = 0) -> float:
    return get_proxy(name)(net, images, targets, seed)


def test_grad_norm_sums_the_norms_of_the_layers() -> None:
    net, (images, targets) = convolutional(), batch()
    gradients = gradients_by_hand(net, images, targets)
    expected = sum(math.sqrt((gradient**2).sum()) for gradient in gradients)
    assert score("grad_norm", net, images, targets) == pytest.approx(expected, rel=1e-10)


def test_snip_is_the_change_of_the_loss_without_a_weight() -> None:
    net, (images, targets) = convolutional(norm=False), batch()
    gradients = gradients_by_hand(net, images, targets)
    found = score("snip", net, images, targets)
    pairs = list(zip(weights_of(net), gradients, strict=True))
    assert found == pytest.approx(sum((w * g).abs().sum().item() for w, g in pairs), rel=1e-10)
    share = 1e-6  # shrink one weight a little: the loss changes by that share of its part
    weight = weights_of(net)[0]
    before = cross_entropy(net(images), targets).item()
    with torch.no_grad():
        weight[0, 0, 1, 1] *= 1 - share
    change = abs(cross_entropy(net(images), targets).item() - before) / share
    assert change == pytest.approx((pairs[0][0] * pairs[0][1]).abs()[0, 0, 1, 1].item(), rel=1e-4)


def test_grasp_is_a_finite_difference_of_gradients() -> None:
    net, (images, targets) = convolutional(nn.Tanh()), batch()
    weights = weights_of(net)
    start = [weight.detach().clone() for weight in weights]
    flow = gradients_by_hand(net, images, targets)

    def gradients_at(step: float) -> list[Tensor]:
        with torch.no_grad():
            for weight, first, gradient in zip(weights, start, flow, strict=True):
                weight.copy_(first + step * gradient)
        return gradients_by_hand(net, images, targets)

    ahead, behind = gradients_at(1e-4), gradients_at(-1e-4)
    gradients_at(0)
    expected = -sum(
        (weight * (a - b) / 2e-4).sum().item()
        for weight, a, b in zip(start, ahead, behind, strict=True)
    )
    assert score("grasp", net, images, targets) == pytest.approx(expected, rel=1e-5)


def test_grasp_of_a_net_with_relus_is_twice_backward() -> None:
    net, (images, targets) = convolutional(), batch()
    weights = weights_of(net)
    flow = torch.autograd.grad(cross_entropy(net(images), targets), weights, create_graph=True)
    product = sum(((g * g.detach()).sum() for g in flow), torch.zeros(()))
    curved = torch.autograd.grad(product, weights)
    expected = -sum((w * hg).sum().item() for w, hg in zip(weights, curved, strict=True))
    assert score("grasp", net, images, targets) == pytest.approx(expected, rel=1e-9)


def test_grasp_is_the_mean_over_draws_of_the_weights() -> None:
    net, (images, targets) = convolutional(), batch(16)
    first = score("grasp", net, images[:8], targets[:8], seed=5)
    again = convolutional()
    torch.manual_seed(5)
    again.apply(lambda module: getattr(module, "reset_parameters", lambda: None)())
    second = score("grasp", again, images[8:], targets[8:])
    assert score("grasp", net, images, targets, 5) == pytest.approx((first + second) / 2, rel=1e-9)


def test_grasp_needs_second_derivatives() -> None:
    net, (images, targets) = convolutional(nn.Hardsigmoid()), batch()
    assert math.isnan(score("grasp", net, images, targets))


def test_fisher_is_the_squared_slope_of_a_gate_on_each_channel() -> None:
    net, (images, targets) = convolutional(), batch()
    expected = 0.0
    for layer, fan in ((net[0], 18), (net[3], 27), (net[7], 16)):
        shape = (len(images), layer.weight.shape[0], *[1] * (layer.weight.ndim - 2))
        gate = torch.ones(shape, dtype=torch.double, requires_grad=True)
        hook = layer.register_forward_hook(lambda layer, _, out, gate=gate: out * gate)
        (slope,) = torch.autograd.grad(cross_entropy(net(images), targets), gate)
        hook.remove()
        expected += fan * (slope**2).mean(0).sum().item() / 2
    assert score("fisher", net, images, targets) == pytest.approx(expected, rel=1e-10)


def test_synflow_of_a_linear_chain_is_layers_times_flow() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(32, 5, False), nn.Linear(5, CLASSES, False))
    one, two = (weight.detach().double().abs() for weight in weights_of(net))
    flow = (two @ one @ torch.ones(32, dtype=torch.double)).sum().item()
    images, targets = batch()
    found = score("synflow", net, images.float(), targets)
    assert found == pytest.approx(math.log1p(2 * flow), rel=1e-6)


def test_synflow_knows_neither_data_nor_batch_norms() -> None:
    with_norm, without = convolutional(), convolutional(norm=False)
    without.load_state_dict(with_norm.state_dict(), strict=False)
    found = score("synflow", with_norm, *batch(seed=1))
    assert found == pytest.approx(score("synflow", without, *batch(seed=2)), rel=1e-12)


def test_jacob_cov_by_the_whole_jacobian() -> None:
    net, (images, targets) = convolutional(nn.Tanh(), norm=False), batch()
    whole = torch.autograd.functional.jacobian(lambda x: net(x).sum(1), images)  # (b, b, c, h, w)
    rows = np.stack([whole[i, i].flatten().numpy() for i in range(len(images))])
    values = np.linalg.eigvalsh(np.corrcoef(rows)) + SMALL
    expected = -np.sum(np.log(values) + 1 / values)
    assert score("jacob_cov", net, images, targets) == pytest.approx(expected, rel=1e-8)


def test_agreement_is_units_less_the_hamming_distance() -> None:
    code = torch.tensor([[1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 0, 0]], dtype=torch.bool)
    assert agreement(code).tolist() == [[4, 2, 0], [2, 4, 2], [0, 2, 4]]


@pytest.mark.parametrize("seed", range(5))
def test_agreement_of_any_code(seed: int) -> None:
    code = np.random.default_rng(seed).random((7, 40)) < seed / 4
    differ = (code[:, None] != code[None]).sum(axis=2)
    assert np.array_equal(agreement(torch.tensor(code)).numpy(), 40 - differ)


class Functional(nn.Module):
    """A net whose rectifiers are functions."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two = nn.Linear(32, 9).double(), nn.Linear(9, CLASSES).double()

    def forward(self, x: Tensor) -> Tensor:
        return self.two(torch.relu(self.one(x.flatten(1))))


def test_naswot_of_rectifiers_that_are_functions() -> None:
    net, (images, targets) = Functional(), batch()
    code = (net.one(images.flatten(1)) > 0).numpy()
    agree = 9.0 - (code[:, None] != code[None]).sum(axis=2)
    sign, expected = np.linalg.slogdet(agree)
    assert sign > 0
    assert score("naswot", net, images, targets) == pytest.approx(expected, rel=1e-10)


def test_naswot_of_a_net_without_rectifiers_is_unknown() -> None:
    net, (images, targets) = convolutional(nn.Tanh()), batch()
    assert math.isnan(score("naswot", net, images, targets))
    assert score("linear_regions", net, images, targets) == 1


def test_linear_regions_are_the_planes_between_two_images() -> None:
    net, (images, targets) = Functional(), batch(4)
    side = net.one(images.flatten(1)) > 0
    crossed = (side[:2] != side[2:]).sum().item()
    assert crossed > 0
    assert STEPS > 2
    assert score("linear_regions", net, images, targets) == 1 + crossed / 2


def test_ntk_of_a_linear_model_is_the_gram_matrix_of_its_inputs() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(32, CLASSES).double())
    images, targets = batch(5)
    rows = np.hstack([images.flatten(1).numpy(), np.ones((5, 1))])  # the bias sees ones
    expected = -np.log10(np.linalg.cond(rows @ rows.T))
    assert score("ntk", net, images, targets) == pytest.approx(expected, rel=1e-8)


def test_ntk_of_images_that_are_the_same_is_unknown_or_hopeless() -> None:
    net, (images, targets) = convolutional(), batch()
    images[1] = images[0]
    found = score("ntk", net, images, targets)
    assert math.isnan(found) or found < -10


def test_zen_of_a_convolution_is_the_size_of_its_noise() -> None:
    net = nn.Sequential(nn.Conv2d(2, 3, 3, bias=False), nn.Flatten(), nn.Linear(12, 3)).double()
    images, targets = batch()
    probe = Probe(net, images, targets, seed=3)
    random = probe.generator()
    weight = torch.empty_like(probe.net[0].weight).normal_(generator=random)
    torch.empty_like(net[2].weight).normal_(generator=random)
    probe.normal(IMAGES, random)
    noise = NOISE * probe.normal(IMAGES, random)
    change = torch.conv2d(noise, weight).abs().sum((1, 2, 3)).mean()
    found = score("zen", net, images, targets, seed=3)
    assert found == pytest.approx(math.log(change), rel=1e-10)


def test_zen_puts_back_what_a_batch_norm_divides_by() -> None:
    layers = [nn.Conv2d(2, 1, 3, bias=False), nn.Flatten(), nn.Linear(4, 3)]
    plain = nn.Sequential(*layers).double()
    normed = nn.Sequential(layers[0], nn.BatchNorm2d(1), *layers[1:]).double()
    found = score("zen", normed, *batch())
    assert found == pytest.approx(score("zen", plain, *batch()), abs=1e-4)


def test_sizes() -> None:
    net, (images, targets) = convolutional(), batch()
    convolutions, head = 2 * 3 * 9 + 3 * 4 * 9, 16 * 3
    assert score("params", net, images, targets) == (convolutions + 6 + 8 + head + 3) / 1e6
    expected = (2 * 3 * 9 * 16 + 3 * 4 * 9 * 4 + head) / 1e6
    assert score("flops", net, images, targets) == pytest.approx(expected)
