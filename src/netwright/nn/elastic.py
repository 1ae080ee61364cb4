"""Nets inside one net, the small ones a part of the large ones, all trained to be used as they are
(Cai et al., "Once-for-All: Train One Network and Specialize it for Efficient Deployment", ICLR
2020).

A smaller kernel is the middle of the larger one behind a matrix of its own, which begins as the
identity. What a smaller net leaves out are its last channels, so before widths shrink the channels
are sorted by their importance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from netwright.nn.bilevel import Turn
from netwright.nn.single_path import Draws, SinglePath
from netwright.nn.weight_bank import WeightBank, part_of, shared_weights

D = TypeVar("D")


class ElasticBank(WeightBank):
    """A bank whose smaller kernels are made from the larger ones.

    Args:
        nets: As for a bank.
    """

    def __init__(self, nets: Iterable[nn.Module]) -> None:
        super().__init__(nets)
        self.transforms = nn.ParameterDict(
            {
                f"{key}@{size}": nn.Parameter(torch.eye(size * size))
                for key, whole in self.weights.items()
                if whole.ndim == 4
                for size in range(whole.shape[-1] - 2, 1, -2)
            }
        )

    def parts(self, net: nn.Module) -> dict[str, Tensor]:
        """The net's own name of each of its weights, and the bank's part for it."""
        parts = super().parts(net)
        for name, key, own in shared_weights(net):
            if own.ndim == 4 and 1 < own.shape[-1] < self.weights[key].shape[-1]:
                parts[name] = self._shrunk(key, own.shape)
        return parts

    def _shrunk(self, key: str, shape: torch.Size) -> Tensor:
        """A kernel, size by size."""
        kernel = self.weights[key]
        outputs, inputs, _, size = shape
        for side in range(kernel.shape[-1] - 2, size - 1, -2):
            middle = part_of(kernel, (outputs, inputs, side, side)).flatten(2)
            kernel = (middle @ self.transforms[f"{key}@{side}"]).unflatten(2, (side, side))
        return kernel

    @torch.no_grad()
    def sort(self, net: nn.Module) -> None:
        """Puts the important channels inside the blocks of the largest net first.

        Args:
            net: The largest; its blocks say by `inner_channels` where their inner channels stand,
                the weight that takes them in last.
        """
        keys = {name: key for name, key, _ in shared_weights(net)}
        for at, block in net.named_modules():
            tell = getattr(block, "inner_channels", None)
            places: Mapping[str, int] = {} if tell is None else tell()
            if not places:
                continue
            owned = {keys[f"{at}.{name}" if at else name]: axis for name, axis in places.items()}
            last, axis = list(owned.items())[-1]
            important = self.weights[last].abs().transpose(0, axis).flatten(1).sum(dim=1)
            order = important.argsort(descending=True, stable=True)
            for key, axis in owned.items():
                weight = self.weights[key]
                weight.copy_(weight.index_select(axis, order))


class Shrinking(Draws[D]):
    """Draws designs that shrink phase by phase, and lets the largest one teach the others.

    Args:
        draw: Draws a design of a phase from a seed.
        fits: Whether there are weights for all of a design.
        phases: Share of the training at whose end each phase begins, the first one at 0.
        sort: Called when the last phase begins.
        teaching: Share of the training at whose end lessons begin, after the first phase.
    """

    reached: Tensor

    def __init__(
        self,
        draw: Callable[[int, int], D],
        fits: Callable[[D], bool],
        phases: tuple[float, ...],
        sort: Callable[[], None],
        teaching: float = 0.0,
    ) -> None:
        super().__init__(draw, fits)  # type: ignore[arg-type]
        self.phases, self._sort, self.teaching = phases, sort, teaching
        self.teaches = False
        self.register_buffer("reached", torch.tensor(0))
        self._lesson: Tensor | None = None

    def learn(self, turn: Turn | None) -> None:
        """Sees which phase it is, and draws one of its designs."""
        gone = 0.0 if turn is None else turn.gone
        phase = sum(gone >= begin for begin in self.phases) - 1
        if phase > int(self.reached):
            if phase == len(self.phases) - 1:
                self._sort()
            self.reached.fill_(phase)
        self.teaches = phase > 0 and gone >= self.teaching
        super().learn(turn)

    def fresh(self) -> D:
        """A design of the phase."""
        seed = int(torch.randint(2**62, ()))
        return self._draw(seed, int(self.reached))  # type: ignore[call-arg]

    def taught(self, said: Tensor, known: Tensor) -> None:
        """Remembers how far what a design said is from what the largest one says.

        Args:
            said: (batch, outputs).
            known: Likewise, of the largest.
        """
        if said.shape[1] == 1:
            self._lesson = (said - known).square().mean()
        else:
            soft = known.softmax(dim=1)
            self._lesson = -(soft * said.log_softmax(dim=1)).sum(dim=1).mean()

    def beside(self, turn: Turn) -> Tensor | None:
        """The last lesson, once."""
        lesson, self._lesson = self._lesson, None
        return lesson


class ElasticNet(SinglePath[D]):
    """Runs designs that shrink as training goes on.

    Args:
        bank: The weights.
        build: Makes the net of a design.
        draw: Draws a design of a phase from a seed.
        largest: The design that all others are a part of.
        phases: When each phase begins, as a share of the training.
        teaching: When the largest begins to teach.
    """

    bank: ElasticBank
    draws: Shrinking[D]

    def __init__(
        self,
        bank: ElasticBank,
        build: Callable[[D], nn.Module],
        draw: Callable[[int, int], D],
        largest: D,
        phases: tuple[float, ...],
        teaching: float = 0.0,
    ) -> None:
        self._phases, self._teaching = phases, teaching
        super().__init__(bank, build, draw)  # type: ignore[arg-type]
        self.largest = largest

    def drawing(self, draw: Callable[..., D]) -> Shrinking[D]:
        """Phase by phase."""
        return Shrinking(draw, self.has, self._phases, self._sort, self._teaching)

    def _sort(self) -> None:
        self.bank.sort(self.net_of(self.largest))

    def forward(self, *inputs: Tensor) -> Tensor:
        """What the drawn design says; where the largest one teaches, that says it before."""
        said: Tensor
        if not (self.training and self.draws.teaches):
            said = super().forward(*inputs)
            return said
        with torch.no_grad():
            known = self.run(self.largest, *inputs)
        said = super().forward(*inputs)
        self.draws.taught(said, known)
        return said
