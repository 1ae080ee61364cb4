"""The estimate of energy against its formula and against published energies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from netwright.hardware.costs import Costs
from netwright.hardware.energy import flops_based_energy_mj
from netwright.hardware.prediction import LatencyPredictor
from netwright.spaces.nasbench201 import NASBench201


def test_the_formula() -> None:
    assert flops_based_energy_mj(Costs(0.0, 1.0, 5.0)) == pytest.approx(4.6)
    assert flops_based_energy_mj(Costs(1.0, 0.0, 5.0)) == pytest.approx(0.64)


@pytest.mark.parametrize(
    ("device", "least", "most"), [("fpga", 0.9, 1.0), ("edgegpu", 0.6, 0.9), ("eyeriss", 0.6, 0.9)]
)
def test_it_ranks_as_its_name_promises(
    shared_data: Path, device: str, least: float, most: float
) -> None:
    table = pd.read_csv(shared_data / "nas" / "nasbench201_cifar10.csv.gz")
    table = table.dropna(subset=["zc_c10_flops"]).sample(2000, random_state=0)
    pairs = zip(table["c10_params_M"], table["zc_c10_flops"], strict=True)
    estimated = [flops_based_energy_mj(Costs(millions, mf / 1e3, 0.0)) for millions, mf in pairs]
    assert least < spearmanr(estimated, table[f"hw_c10_{device}_energy"]).statistic < most


@pytest.mark.parametrize("device", ["fpga", "edgegpu", "eyeriss"])
def test_a_device_with_measured_designs_is_learned(shared_data: Path, device: str) -> None:
    table = pd.read_csv(shared_data / "nas" / "nasbench201_cifar10.csv.gz")
    table = table.sample(1100, random_state=1)
    space = NASBench201()
    cells = [space.from_text(text) for text in table["arch_str"]]
    energy = table[f"hw_c10_{device}_energy"].to_numpy(dtype=float)
    learned = LatencyPredictor().fit(space, cells[:100], energy[:100])
    predicted = learned.predict(cells[100:])
    assert np.isfinite(predicted).all()
    assert spearmanr(predicted, energy[100:]).statistic > 0.9
