"""A worker's lives: started, killed, started again, each in a process of its own."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import NamedTuple

from broker.observer import Phase
from tests.chaos.doom import Diary, Doom, Event
from tests.chaos.forked import Forked
from tests.chaos.phase_file import PhaseFile

DEATH_S_MAX = 90.0
ASK_INTERVAL_S = 0.05
TELL_S = 1.0
ASK_WHERE = signal.SIGUSR1
"""Has a worker write its threads' stacks to its log."""
GAVE_UP = 75
"""The exit status of one whose patience with Kafka was over, whom a service starts anew."""
LAST_CHARACTERS = 6_000
"""Of its log, told where it ended as it should not have."""


class Death(NamedTuple):
    """A life that has ended, and how long the next one took to publish."""

    worker: str
    phase: Phase | None
    """The phase that the killed process had recorded last."""
    killed_unix_s: float


class Worker:
    """One worker's name, and the process that bears it at the time."""

    def __init__(self, name: str, config: Path, folder: Path) -> None:
        self.name = name
        self.doom = Doom()
        """What its present life is in for, or was."""
        self.is_away = False
        """A trouble keeps it from its work: nobody else is to start it."""
        self._config = config
        self.diary = folder / f"{name}.diary"
        self._phases = folder / f"{name}.phase"
        self._log = folder / f"{name}.log"
        self._process: Forked | None = None
        self._told: list[Event] = []
        self._told_bytes = 0
        self._since_s = 0.0

    def start(self, doom: Doom) -> None:
        """A new life."""
        self.doom = doom
        self._since_s = time.time()
        self._phases.unlink(missing_ok=True)
        places = map(str, (self._config, self.name, self._phases, self.diary))
        self._process = Forked("tests.chaos.worker", [*places, doom.encode()], self._log)

    def has_died(self) -> bool:
        """Whether its end has come."""
        return self._process is not None and self._process.poll() is not None

    def gave_up(self) -> bool:
        """Whether one that has died ended by itself, for want of Kafka."""
        return self._process is not None and self._process.returncode == GAVE_UP

    def bury(self) -> Death:
        """What is known of the life that has just ended by `kill -9`."""
        assert self._process is not None
        code = self._process.wait(DEATH_S_MAX)
        assert code == -9, f"worker {self.name} ended with {code}, not by its kill:\n{self._last()}"
        return Death(self.name, PhaseFile.read(self._phases), time.time())

    def hears(self) -> bool:
        """Whether it lives, and would end in order if it were told to."""
        return not self.has_died() and PhaseFile.read(self._phases) is not None

    def goes_on(self) -> None:
        """After it was stopped."""
        self._since_s = time.time()
        self.signal(signal.SIGCONT)

    def published_of(self) -> set[str]:
        """The partitions of its last batch, since it was started or went on."""
        batches = self.published_since(self._since_s)
        return batches[-1] if batches else set()

    def published_since(self, unix_s: float) -> list[set[str]]:
        """The partitions of each batch."""
        events = (each for each in self.events() if each.kind == "published")
        return [set(each.what.split()) for each in events if each.unix_s > unix_s]

    def signal(self, sign: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(sign)

    def has_left(self) -> bool:
        """Whether a worker that has died ended in order, as it was told to.

        Its doom may have come first, or the end of its patience; nothing else may.
        """
        assert self._process is not None
        code = self._process.returncode
        assert code in (0, -9, GAVE_UP), f"worker {self.name} left with {code}:\n{self._last()}"
        return code == 0

    def stop(self) -> None:
        """Ask it to finish its batch and leave, once it can hear that."""
        assert self._process is not None
        deadline_s = time.monotonic() + DEATH_S_MAX
        while not self.hears():
            assert time.monotonic() < deadline_s, f"worker {self.name} never polled"
            time.sleep(ASK_INTERVAL_S)
        self.signal(signal.SIGTERM)
        self._process.wait(DEATH_S_MAX)
        assert self.has_left(), f"worker {self.name} was killed:\n{self._last()}"

    def account(self) -> str:
        """Where it stands now, and what it said last: for a night that does not end."""
        if self.has_died():
            return f"worker {self.name} is dead:\n{self._last()}"
        if self.hears():
            self.signal(ASK_WHERE)
            time.sleep(TELL_S)
        phase = PhaseFile.read(self._phases)
        return f"worker {self.name} ({phase}), in for {self.doom}:\n{self._last()}"

    def _last(self) -> str:
        return self._log.read_text(errors="replace")[-LAST_CHARACTERS:]

    def end(self) -> None:
        """Make sure that nothing of it is left, however the night went."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEATH_S_MAX)

    def events(self) -> list[Event]:
        """All its lives' commits and aborts."""
        came, self._told_bytes = Diary.read(self.diary, self._told_bytes)
        self._told += came
        return self._told
