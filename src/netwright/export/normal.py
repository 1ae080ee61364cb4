"""The inverse of the normal distribution in ONNX, which has no word for it.

Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics
37(3), 1988: PPND16, right to about sixteen digits.
"""

from __future__ import annotations

import numpy as np

from netwright.export.graph import Graph

SPLIT, CENTRE, SHIFT = 0.425, 0.180625, 1.6
# fmt: off
A = (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
     1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
     3.3430575583588128105e4, 2.5090809287301226727e3)
B = (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
     5.2264952788528545610e3)
C = (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4)
D = (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9)
# fmt: on


def normal_quantile(graph: Graph, shares: str) -> str:
    """Where a normal distribution has these shares below it.

    Args:
        graph: Grows.
        shares: Float64, of any shape, from exp(-25) to 1 - exp(-25): the paper's third region,
            the far tails, is left out.
    """
    q = graph.add("Sub", shares, 0.5)
    inner = graph.add("Sub", CENTRE, graph.add("Mul", q, q))
    central = graph.add("Mul", q, _ratio(graph, inner, A, B))
    tail = graph.add("Min", shares, graph.add("Sub", 1.0, shares))
    depth = graph.add("Sqrt", graph.add("Neg", graph.add("Log", tail)))
    outer = _ratio(graph, graph.add("Sub", depth, SHIFT), C, D)
    outer = graph.add("Mul", graph.add("Sign", q), outer)
    near = graph.add("LessOrEqual", graph.add("Abs", q), SPLIT)
    return graph.add("Where", near, central, outer)


def _ratio(graph: Graph, r: str, above: tuple[float, ...], below: tuple[float, ...]) -> str:
    """One polynomial divided by another; coefficients start with the constant."""
    powers = graph.add("Pow", graph.add("Unsqueeze", r, [-1]), np.arange(float(len(above))))
    both = graph.add("MatMul", powers, np.array([above, below]).T)  # (..., 2)
    top, bottom = (graph.add("Gather", both, one, axis=-1) for one in (0, 1))
    return graph.add("Div", top, bottom)
