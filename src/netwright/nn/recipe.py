"""How to train, said once; a recipe holds no tensors, so it travels and is written down."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from netwright.core.errors import ConfigError, unknown_name
from netwright.nn.bilevel import companion_of

OPTIMISERS = ("adamw", "adam", "sgd")
FUSED = ("cpu", "cuda", "mps")
"""Devices on which torch updates a weight in one pass, a fraction of the time of one by one."""
PRECISIONS = ("float32", "auto", "bfloat16", "float16")
KEPT = ("best", "last")
AUGMENTATIONS = ("crop", "affine", "flip", "cutout", "mixup", "cutmix", "trivial")


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        epochs: Most passes over the rows.
        batch_size: Rows a step.
        optimiser: `adamw`, `adam` or `sgd` (with Nesterov momentum 0.9).
        lr: Peak learning rate; it warms up first and falls along a cosine afterwards.
        weight_decay: Decoupled for adamw, an L2 penalty otherwise.
        patience: Epochs without improvement before stopping.
        clip: Largest gradient norm.
        warmup: Share of the steps in which the learning rate rises.
        label_smoothing: Share of a class's probability spread evenly over all classes.
        augment: What happens to the images of a batch, in this order: any of `crop`, `affine`,
            `flip`, `trivial`, `cutout`, `mixup`, `cutmix`; of the last two each batch draws one.
        ema: Decay of the averaged weights, which are then validated and kept; None for none.
        precision: `float32`, `bfloat16`, `float16`, or `auto`: half where the device is made for
            it, else float32.
        channels_last: Whether images lie in memory pixel by pixel, which many devices prefer.
        auxiliary: Weight of the loss of each auxiliary head.
        validate_seconds: Under a deadline, epochs longer than this are validated in between.
        checkpoint_seconds: Least seconds between checkpoints in `context.folder`, written after
            an epoch and resumed from; None for no checkpoints.
        keep: `best` for the weights of the best validation, `last` for the last ones, whatever they
            are worth; then nothing is validated unless somebody watches.
        report_loss: Whether epochs that nothing is validated after report their training loss,
            for whoever watches.
    """

    epochs: int = 50
    batch_size: int = 256
    optimiser: str = "adamw"
    lr: float = 1e-3
    weight_decay: float = 1e-4
    patience: int = 8
    clip: float = 5.0
    warmup: float = 0.05
    label_smoothing: float = 0.0
    augment: tuple[str, ...] = ()
    ema: float | None = None
    precision: str = "float32"
    channels_last: bool = False
    auxiliary: float = 0.4
    validate_seconds: float = 60.0
    checkpoint_seconds: float | None = None
    keep: str = "best"
    report_loss: bool = False

    def __post_init__(self) -> None:
        _known("optimiser", [self.optimiser], OPTIMISERS)
        _known("precision", [self.precision], PRECISIONS)
        _known("augmentation", self.augment, AUGMENTATIONS)
        _known("weights to keep", [self.keep], KEPT)
        shares = {"warmup": self.warmup, "label_smoothing": self.label_smoothing}
        for name, share in {**shares, "ema": self.ema or 0.0}.items():
            if not 0 <= share < 1:
                raise ConfigError(f"A recipe's {name} is a share from 0 to below 1. Got {share}.")


def make_optimiser(net: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimiser a recipe names; vectors (biases, norms) are not decayed.

    The parameters of a companion inside the net are not its own.
    """
    companion = companion_of(net)
    apart = set() if companion is None else set(companion.parameters())
    weights = [weight for weight in net.parameters() if weight not in apart]
    matrices = [weight for weight in weights if weight.ndim > 1]
    vectors = [weight for weight in weights if weight.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    fused = next(net.parameters()).device.type in FUSED
    if recipe.optimiser == "sgd":
        made = torch.optim.SGD(groups, lr=recipe.lr, momentum=0.9, nesterov=True, fused=fused)
        for weight in weights:  # torch's fused step wants all of them, though some rest at first
            made.state[weight]["momentum_buffer"] = torch.zeros_like(weight)
        return made
    kind = torch.optim.AdamW if recipe.optimiser == "adamw" else torch.optim.Adam
    return kind(groups, lr=recipe.lr, fused=fused)


def _known(what: str, given: tuple[str, ...] | list[str], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise unknown_name(what, name, known)
