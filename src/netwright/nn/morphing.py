"""Function-preserving growth: a bigger net that says exactly what a trained one says.

Net2Net (Chen, Goodfellow and Shlens, ICLR 2016) widens and deepens, network morphism (Wei et al.,
ICML 2016) grows kernels, adds skips and sees through normalisation; Cai et al. (AAAI 2018) and
Elsken et al. (2018) search with them. Here one pass fills all weights of the bigger net, so that
any number of moves is one step:

- wider: new channels copy old ones, and whoever reads a copied channel divides its weights by the
  number of copies (Net2WiderNet);
- deeper: a new block's convolution is a Dirac impulse and its normalisation undoes itself;
- bigger kernel: zeros around the old one;
- skip: scaled by zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import pad

from netwright.core.errors import ConfigError
from netwright.nn.growing import Block, GrowingNet
from netwright.nn.plans import StagePlan, contains, matched


@dataclass(frozen=True)
class Widening:
    """Which old channel each new one copies.

    Attributes:
        source: (new width,) places of old channels, each once at least.
        shares: (new width,) what part of its source's weight a reader of the copy gets; the shares
            of one source add up to one.
    """

    source: Tensor
    shares: Tensor

    def copied(self, values: Tensor) -> Tensor:
        """(old width, ...) -> (new width, ...): for whoever makes the channels."""
        return values[self.source]

    def shared(self, weights: Tensor) -> Tensor:
        """(out, old width, ...) -> (out, new width, ...): for whoever reads them."""
        shares = self.shares.reshape(1, -1, *[1] * (weights.ndim - 2))
        return weights[:, self.source] * shares


def widening(old: int, new: int, generator: Generator, noise: float = 0.0) -> Widening:
    """Draws what the new channels copy.

    Args:
        old: Width before.
        new: Width after.
        generator: Decides.
        noise: How unevenly copies are read, below one. With none, equal copies stay equal while
            they learn; the function is kept either way.
    """
    more = torch.randint(old, (new - old,), generator=generator)
    source = torch.cat([torch.arange(old), more])
    weights = 1 + noise * (2 * torch.rand(new, generator=generator) - 1)
    # A channel that was not copied is read as before, to the bit.
    total = torch.zeros(old).index_add_(0, source, weights)
    return Widening(source, weights / total[source])


@torch.no_grad()
def morph(
    parent: GrowingNet, plan: tuple[StagePlan, ...], generator: Generator, noise: float = 0.0
) -> GrowingNet:
    """A bigger net with the parent's function (in evaluation mode, to rounding).

    Args:
        parent: Trained, in main memory.
        plan: What it becomes.
        generator: Decides which channels are copied.
        noise: See `widening`.

    Raises:
        ConfigError: The plan is smaller somewhere.
    """
    if not contains(plan, parent.plan):
        raise ConfigError(
            f"A net only grows: every stage at least as wide and deep. Got {plan} for a child of "
            f"{parent.plan}."
        )
    child = GrowingNet(plan, parent.inputs, parent.outputs)
    before = widening(parent.inputs, parent.inputs, generator)
    for place, (new, old) in enumerate(zip(plan, parent.plan, strict=True)):
        after = widening(old.width, new.width, generator, noise)
        sources = [0, *(None if m is None else m + 1 for m in matched(new, old) or [])]
        _grow_stage(child.blocks(place), parent.blocks(place), sources, before, after)
        before = after
    child.head.weight.copy_(before.shared(parent.head.weight))
    child.head.bias.copy_(parent.head.bias)
    return child.train(parent.training)


def _grow_stage(
    news: list[Block],
    olds: list[Block],
    sources: list[int | None],
    before: Widening,
    after: Widening,
) -> None:
    """Fills the blocks of a stage, each from the old one at its source or as a new one."""
    moments = torch.zeros(()), torch.ones(())
    for place, source in enumerate(sources):
        if source is None:
            _pass_on(news[place], *moments)
        else:
            _grow(news[place], olds[source], after if place else before, after)
            norm = news[place].norm
            moments = rectified(norm.bias, norm.weight.abs())


def _grow(new: Block, old: Block, before: Widening, after: Widening) -> None:
    """Fills a block from a smaller one."""
    weight = after.copied(before.shared(old.conv.weight))
    around = (new.conv.kernel_size[0] - old.conv.kernel_size[0]) // 2
    new.conv.weight.copy_(pad(weight, (around,) * 4))
    own = new.norm.state_dict()
    for name, values in old.norm.state_dict().items():
        own[name].copy_(after.copied(values) if values.ndim else values)
    if new.scale is not None:
        new.scale.copy_(torch.zeros(()) if old.scale is None else after.copied(old.scale))


def _pass_on(new: Block, mean: Tensor, variance: Tensor) -> None:
    """Makes a block hand on what it gets.

    Normalisation undoes itself whatever mean and variance it takes off and puts back. They are set
    to those of what the block gets, so that training, which takes off those of the batch, starts
    from nearly the same function too.
    """
    nn.init.dirac_(new.conv.weight)
    new.norm.get_buffer("running_mean").copy_(mean)
    new.norm.get_buffer("running_var").copy_(variance)
    new.norm.bias.copy_(mean)
    new.norm.weight.copy_((variance + new.norm.eps).sqrt())
    if new.scale is not None:
        new.scale.zero_()


def rectified(mean: Tensor, spread: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of max(0, z) for normal z.

    Args:
        mean: Of z.
        spread: Its standard deviation.
    """
    spread = spread.clamp(min=1e-6)
    ratio = mean / spread
    density = torch.exp(-(ratio**2) / 2) / math.sqrt(2 * math.pi)
    positive = torch.special.ndtr(ratio)
    first = mean * positive + spread * density
    second = (mean**2 + spread**2) * positive + mean * spread * density
    return first, (second - first**2).clamp(min=1e-6)
