"""Choices inside a module: who answers, and what is left of the others."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from netwright.core.choosers import FixedChooser, Recorder
from netwright.core.domains import Categorical, Ordinal
from netwright.core.errors import ConfigError
from netwright.nn.choices import InputChoice, LayerChoice, ValueChoice, answered_by


def layers() -> dict[str, nn.Module]:
    return {"one": nn.Linear(2, 2), "two": nn.Linear(2, 2, bias=False)}


def recorded(**answers: Any) -> Recorder:
    return Recorder(FixedChooser(answers))


def test_a_chooser_answers_what_is_made_inside() -> None:
    with answered_by(recorded(width=5, layer="two", pick="1")):
        assert ValueChoice("width", [3, 5]) == 5
        assert LayerChoice("layer", layers()).name == "two"
        assert InputChoice("pick", 2).places == [1]
    assert ValueChoice("width", [5, 3]) == 3


def test_the_chooser_is_forgotten_after_an_error() -> None:
    with pytest.raises(ConfigError), answered_by(recorded(width=4)):
        ValueChoice("width", [3, 5])
    assert ValueChoice("width", [3, 5]) == 3


def test_the_innermost_chooser_answers() -> None:
    with answered_by(recorded(width=5)):
        with answered_by(recorded(width=7)):
            assert ValueChoice("width", [3, 5, 7]) == 7
        assert ValueChoice("width", [3, 5, 7]) == 5


@pytest.mark.parametrize(
    ("values", "domain"),
    [
        ([3, 1, 2], Ordinal((1, 2, 3))),
        ([0.5, 0.1], Ordinal((0.1, 0.5))),
        (["b", "a"], Categorical(("b", "a"))),
        ([True, False], Categorical((True, False))),
        ([1, "many"], Categorical((1, "many"))),
    ],
)
def test_numbers_stand_in_an_order_and_words_do_not(
    values: list[Any], domain: Categorical | Ordinal
) -> None:
    recorder = recorded()
    with answered_by(recorder):
        ValueChoice("value", values)
    assert recorder.domains["value"] == domain


def test_a_chosen_layer_is_all_that_is_left() -> None:
    made = layers()
    with answered_by(recorded(layer="two")):
        choice = LayerChoice("layer", made)
    assert list(choice.state_dict()) == ["layer.weight"]
    x = torch.randn(3, 2)
    torch.testing.assert_close(choice(x), made["two"](x))


def test_a_chosen_layer_may_take_several_inputs() -> None:
    choice = LayerChoice("layer", {"far": nn.PairwiseDistance()})
    assert choice(torch.zeros(2, 3), torch.ones(2, 3)).shape == (2,)


@pytest.mark.parametrize(
    ("inputs", "chosen", "sets"),
    [(3, 1, ("0", "1", "2")), (3, 2, ("0+1", "0+2", "1+2")), (2, 2, ("0+1",))],
)
def test_inputs_are_chosen_as_sets(inputs: int, chosen: int, sets: tuple[str, ...]) -> None:
    recorder = recorded()
    with answered_by(recorder):
        choice = InputChoice("pick", inputs, chosen)
    assert recorder.domains["pick"] == Categorical(sets)
    tensors = [torch.full((2,), 10.0**place) for place in range(inputs)]
    assert choice(tensors).tolist() == [sum(10.0**p for p in choice.places)] * 2


@pytest.mark.parametrize(("inputs", "chosen"), [(2, 3), (2, 0), (0, 1), (2, -1)])
def test_impossible_sets_are_refused(inputs: int, chosen: int) -> None:
    with pytest.raises(ConfigError, match="nothing to choose from"):
        InputChoice("pick", inputs, chosen)
