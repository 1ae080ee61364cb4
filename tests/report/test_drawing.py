"""Pictures of designs, as text and as SVG."""

from __future__ import annotations

import re

import pytest

from netwright.report.drawing import BOX_WIDTH, as_svg, as_text
from netwright.spaces.nets import Graph


def chain(label: str) -> Graph:
    return Graph(
        "net", ("image", "middle", "end"), (("image", "middle", label), ("middle", "end", ""))
    )


def test_text_tells_what_comes_from_where() -> None:
    assert as_text(chain("conv")).splitlines() == [
        "net:",
        "  middle = conv(image)",
        "  end    = middle",
    ]


@pytest.mark.parametrize(
    "label", ["x", "depth 2, 128 wide", "a very long thing to happen on the way"]
)
def test_a_label_has_room_between_its_boxes(label: str) -> None:
    left, right = sorted({int(x) for x in re.findall(r'<rect x="(\d+)"', as_svg(chain(label)))})[:2]
    assert right - left - BOX_WIDTH > 6 * len(label)


def test_what_is_written_is_escaped() -> None:
    assert "<b>" not in as_svg(chain("<b>"))
