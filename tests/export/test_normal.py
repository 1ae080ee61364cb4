"""The inverse of the normal distribution against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from netwright.export.normal import normal_quantile
from tests.export.tables import column_graph, run


@pytest.mark.parametrize("low", [1e-3, 1e-10])
def test_percentage_points(low: float) -> None:
    shares = np.linspace(low, 1 - low, 2001)[:, None]
    graph, x = column_graph()
    found = run(graph.model(normal_quantile(graph, x), 1), {"x": shares})
    np.testing.assert_allclose(found, ndtri(shares), rtol=1e-13, atol=1e-13)
    assert found[1000] == 0
