"""The lowest priority: what can wait runs while nobody else would; the live stream is on time."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Final

from lake.arrays import on_one_thread

NICE: Final = 19
"""The most that there is."""


def let_others_first() -> None:
    """Have this process, and the threads that it begins, run on what others leave, Arrow on one.

    To be called before any thread is begun. On Linux it is scheduled as idle, which nice alone does
    not do: one that is only nice still gets a share of a busy core.
    """
    os.nice(NICE)
    if hasattr(os, "SCHED_IDLE"):
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    on_one_thread()
