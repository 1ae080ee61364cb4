"""The loop with all it can do: against a plain loop, under a deadline, watched, augmented."""

from __future__ import annotations

import copy
import time

import pytest
import torch
from torch import Tensor, nn

from netwright.core.context import Context
from netwright.core.errors import ConfigError, UnknownName
from netwright.nn.inputs import Pixels
from netwright.nn.precision import pick_precision
from netwright.nn.recipe import AUGMENTATIONS
from netwright.nn.schedules import rate_at
from netwright.nn.training import (
    Batchable,
    Recipe,
    classification_loss,
    make_optimiser,
    train,
    validate,
)


class TwoHeads(nn.Module):
    """A small net for images; while training it has an auxiliary head."""

    def __init__(self, auxiliary: bool = False) -> None:
        super().__init__()
        self.pixels = Pixels(torch.full((1,), 128.0), torch.full((1,), 64.0))
        self.body = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.drop = nn.Dropout(0.1)
        self.head, self.second = nn.Linear(6, 2), nn.Linear(6, 2)
        self.auxiliary = auxiliary

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        features = self.drop(self.body(self.pixels(x)).amax(dim=(2, 3)))
        if self.training and self.auxiliary:
            return self.head(features), self.second(features)
        out: Tensor = self.head(features)
        return out


def spots(rows: int = 96, seed: int = 0) -> Batchable:
    """Dark images; those of class 1 have a bright spot."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(100, (rows, 1, 8, 8), generator=generator, dtype=torch.uint8)
    target = torch.arange(rows) % 2
    images[target == 1, 0, 2:5, 3:6] += 120
    return Batchable([images], target)


def net(seed: int = 0, auxiliary: bool = False) -> TwoHeads:
    torch.manual_seed(seed)
    return TwoHeads(auxiliary)


def fit(recipe: Recipe, context: Context | None = None, auxiliary: bool = False) -> TwoHeads:
    made = net(auxiliary=auxiliary)
    train(made, spots(), spots(seed=1), classification_loss, recipe, context or Context())
    return made


def accuracy(made: nn.Module) -> float:
    rows = spots(seed=2)
    with torch.no_grad():
        return float((made(*rows.inputs).argmax(dim=1) == rows.target).float().mean())


def test_it_is_a_plain_loop_to_the_last_bit() -> None:
    ours, theirs = net(), net()
    rows, recipe = spots(), Recipe(epochs=3, batch_size=20, lr=0.01)
    torch.manual_seed(5)
    train(ours, rows, None, classification_loss, recipe, Context(seed=3))
    torch.manual_seed(5)
    generator = torch.Generator().manual_seed(3)
    optimiser, step = make_optimiser(theirs, recipe), 0
    for _ in range(3):
        for chosen in torch.randperm(len(rows), generator=generator).split(20):
            for group in optimiser.param_groups:
                group["lr"] = 0.01 * rate_at(step, 15)
            optimiser.zero_grad()
            classification_loss(
                theirs(rows.inputs[0][chosen]), rows.target[chosen], None
            ).backward()
            nn.utils.clip_grad_norm_(theirs.parameters(), recipe.clip)
            optimiser.step()
            step += 1
    for name, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value), name


RECIPES = {
    "plain": Recipe(),
    "smoothed": Recipe(label_smoothing=0.1),
    "averaged": Recipe(ema=0.9),
    "channels last": Recipe(channels_last=True),
    "half": Recipe(precision="bfloat16"),
    "half of old": Recipe(precision="float16"),
    "augmented": Recipe(augment=("crop", "flip", "cutout")),
    "trivial": Recipe(augment=("trivial",)),
    "mixed": Recipe(augment=("mixup", "cutmix"), label_smoothing=0.1),
    "all": Recipe(
        augment=AUGMENTATIONS, ema=0.9, label_smoothing=0.1, precision="bfloat16",
        channels_last=True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("auxiliary", [False, True])
def test_every_recipe_learns(name: str, auxiliary: bool) -> None:
    recipe = RECIPES[name]
    recipe = Recipe(**{**vars(recipe), "epochs": 25, "batch_size": 16, "lr": 0.05, "patience": 25})
    assert accuracy(fit(recipe, auxiliary=auxiliary)) > 0.85


def test_the_averaged_weights_are_validated_and_kept() -> None:
    rows, valid, made = spots(), spots(seed=1), net()
    recipe = Recipe(epochs=4, batch_size=16, lr=0.05, ema=0.95)
    trained = train(made, rows, valid, classification_loss, recipe, Context())
    plain = net()
    without = Recipe(epochs=4, batch_size=16, lr=0.05)
    train(plain, rows, valid, classification_loss, without, Context())
    assert validate(made, valid, classification_loss) == pytest.approx(trained.loss, rel=1e-5)
    assert not torch.equal(made.head.weight, plain.head.weight)


def test_auxiliary_heads_learn_only_if_they_count() -> None:
    before = net(auxiliary=True).second.weight
    after = fit(Recipe(epochs=2, auxiliary=0.0, weight_decay=0.0), auxiliary=True).second.weight
    assert torch.equal(before, after)
    after = fit(Recipe(epochs=2, auxiliary=0.4, weight_decay=0.0), auxiliary=True).second.weight
    assert not torch.equal(before, after)


def test_the_curve_has_a_point_an_epoch() -> None:
    recipe = Recipe(epochs=3, batch_size=16)
    trained = train(net(), spots(), spots(seed=1), classification_loss, recipe, Context())
    assert [epoch for epoch, _, _ in trained.curve] == [1, 2, 3]
    assert min(valid for _, _, valid in trained.curve if valid is not None) == trained.loss
    alone = train(net(), spots(), None, classification_loss, recipe, Context())
    assert [valid for _, _, valid in alone.curve] == [None] * 3
    assert alone.curve[0][1] == pytest.approx(trained.curve[0][1])
    assert not alone.pruned


def test_a_pruner_that_watches_can_stop() -> None:
    told: list[tuple[int, float]] = []

    def report(epoch: int, value: float) -> bool:
        told.append((epoch, value))
        return epoch == 2

    def watch(outputs: Tensor, target: Tensor) -> float:
        return float((outputs.argmax(dim=1) == target).float().mean())

    recipe, valid = Recipe(epochs=5), spots(seed=1)
    made, context = net(), Context(report=report)
    trained = train(made, spots(), valid, classification_loss, recipe, context, watch=watch)
    assert trained.pruned
    assert len(trained.curve) == 2
    assert [epoch for epoch, _ in told] == [1, 2]
    assert all(0 <= value <= 1 for _, value in told)


def test_nobody_is_told_what_nobody_watches() -> None:
    def report(epoch: int, value: float) -> bool:
        raise AssertionError

    recipe, context = Recipe(epochs=2), Context(report=report)
    train(net(), spots(), spots(seed=1), classification_loss, recipe, context)


def test_a_deadline_is_kept_and_the_rate_comes_down() -> None:
    rates = []

    class Spy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net()

        def forward(self, x: Tensor) -> Tensor:
            time.sleep(0.002)
            out: Tensor = self.net(x)
            return out

    made = Spy()
    recipe = Recipe(epochs=100_000, batch_size=16, patience=100_000, lr=0.01)
    original = torch.optim.AdamW.step

    def step(self: torch.optim.AdamW, closure: None = None) -> None:
        rates.append(self.param_groups[0]["lr"] / recipe.lr)
        original(self)

    started = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.AdamW, "step", step)
        context = Context(deadline=started + 1.0)
        train(made, spots(), spots(seed=1), classification_loss, recipe, context)
    assert time.monotonic() - started < 1.5
    assert max(rates) > 0.9
    assert rates[-1] < 0.05


def test_long_epochs_are_validated_in_between() -> None:
    recipe = Recipe(epochs=2, batch_size=2, validate_seconds=0.0)
    context = Context(deadline=time.monotonic() + 30)
    rows = spots(600)
    trained = train(net(), rows, spots(4, seed=1), classification_loss, recipe, context)
    epochs = [epoch for epoch, _, _ in trained.curve]
    assert len(epochs) > 2
    assert epochs == sorted(epochs)
    assert {1, 2} <= set(epochs)


def test_the_seed_decides_what_augmentation_does() -> None:
    recipe = Recipe(epochs=2, batch_size=16, augment=AUGMENTATIONS)
    one, same, other = (fit(recipe, Context(seed=seed)).head.weight for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_only_images_are_augmented() -> None:
    rows = Batchable([torch.randn(8, 3)], torch.arange(8) % 2)
    recipe = Recipe(augment=("flip",))
    with pytest.raises(ConfigError, match=r"Augmentation needs one input of images.*\(2, 3\)"):
        train(nn.Linear(3, 2), rows, None, classification_loss, recipe, Context())


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ({"optimiser": "adamv"}, UnknownName, "Did you mean 'adam'"),
        ({"precision": "half"}, UnknownName, "There is no precision 'half'"),
        ({"ema": 1.0}, ConfigError, "ema is a share from 0 to below 1. Got 1.0"),
        ({"label_smoothing": -0.1}, ConfigError, "label_smoothing is a share"),
    ],
)
def test_recipes_that_make_no_sense(
    words: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        Recipe(**words)  # type: ignore[arg-type]


def test_precision_is_half_only_where_the_device_is_made_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for able, expected in ((True, torch.bfloat16), (False, torch.float32)):
        told = {"amx_bf16": able}
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda told=told: told)
        assert pick_precision("auto", torch.device("cpu")) == expected
    assert pick_precision("bfloat16", torch.device("cpu")) == torch.bfloat16
    for able, expected in ((True, torch.bfloat16), (False, torch.float16)):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda able=able, **words: able)
        assert pick_precision("auto", torch.device("cuda")) == expected


def test_rows_stay_as_they_were() -> None:
    rows = spots()
    before = copy.deepcopy(rows.inputs[0])
    recipe = Recipe(epochs=1, augment=AUGMENTATIONS)
    train(net(), rows, None, classification_loss, recipe, Context())
    assert torch.equal(rows.inputs[0], before)
    assert rows.nbytes == before.nbytes + rows.target.nbytes


def test_the_weights_that_are_kept_may_be_chosen_by_something_else() -> None:
    """By what grows with the loss's fall, the first epoch's weights are the best."""
    recipe = Recipe(epochs=4, batch_size=16, lr=1e-2, patience=9)

    def certain(
        outputs: Tensor, target: Tensor, weight: Tensor | None, smoothing: float = 0.0
    ) -> Tensor:
        return -classification_loss(outputs, target, weight, smoothing)

    valid = spots(32, seed=1)
    usual = train(net(), spots(), valid, classification_loss, recipe, Context())
    other = train(net(), spots(), valid, classification_loss, recipe, Context(), valid_loss=certain)
    assert other.epochs == 1 < usual.epochs
    assert other.loss == min(point[2] for point in other.curve)
