"""Genotypes: the published text, in every way people write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwright.core.errors import ConfigError
from netwright.nn.genotype import Genes, Genotype

SMALL = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1)], normal_concat=range(2, 3), "
    "reduce=[('max_pool_3x3', 1), ('none', 0)], reduce_concat=[0, 2])"
)
PARSED = Genotype(
    (("sep_conv_3x3", 0), ("skip_connect", 1)), (2,), (("max_pool_3x3", 1), ("none", 0)), (0, 2)
)


def test_the_published_text_is_read_and_written() -> None:
    assert Genotype.parse(SMALL) == PARSED
    assert str(PARSED) == SMALL


@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace("'", '"'),
        SMALL.replace(", ", ","),
        SMALL.replace(", ", " ,\n    "),
        SMALL.replace("=", " = ").replace("(", "( "),
        SMALL.replace("1)]", "1),]").replace("[0, 2])", "[0, 2],)"),
        SMALL.replace("range(2, 3)", "[2]"),
        f"\n{SMALL}\n",
    ],
)
def test_how_it_is_spaced_does_not_matter(text: str) -> None:
    assert Genotype.parse(text) == PARSED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Genotype()",
        SMALL[:-1],
        SMALL.replace("normal=", "usual="),
        SMALL.replace("('none', 0)", "('none', -1)"),
        SMALL.replace("('none', 0)", "(none, 0)"),
        SMALL.replace("range(2, 3)", "range(2)"),
        SMALL + "; import os",
    ],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="A genotype is written"):
        Genotype.parse(text)


@pytest.mark.parametrize(
    ("genes", "concat"),
    [
        ((("none", 0),), (0,)),
        ((("none", 0), ("none", 2)), (2,)),
        ((("none", 0), ("none", 1)), (3,)),
    ],
)
def test_a_cell_that_cannot_be_is_refused(genes: Genes, concat: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="Every node of a cell"):
        Genotype(genes, concat, PARSED.normal, PARSED.normal_concat)
    with pytest.raises(ConfigError, match="Every node of a cell"):
        Genotype(PARSED.normal, PARSED.normal_concat, genes, concat)


@st.composite
def cells(draw: st.DrawFn) -> tuple[Genes, tuple[int, ...]]:
    nodes = draw(st.integers(1, 6))
    names = st.sampled_from(["none", "skip_connect", "sep_conv_5x5"])
    genes = [
        (draw(names), draw(st.integers(0, node - 1))) for node in range(2, 2 + nodes) for _ in "ab"
    ]
    concat = draw(st.sets(st.integers(0, nodes + 1), min_size=1))
    return tuple(genes), tuple(sorted(concat))


@given(cells(), cells())
def test_every_genotype_survives_being_written(
    normal: tuple[Genes, tuple[int, ...]], reduce: tuple[Genes, tuple[int, ...]]
) -> None:
    genotype = Genotype(*normal, *reduce)
    assert Genotype.parse(str(genotype)) == genotype
