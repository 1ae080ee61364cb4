"""Pages that stand alone: one HTML file, no network, the plotting library inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import plotly.offline

FOLDER = Path(__file__).parent

Section = tuple[str, str, Any]
"""Title, sentence and Plotly figure of one part of a page."""


def render(template: str, sections: list[Section], **facts: Any) -> str:
    """A page from one of the templates beside this file."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.ChainableUndefined
    )
    drawn = [
        {"title": title, "said": said, "plot": _html(figure)} for title, said, figure in sections
    ]
    plotly_source = plotly.offline.get_plotlyjs()
    return environment.get_template(template).render(sections=drawn, plotly=plotly_source, **facts)


def _html(figure: Any) -> str:
    config = {"displayModeBar": False, "responsive": True}
    html: str = figure.to_html(full_html=False, include_plotlyjs=False, config=config)
    return html
