"""A training that was stopped goes on as if it never was; a full disk loses nothing."""

from __future__ import annotations

import errno
import os
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from torch import nn

from netwright.core.context import Context
from netwright.nn.checkpoints import (
    NAME,
    Checkpoints,
    load_optimiser,
    mark_of,
    optimiser_tensors,
)
from netwright.nn.recipe import make_optimiser
from netwright.nn.training import Batchable, Recipe, classification_loss, regression_loss, train
from tests.nn.test_training import net, spots


class Stopped(Exception):
    """The process dies here."""


def dying_after(epochs: int, context: Context) -> Context:
    def report(epoch: int, value: float) -> bool:
        if epoch > epochs:
            raise Stopped
        return False

    return context.but(report=report)


def run(recipe: Recipe, context: Context, seed: int = 0) -> tuple[nn.Module, object]:
    torch.manual_seed(seed)
    made = net()
    trained = train(
        made, spots(), spots(seed=1), classification_loss, recipe, context, lambda out, _: 0.0
    )
    return made, trained


@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
@pytest.mark.parametrize("ema", [None, 0.9])
def test_resumed_is_never_stopped_to_the_last_bit(
    optimiser: str, ema: float | None, tmp_path: Path
) -> None:
    recipe = Recipe(
        epochs=6, batch_size=16, lr=0.02, optimiser=optimiser, ema=ema,
        augment=("crop", "mixup", "trivial"), checkpoint_seconds=0.0,
    )  # fmt: skip
    whole, trained = run(recipe, Context(seed=4, folder=tmp_path / "whole"))
    stopped = Context(seed=4, folder=tmp_path / "stopped")
    with pytest.raises(Stopped):
        run(recipe, dying_after(3, stopped))
    assert (tmp_path / "stopped" / NAME).exists()
    again, trained_again = run(recipe, stopped, seed=99)  # other random weights to begin with
    for name, value in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name
    assert trained_again == trained
    assert not (tmp_path / "stopped" / NAME).exists()


def test_moments_are_laid_out_as_their_weights() -> None:
    torch.manual_seed(0)
    one = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    other = deepcopy(one)
    before, after = (make_optimiser(layer, Recipe(lr=0.1)) for layer in (one, other))
    slopes = [torch.randn_like(weight) for weight in one.parameters()]

    def step(layer: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        for weight, slope in zip(layer.parameters(), slopes, strict=True):
            weight.grad = slope.clone()
        optimiser.step()

    step(one, before)
    other.load_state_dict(one.state_dict())
    kept = optimiser_tensors(before).items()
    load_optimiser(after, {n: v.clone(memory_format=torch.contiguous_format) for n, v in kept})
    step(one, before)
    step(other, after)
    for ours, theirs in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_another_training_is_not_continued(tmp_path: Path) -> None:
    recipe = Recipe(epochs=3, checkpoint_seconds=0.0)
    context = Context(folder=tmp_path)
    with pytest.raises(Stopped):
        run(recipe, dying_after(1, context))
    kept = (tmp_path / NAME).read_bytes()
    mended = Recipe(epochs=3, lr=0.1, checkpoint_seconds=0.0)
    with pytest.raises(Stopped):
        run(mended, dying_after(0, context))
    assert (tmp_path / NAME).read_bytes() == kept
    _, trained = run(mended, context)
    _, afresh = run(mended, Context(folder=tmp_path / "elsewhere"))
    assert trained == afresh


def test_without_the_wish_or_a_folder_nothing_is_written(tmp_path: Path) -> None:
    run(Recipe(epochs=1), Context(folder=tmp_path))
    run(Recipe(epochs=1, checkpoint_seconds=0.0), Context())
    assert list(tmp_path.iterdir()) == []


TENSORS = {"net/weight": torch.arange(6.0).reshape(2, 3)}


@pytest.mark.parametrize("broken", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_one_before(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoints = Checkpoints(tmp_path, "mark", 0.0)
    assert checkpoints.write(TENSORS, {"epoch": 1})

    def full(*words: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if broken == "write":
            patch.setattr("netwright.nn.weights.save", full)
        else:
            patch.setattr(os, broken, full)
        assert not checkpoints.write({"net/weight": torch.zeros(2, 3)}, {"epoch": 2})
    assert "No space left on device" in caplog.text
    saved = checkpoints.read()
    assert saved is not None
    assert saved.facts["epoch"] == 1
    assert torch.equal(saved.within("net")["weight"], TENSORS["net/weight"])
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_training_goes_on_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*words: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    recipe = Recipe(epochs=3, checkpoint_seconds=0.0)
    whole, _ = run(recipe, Context())
    monkeypatch.setattr(os, "fsync", full)
    made, _ = run(recipe, Context(folder=tmp_path))
    assert torch.equal(made.state_dict()["head.weight"], whole.state_dict()["head.weight"])


@pytest.mark.parametrize("length", [0, 5, 100])
def test_a_damaged_file_is_no_checkpoint(length: int, tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, "mark", 0.0)
    assert checkpoints.read() is None
    checkpoints.write(TENSORS, {"epoch": 1})
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:length])
    assert checkpoints.read() is None


def test_a_checkpoint_waits_its_time(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path, "mark", 0.0).due()
    assert not Checkpoints(tmp_path, "mark", 1000.0).due()


def test_the_mark_tells_rows_and_recipes_apart() -> None:
    one = mark_of(["a", 1], [torch.arange(3)])
    assert one == mark_of(["a", 1], [torch.arange(3)])
    assert one != mark_of(["a", 2], [torch.arange(3)])
    assert one != mark_of(["a", 1], [torch.tensor([0, 2, 1])])


def test_a_net_without_validation_is_resumed_too(tmp_path: Path) -> None:
    rows = Batchable([torch.randn(40, 2)], torch.randn(40))
    recipe = Recipe(epochs=2, checkpoint_seconds=0.0)
    context = Context(folder=tmp_path)
    trained = train(nn.Linear(2, 1), rows, None, regression_loss, recipe, context)
    assert trained.epochs == 2
