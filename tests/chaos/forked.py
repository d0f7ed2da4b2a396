"""Processes that begin with what all of them import, so that a life costs little of a start.

Python's own server of forks has imported the slow libraries and done nothing else. What starts a
thread of its own as it is imported (onnxruntime) is left to the life: from its fork on it does all
that a process of its own would.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

SHARED: Final = ("schemas.decode", "broker.kafka")
"""These import numpy, numba, fastavro and librdkafka."""


class Forked:
    """A module's `main` in a process that writes to a log; as much of `Popen` as is needed."""

    def __init__(self, module: str, arguments: Sequence[str], log: Path) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(SHARED))
        self._process = context.Process(target=_live, args=(module, list(arguments), log))
        self._process.start()

    @property
    def returncode(self) -> int | None:
        """As `poll`."""
        return self.poll()

    def poll(self) -> int | None:
        """How it ended, minus the signal where it was by one; None while it lives."""
        return self._process.exitcode

    def wait(self, timeout_s: float | None = None) -> int:
        """Return once it has ended. Raises TimeoutExpired."""
        self._process.join(timeout_s)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout_s or 0.0)
        return code

    def send_signal(self, sign: signal.Signals) -> None:
        """Unless it has ended."""
        if self.poll() is None:
            assert self._process.pid is not None
            os.kill(self._process.pid, sign)

    def kill(self) -> None:
        """By SIGKILL."""
        self.send_signal(signal.SIGKILL)


def _live(module: str, arguments: list[str], log: Path) -> None:
    with log.open("ab") as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    sys.argv = [module, *arguments]
    importlib.import_module(module).main()
