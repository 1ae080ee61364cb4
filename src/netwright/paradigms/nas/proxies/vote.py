"""Votes of several proxies over a set of designs (Abdelfattah et al., "Zero-Cost Proxies for
Lightweight NAS", ICLR 2021, section 4.2; ranks instead of pairwise majorities, so that a vote is a
number)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import ConfigError
from netwright.strategies.warm_start import mean_ranks

VOTERS = ("jacob_cov", "params", "synflow")
"""They look at different things: what the data does to a net, its size, its paths."""


def vote(
    scores: Sequence[Mapping[str, float]], voters: Sequence[str] = VOTERS
) -> NDArray[np.float64]:
    """The mean share of the other designs that a design beats, over the voters.

    Args:
        scores: Of n designs, by proxy; NaN, which loses to all, where a proxy has none.
        voters: Which proxies vote.

    Returns:
        (n,) from 0 to 1; higher is better.

    Raises:
        ConfigError: Nobody votes, or a voter scored no design.
    """
    scored = {name for told in scores for name in told}
    missing = [name for name in voters if name not in scored]
    if not voters or missing:
        who = f"{missing[0]!r} has no scores" if missing else "none is named"
        raise ConfigError(f"A vote needs proxies that scored the designs; {who}.")
    ranks = mean_ranks([{name: told.get(name, np.nan) for name in voters} for told in scores])
    others = max(len(scores) - 1, 1)
    return np.asarray((len(scores) - ranks) / others)
