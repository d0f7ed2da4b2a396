"""A command of gueststar as a service has it: started anew where it ends, as systemd does."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

END_S_MAX: Final = 90.0
RESTART_S: Final = 1.0
LAST_CHARACTERS: Final = 6_000
COMPLAINT: Final = "gueststar: "
"""How the line begins that a command ends with."""
CRASHES: Final = (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS)
"""What libraries without another answer do where there is no memory."""


class End(NamedTuple):
    """How a job ended by itself."""

    code: int
    line: str
    """What it said last of it; empty where it could not."""


class Job:
    """One command, its log, and all its lives."""

    def __init__(
        self,
        name: str,
        words: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """environment: beside ours."""
        self.name = name
        self.ends: list[End] = []
        """Those that were its own."""
        self._words, self._environment = words, {**os.environ, **(environment or {})}
        self._log = folder / f"{name}.log"
        self._began = self._seen = 0
        """Where in its log its present life begins, and what was not asked for yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self._due_s = 0.0

    def start(self) -> None:
        """Begin a life."""
        command = [sys.executable, "-c", "from gueststar.command import main; main()"]
        with self._log.open("ab") as log:
            self._began = log.tell()
            self._process = subprocess.Popen(
                [*command, *self._words],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self._environment,
            )

    @property
    def pid(self) -> int:
        """Of its present life."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_up(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None

    def tend(self) -> None:
        """Note how it ended, if it did, and start it a little later."""
        if self._process is not None and not self.is_up:
            self._note(self._process.returncode)
            self._process, self._due_s = None, time.monotonic() + RESTART_S
        if self._process is None and time.monotonic() > self._due_s:
            self.start()

    def limit(self, what: int, most: int) -> None:
        """Lower or raise what the living process may have (`resource`)."""
        _, hard = resource.prlimit(self.pid, what)
        resource.prlimit(self.pid, what, (most, hard))

    def said(self) -> list[str]:
        """The lines of its log since last asked."""
        text = self._log.read_bytes()
        new, self._seen = text[self._seen :], len(text)
        return new.decode(errors="replace").splitlines()

    def stop(self) -> None:
        """Have it end in order."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(END_S_MAX) == 0, self.last()

    def kill(self) -> None:
        """Make sure that nothing of it is left."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(END_S_MAX)
            self._process = None

    def last(self) -> str:
        """What it said in this life, the end of it."""
        life = self._log.read_bytes()[self._began :].decode(errors="replace")
        return f"{self.name}:\n{life[-LAST_CHARACTERS:]}"

    def _note(self, code: int) -> None:
        """It ended with one line of its own, or by a library's last resort; never in a heap."""
        said = self.last()
        assert "Traceback" not in said, said
        line = said.splitlines()[-1]
        is_told = code == 1 and line.startswith(COMPLAINT)
        assert is_told or code in CRASHES, f"it ended with {code}:\n{said}"
        self.ends.append(End(code, line if is_told else ""))
