"""Several objectives at once: who is beaten by nobody, how much they cover, where the bend is.

Losses are arrays (n, m), a row a design and a column an objective; smaller is better everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netwright.core.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


def pareto_mask(losses: ArrayLike) -> NDArray[np.bool_]:
    """Which rows no other row dominates: as good in every objective and better in one.

    Equal rows stand or fall together; a row with a NaN is never on the front.

    Args:
        losses: (n, m).

    Returns:
        (n,), true on the front.
    """
    import numpy as np

    table = _table(losses)
    sound = ~np.isnan(table).any(axis=1)
    distinct, place = np.unique(table[sound], axis=0, return_inverse=True)  # first column ascends
    front = _front_of_two(distinct) if table.shape[1] == 2 else _front_of_any(distinct)
    mask = np.zeros(len(table), dtype=bool)
    mask[sound] = front[place.reshape(-1)]
    return mask


def hypervolume(losses: ArrayLike, reference: ArrayLike) -> float:
    """The volume that is dominated by some rows and dominates a reference point, exactly.

    Args:
        losses: (n, m); rows that are not better than the reference everywhere add nothing.
        reference: (m,), the worst worth counting.
    """
    import numpy as np

    worst: NDArray[Any] = np.asarray(reference, dtype=float)
    table = _table(losses)
    return _volume(table[(table < worst).all(axis=1)], worst)


def knee(losses: ArrayLike) -> int:
    """Where the front bends most: giving up a little of one objective no longer buys much.

    It is the row of the front farthest from the plane through its extremes (Das, 1999), on the
    side of the ideal point, each objective scaled to the front's range.

    Returns:
        The row's place.

    Raises:
        ConfigError: No row is without a NaN.
    """
    import numpy as np

    table = _table(losses)
    places = np.flatnonzero(pareto_mask(table))
    if not len(places):
        raise ConfigError("A knee needs at least one design with a number in every objective.")
    front = table[places]
    low, range_ = front.min(axis=0), np.ptp(front, axis=0)
    scaled = (front - low) / np.where(range_ > 0, range_, 1.0)
    normal = _normal(scaled[scaled.argmin(axis=0)])
    return int(places[(scaled @ normal).argmin()])


def _table(losses: ArrayLike) -> NDArray[Any]:
    import numpy as np

    table: NDArray[Any] = np.asarray(losses, dtype=float)
    if table.ndim != 2 or table.shape[1] == 0:
        raise ConfigError(f"Losses are a table, a column an objective. Got shape {table.shape}.")
    return table


def _front_of_two(distinct: NDArray[Any]) -> NDArray[np.bool_]:
    """The first column ascends: a row is on the front if its second beats all before it."""
    import numpy as np

    before = np.concatenate([[np.inf], np.minimum.accumulate(distinct[:-1, 1])])
    front: NDArray[np.bool_] = distinct[:, 1] < before[: len(distinct)]
    front[:1] = True  # an infinite second objective is no less than infinity
    return front


def _front_of_any(distinct: NDArray[Any]) -> NDArray[np.bool_]:
    """Nobody is dominated by a later row, so whoever is left standing is on the front."""
    import numpy as np

    standing = np.ones(len(distinct), dtype=bool)
    for place in range(len(distinct)):
        if standing[place]:
            later = np.flatnonzero(standing[place + 1 :]) + place + 1
            standing[later] = (distinct[later] < distinct[place]).any(axis=1)
    return standing


def _volume(table: NDArray[Any], reference: NDArray[Any]) -> float:
    """Slices along the last objective; each slice is a volume of one objective less."""
    import numpy as np

    if not len(table):
        return 0.0
    front = np.unique(table[pareto_mask(table)], axis=0)
    if table.shape[1] == 1:
        return float(reference[0] - front[0, 0])
    if table.shape[1] == 2:  # the first ascends and the second descends
        widths = reference[0] - front[:, 0]
        heights = np.concatenate([reference[1:], front[:-1, 1]]) - front[:, 1]
        return float(widths @ heights)
    front = front[front[:, -1].argsort(kind="stable")]
    depths = np.diff(front[:, -1], append=reference[-1])
    return sum(
        float(depth) * _volume(front[: place + 1, :-1], reference[:-1])
        for place, depth in enumerate(depths)
        if depth > 0
    )


def _normal(extremes: NDArray[Any]) -> NDArray[Any]:
    """The direction away from the ideal point, square to the plane through the extremes (m, m)."""
    import numpy as np

    ones = np.ones(len(extremes))
    try:
        normal: NDArray[Any] = np.linalg.solve(extremes, ones)
    except np.linalg.LinAlgError:  # fewer extremes than objectives
        return ones
    return normal if (normal > 0).all() else ones
