"""Memory that a training gives back is kept by its process, because the next step wants it again.

The C library hands every large block back to the system at once, and gets it anew page by page; for
nets with large maps that is a tenth to a half of the time.
"""

from __future__ import annotations

import multiprocessing
import sys
from functools import cache

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
"""Names of settings, as <malloc.h> numbers them."""
NEVER = 2**31 - 1
PAD = 64 << 20


def is_worker() -> bool:
    """Whether this process is one of ours, which nobody else's memory lies in."""
    return multiprocessing.parent_process() is not None


@cache
def keep_freed_memory() -> None:
    """Changes how this process gives memory back, under glibc; elsewhere nothing."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none
        for setting, value in ((MMAP_MAX, 0), (TRIM_THRESHOLD, NEVER), (TOP_PAD, PAD)):
            mallopt(setting, value)
