"""Who is on duty: the filters of the settings, and those deployed, as the board has them now."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from broker.deployments.activation import Enlisted, Grounds, enlisted
from broker.deployments.inspection import Complaint, Inspector
from broker.deployments.records import (
    Cause,
    Change,
    Record,
    RecordError,
    State,
    Status,
    Version,
    read_record,
    shortened,
)
from broker.deployments.register import Register
from broker.errors import KafkaUnavailable
from broker.ports import Board, Clock, Message
from filters.roster import Member, Roster, Ruling
from filters.selection import Selection
from schemas.batch import AlertBatch
from schemas.errors import BrokerError, FilterError, GueststarError

LOG: Final = logging.getLogger("gueststar.filters")

RETRY_S: Final = 5.0
"""How long after Kafka did not answer what was asked of it is asked again."""


class DeskObserver(Protocol):
    """Someone who watches the deployed filters: `broker.metrics.Metrics`."""

    def on_duty(self, members: Sequence[Member]) -> None:
        """These are asked from now on, those of the settings first."""
        ...

    def on_pause(self, name: str, cause: str) -> None:
        """This worker paused one."""
        ...

    def on_cost(self, name: str, cost_us: float) -> None:
        """What one costs, µs of CPU an alert."""
        ...


@dataclass(frozen=True)
class Terms:
    """What deployed filters may take."""

    live_max: int = 1_000
    """Filters on duty at once."""
    cost_us_max: float = 10.0
    """µs of CPU an alert, each."""


def records_of(messages: Iterable[Message]) -> Iterator[Record]:
    """The records that messages hold; one that is none is logged and passed over."""
    for message in messages:
        try:
            yield read_record(message.key, message.value)
        except RecordError as error:
            place = f"{message.topic} offset {message.offset}"
            LOG.warning("no record of a filter, passed over: %s: %s", place, error)


class Desk:
    """A `Judges` whose members change in `look`, between two batches, and at no other time."""

    def __init__(
        self,
        board: Board,
        *,
        selections: Sequence[Selection],
        members: Sequence[Member],
        grounds: Grounds,
        terms: Terms,
        by: str,
        clock: Clock,
        inspector: Inspector | None = None,
        observer: DeskObserver | None = None,
    ) -> None:
        """`selections`, with their `members`, are those of the settings. `by`: who pauses."""
        self._board = board
        self._selections = tuple(selections)
        self._fixed = tuple(members)
        self._grounds = grounds
        self._terms = terms
        self._by = by
        self._clock = clock
        self._inspector = inspector or Inspector(terms.cost_us_max)
        self._observer = observer
        self._register = Register()
        self._enlisted: dict[str, Enlisted] = {}
        self._places: dict[str, int] = {}
        self._roster = Roster(self._selections, self._fixed, grounds.sky)
        self._complaints: list[Complaint] = []
        self._owed: dict[bytes, Status] = {}
        self._away = False
        self._retry_s = -RETRY_S
        self._undecided = False

    @property
    def members(self) -> Sequence[Member]:
        """Who is asked now: those of the settings first."""
        return self._roster.members

    def open(self) -> None:
        """Read the whole board. Raises KafkaUnavailable after the configured patience."""
        self._learn(self._board.present())
        self._muster()

    def look(self) -> None:
        """See what changed on the board, and pause what was complained of."""
        changed = self._learn(self._news())
        complaints, self._complaints = self._complaints, []
        for complaint in complaints:
            changed |= self._pause(complaint.enlisted.version, complaint.cause, complaint.reason)
        due = self._clock.monotonic_s() - self._retry_s >= RETRY_S
        if changed or (self._undecided and due):
            self._muster()
        if self._owed and due:
            self._settle()

    def judge(self, batch: AlertBatch) -> Sequence[Ruling]:
        """Each member's answer; one that raised is paused at the next `look`."""
        rulings = list(self._roster.judge(batch))
        for ruling in rulings[len(self._fixed) :]:
            if ruling.faults:
                each = self._enlisted[ruling.name]
                self._complaints.append(Complaint(each, Cause.RAISED, ruling.faults[0].message))
        self._inspect(batch, rulings)
        return rulings

    def close(self) -> None:
        """Let the board go."""
        self._board.close()

    def _inspect(self, batch: AlertBatch, rulings: list[Ruling]) -> None:
        """Have one filter asked alone: its answer then is the one that counts."""
        each = self._inspector.next_for(len(batch))
        if each is None:
            return
        name = each.version.name
        place = self._places[name]
        found = self._inspector.inspect(each, batch, rulings[place], self._roster.alone)
        rulings[place] = found.ruling
        if found.cost_us is not None and self._observer is not None:
            self._observer.on_cost(name, found.cost_us)
        if found.complaint is not None:
            self._complaints.append(found.complaint)

    def _news(self) -> list[Message]:
        """What came; nothing where Kafka does not answer, which is said once."""
        try:
            messages = self._board.new()
        except BrokerError as error:
            if not self._away:
                LOG.warning("%s; going on with the filters on duty", error)
            self._away = True
            return []
        if self._away:
            LOG.warning("the filters' topic answers again")
        self._away = False
        return messages

    def _learn(self, messages: Iterable[Message]) -> bool:
        """Add what came to the register; whether that is anything."""
        records = list(records_of(messages))
        for record in records:
            # Whoever changed a filter since knows better than what we could not write.
            self._owed.pop(record.key, None)
        self._register = self._register.after(records)
        return bool(records)

    def _pause(self, version: Version, cause: Cause, reason: str) -> bool:
        """Take a version off duty here and, by its record, everywhere; whether it was on duty."""
        if version not in self._register.on_duty:
            return False
        now = Change(State.PAUSED, cause, shortened(reason), self._by, self._clock.now_s())
        status = self._register.changed(version, now)
        self._register = self._register.after([status])
        if self._observer is not None:
            self._observer.on_pause(version.name, cause)
        self._write(status)
        return True

    def _write(self, status: Status) -> None:
        try:
            self._board.write(status.key, status.encode())
        except BrokerError as error:
            LOG.warning("filter %s is paused here alone, for now: %s", status.name, error)
            self._owed[status.key] = status
            self._retry_s = self._clock.monotonic_s()

    def _settle(self) -> None:
        """Write what Kafka did not take before."""
        owed, self._owed = self._owed, {}
        for status in owed.values():
            self._write(status)

    def _muster(self) -> None:
        """Put on duty what the register says, as far as that can be done here."""
        before, self._undecided = self._enlisted, False
        found = list(self._fit())
        self._enlisted = {each.version.name: each for each in found}
        self._roster = self._roster_with(found)
        self._places = {each.name: place for place, each in enumerate(self._roster.members)}
        self._inspector.assign(found)
        self._say(before)
        if self._observer is not None:
            self._observer.on_duty(self._roster.members)

    def _roster_with(self, found: Sequence[Enlisted]) -> Roster:
        return Roster(
            self._selections,
            (*self._fixed, *(each.member for each in found)),
            self._grounds.sky,
            expressions=[each.expressions for each in found],
        )

    def _fit(self) -> Iterator[Enlisted]:
        """The deployed filters that can be put on duty; the others are paused."""
        for place, version in enumerate(self._register.on_duty):
            known = self._enlisted.get(version.name)
            try:
                if place >= self._terms.live_max:
                    raise FilterError(
                        f"{self._terms.live_max} filters are live before it, and [filters]"
                        " live_max allows no more; remove one, then resume it"
                    )
                if known is not None and known.version == version:
                    yield known
                else:
                    yield enlisted(version, self._grounds)
            except KafkaUnavailable as error:
                LOG.warning("filter %s waits for Kafka: %s", version.name, error)
                self._undecided, self._retry_s = True, self._clock.monotonic_s()
            except GueststarError as error:
                self._pause(version, Cause.UNFIT, str(error))
            except Exception as error:  # whatever a record says, the alerts go on
                fault = f"a fault of ours, {type(error).__name__}: {error}; please report it"
                self._pause(version, Cause.UNFIT, fault)

    def _say(self, before: Mapping[str, Enlisted]) -> None:
        """A line for each filter that came or went."""
        for name, each in self._enlisted.items():
            if before.get(name) is not each:
                version = each.version
                LOG.info(
                    "filter %s version %d is on duty: topic %s, deployed by %s",
                    *(name, version.version, version.topic, version.by),
                )
        for name in before.keys() - self._enlisted.keys():
            version = before[name].version
            why = self._register.change(version)
            LOG.warning(
                "filter %s version %d is off duty: %s by %s: %s",
                *(name, version.version, why.state, why.by, why.reason),
            )
