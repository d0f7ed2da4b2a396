"""The topic of what is yet to be sent, and of each target's sums: all that outlives a kill.

A find enters it in the transaction that commits the alert's offset, and a notice leaves it in one
once it was sent. It is read anew before anything is made of it, so that no transaction that was
lost, or whose answer was, leaves anything wrong in memory.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from broker.control_log import Hearing
from broker.ports import ControlTopic, Message, Output
from services.notices.quota import HOUR_S, Tally

LOG: Final = logging.getLogger("gueststar.notices")

NOTICE: Final = "notice "
TALLY: Final = "tally "


@dataclass(frozen=True)
class Notice:
    """What is to be sent to one target; its id is the same however often it is sent."""

    id: str
    target: str
    finds: int
    """For how many finds it speaks."""
    said: Mapping[str, Any]
    """As a webhook gets it: JSON."""
    text: str
    """The same for people, one line."""


class Outbox:
    """What waits, by target and id, oldest first; and the sums, by target."""

    def __init__(self, control: ControlTopic, topic: str) -> None:
        self._hearing = Hearing(control, of="notices", meanwhile="those that wait", log=LOG)
        self._topic = topic
        self.waiting: dict[str, dict[str, Notice]] = defaultdict(dict)
        self.tallies: dict[str, Tally] = {}

    def look(self) -> None:
        """Learn what has come, and wait for nothing."""
        self._learn(self._hearing.news())

    def read(self) -> None:
        """Know all that was written by now, by our own last transaction too.

        Raises KafkaUnavailable.
        """
        self._learn(self._hearing.complete())

    def put(self, notice: Notice) -> Output:
        """Has it wait."""
        value = json.dumps(asdict(notice)).encode()
        return Output(self._topic, f"{NOTICE}{notice.id}".encode(), value)

    def take(self, notice: Notice) -> Output:
        """Has it wait no longer."""
        return Output(self._topic, f"{NOTICE}{notice.id}".encode(), b"")

    def sums(self, target: str, tally: Tally) -> Output:
        """Has a target's sums stand so."""
        return Output(self._topic, f"{TALLY}{target}".encode(), json.dumps(asdict(tally)).encode())

    def _learn(self, messages: Iterable[Message]) -> None:
        for message in messages:
            try:
                self._know((message.key or b"").decode(), message.value)
            except (ValueError, TypeError) as error:
                LOG.warning("no notice, passed over: offset %d: %r", message.offset, error)

    def _know(self, key: str, value: bytes) -> None:
        if key.startswith(TALLY):
            self.tallies[key.removeprefix(TALLY)] = Tally(**json.loads(value))
        elif value:
            notice = Notice(**json.loads(value))
            self.waiting[notice.target][notice.id] = notice
        else:
            for line in self.waiting.values():
                line.pop(key.removeprefix(NOTICE), None)


def id_of(*parts: object) -> str:
    """A name for what these parts tell from everything else."""
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()[:32]


def summary(target: str, tally: Tally) -> Notice:
    """What an hour's end tells. Of one that is told twice, as was given up, the sums differ."""
    hour = datetime.fromtimestamp(tally.hour * HOUR_S, UTC).strftime("%Y-%m-%dT%H:%MZ")
    parts = []
    if tally.left_out:
        parts.append(f"{tally.left_out:,} more, over the quota, of which no notice was sent")
    if tally.undelivered:
        parts.append(f"{tally.undelivered:,} of which a notice could not be delivered")
    said = {
        "kind": "left_out",
        "hour": hour,
        "sent": tally.taken,
        "left_out": tally.left_out,
        "undelivered": tally.undelivered,
    }
    text = f"finds of the hour from {hour}: {'; '.join(parts)}"
    return Notice(id_of(target, tally), target, tally.untold, said, text)


def ended(target: str, tally: Tally | None, hour: int) -> tuple[Tally, list[Notice]]:
    """The sums of the present hour, and what is told of one that has ended."""
    if tally is None:
        return Tally(hour), []
    if not tally.is_over(hour):
        return tally, []
    return Tally(hour), [summary(target, tally)] if tally.untold else []
