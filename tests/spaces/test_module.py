"""A person's own module as a space."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from netwright.core.errors import ConfigError
from netwright.core.task import Task
from netwright.nn.choices import InputChoice, LayerChoice, ValueChoice
from netwright.spaces import get_space
from netwright.spaces.module import ModuleSpace
from netwright.spaces.nets import image_task
from netwright.testing import check_space

TASK = image_task((2, 8, 8), 3)


class Own(nn.Module):
    def __init__(self, task: Task) -> None:
        super().__init__()
        width = ValueChoice("width", [8, 4])
        self.bias = ValueChoice("bias", [False, True])
        first = nn.Conv2d(task.input_shape[0], width, 1, bias=self.bias)
        self.layer = LayerChoice("layer", {"small": first, "large": nn.Conv2d(2, width, 3)})
        self.pick = InputChoice("pick", 3, 2)
        self.head = nn.Linear(width, task.outputs)

    def forward(self, x: Tensor) -> Tensor:
        value = self.layer(x).mean(dim=(2, 3))
        out: Tensor = self.head(self.pick([value, 2 * value, 4 * value]))
        return out


def test_choices_are_read_and_counted() -> None:
    space = ModuleSpace(Own, TASK)
    check_space(space)
    assert space.size() == 2 * 2 * 2 * 3
    assert set(space.domains()) == {"width", "bias", "layer", "pick"}
    assert [config["width"] for config in space.every()][:2] == [4, 4], "numbers are sorted"


def test_only_the_chosen_parts_are_kept() -> None:
    space = ModuleSpace(Own, TASK)
    small = space.complete({"width": 4, "layer": "small", "bias": True})
    net = space.build(small, TASK)
    names = {name for name, _ in net.named_parameters()}
    assert names == {"layer.layer.weight", "layer.layer.bias", "head.weight", "head.bias"}
    assert sum(part.numel() for part in net.parameters()) == (2 * 4 + 4) + (4 * 3 + 3)


@pytest.mark.parametrize(("pick", "factor"), [("0+1", 3), ("0+2", 5), ("1+2", 6)])
def test_chosen_inputs_are_added(pick: str, factor: int) -> None:
    space = ModuleSpace(Own, TASK)
    net = space.build(space.complete({"pick": pick}), TASK)
    assert isinstance(net, Own)
    x = torch.randn(2, 2, 8, 8)
    value = net.layer(x).mean(dim=(2, 3))
    torch.testing.assert_close(net(x), net.head(factor * value))


def test_a_module_made_by_hand_takes_the_usual_answers() -> None:
    net = Own(TASK)
    assert (net.layer.name, net.pick.places, net.bias) == ("small", [0, 1], False)


def test_reading_leaves_chance_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    ModuleSpace(Own, TASK)
    assert torch.rand(1) == expected


def test_one_name_has_one_answer() -> None:
    def make(task: Task) -> nn.Module:
        widths = [ValueChoice("width", [1, 2, 3]) for _ in range(2)]
        return nn.Linear(*widths)

    space = ModuleSpace(make)
    assert space.size() == 3
    net = space.build(space.complete({"width": 3}), TASK)
    assert isinstance(net, nn.Linear)
    assert net.weight.shape == (3, 3)


def test_one_name_for_two_choices_is_refused() -> None:
    def make(task: Task) -> nn.Module:
        return nn.Linear(ValueChoice("width", [1, 2]), ValueChoice("width", [3, 4]))

    with pytest.raises(ConfigError, match="stands twice"):
        ModuleSpace(make)


def test_a_choice_that_depends_on_another_is_refused() -> None:
    def make(task: Task) -> nn.Module:
        depth = ValueChoice("depth", [1, 2, 3])
        widths = [ValueChoice(f"width{n}", [1]) for n in range(depth)]
        return nn.Linear(widths[0], 1)

    space = ModuleSpace(make)
    space.build(space.complete({"depth": 1}), TASK)
    with pytest.raises(ConfigError, match="'width2' is asked only after"):
        space.build(space.complete({"depth": 3}), TASK)


@pytest.mark.parametrize(
    "choice",
    [
        lambda: LayerChoice("empty", {}),
        lambda: InputChoice("empty", 2, 3),
        lambda: InputChoice("empty", 2, 0),
        lambda: ValueChoice("empty", []),
    ],
)
def test_nothing_to_choose_from_is_refused(choice: object) -> None:
    assert callable(choice)
    with pytest.raises(ConfigError, match="'empty' has nothing"):
        choice()


def test_a_module_without_choices_is_one_design() -> None:
    space = ModuleSpace(lambda task: nn.Linear(1, 1))
    assert space.size() == 1
    assert isinstance(space.build(space.complete(), image_task((1, 1, 1), 2)), nn.Linear)


def test_a_module_that_does_not_take_the_task_is_refused() -> None:
    with pytest.raises(ConfigError, match="must take the task"):
        ModuleSpace(lambda: nn.Linear(1, 1))  # type: ignore[arg-type, misc]


def test_a_module_is_found_by_package_and_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2] / "examples"), *sys.path])
    space = get_space("own_net:OwnNet")
    assert isinstance(space, ModuleSpace)
    assert space.size() == 3 * 3 * 2
    net = space.build(space.sample(np.random.default_rng(0)), TASK)
    assert net(torch.randn(2, 2, 8, 8)).shape == (2, 3)
