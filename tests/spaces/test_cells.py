"""Cells with operations on their edges, NAS-Bench-201's among them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.core import moves
from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.spaces.cell import EdgeCell
from netwright.spaces.nasbench201 import OPERATIONS, NASBench201
from netwright.testing import check_space

SPACE = NASBench201()
CELLS = list(moves.every(SPACE))
TEXT = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"


def cell(**edges: str) -> Config:
    """A cell that does nothing but on some edges, such as e10 for the one to 1 from 0."""
    told = {f"{name[1]}<-{name[2]}": operation for name, operation in edges.items()}
    return SPACE.complete({**dict.fromkeys(SPACE.edges.values(), "none"), **told})


def test_the_contract() -> None:
    check_space(SPACE)
    check_space(EdgeCell(3, ("none", "skip_connect", "conv")))


def test_the_published_size() -> None:
    assert SPACE.size() == len(CELLS) == 15_625
    assert EdgeCell(5, OPERATIONS).size() == 5**10


def test_arch_strings_there_and_back() -> None:
    assert len({SPACE.to_text(config) for config in CELLS}) == 15_625
    assert SPACE.to_text(SPACE.from_text(TEXT)) == TEXT
    for config in CELLS[::997]:
        assert SPACE.from_text(SPACE.to_text(config)) == config


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "|none~0|",
        TEXT[:-1],
        TEXT.replace("nor_conv_1x1", "nor_conv_9x9"),
        TEXT.replace("~2", "~1"),
        "|none~0|+|none~0|none~0|+|none~0|none~1|none~2|",
    ],
)
def test_other_strings_are_refused(wrong: str) -> None:
    with pytest.raises(ConfigError):
        SPACE.from_text(wrong)


def published_form(config: Config) -> str:
    """How the authors name what a cell computes (sorted sums, zeros written out)."""
    nodes = ["0"]
    for j in range(1, 4):
        terms = []
        for i in range(j):
            operation = config[f"{j}<-{i}"]
            if operation == "none" or nodes[i] == "#":
                terms.append("#")
            elif operation == "skip_connect":
                terms.append(nodes[i])
            else:
                terms.append(f"({nodes[i]})@{operation}")
        nodes.append("+".join(sorted(terms)))
    return nodes[-1]


def test_isomorphs_are_recognised_as_the_authors_do_and_beyond() -> None:
    published = {config: published_form(config) for config in CELLS}
    assert len(set(published.values())) == 6_466  # as in the paper
    ours: dict[str, set] = {}
    for config, form in published.items():
        ours.setdefault(form, set()).add(SPACE.canonical(config))
    assert all(len(forms) == 1 for forms in ours.values())  # never apart what they join
    assert len({SPACE.canonical(config) for config in CELLS}) < 6_466  # brackets do not matter


def test_what_is_the_same_cell() -> None:
    def same(one: Config, other: Config) -> bool:
        return SPACE.canonical(one) == SPACE.canonical(other)

    through_one = cell(e10="nor_conv_3x3", e31="nor_conv_1x1")
    through_two = cell(e20="nor_conv_3x3", e32="nor_conv_1x1")
    assert same(through_one, through_two)
    skipped = cell(e10="skip_connect", e31="nor_conv_1x1")
    assert same(skipped, cell(e30="nor_conv_1x1"))
    assert same(cell(), cell(e31="nor_conv_3x3"))  # nothing reaches node 1
    assert not same(through_one, cell(e10="nor_conv_1x1", e31="nor_conv_3x3"))
    assert not same(cell(e30="skip_connect"), cell())


def evaluate(config: Config, x: float) -> float:
    """A cell of invertible stand-ins for the operations."""
    values = [x]
    act = {
        "none": lambda v: 0.0,
        "skip_connect": lambda v: v,
        "nor_conv_1x1": lambda v: np.sin(3 * v),
        "nor_conv_3x3": lambda v: np.tanh(2 * v),
        "avg_pool_3x3": lambda v: v / (1 + v * v),
    }
    for j in range(1, 4):
        values.append(sum(act[str(config[f"{j}<-{i}"])](values[i]) for i in range(j)))
    return values[-1]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(CELLS) - 1), st.integers(0, 50))
def test_equal_forms_compute_equally(place: int, turn: int) -> None:
    config = CELLS[place]
    twins = [c for c in CELLS[turn::51] if SPACE.canonical(c) == SPACE.canonical(config)]
    for twin in twins:
        assert evaluate(twin, 0.7) == pytest.approx(evaluate(config, 0.7))


def test_path_encoding_of_a_known_cell() -> None:
    encoded = SPACE.encode([SPACE.from_text(TEXT)], "path")[0]
    # Paths that reach the output: 0-3 by avg_pool, and 0-1-2-3 by conv3x3, skip, conv1x1.
    assert encoded.shape == (4 + 4**2 + 4**3,)
    assert encoded.sum() == 2
    assert encoded[
        ["skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"].index("avg_pool_3x3")
    ]


def test_path_encoding_sees_isomorphs_alike() -> None:
    one = cell(e10="nor_conv_3x3", e31="nor_conv_1x1")
    other = cell(e20="nor_conv_3x3", e32="nor_conv_1x1")
    encoded = SPACE.encode([one, other], "path")
    np.testing.assert_array_equal(encoded[0], encoded[1])


def test_paths_are_all_of_them() -> None:
    assert sorted(SPACE.paths()) == [(0, 1, 2, 3), (0, 1, 3), (0, 2, 3), (0, 3)]
    assert len(EdgeCell(6, OPERATIONS).paths()) == 2**4


def test_adjacency_is_an_indicator_an_edge() -> None:
    encoded = SPACE.encode(CELLS[:50], "adjacency")
    assert encoded.shape == (50, 6 * 5)
    assert (encoded.sum(axis=1) == 6).all()


def test_neighbours_are_four_an_edge() -> None:
    assert len(SPACE.neighbours(CELLS[100])) == 6 * 4


@pytest.mark.parametrize(("nodes", "operations"), [(1, ("a",)), (4, ())])
def test_impossible_cells_are_refused(nodes: int, operations: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="two nodes and an operation"):
        EdgeCell(nodes, operations)
