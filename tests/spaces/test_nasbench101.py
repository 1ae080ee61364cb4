"""NAS-Bench-101: published hash, widths, parameter counts and numbers of different cells."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.core.errors import ConfigError
from netwright.nn.model_spec import INPUT, OPERATIONS, OUTPUT, ModelSpec
from netwright.nn.nasbench101 import MatrixCellNetwork
from netwright.spaces.nasbench101 import NASBench101
from netwright.spaces.nets import image_task

CONV3, CONV1, POOL = OPERATIONS
# The first cell of the published table, as the benchmark's tutorial prints it.
TUTORIAL = ModelSpec.of(
    {(0, 1), (0, 4), (0, 5), (1, 2), (2, 3), (2, 6), (3, 5), (4, 5), (5, 6)},
    (INPUT, CONV3, POOL, CONV3, CONV3, CONV1, OUTPUT),
)


def millions(spec: ModelSpec) -> float:
    with torch.device("meta"):
        net = MatrixCellNetwork(spec, 3, 10)
    return sum(weights.numel() for weights in net.parameters()) / 1e6


def test_the_tutorials_cell_has_its_hash_and_parameters() -> None:
    assert TUTORIAL.fingerprint() == "00005c142e6f48ac74fdcf73e3439874"
    assert millions(TUTORIAL) == 8.55553


def test_cells_of_up_to_five_vertices_are_as_many_as_published() -> None:
    """1 cell of two vertices, 6 of three, 84 of four and 2,441 of five."""
    edges = list(combinations(range(5), 2))
    cells = set()
    for chosen in product([False, True], repeat=len(edges)):
        used = {edge for edge, there in zip(edges, chosen, strict=True) if there}
        bare = ModelSpec.of(used, (INPUT, *[CONV3] * 3, OUTPUT))
        if bare.valid:
            cells |= {
                ModelSpec(bare.matrix, (INPUT, *inner, OUTPUT)).pruned()
                for inner in product(OPERATIONS, repeat=3)
            }
    assert len({cell.fingerprint() for cell in cells if cell}) == 1 + 6 + 84 + 2441


def test_every_cell_of_four_vertices_can_be_reached() -> None:
    space = NASBench101(vertices=4)
    specs = [space.spec(config) for config in space.every()]
    assert len(specs) == space.size()
    assert len({spec.fingerprint() for spec in set(specs)}) == 1 + 6 + 84


def test_chance_gives_valid_cells_only() -> None:
    space, rng = NASBench101(), np.random.default_rng(0)
    specs = [space.spec(space.sample(rng)) for _ in range(300)]
    assert all(spec.valid and spec.pruned() == spec for spec in specs)
    assert {len(spec.ops) for spec in specs} >= {3, 4, 5, 6, 7}
    assert max(len(spec.edges) for spec in specs) == 9


def test_a_hash_does_not_depend_on_the_order_of_vertices() -> None:
    one = ModelSpec.of({(0, 1), (0, 2), (1, 3), (2, 3)}, (INPUT, CONV3, CONV1, OUTPUT))
    two = ModelSpec.of({(0, 1), (0, 2), (1, 3), (2, 3)}, (INPUT, CONV1, CONV3, OUTPUT))
    three = ModelSpec.of({(0, 1), (1, 2), (2, 3)}, (INPUT, CONV1, CONV3, OUTPUT))
    assert one.fingerprint() == two.fingerprint() != three.fingerprint()


def test_what_leads_nowhere_is_pruned() -> None:
    ops = (INPUT, CONV3, CONV1, POOL, OUTPUT)
    pruned = ModelSpec.of({(0, 1), (1, 4), (0, 2), (3, 4)}, ops).pruned()
    assert pruned == ModelSpec.of({(0, 1), (1, 2)}, (INPUT, CONV3, OUTPUT))
    assert ModelSpec.of({(0, 1), (2, 4)}, ops).pruned() is None
    assert not ModelSpec.of({(0, 1), (2, 4)}, ops).valid


def test_a_published_cell_becomes_a_design_and_back() -> None:
    space = NASBench101()
    config = space.from_text(str(TUTORIAL))
    assert space.spec(config) == TUTORIAL
    net = space.build(config, image_task((3, 8, 8), 10))
    assert net(torch.randn(2, 3, 8, 8)).shape == (2, 10)


@pytest.mark.parametrize(
    "text",
    [
        "ModelSpec(matrix=[[0, 1], [1, 0]], ops=['input', 'output'])",
        "ModelSpec(matrix=[[0, 0], [0, 0]], ops=['input', 'output'])",
        "ModelSpec(matrix=[[0, 1]], ops=['input', 'output'])",
        "ModelSpec(matrix=[[0, 1], 3], ops=['input', 'output'])",
        "ModelSpec(matrix=[[0, 1, 0], [0, 0, 1], [0, 0, 0]], ops=['input', 'magic', 'output'])",
        "ModelSpec(matrix=[[], ops=[])",
    ],
)
def test_what_is_no_cell_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        NASBench101().from_text(text)


def test_too_many_edges_are_refused() -> None:
    full = ModelSpec.of(set(combinations(range(5), 2)), (INPUT, CONV3, CONV3, CONV3, OUTPUT))
    assert not full.valid
    with pytest.raises(ConfigError, match="9 edges"):
        NASBench101().from_text(str(full))


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(list(combinations(range(7), 2))), max_size=9), st.data())
def test_every_cell_of_the_benchmark_is_a_design(
    edges: set[tuple[int, int]], data: st.DataObject
) -> None:
    inner = data.draw(st.lists(st.sampled_from(OPERATIONS), min_size=5, max_size=5))
    spec = ModelSpec.of(edges, (INPUT, *inner, OUTPUT)).pruned()
    if spec is None:
        return
    space = NASBench101()
    config = space.from_text(str(spec))
    assert space.spec(config) == spec
    assert space.to_text(config) == str(spec)


def test_added_edges_stop_at_nine() -> None:
    """Six first edges of a chain and five more are eleven; the last two are left out."""
    space = NASBench101()
    chain = {f"vertex{vertex}.from": vertex - 1 for vertex in range(2, 7)}
    more = ["0>6", "1>6", "2>6", "3>6", "4>6"]
    names = [f"extra{number}" for number in range(1, 6)]
    config = space.complete({**chain, **dict(zip(names, more, strict=True))})
    edges = space.spec(config).edges
    assert len(edges) == 9
    assert {(0, 6), (1, 6), (2, 6)} <= set(edges)
    assert (3, 6) not in edges


def test_an_edge_named_twice_is_one_edge() -> None:
    space = NASBench101(vertices=3)
    short = space.complete({"vertex2.from": 0, "extra1": "0>1"})
    assert space.spec(short).ops == (INPUT, OUTPUT), "vertex 1 leads nowhere"
    longer = space.complete({"vertex2.from": 1, "extra1": "0>1"})
    assert space.spec(longer).edges == ((0, 1), (1, 2))


@pytest.mark.parametrize("wrong", [{"vertices": 2}, {"vertices": 8}, {"channels": 4}])
def test_impossible_spaces_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="3 to 7 vertices"):
        NASBench101(**wrong)
