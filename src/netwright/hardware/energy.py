"""An estimate of energy from what can be counted.

Measured energies of one device say little about those of another: on NAS-Bench-201 this estimate
ranks cells as an FPGA does, and an edge GPU or Eyeriss only roughly (Spearman 0.96, 0.70, 0.70).
So it is called FLOPs-based wherever it is shown. For a device with measured designs, fit a
`LatencyPredictor` on its joules.
"""

from __future__ import annotations

from netwright.hardware.costs import Costs

MULTIPLY_ADD_PJ = 4.6
"""A 32-bit floating-point multiplication and addition in 45 nm (Horowitz, ISSCC 2014)."""
MEMORY_PJ = 640.0
"""A 32-bit word from DRAM (the same)."""


def flops_based_energy_mj(costs: Costs) -> float:
    """Millijoules of one prediction: its multiply-adds, and each weight fetched once."""
    picojoules = costs.flops_g * 1e9 * MULTIPLY_ADD_PJ + costs.params_m * 1e6 * MEMORY_PJ
    return picojoules * 1e-9
