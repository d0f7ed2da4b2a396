"""What a batch of notices becomes: each kept as it came, the newest of each event on its topic.

A notice that comes twice, or late, changes nothing: the newest is told by when it was made, and the
topics of events, read before each batch, say what that is. So nothing is held that a lost
transaction could make wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from broker.dead_letters import DeadLetter
from broker.ledger import Counts
from broker.messengers.events import notices_of
from broker.messengers.section import MessengersSection
from broker.ports import Clock, ControlTopic, Message, Output
from broker.processor import Processed
from schemas.errors import NoticeError
from sky.messengers.notices import Notice, read_notice

NO_NOTICE: Final = "no notice"
TOO_LARGE: Final = "notice too large"
DAY_S: Final = 86_400.0
ROOM_BYTES: Final = 4_096
"""Of a message, for what is beside a notice in it."""

HEARD: Final = "messengers"
"""In the ledger: notices by who said so."""
FROM: Final = "from"
"""The header that says where a notice lay: topic-partition-offset."""


@dataclass(frozen=True)
class Heard:
    """What the job tells its observers of a batch."""

    notices: Sequence[Notice]
    received_unix_s: NDArray[np.float64]
    """When each message reached the topic, by Kafka; NaN where that is not said."""
    faults: tuple[str, ...] = ()


@dataclass
class Newest:
    """Of each event on one topic, when its newest notice was made."""

    topic: str
    control: ControlTopic
    made_unix_s: dict[str, float] = field(default_factory=dict)

    def look(self) -> None:
        """Know all that was written by now: what this job wrote last may be on its way still.

        Raises KafkaUnavailable.
        """
        self._learn(self.control.complete())

    def changes(self, notices: Sequence[Notice], due_unix_s: float) -> Iterator[Output]:
        """What these notices change there, and what was made before that is taken off."""
        made = dict(self.made_unix_s)
        changed = {event: b"" for event, unix_s in made.items() if unix_s < due_unix_s}
        for notice in notices:
            if notice.created_unix_s >= made.get(notice.event, -np.inf):
                made[notice.event] = notice.created_unix_s
                changed[notice.event] = notice.raw
        for event, value in changed.items():
            yield Output(self.topic, event.encode(), value)

    def _learn(self, messages: Sequence[Message]) -> None:
        for event, notice in notices_of(messages):
            if notice is None:
                self.made_unix_s.pop(event, None)
            else:
                self.made_unix_s[event] = notice.created_unix_s


class NoticesJob:
    """A `broker.processor.Processor` of notices."""

    def __init__(
        self,
        section: MessengersSection,
        *,
        events: ControlTopic,
        mock_events: ControlTopic,
        dead_letters: str,
        letters_bytes_max: int,
        clock: Clock,
    ) -> None:
        """dead_letters: the topic of what is no notice, which takes so large messages."""
        self._section = section
        self._events = Newest(section.events, events)
        self._mock = Newest(section.mock_events, mock_events)
        self._dead_letters = dead_letters
        self._letters_bytes_max = letters_bytes_max
        self._clock = clock

    def process(self, messages: Sequence[Message]) -> Processed[Heard]:
        """Each notice is kept once, or dies once. Raises KafkaUnavailable."""
        for topic in (self._events, self._mock):
            topic.look()
        kept, notices, dead = list[Output](), list[Notice](), list[DeadLetter]()
        for message in messages:
            made = self._read(message)
            if isinstance(made, DeadLetter):
                dead.append(made)
            else:
                notices.append(made)
                kept.append(self._kept(message, made))
        letters = [one.output(self._dead_letters, self._letters_bytes_max) for one in dead]
        return Processed(
            outputs=[*kept, *self._changes(notices), *letters],
            dead=dead,
            counts=self._counts(notices, dead),
            outcome=Heard(notices, _received(messages)),
        )

    def _read(self, message: Message) -> Notice | DeadLetter:
        if len(message.value) + ROOM_BYTES > self._section.message_bytes_max:
            detail = f"{len(message.value):,} bytes, over [messengers] message_bytes_max"
            return DeadLetter(TOO_LARGE, detail, message)
        try:
            return read_notice(message.value)
        except NoticeError as error:
            return DeadLetter(NO_NOTICE, str(error), message)

    def _kept(self, message: Message, notice: Notice) -> Output:
        place = f"{message.topic}-{message.partition}-{message.offset}".encode()
        key = notice.event.encode()
        return Output(self._section.notices, key, message.value, ((FROM, place),))

    def _changes(self, notices: Sequence[Notice]) -> Iterator[Output]:
        due_unix_s = self._clock.now_s() - self._section.kept_days_max * DAY_S
        for newest, mock in ((self._events, False), (self._mock, True)):
            yield from newest.changes([one for one in notices if one.mock is mock], due_unix_s)

    def _counts(self, notices: Sequence[Notice], dead: Sequence[DeadLetter]) -> Counts:
        published = {self._section.notices: len(notices)} if notices else {}
        heard = Counter(notice.source for notice in notices)
        return Counts(published, Counter(one.reason for one in dead), {HEARD: heard})


def _received(messages: Sequence[Message]) -> NDArray[np.float64]:
    times_ms = np.array([each.timestamp_ms for each in messages], np.float64)
    return np.where(times_ms < 0, np.nan, times_ms / 1e3)
