"""Weights that many nets share, each taking the part that fits it.

A weight is known by where it stands in its net. Of one that differs in size from net to net, a
smaller net takes the first channels and the middle of the kernel: its weights are entangled with
those of the larger ones (Cai et al., "Once-for-All", ICLR 2020; Chen et al., "AutoFormer", ICCV
2021). What stands in a module marked by `share_as` is known by that word instead of its place, so
that a block keeps its weights when others come and go before it, and two operations that may stand
on the same edge have weights of their own. A module marked by no word at all is not spoken of: what
it holds stands where itself does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from netwright.core.errors import ConfigError

M = TypeVar("M", bound=nn.Module)

_WORD = "shared_as"
_SETTLED = "settled_weights"
Named = tuple[str, str, Tensor]
"""The name of a weight in its net, what it is shared under, and the weight."""
CHANNELS = 2
"""Leading dimensions of a weight, of which a part is taken from the start."""
PATIENCE = 30
"""Nets in a row that bring nothing new before all places are thought to be known."""


def share_as(module: M, word: str) -> M:
    """Marks a module: its weights are shared under this word, wherever in its parent it stands.

    Args:
        module: What is marked.
        word: Stands for its place; empty to leave its place out.
    """
    setattr(module, _WORD, word)
    return module


class WeightBank(nn.Module):
    """A weight for every place that some nets have, as large as the largest needs.

    Args:
        nets: As many as there are, or without end: it stops when many in a row bring nothing new.
            Their own weights, those of the first before others', become the bank's.
    """

    def __init__(self, nets: Iterable[nn.Module]) -> None:
        super().__init__()
        wholes: dict[str, Tensor] = {}
        stale = 0
        for net in nets:
            new = [(key, own) for _, key, own in shared_weights(net) if not _held(key, own, wholes)]
            for key, own in new:
                wholes[key] = _grown(wholes.get(key), own.detach())
            stale = 0 if new else stale + 1
            if stale >= PATIENCE:
                break
        self.weights = nn.ParameterDict(
            {key: nn.Parameter(_without_gaps(whole)) for key, whole in sorted(wholes.items())}
        )

    def holds(self, net: nn.Module) -> bool:
        """Whether there is a large enough weight for every place of a net."""
        wholes = dict(self.weights.items())
        return all(_held(key, weight, wholes) for _, key, weight in shared_weights(net))

    def parts(self, net: nn.Module) -> dict[str, Tensor]:
        """The net's own name of each of its weights, and the bank's part for it.

        Raises:
            ConfigError: The net has a place that the bank has nothing for.
        """
        wholes, parts = dict(self.weights.items()), dict[str, Tensor]()
        for name, key, own in shared_weights(net):
            if not _held(key, own, wholes):
                raise ConfigError(
                    "This design has a part that the supernet has no weights for; search again, or "
                    "train it from scratch."
                )
            parts[name] = part_of(wholes[key], own.shape)
        return parts

    def fill(self, net: M) -> M:
        """Gives a net a copy of its parts."""
        return filled(net, self.parts(net))


@torch.no_grad()
def filled(net: M, weights: Mapping[str, Tensor]) -> M:
    """Gives a net a copy of weights, by their names."""
    for name, weight in net.named_parameters():
        weight.copy_(weights[name])
    return net


def settled(net: M) -> M:
    """Has where its weights stand found out once; the net must not change any more."""
    setattr(net, _SETTLED, list(shared_weights(net)))
    return net


def shared_weights(net: nn.Module) -> Iterable[Named]:
    """Every weight, and what it is shared under."""
    known: list[Named] | None = getattr(net, _SETTLED, None)
    return _found(net) if known is None else known


def _found(net: nn.Module) -> Iterator[Named]:
    words = {name: getattr(module, _WORD, None) for name, module in net.named_modules()}
    for name, weight in net.named_parameters():
        steps = name.split(".")
        places = (".".join(steps[: length + 1]) for length in range(len(steps)))
        spoken = [_spoken(words.get(at), step) for at, step in zip(places, steps, strict=True)]
        key = "/".join(step for step in spoken if step)
        yield name, f"{key.replace('.', '_')}:{weight.ndim}", weight


def _spoken(word: str | None, step: str) -> str:
    return step if word is None else word


def _held(key: str, weight: Tensor, wholes: Mapping[str, Tensor]) -> bool:
    if key not in wholes:
        return False
    return all(one <= most for one, most in zip(weight.shape, wholes[key].shape, strict=True))


def part_of(whole: Tensor, shape: Iterable[int], first: int = 0) -> Tensor:
    """The first channels, and the middle of the kernel.

    Args:
        whole: A weight, or several behind some dimensions.
        shape: Of the part, those dimensions included.
        first: How many dimensions stand before a weight's own.
    """
    for axis, size in enumerate(shape):
        spare = whole.shape[axis] - size
        if spare:
            whole = whole.narrow(axis, 0 if axis < first + CHANNELS else spare // 2, size)
    return whole


def _grown(known: Tensor | None, weight: Tensor) -> Tensor:
    """Both weights in one that is large enough; where neither reaches, it is no number."""
    if known is None:
        return weight.clone()
    most = [max(sizes) for sizes in zip(known.shape, weight.shape, strict=True)]
    grown = known.new_full(most, math.nan)
    for own in (weight, known):  # what was there first stays
        part_of(grown, own.shape).copy_(own)
    return grown


def _without_gaps(whole: Tensor) -> Tensor:
    """Puts other numbers of the same weight where no net had any: they are spread alike."""
    gaps = whole.isnan()
    if gaps.any():
        known = whole[~gaps]
        whole[gaps] = known[torch.randint(len(known), (int(gaps.sum()),))]
    return whole
