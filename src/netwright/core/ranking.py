"""Trials in order: who is best, on a board, as losses, and why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netwright.core.trial import TrialRecord


def best_first(records: Sequence[TrialRecord], direction: str) -> list[TrialRecord]:
    """Complete trials by their first objective; those that break a limit last.

    Args:
        records: In any order.
        direction: `minimize` or `maximize`.
    """
    sign = -1.0 if direction == "maximize" else 1.0
    return sorted(
        records,
        key=lambda record: (not record.feasible, sign * record.values[0], record.position),
    )


def board(ranking: Sequence[TrialRecord], weights: Mapping[int, float]) -> list[dict[str, Any]]:
    """One row a trial of a ranking, with its weight in a finished model (by trial number)."""
    return [
        {
            "rank": rank,
            "trial": record.number,
            "learner": record.config.get("learner"),
            "score": record.values[0],
            "seconds": record.seconds,
            "weight": round(weights.get(record.number, 0.0), 4),
            "config": record.config.to_json(),
        }
        for rank, record in enumerate(ranking, start=1)
    ]


def losses_of(records: Sequence[TrialRecord], directions: Sequence[str]) -> list[list[float]]:
    """Values (trials, objectives), turned so that less is better everywhere."""
    signs = [-1.0 if direction == "maximize" else 1.0 for direction in directions]
    return [[s * v for s, v in zip(signs, record.values, strict=True)] for record in records]


def why_none(ended: Sequence[TrialRecord]) -> str:
    """Why no trial is complete, in one sentence, by those that ended otherwise."""
    reasons = [record.error for record in ended if record.error]
    if not reasons and ended:
        return f"No trial finished: all {len(ended)} were pruned; prune less, or not at all."
    if not reasons:
        return "No trial finished inside the budget; give it more time."
    commonest = max(set(reasons), key=reasons.count)
    return f"No trial finished: {len(reasons)} failed, most often because: {commonest}"
