"""Processes of one system, watched while they run: each one's memory at most, and its CPU."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psutil

LOOK_S: Final = 1.0


@dataclass
class Taken:
    """What one process took."""

    resident_mb_max: float = 0.0
    cpu_s: float = 0.0


class Watch:
    """Looks at processes, by name; several of a name one after another add up."""

    def __init__(self) -> None:
        self.taken: dict[str, Taken] = {}
        self._now: dict[int, tuple[str, psutil.Process, float]] = {}
        self._lock = threading.Lock()

    def add(self, name: str, pid: int) -> None:
        """One more."""
        with self._lock:
            self.taken.setdefault(name, Taken())
            self._now[pid] = (name, psutil.Process(pid), 0.0)
        self.look()

    def pid(self, name: str) -> int:
        """Of the last of a name that runs."""
        with self._lock:
            return [pid for pid, (known, *_) in self._now.items() if known == name][-1]

    def look(self) -> None:
        """At all that still run."""
        with self._lock:
            for pid, (name, process, before_s) in list(self._now.items()):
                try:
                    with process.oneshot():
                        resident_mb = process.memory_info().rss / 1e6
                        cpu_s = sum(process.cpu_times()[:2])
                except psutil.Error:
                    del self._now[pid]
                    continue
                one = self.taken[name]
                one.resident_mb_max = max(one.resident_mb_max, resident_mb)
                one.cpu_s += cpu_s - before_s
                self._now[pid] = (name, process, cpu_s)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Again and again, meanwhile."""
        over = threading.Event()

        def look() -> None:
            while not over.wait(LOOK_S):
                self.look()

        thread = threading.Thread(target=look, name="watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.look()
