"""Episodes in the training loop: drawn by position, learned from as rows are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from netwright.core.context import Context
from netwright.core.errors import UnknownName
from netwright.data.tasksets import Terms
from netwright.nn.conv4 import Conv4
from netwright.nn.normalisation import normalise_tasks
from netwright.nn.recipe import Recipe
from netwright.nn.schedules import Pace
from netwright.nn.training import train
from netwright.paradigms.fewshot import METHODS, get_method, known_methods
from netwright.paradigms.fewshot.episodes import Episodes
from netwright.paradigms.fewshot.method import Method
from tests.paradigms.fewshot.toys import pool

TERMS = Terms(3, 1, 4)


def episodes(count: int = 8, seed: int = 0, fresh: bool = False) -> Episodes:
    return Episodes(pool(), TERMS, count, seed, fresh)


def test_a_batch_of_tasks_is_a_batch_of_rows() -> None:
    part = episodes().take(torch.tensor([1, 5]))
    support, labels, query = part.inputs
    assert support.shape == (2, 3, 1, 8, 8)
    assert labels.tolist() == [[0, 1, 2]] * 2
    assert query.shape == (2, 12, 1, 8, 8)
    assert part.target.shape == (2, 12)
    assert len(part) == 2


def test_the_nth_episode_is_the_same_however_it_is_asked_for() -> None:
    one = episodes().take(torch.tensor([6])).inputs[0]
    other = episodes(count=20).take(slice(5, 8)).inputs[0][1:2]
    assert torch.equal(one, other)
    assert not torch.equal(one, episodes(seed=1).take(torch.tensor([6])).inputs[0])


def test_epochs_are_fresh_only_where_they_should_be() -> None:
    def first(rows: Episodes, epoch: int) -> Tensor:
        return rows.of_epoch(epoch).take(slice(0, 1)).inputs[0]

    assert torch.equal(first(episodes(), 1), first(episodes(), 2))
    assert not torch.equal(first(episodes(fresh=True), 1), first(episodes(fresh=True), 2))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_learns_in_the_one_loop(name: str) -> None:
    torch.manual_seed(0)
    net = normalise_tasks(Conv4(1, (8, 8), 3, filters=8), "transductive")
    kind = get_method(name)
    method: Method = kind(net) if kind.compares else kind(net, inner_lr=0.4, inner_steps=2)
    watched: list[float] = []

    def right(outputs: Tensor, target: Tensor) -> float:
        watched.append(float((outputs.argmax(-1) == target).float().mean()))
        return watched[-1]

    recipe = Recipe(epochs=3, batch_size=4, optimiser="adam", lr=3e-3, weight_decay=0, patience=9)
    train(method, episodes(32, fresh=True), episodes(8, 1), method.loss, recipe, Context(), right)
    assert max(watched) > 0.45  # by chance a third


def test_time_is_kept_for_judging_episodes_that_are_larger(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept: list[float] = []

    class Noted(Pace):
        def __init__(self, context: Context, total: int, warmup: float, validation: float) -> None:
            kept.append(validation)
            super().__init__(context, total, warmup, validation)

    monkeypatch.setattr("netwright.nn.training.Pace", Noted)
    small, large = (Episodes(pool(6, 10), Terms(3, 1, queries), 8, 0) for queries in (1, 9))
    method = get_method("protonet")(Conv4(1, (8, 8), 3, 4))
    recipe = Recipe(epochs=1, batch_size=4, optimiser="adam", lr=3e-3, weight_decay=0, patience=9)
    train(method, small, large, method.loss, recipe, Context(), lambda outputs, target: 0.0)
    assert kept == [8 * 30 / (4 * 6)]  # samples that are judged, in steps of those that teach


def test_methods_are_found_by_name() -> None:
    assert known_methods() == sorted(METHODS)
    assert get_method("tests.paradigms.fewshot.toys:pool") is pool
    with pytest.raises(UnknownName, match="maml"):
        get_method("mam")


def test_pictures_are_augmented_each_for_itself_and_the_same_again() -> None:
    tasks = pool(6, 10, side=16)
    plain = Episodes(tasks, Terms(3, 1, 2), 8, 0)
    shifted = Episodes(tasks, Terms(3, 1, 2), 8, 0, augment=("crop",))
    one, again, other = (
        shifted.take(slice(0, 4)),
        shifted.take(slice(0, 4)),
        plain.take(slice(0, 4)),
    )
    for part, same, bare in zip(one.inputs, again.inputs, other.inputs, strict=True):
        assert torch.equal(part, same)
        assert part.shape == bare.shape
    assert torch.equal(one.inputs[1], other.inputs[1])
    assert not torch.equal(one.inputs[0], other.inputs[0])
    assert not torch.equal(one.inputs[2], other.inputs[2])
