"""Cells of nodes with two inputs each, written down as DARTS does (Liu et al., ICLR 2019).

`Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ...], normal_concat=range(2, 6),
reduce=[...], reduce_concat=range(2, 6))`: inputs 0 and 1 are the outputs of the two cells before,
nodes are numbered from 2, and each takes two (operation, where from). The cell's output is the
nodes of `concat` side by side. Nothing here needs torch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from netwright.core.errors import ConfigError

Genes = tuple[tuple[str, int], ...]
"""Two (operation, node it comes from) for every node in turn."""

_GENE = r"\('(\w+)', (\d+)\)"
_GENES = rf"\[({_GENE}(?:, {_GENE})*)\]"
_CONCAT = r"(range\(\d+, \d+\)|\[\d+(?:, \d+)*\])"
_SHAPE = re.compile(
    rf"Genotype\(normal={_GENES}, normal_concat={_CONCAT}, reduce={_GENES}, "
    rf"reduce_concat={_CONCAT}\)"
)


@dataclass(frozen=True)
class Genotype:
    """A normal and a reduction cell."""

    normal: Genes
    normal_concat: tuple[int, ...]
    reduce: Genes
    reduce_concat: tuple[int, ...]

    def __post_init__(self) -> None:
        for genes, concat in (
            (self.normal, self.normal_concat),
            (self.reduce, self.reduce_concat),
        ):
            nodes = 2 + len(genes) // 2
            early = all(source < 2 + place // 2 for place, (_, source) in enumerate(genes))
            if len(genes) % 2 or not early or not set(concat) <= set(range(nodes)):
                raise ConfigError(
                    "Every node of a cell takes two inputs from before it, and a cell delivers "
                    f"nodes it has. Got {list(genes)} and concat {list(concat)}."
                )

    def cell(self, reduces: bool) -> tuple[Genes, tuple[int, ...]]:
        """What the nodes of a cell do, and which of them it delivers."""
        if reduces:
            return self.reduce, self.reduce_concat
        return self.normal, self.normal_concat

    def __str__(self) -> str:
        return (
            f"Genotype(normal={list(self.normal)}, "
            f"normal_concat={_written(self.normal_concat)}, "
            f"reduce={list(self.reduce)}, reduce_concat={_written(self.reduce_concat)})"
        )

    @classmethod
    def parse(cls, text: str) -> Genotype:
        """Reads the published text; spaces and line breaks between words do not matter.

        Raises:
            ConfigError: It is not one.
        """
        plain = re.sub(r",\s*([\])])", r"\1", " ".join(text.replace('"', "'").split()))
        plain = re.sub(r"\s*([=(\[\])])\s*", r"\1", plain)
        found = _SHAPE.fullmatch(re.sub(r"\s*,\s*", ", ", plain))
        if found is None:
            raise ConfigError(
                "A genotype is written Genotype(normal=[('skip_connect', 0), ...], "
                "normal_concat=range(2, 6), reduce=[...], reduce_concat=range(2, 6)). "
                f"Got {text[:80]!r}."
            )
        normal, normal_concat, reduce, reduce_concat = (found[place] for place in (1, 6, 7, 12))
        return cls(_genes(normal), _concat(normal_concat), _genes(reduce), _concat(reduce_concat))


def _genes(text: str) -> Genes:
    return tuple((name, int(source)) for name, source in re.findall(_GENE, text))


def _concat(text: str) -> tuple[int, ...]:
    numbers = tuple(int(digits) for digits in re.findall(r"\d+", text))
    return tuple(range(*numbers)) if text.startswith("range") else numbers


def _written(concat: tuple[int, ...]) -> str:
    """As a range where it is one."""
    whole = range(concat[0], concat[-1] + 1)
    return f"range({whole.start}, {whole.stop})" if concat == tuple(whole) else str(list(concat))
