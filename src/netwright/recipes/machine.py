"""What of this machine a run may use."""

from __future__ import annotations

from netwright.core.machine import cores
from netwright.recipes.options import FitOptions

MEMORY_SHARE = 0.8
"""Share of the machine's free memory that workers may use unless told otherwise."""


def workers_of(options: FitOptions) -> int:
    """How many workers."""
    if options.engine == "inline":
        return 1
    return options.workers or max(1, cores() // options.threads)


def memory_bytes(options: FitOptions) -> int:
    """Most memory of all workers together."""
    if options.memory_bytes is not None:
        return options.memory_bytes
    import psutil

    return int(MEMORY_SHARE * psutil.virtual_memory().available)
