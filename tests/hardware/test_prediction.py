"""The latency predictor: on made-up devices whose truth is known, and on published columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from netwright.core.config import Config
from netwright.core.errors import DataError
from netwright.core.space import Categorical, Float, Int, Parameters
from netwright.hardware.additive import AdditiveProcess, _loss, linear, smooth
from netwright.hardware.features import Features, depth, used
from netwright.hardware.prediction import LatencyPredictor
from netwright.spaces.nasbench201 import NASBench201

SPACE = NASBench201()
CELLS = [SPACE.sample(np.random.default_rng(seed)) for seed in range(400)]
MS = {"none": 0.0, "skip_connect": 0.1, "nor_conv_1x1": 1.0, "nor_conv_3x3": 3.0}


def eager(config: Config) -> float:
    """A device that runs everything."""
    return sum(MS.get(str(what), 0.5) for what in config.values())


def compiled(config: Config) -> float:
    """A device that drops what the output does not depend on."""
    (graph,) = SPACE.graphs(config)
    edges = [edge for edge in graph.edges if edge[2] != "none"]
    return sum(MS.get(what, 0.5) for _, _, what in used(edges, "input", "output"))


@pytest.mark.parametrize("device", [eager, compiled])
def test_a_device_that_adds_is_learned_almost_exactly(device) -> None:
    ms = np.array([device(cell) for cell in CELLS])
    learned = LatencyPredictor().fit(SPACE, CELLS[:100], ms[:100])
    assert spearmanr(learned.predict(CELLS[100:]), ms[100:]).statistic > 0.999
    assert np.abs(learned.predict(CELLS[100:]) - ms[100:]).max() < 0.2


@pytest.mark.parametrize(
    ("column", "least"), [("help_ms_2080ti_256", 0.99), ("hw_c10_pixel3_latency", 0.95)]
)
def test_published_columns(shared_data: Path, column: str, least: float) -> None:
    table = pd.read_csv(shared_data / "nas" / "nasbench201_cifar10.csv.gz")
    table = table.sample(1500, random_state=5)
    cells = [SPACE.from_text(text) for text in table["arch_str"]]
    ms = table[column].to_numpy(dtype=float)
    learned = LatencyPredictor().fit(SPACE, cells[:100], ms[:100])
    assert spearmanr(learned.predict(cells[100:]), ms[100:]).statistic > least


def test_numbers_and_conditions_are_learned_where_nothing_is_drawn() -> None:
    space = Parameters(
        {"deep": Categorical((True, False)), "width": Int(8, 64), "rate": Float(0.0, 1.0)},
        when={"rate": ("deep", True)},
    )
    rng = np.random.default_rng(0)
    configs = [space.sample(rng) for _ in range(200)]
    ms = np.array([float(c["width"] or 0) * (2 if c["deep"] else 1) for c in configs])
    learned = LatencyPredictor().fit(space, configs[:100], ms[:100])
    assert spearmanr(learned.predict(configs[100:]), ms[100:]).statistic > 0.98


def test_measurements_that_are_all_the_same() -> None:
    learned = LatencyPredictor().fit(SPACE, CELLS[:8], np.full(8, 2.0))
    assert np.allclose(learned.predict(CELLS[8:20]), 2.0)
    assert learned.predict([]).shape == (0,)


@pytest.mark.parametrize("ms", [[1.0, 2.0], [1.0] * 6, [1.0, 2.0, 3.0, 4.0, np.nan]])
def test_measurements_that_cannot_be_learned(ms: list[float]) -> None:
    with pytest.raises(DataError):
        LatencyPredictor().fit(SPACE, CELLS[: min(len(ms), 5)], ms)


def test_the_csv_of_another_device(tmp_path: Path) -> None:
    designs = {f"{place:04d}.onnx": cell for place, cell in enumerate(CELLS[:60])}
    rows = [(name, eager(cell), 0.1) for name, cell in designs.items()]
    table = pd.DataFrame(rows, columns=["file", "median_ms", "spread_ms"])
    table.sample(frac=1, random_state=0).to_csv(tmp_path / "phone.csv", index=False)
    learned = LatencyPredictor.from_csv(tmp_path / "phone.csv", SPACE, designs)
    truth = [eager(cell) for cell in CELLS[100:]]
    assert spearmanr(learned.predict(CELLS[100:]), truth).statistic > 0.99


@pytest.mark.parametrize(
    ("text", "message"),
    [("file,ms\na,1\n", "lacks the columns"), ("file,median_ms\nb.onnx,1\n", "No file in")],
)
def test_a_csv_of_something_else(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "phone.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        LatencyPredictor.from_csv(tmp_path / "phone.csv", SPACE, {"a.onnx": CELLS[0]})


EDGES = [("in", "a", "conv"), ("a", "out", "skip_connect"), ("in", "b", "conv"), ("x", "a", "pool")]


def test_only_what_leads_to_the_output_runs() -> None:
    assert sorted(used(EDGES, "in", "out")) == sorted([EDGES[0], EDGES[1], EDGES[3]])
    assert used(EDGES, "in", "nowhere") == []


def test_nothing_runs_where_the_output_is_a_constant() -> None:
    assert used(EDGES[1:], "in", "out") == []


def test_depth_is_the_longest_way_that_costs() -> None:
    assert depth(EDGES, ["in", "x", "a", "b", "out"]) == 1
    assert depth([("in", "a", "conv"), ("a", "out", "conv")], ["in", "a", "out"]) == 2
    assert depth([], ["in"]) == 0


def test_features_have_mean_zero_and_variance_one() -> None:
    for block in Features(SPACE, CELLS[:50]).blocks(CELLS[:50]):
        assert np.allclose(block.mean(axis=0), 0)
        assert np.allclose(block.std(axis=0), 1)


def test_the_gradient_is_the_one_of_finite_differences() -> None:
    rng = np.random.default_rng(0)
    block, target = rng.normal(size=(12, 3)), rng.normal(size=12)
    grams = [linear(block, block), smooth(block, block)]
    start, logs = np.array([-1.0, -1.0, -3.0]), np.array([0.3, -0.7, -2.0])
    _, gradient = _loss(logs, start, grams, target)
    step = 1e-6 * np.eye(3)
    numeric = [
        (_loss(logs + e, start, grams, target)[0] - _loss(logs - e, start, grams, target)[0]) / 2e-6
        for e in step
    ]
    assert np.allclose(gradient, numeric, rtol=1e-5)


def test_the_process_is_the_one_of_scikit_learn() -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, WhiteKernel

    rng = np.random.default_rng(1)
    block, new = rng.normal(size=(30, 2)), rng.normal(size=(9, 2))
    values = block @ [2.0, -1.0] + np.sin(block[:, 0]) + 0.1 * rng.normal(size=30)
    ours = AdditiveProcess([block], values)
    flat, wavy, noise = ours.weights
    kernel = (
        ConstantKernel(flat / 2) * DotProduct(sigma_0=1e-9)
        + ConstantKernel(wavy) * RBF(np.sqrt(2))
        + WhiteKernel(noise + 1e-6)
    )
    theirs = GaussianProcessRegressor(kernel, optimizer=None, alpha=0.0, normalize_y=True)
    assert np.allclose(ours.predict([new]), theirs.fit(block, values).predict(new), atol=1e-6)
