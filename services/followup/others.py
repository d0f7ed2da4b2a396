"""Annotations by others: each joined to its object once, by its writer, and waking filters.

Kafka tells nobody who wrote a record. So each user has a topic of its own, which rights let it
alone write; whatever comes from there is said by that user. The job copies it to the topic of
annotations, with where it lay, in the transaction that publishes what it wakes: what lay there
is read back when the job begins again, and so no annotation is joined twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from broker.outside import annotations_in
from broker.ports import ControlTopic, Message, Output
from schemas.object_annotation import ObjectAnnotation
from services.followup.requests import Request
from services.followup.tracker import Journal
from services.followup.waking import Waking

FROM: Final = "gueststar-from"
"""The header that says where an annotation lay: user/offset."""
OBJECTS_MAX: Final = 200_000
"""Whose last alert is known; of more, those that had none for longest are forgotten."""
TRANSACTION_MAX: Final = 100
"""Annotations that are joined in one step; alerts wait meanwhile."""


class LastAlerts:
    """Where each object's last alert lies, of those that came since the job began."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, str] = OrderedDict()

    def see(self, object_id: str, place: str) -> None:
        """place: topic-partition-offset"""
        self._places[object_id] = place
        self._places.move_to_end(object_id)
        if len(self._places) > OBJECTS_MAX:
            self._places.popitem(last=False)

    def of(self, object_id: str, requests: Iterable[Request]) -> str:
        """Else that of a request of it; empty where neither is known."""
        found = self._places.get(object_id)
        if found is not None:
            return found
        asked = [one for one in requests if one.object_id == object_id]
        return max(asked, key=lambda one: one.mjd).origin if asked else ""


class Others:
    """Reads users' topics; `look` joins what is new."""

    def __init__(
        self,
        inboxes: Mapping[str, ControlTopic],
        joined: ControlTopic,
        topic: str,
        journal: Journal,
        waking: Waking | None,
    ) -> None:
        """inboxes: by user; joined: the topic of annotations, and `topic` its name."""
        self._inboxes = inboxes
        self._joined = joined
        self._topic = topic
        self._journal = journal
        self._waking = waking
        self._next: dict[str, int] = {}
        self._waiting: list[tuple[str, Message]] = []
        self._unwritten: list[Output] = []

    def open(self) -> None:
        """Know what was joined before; called once nobody else can write."""
        messages = self._joined.complete()
        if self._waking is not None:
            self._waking.learn(annotations_in(messages))
        for message in messages:
            user, _, offset = (
                dict(message.headers).get(FROM, b"").decode("utf-8", "replace").rpartition("/")
            )
            if offset.isdigit():
                self._next[user] = max(self._next.get(user, 0), int(offset) + 1)

    def look(self, place_of: Callable[[str], str]) -> None:
        """Join what is new. place_of: where an object's last alert lies, or empty."""
        for user, inbox in self._inboxes.items():
            begin = self._next.get(user, 0)
            self._waiting += [(user, each) for each in inbox.new() if each.offset >= begin]
        # What is judged already is kept until it is written: judged again it would wake nobody.
        if not self._unwritten:
            for _ in range(min(len(self._waiting), TRANSACTION_MAX)):
                self._unwritten += self._outputs(*self._waiting[0], place_of)
                del self._waiting[0]
        if self._unwritten:
            self._journal.write((), self._unwritten)
            self._unwritten = []

    def close(self) -> None:
        for inbox in (*self._inboxes.values(), self._joined):
            inbox.close()

    def _outputs(
        self, user: str, message: Message, place_of: Callable[[str], str]
    ) -> Sequence[Output]:
        found = [_by(user, one) for one in annotations_in([message])]
        if not found:
            return []
        (said,) = found
        place = ((FROM, f"{user}/{message.offset}".encode()),)
        woken = self._waking.woken(place_of(said.object_id), found) if self._waking else []
        return [Output(self._topic, said.key, said.encode(), place), *woken]


def _by(user: str, said: ObjectAnnotation) -> ObjectAnnotation:
    """The same, by the user whose topic it lay on, whoever it says."""
    return replace(said, source=user)
