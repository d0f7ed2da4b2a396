"""What processes take of the machine: CPU and memory of one, and what all others took meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import psutil

MB = 1e6
QUIET_CORES = 0.1
"""What an idle Kafka takes, and more."""
SETTLE_S_MAX = 120.0


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, user's and system's, all its threads."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def cpu_clock(pid: int) -> Callable[[], float]:
    """The same, to be asked again and again, from other processes too."""
    return partial(cpu_s, pid)


def resident_mb(pid: int) -> float:
    """Resident memory of a process, in MB."""
    return float(psutil.Process(pid).memory_info().rss / MB)


def settle(pid: int) -> None:
    """Wait until a process that was given much to do, as new partitions, has done it."""
    deadline_s = time.monotonic() + SETTLE_S_MAX
    before = cpu_s(pid)
    while time.monotonic() < deadline_s:
        time.sleep(1)
        now = cpu_s(pid)
        if now - before < QUIET_CORES:
            return
        before = now


class Usage(NamedTuple):
    """CPU seconds of the whole machine so far."""

    at_s: float
    ours_s: float
    """This process's and those of its children that have ended."""
    busy_s: float
    """All that ran, whoever it was."""
    stolen_s: float
    """What the host of a virtual machine gave to others; 0 where it does not say."""

    @classmethod
    def now(cls) -> Usage:
        """As it is."""
        times = psutil.cpu_times()
        resting = times.idle + getattr(times, "iowait", 0.0) + getattr(times, "steal", 0.0)
        guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        busy_s = sum(times) - resting - guests  # a guest's time is in the user's, too
        ours_s = sum(os.times()[:4])
        return cls(time.monotonic(), ours_s, busy_s, getattr(times, "steal", 0.0))

    def others(self) -> str:
        """What others took of the machine since, in a sentence; ask when the children are gone."""
        now = Usage.now()
        lasted_s = max(now.at_s - self.at_s, 1e-9)
        others = max(0.0, (now.busy_s - self.busy_s - now.ours_s + self.ours_s) / lasted_s)
        stolen = (now.stolen_s - self.stolen_s) / lasted_s
        return (
            f"Meanwhile others kept {others:.2f} of {os.cpu_count()} cores busy, and the host of"
            f" this machine withheld {stolen:.2f}"
        )
