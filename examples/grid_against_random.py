"""Grid against random where one dimension matters (Bergstra and Bengio, JMLR 2012, figure 1).

Nine trials each: the grid tries three values of the dimension that matters, three times over;
random search tries nine. Writes a picture that opens offline.

    python examples/grid_against_random.py picture.html
"""

from __future__ import annotations

import sys

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

import netwright
from netwright.strategies.grid import Grid

SPACE = {"important": netwright.Float(0, 1), "unimportant": netwright.Float(0, 1)}
TRIALS = 9


def worth(important: float, unimportant: float) -> float:
    """A narrow peak along one dimension, next to nothing along the other."""
    return float(np.exp(-(((important - 0.68) / 0.12) ** 2)) + 0.05 * unimportant)


def search(strategy: object, seed: int = 3) -> netwright.Study:
    """Nine trials of one strategy."""
    return netwright.tune(
        lambda config: worth(config["important"], config["unimportant"]),
        SPACE,
        trials=TRIALS,
        strategy=strategy,
        direction="maximize",
        seed=seed,
    )


def picture(studies: dict[str, netwright.Study]) -> go.Figure:
    """Where each looked, and the curve of what matters above it."""
    titles = [f"{name}: best {study.best().values[0]:.2f}" for name, study in studies.items()]
    figure = make_subplots(
        rows=2, cols=2, row_heights=[0.35, 0.65], vertical_spacing=0.03,
        shared_xaxes=True, subplot_titles=titles,
    )  # fmt: skip
    along = np.linspace(0, 1, 200)
    for column, study in enumerate(studies.values(), start=1):
        tried = study.trials("complete")
        x = [record.config["important"] for record in tried]
        y = [record.config["unimportant"] for record in tried]
        curve = [worth(value, 0.5) for value in along]
        looked = [worth(value, 0.5) for value in x]
        dots = {"mode": "markers", "marker": {"color": "#0b7285", "size": 9}}
        figure.add_scatter(x=along, y=curve, line={"color": "#adb5bd"}, row=1, col=column)
        figure.add_scatter(x=x, y=looked, row=1, col=column, **dots)
        figure.add_scatter(x=x, y=y, row=2, col=column, **dots)
        figure.update_yaxes(range=[-0.05, 1.1], col=column)
        figure.update_xaxes(title="the dimension that matters", row=2, col=column)
    figure.update_yaxes(title="worth", row=1, col=1)
    figure.update_yaxes(title="the other", row=2, col=1)
    return figure.update_layout(template="simple_white", showlegend=False, height=560)


def main() -> None:
    """Searches twice and draws."""
    where = sys.argv[1] if len(sys.argv) > 1 else "grid_against_random.html"
    space = netwright.Parameters(SPACE)
    studies = {"grid": search(Grid(space, points=3)), "random": search("random")}
    picture(studies).write_html(where, include_plotlyjs=True)
    for name, study in studies.items():
        values = {round(float(r.config["important"]), 3) for r in study.trials("complete")}
        print(f"{name:7} {len(values)} values that matter, best {study.best().values[0]:.3f}")
    print(where)


if __name__ == "__main__":
    main()
