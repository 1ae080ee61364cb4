"""Draws designs: a graph as a few lines of text, or as an SVG that needs nothing else."""

from __future__ import annotations

from html import escape

from netwright.spaces.nets import Graph

GAP, ROW = 94, 64
"""Least room between two boxes of a row, and from row to row."""
BOX_WIDTH, BOX_HEIGHT = 96, 30
LETTER = 6.5
"""Width of a letter on an edge, about."""
COLOURS = ("#4263eb", "#0ca678", "#f08c00", "#d6336c", "#7048e8", "#1098ad", "#74b816", "#868e96")
"""Of edges, one for each thing that happens on the way, in the order of appearance."""
QUIET = "none"


def as_text(graph: Graph) -> str:
    """One line a node: what comes in, from where; edges that deliver nothing are left out."""
    width = max(len(node) for node in graph.nodes)
    lines = [f"{graph.name}:"]
    for node in graph.nodes[1:]:
        told = [
            f"{label}({source})" if label else source
            for source, target, label in graph.edges
            if target == node and label != QUIET
        ]
        if told:
            lines.append(f"  {node:<{width}} = {' + '.join(told)}")
    return "\n".join(lines)


def as_svg(graph: Graph) -> str:
    """The graph from left to right: boxes in columns by depth, labelled curves between them."""
    edges = [edge for edge in graph.edges if edge[2] != QUIET]
    column = _columns(graph, edges)
    row = _rows(graph, column)
    step = BOX_WIDTH + max([GAP, *(12 + round(LETTER * len(label)) for _, _, label in edges)])
    across = step * max(column.values()) + BOX_WIDTH + 40
    high = ROW * max(2, 1 + max(row.values())) + 40
    labels = list(dict.fromkeys(label for _, _, label in edges))
    colour = {label: COLOURS[place % len(COLOURS)] for place, label in enumerate(labels)}
    place = {
        node: (20 + step * column[node], 20 + ROW * row[node] + ROW // 4) for node in graph.nodes
    }
    parts = [
        _edge(place[a], place[b], (column[b] - column[a] - 1, n % 3), label, colour[label])
        for n, (a, b, label) in enumerate(edges)
    ]
    parts += [_box(*place[node], node) for node in graph.nodes]
    return (
        f'<svg viewBox="0 0 {across} {high}" width="{across}" height="{high}" role="img" '
        f'aria-label="{escape(graph.name)}" font-family="system-ui, sans-serif">'
        f"{''.join(parts)}</svg>"
    )


def _columns(graph: Graph, edges: list[tuple[str, str, str]]) -> dict[str, int]:
    """Longest way from a node without inputs; nodes come in the order data flows."""
    column = dict.fromkeys(graph.nodes, 0)
    for node in graph.nodes:
        before = [column[source] for source, target, _ in edges if target == node]
        column[node] = 1 + max(before) if before else column[node]
    column[graph.nodes[-1]] = max(column.values())
    return column


def _rows(graph: Graph, column: dict[str, int]) -> dict[str, int]:
    taken: dict[int, int] = {}
    row = {}
    for node in graph.nodes:
        row[node] = taken.get(column[node], 0)
        taken[column[node]] = row[node] + 1
    return row


def _box(x: int, y: int, name: str) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6" fill="#f1f3f5" '
        f'stroke="#495057"/><text x="{x + BOX_WIDTH / 2}" y="{y + BOX_HEIGHT / 2 + 4}" '
        f'text-anchor="middle" font-size="12" fill="#212529">{escape(name)}</text>'
    )


def _edge(
    start: tuple[int, int], end: tuple[int, int], bows: tuple[int, int], label: str, colour: str
) -> str:
    """A curve with its label where it bows most.

    It bows the more the more columns it passes by, and one of three ways beside its like.
    """
    (x1, y1), (x2, y2) = start, end
    x1, y1, y2 = x1 + BOX_WIDTH, y1 + BOX_HEIGHT // 2, y2 + BOX_HEIGHT // 2
    passed, like = bows
    bow = 34 * max(0, passed) + 7 * like
    middle = (x1 + x2) / 2
    points = [(x1, y1), (middle, y1 + bow), (middle, y2 + bow), (x2, y2)]
    path = f"M{x1},{y1} C" + " ".join(f"{x},{y}" for x, y in points[1:])
    at = (y1 + y2) / 2 + 0.75 * bow
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        f'<text x="{middle}" y="{at - 5:.0f}" text-anchor="middle" font-size="11" '
        f'fill="{colour}">{escape(label)}</text>'
    )
