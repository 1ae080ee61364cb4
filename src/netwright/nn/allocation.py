"""Memory that a training gives back is kept by its process, because the next step wants it again.

The C library hands every large block back to the system at once, and gets it anew page by page; for
nets with large maps that is a seventh to a half of the time.
"""

from __future__ import annotations

import multiprocessing
import sys
from functools import cache

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
"""Names of settings, as <malloc.h> numbers them."""
NEVER = 2**31 - 1
PAD = 64 << 20


@cache
def keep_freed_memory() -> None:
    """Changes how memory is given back, in our own workers and under glibc; elsewhere nothing."""
    if multiprocessing.parent_process() is None or not sys.platform.startswith("linux"):
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none
        for setting, value in ((MMAP_MAX, 0), (TRIM_THRESHOLD, NEVER), (TOP_PAD, PAD)):
            mallopt(setting, value)
