"""What a net that can grow is made of, and which of two can become the other; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BlockPlan:
    """One block: the side of its kernel, odd, and whether it has a skip."""

    kernel: int = 3
    skip: bool = False


@dataclass(frozen=True)
class StagePlan:
    """One stage.

    Attributes:
        width: Channels of all its maps.
        kernel: Of the convolution that opens it; it halves the map in every stage but the first.
        blocks: What follows.
    """

    width: int
    kernel: int = 3
    blocks: tuple[BlockPlan, ...] = ()


def contains(child: tuple[StagePlan, ...], parent: tuple[StagePlan, ...]) -> bool:
    """Whether a net can grow into another."""
    if len(child) != len(parent):
        return False
    return all(
        new.width >= old.width and new.kernel >= old.kernel and matched(new, old) is not None
        for new, old in zip(child, parent, strict=True)
    )


def matched(child: StagePlan, parent: StagePlan) -> list[int | None] | None:
    """For each block of a child the parent's block it grows from, None for a new one.

    Returns:
        None if some block of the parent finds no place, in order, where it fits.
    """
    waiting = 0
    found: list[int | None] = []
    for new in child.blocks:
        old = parent.blocks[waiting] if waiting < len(parent.blocks) else None
        fits = old is not None and new.kernel >= old.kernel and new.skip >= old.skip
        found.append(waiting if fits else None)
        waiting += fits
    return found if waiting == len(parent.blocks) else None
