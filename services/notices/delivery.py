"""Sends what waits in the outbox: each target in a line of its own, so that none waits for another.

A thread makes one attempt and touches nothing else; what came of it is written between two batches,
by the job's own producer. What is killed between the two is sent again, with the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from threading import Thread
from typing import Final, NamedTuple

from broker.notices_settings import NoticesSection
from broker.ports import Clock, Output, Sink
from services.followup.adapters.port import AnswerLost, Refused, TelescopeError
from services.followup.journal import SinkJournal
from services.notices.channels import Channel, kind_of
from services.notices.outbox import Notice, Outbox, ended
from services.notices.quota import hour_of

LOG: Final = logging.getLogger("gueststar.notices")


class Settled(NamedTuple):
    """A notice that waits no longer."""

    notice: Notice
    is_sent: bool


class Line:
    """One target's: one attempt at a time, the oldest notice first."""

    def __init__(self, name: str, channel: Channel, section: NoticesSection, clock: Clock) -> None:
        self._name, self._channel = name, channel
        self._section, self._clock = section, clock
        self._thread: Thread | None = None
        self._notice: Notice | None = None
        self._error: TelescopeError | None = None
        self._failed = 0
        self._next_s = -1.0

    @property
    def is_busy(self) -> bool:
        """Whether an attempt is under way."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, notice: Notice) -> None:
        """An attempt, where it is time for one."""
        if self._thread is not None or self._clock.monotonic_s() < self._next_s:
            return
        self._notice, self._error = notice, AnswerLost("it did not end")
        self._thread = Thread(target=self._send, args=(notice,), daemon=True)
        self._thread.start()

    def settled(self) -> Settled | None:
        """The notice whose last attempt has ended, told once."""
        if self._thread is None or self._thread.is_alive() or self._notice is None:
            return None
        notice, self._thread, self._notice = self._notice, None, None
        if self._error is None:
            self._failed = 0
            return Settled(notice, is_sent=True)
        return self._after(self._error, notice)

    def _send(self, notice: Notice) -> None:
        try:
            self._channel.send(notice)
        except TelescopeError as error:
            self._error = error
        else:
            self._error = None

    def _after(self, error: TelescopeError, notice: Notice) -> Settled | None:
        """Given up, or to be tried again later."""
        section, self._failed = self._section, self._failed + 1
        wait_s = min(section.retry_s_max, section.retry_s * 2.0 ** (self._failed - 1))
        self._next_s = self._clock.monotonic_s() + wait_s
        told = (self._name, notice.id, kind_of(error))
        if isinstance(error, Refused) or self._failed >= section.attempts_max:
            LOG.warning("%s: notice %s is given up: %s", *told)
            self._failed = 0
            return Settled(notice, is_sent=False)
        LOG.info("%s: notice %s: %s; again in %g s", *told, wait_s)
        return None


class Delivery:
    """All lines; `look` is called between two batches, and never waits for a target."""

    def __init__(
        self,
        section: NoticesSection,
        outbox: Outbox,
        channels: Mapping[str, Channel],
        *,
        sink: Sink,
        clock: Clock,
    ) -> None:
        self._section, self._outbox, self._clock = section, outbox, clock
        self._journal = SinkJournal(sink, section.outbox)
        self._lines = {
            name: Line(name, channel, section, clock) for name, channel in channels.items()
        }
        self._stopping: Callable[[], None] | None = None
        self._stop_s = 0.0

    def look(self) -> None:
        """Write what has ended, and begin what is due. Raises BrokerError."""
        self._outbox.look()
        settled = [one for line in self._lines.values() if (one := line.settled()) is not None]
        hour = hour_of(self._clock.now_s())
        if settled or self._are_over(hour):
            self._write(settled, hour)
        if self._stopping is not None:
            if not self._is_busy or self._clock.monotonic_s() > self._stop_s:
                self._stopping()
            return
        for name, line in self._lines.items():
            if waiting := self._outbox.waiting[name]:
                line.begin(next(iter(waiting.values())))

    def stop(self, then: Callable[[], None]) -> None:
        """Begin nothing more, and call `then` once what is under way has ended, or for too long."""
        self._stop_s = self._clock.monotonic_s() + self._section.answer_s
        self._stopping = then

    @property
    def _is_busy(self) -> bool:
        return any(line.is_busy for line in self._lines.values())

    def _are_over(self, hour: int) -> bool:
        tallies = self._outbox.tallies
        ours = [tallies[name] for name in self._lines if name in tallies]
        return any(one.untold and one.is_over(hour) for one in ours)

    def _write(self, settled: Sequence[Settled], hour: int) -> None:
        outbox = self._outbox
        outbox.read()
        outputs = [outbox.take(one.notice) for one in settled]
        for name in self._lines:
            lost = sum(one.notice.finds for one in settled if _is_lost(one, name))
            outputs += self._sums(name, lost, hour)
        self._journal.write((), outputs)
        outbox.read()

    def _sums(self, name: str, lost: int, hour: int) -> list[Output]:
        """What an hour's end and what was given up write, if anything."""
        outbox = self._outbox
        before = outbox.tallies.get(name)
        after, notices = ended(name, before, hour)
        if lost:
            after = after.give_up(lost)
        if after == before or (before is None and not lost):
            return []
        return [*map(outbox.put, notices), outbox.sums(name, after)]


def _is_lost(one: Settled, name: str) -> bool:
    return one.notice.target == name and not one.is_sent
