"""The nets that few-shot papers compare methods with."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.nn.connected import Connected
from netwright.nn.conv4 import Conv4
from netwright.nn.last_layer import last_layer
from netwright.spaces import get_space
from netwright.spaces.nets import image_task


def test_conv4_has_the_published_size() -> None:
    """Snell et al.: characters of 28 x 28 become 64 numbers by 111,936 weights; theirs have biases
    before normalisation, which takes them off again."""
    net = Conv4(1, (28, 28), 5)
    assert net.body(torch.zeros(2, 1, 28, 28)).shape == (2, 64)
    assert sum(weight.numel() for weight in net.body.parameters()) == 111_936 - 4 * 64


@pytest.mark.parametrize("side", [(28, 28), (84, 84), (5, 9), (1, 1)])
def test_conv4_takes_any_size(side: tuple[int, int]) -> None:
    assert Conv4(3, side, 7, filters=4)(torch.zeros(2, 3, *side)).shape == (2, 7)


def test_the_connected_net_is_mamls() -> None:
    net = Connected(784, 5)
    widths = [layer.out_features for layer in net.body if isinstance(layer, nn.Linear)]
    assert widths == [256, 128, 64, 64]
    assert net(torch.zeros(2, 1, 28, 28)).shape == (2, 5)


def test_hand_designs_are_spaces_whose_default_is_the_published_one() -> None:
    task = image_task((1, 28, 28), 5)
    for name, published in (("conv4", Conv4(1, (28, 28), 5)), ("connected", Connected(784, 5))):
        space = get_space(name)
        built = space.build(Config(space.defaults()), task)
        assert [(n, w.shape) for n, w in built.named_parameters()] == [
            (n, w.shape) for n, w in published.named_parameters()
        ]


def test_the_head_is_the_last_linear_layer() -> None:
    assert last_layer(Conv4(1, (28, 28), 5)) == "head"
    assert last_layer(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))) == "2"
    with pytest.raises(ConfigError, match="ends with a linear layer"):
        last_layer(nn.Conv2d(1, 1, 1))
