"""Jobs as processes of their own, which end by `kill -9` at the worst of times."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tests.running import until

KILLS, KILLS_IN_SHORT = 50, 6
"""Of a whole night, and of CI's share of one."""
LIFE_S = (0.5, 4.0)
HEARD_MAX = 3
"""Requests that are answered before the one with which the job is killed."""


def begun(words: list[str], log: Path, ready: str) -> subprocess.Popen[bytes]:
    """A command of ours that has said that it is ready."""
    command = [sys.executable, "-c", "from gueststar.command import main; main()"]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with log.open("w") as said:
        process = subprocess.Popen([*command, *words], stderr=said, env=environment)
    until(lambda: ready in log.read_text())
    return process


class Heard(Protocol):
    """A server that says when it has heard something, before it answers."""

    before_answer: Callable[[], None]


class Killer:
    """Ends a process by `kill -9`: at some time, or while another has heard it, unanswered."""

    def __init__(self, server: Heard, seed: int) -> None:
        self._server = server
        self._draw = random.Random(seed)
        self.kills = Counter[str]()

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        lives_s = self._draw.uniform(*LIFE_S)
        if self._draw.random() < 0.5:
            time.sleep(lives_s)
            self._end(process, "at some time")
            return
        left, struck = [self._draw.randrange(HEARD_MAX)], threading.Event()

        def strike() -> None:
            left[0] -= 1
            if left[0] < 0 and not struck.is_set():
                process.kill()
                process.wait()
                struck.set()

        self._server.before_answer = strike
        heard = struck.wait(2 * LIFE_S[1])
        self._server.before_answer = lambda: None
        self._end(process, "before an answer" if heard else "at some time")

    def _end(self, process: subprocess.Popen[bytes], how: str) -> None:
        process.kill()
        assert process.wait() == -signal.SIGKILL, "it ended by itself"
        self.kills[how] += 1
