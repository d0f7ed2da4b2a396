"""What other users say of objects: joined once, by their own names, and waking filters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.clock import ManualClock
from broker.deployments.records import Version
from broker.errors import KafkaUnavailable, SettingsError
from broker.followup_settings import FollowupSection
from broker.headers import named
from broker.memory import MemoryControlTopic, MemoryKafka, MemorySink
from broker.ports import Message, Output, Partition
from filters.expressions.filter import ExpressionFilter
from replay.invention import invent
from schemas.decode import Decoder
from schemas.object_annotation import ObjectAnnotation, read_object_annotation
from services.followup.journal import SinkJournal
from services.followup.others import LastAlerts, Others
from services.followup.requests import Request
from services.followup.waking import WOKEN_BY, Waking
from tests.services.followup.jobs import wanted

JOINED, INBOX, SELECTED = "said", "said.alice", "selected"
(MADE,) = invent(1, seed=3)
(OBJECT,) = Decoder().decode([MADE.packet]).object_id.tolist()


class Broken:
    """A journal that Kafka does not answer the first time."""

    def __init__(self, inner: SinkJournal) -> None:
        self._inner, self._left = inner, 1

    def write(self, requests: list[Request], others: list[Output]) -> None:
        self._left -= 1
        if self._left >= 0:
            raise KafkaUnavailable("not now")
        self._inner.write(requests, others)


class Place:
    """A Kafka with one filter deployed that asks what alice says."""

    def __init__(self) -> None:
        self.kafka = MemoryKafka(ManualClock(now_s=1.8e9))
        for topic in ("filters", JOINED, INBOX, SELECTED):
            self.kafka.create_topic(topic)
        clauses = {"asked": 'annotation("alice", "type") == "KN"'}
        document = ExpressionFilter.of({"name": "kn", "clauses": clauses}).document()
        version = Version("kn", 1, "0" * 64, document, SELECTED, (), "me", 1.8e9, None, (), None)
        self.kafka.publish("filters", version.encode(), key=version.key)

    def job(self, *, is_broken: bool = False) -> Others:
        """One life of it, that has taken the name."""
        sink = MemorySink(self.kafka, name="followup")
        sink.rebuild()
        journal = SinkJournal(sink, "requests")
        message = Message("enriched", 0, 7, -1, b"key", MADE.packet)

        def fetch(partition: Partition, offset: int) -> Message | None:
            return message if (partition, offset) == (Partition("enriched", 0), 7) else None

        others = Others(
            {"alice": MemoryControlTopic(self.kafka, INBOX)},
            MemoryControlTopic(self.kafka, JOINED),
            JOINED,
            Broken(journal) if is_broken else journal,  # type: ignore[arg-type]
            Waking(MemoryControlTopic(self.kafka, "filters"), fetch, Decoder()),
        )
        others.open()
        return others

    def says(self, type_: str, source: str = "alice") -> None:
        said = ObjectAnnotation(OBJECT, source, "classification", 1.8e9, {}, {"type": type_})
        self.kafka.publish(INBOX, said.encode(), key=said.key)


def here(_object_id: str) -> str:
    return "enriched-0-7"


def test_a_filter_is_woken_by_what_another_user_says_and_told_by_whom() -> None:
    place = Place()
    others = place.job()
    place.says("KN")
    others.look(here)
    (woken,) = place.kafka.read(SELECTED)
    assert (woken.value, named(woken.headers)) == (MADE.packet, (b"kn",))
    assert dict(woken.headers)[WOKEN_BY] == f"{OBJECT}/alice/classification".encode()


def test_what_was_joined_is_not_joined_again_by_the_next_life_of_the_job() -> None:
    place = Place()
    place.says("KN")
    place.job().look(here)
    later = place.job()
    later.look(here)
    place.says("KN")
    later.look(here)
    assert len(place.kafka.read(JOINED)) == 2
    assert len(place.kafka.read(SELECTED)) == 1


def test_a_user_speaks_by_its_own_name_only_and_nonsense_is_passed_over() -> None:
    place = Place()
    place.kafka.publish(INBOX, b"nonsense", key=b"x")
    place.says("KN", source="followup")
    place.job().look(here)
    (joined,) = place.kafka.read(JOINED)
    assert read_object_annotation(joined.value).source == "alice"


def test_what_could_not_be_written_is_written_once_when_kafka_answers() -> None:
    place = Place()
    others = place.job(is_broken=True)
    place.says("KN")
    with pytest.raises(KafkaUnavailable):
        others.look(here)
    assert not place.kafka.read(SELECTED)
    for _ in range(2):
        others.look(here)
    assert (len(place.kafka.read(JOINED)), len(place.kafka.read(SELECTED))) == (1, 1)


def test_an_object_without_a_known_alert_is_joined_and_wakes_nobody() -> None:
    place = Place()
    place.says("KN")
    place.job().look(lambda _object_id: "")
    assert (len(place.kafka.read(JOINED)), len(place.kafka.read(SELECTED))) == (1, 0)


def test_an_objects_last_alert_is_the_last_that_came_else_that_of_a_request() -> None:
    last, request = LastAlerts(), wanted(1, 1.8e9, origin="enriched-0-1")
    newer = replace(request, mjd=request.mjd + 1, origin="enriched-0-2")
    assert last.of(request.object_id, []) == ""
    assert last.of(request.object_id, [newer, request]) == "enriched-0-2"
    last.see(request.object_id, "enriched-0-3")
    assert last.of(request.object_id, [request]) == "enriched-0-3"


@pytest.mark.parametrize("user", ["followup", "a.b", "", "A"])
def test_who_is_no_user_or_the_job_itself_is_no_annotator(user: str) -> None:
    with pytest.raises(SettingsError, match="annotators"):
        FollowupSection(annotators=(user,))
