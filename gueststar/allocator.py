"""Memory, managed for a process that works through one batch after another.

glibc's allocator is told to keep the memory of a batch instead of giving it back each time.

A batch is tens of MB, allocated and freed for every poll. With glibc's defaults its blocks are
mapped and unmapped one by one, and their pages faulted in again. Set from within, so that a worker
need not be started by another process: unlike MALLOC_MMAP_THRESHOLD_, this says when it is refused.
"""

from __future__ import annotations

import ctypes
import gc
import platform

KEPT_BYTES = 512 * 2**20
"""Free memory at the heap's top that is kept; above a worker's largest batch several times over."""

MAPPED_BYTES_MIN = 32 * 2**20
"""Blocks from this size are mapped apart; the largest threshold that glibc accepts."""

# mallopt's parameters, from glibc's malloc.h.
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3


def keep_freed_memory() -> bool:
    """Raise both thresholds of this process; False where the C library is not glibc."""
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    trimmed = mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
    return bool(trimmed and mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES_MIN))


def keep_what_is_loaded() -> None:
    """Have Python's garbage collector pass over all that is there now, which a worker keeps.

    To look through it takes a tenth of a second, every few thousand alerts.
    """
    gc.collect()
    gc.freeze()
