"""What one life of a worker is in for: a phase to die in, or a way to spoil its transactions."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from broker.errors import OutputTooLarge, TransactionAborted
from broker.observer import BatchReport, Phase
from broker.ports import Output, Partition, Sink
from schemas.errors import BrokerError
from tests.chaos.phase_file import PhaseFile


class Spoiler(StrEnum):
    """How a transaction is made to fail by other means than a kill."""

    NONE = "none"
    SEND_OFFSETS = "send-offsets fails"
    TIME_OUT = "transaction times out"
    OVERSIZE = "output too large"


@dataclass(frozen=True)
class Doom:
    """One life of a worker."""

    phase: Phase | None = None
    """Die in this phase; None: live until told to stop."""
    after_s: float = 0.0
    """The first time that it is entered so long after the first poll."""
    delay_s: float = 0.0
    """And so long after entering it."""
    spoiler: Spoiler = Spoiler.NONE
    times: int = 0
    """How many transactions to spoil: the first ones."""
    stall_s: float = 0.0
    """How long a transaction that shall time out is held open."""

    def encode(self) -> str:
        """As a worker's argument."""
        return json.dumps(asdict(self))

    @staticmethod
    def decode(text: str) -> Doom:
        """From a worker's argument."""
        fields = json.loads(text)
        phase = Phase(fields["phase"]) if fields["phase"] else None
        return Doom(**{**fields, "phase": phase, "spoiler": Spoiler(fields["spoiler"])})


class Executioner:
    """An observer that ends its own process, `kill -9`, at the time it was told."""

    def __init__(self, doom: Doom, phases: PhaseFile) -> None:
        self._doom = doom
        self._phases = phases
        self._due_s: float | None = None

    def on_phase(self, phase: Phase) -> None:
        """Strike, at once or a moment later, where it is time and this is the phase."""
        if self._due_s is None and phase is Phase.POLLING:
            self._due_s = time.monotonic() + self._doom.after_s
        if phase is self._doom.phase and self._due_s and time.monotonic() >= self._due_s:
            self._strike(phase)

    def _strike(self, phase: Phase) -> None:
        if self._doom.delay_s == 0:
            self._phases.end(phase)
            os.kill(os.getpid(), signal.SIGKILL)
        threading.Thread(target=self._strike_later, daemon=True).start()

    def _strike_later(self) -> None:
        time.sleep(self._doom.delay_s)
        os.kill(os.getpid(), signal.SIGKILL)

    def on_batch(self, report: BatchReport[object]) -> None:
        """Not its business."""

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """Not its business."""


class Event(NamedTuple):
    """One line of a worker's diary."""

    kind: str
    unix_s: float
    what: str
    """Of an abort its error; of a batch that was published the numbers of its partitions."""


class Diary:
    """An observer that writes commits and aborts to a file that outlives the worker."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1, encoding="utf-8")

    def on_phase(self, phase: Phase) -> None:
        """Kept by the phase file."""

    def on_batch(self, report: BatchReport[object]) -> None:
        """Something was published."""
        parts = (each.partition for each in report.entry.ranges if each.end > each.start)
        self._write("published", " ".join(map(str, parts)))

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """A transaction was given up."""
        self._write("aborted", f"{type(error).__name__}: {error}")

    def _write(self, kind: str, what: str) -> None:
        self._file.write(json.dumps(Event(kind, time.time(), what)) + "\n")

    @staticmethod
    def read(path: Path, from_byte: int) -> tuple[list[Event], int]:
        """What is new, and where to go on.

        Of whole lines: a kill may have cut the last one.
        """
        if not path.exists():
            return [], 0
        with path.open("rb") as file:
            file.seek(from_byte)
            new, _, cut = file.read().rpartition(b"\n")
            events = [Event(*json.loads(line)) for line in new.splitlines()]
            return events, file.tell() - len(cut)


class SpoiltSink:
    """A sink that lets some transactions fail; everything else goes to the real one."""

    def __init__(self, sink: Sink, doom: Doom) -> None:
        self._sink = sink
        self._doom = doom
        self._left = doom.times

    def _is_due(self, spoiler: Spoiler) -> bool:
        if self._doom.spoiler is not spoiler or self._left == 0:
            return False
        self._left -= 1
        return True

    def begin(self) -> None:
        """The real sink's."""
        self._sink.begin()

    def produce(self, outputs: Sequence[Output]) -> None:
        """May find an output too large, or dawdle until the transaction has timed out."""
        self._sink.produce(outputs)
        if self._is_due(Spoiler.OVERSIZE):
            huge = bytes(self._sink.bytes_max(outputs[0].topic) + 1)
            self._sink.produce([Output(outputs[0].topic, None, huge)])
            raise OutputTooLarge("the real sink took what is too large")
        if self._is_due(Spoiler.TIME_OUT):
            time.sleep(self._doom.stall_s)

    def send_offsets(self, offsets: Mapping[Partition, int], group: object) -> None:
        """May fail after Kafka has the offsets, as a lost answer would have it."""
        self._sink.send_offsets(offsets, group)
        if self._is_due(Spoiler.SEND_OFFSETS):
            raise TransactionAborted("the offsets were refused")

    def commit(self) -> None:
        """The real sink's."""
        self._sink.commit()

    def abort(self) -> None:
        """The real sink's."""
        self._sink.abort()

    def rebuild(self) -> None:
        """The real sink's."""
        self._sink.rebuild()

    def bytes_max(self, topic: str) -> int:
        """The real sink's."""
        return self._sink.bytes_max(topic)

    def close(self) -> None:
        """The real sink's."""
        self._sink.close()
