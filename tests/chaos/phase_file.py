"""A worker's present phase, kept where it outlives the worker."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from broker.observer import BatchReport, Phase
from schemas.errors import BrokerError


class PhaseFile:
    """Keeps the present phase in a small file, so that it outlives a `kill -9`.

    The file always holds one phase's name, padded with blanks: one write a phase, in place.
    """

    WIDTH = max(map(len, Phase))

    def __init__(self, path: Path) -> None:
        """Creates the file where it is missing."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
        self._lock = Lock()

    def on_phase(self, phase: Phase) -> None:
        """Write it; called by the loop, and by the thread that publishes beside it."""
        with self._lock:
            self._write(phase)

    def end(self, phase: Phase) -> None:
        """The last one: nothing is written after it."""
        self._lock.acquire()
        self._write(phase)

    def _write(self, phase: Phase) -> None:
        os.pwrite(self._file, phase.ljust(self.WIDTH).encode(), 0)

    def on_batch(self, report: BatchReport[object]) -> None:
        """Not kept."""

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """Not kept."""

    @staticmethod
    def read(path: Path) -> Phase | None:
        """The phase in the file; None where it was never written."""
        name = path.read_text().strip() if path.exists() else ""
        return Phase(name) if name else None
