"""A question about topics outlasts an outage as the flow of alerts does."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread

import pytest
from confluent_kafka import KafkaError, KafkaException

from broker.errors import KafkaUnavailable, TopicMissing
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.kafka.asking import LEFT_BEHIND, Asking
from schemas.errors import BrokerError


class Answer:
    """What a future brings."""

    def __init__(self, brings: object) -> None:
        self._brings = brings

    def result(self, timeout_s: float = 0.0) -> object:
        if isinstance(self._brings, Exception):
            raise self._brings
        return self._brings


class Listed:
    """What there is."""

    def __init__(self, *topics: str) -> None:
        self.topics = {topic: Listed() for topic in topics}
        self.partitions = [0]


class Client:
    """One of a Kafka that answers `faults` first, then as it should; counts what is made."""

    made = 0
    faults: list[Exception]

    def __init__(self, settings: object) -> None:
        Client.made += 1

    def _judge(self) -> None:
        if Client.faults:
            raise Client.faults.pop(0)

    def poll(self, timeout: float) -> int:
        return 0

    def list_topics(self, timeout: float) -> Listed:
        self._judge()
        return Listed("survey")

    def create_topics(self, topics: list[object], **_: object) -> dict[str, Answer]:
        return {"survey": Answer(Client.faults.pop(0) if Client.faults else None)}

    def describe_configs(self, resources: list[object], **_: object) -> dict[object, Answer]:
        brings: object = Client.faults.pop(0) if Client.faults else {}
        return {resource: Answer(brings) for resource in resources}


def fault(code: int) -> KafkaException:
    """As Kafka's client raises it."""
    return KafkaException(KafkaError(code))


QUESTIONS: list[Callable[[KafkaAdmin], object]] = [
    KafkaAdmin.partitions,
    lambda admin: admin.create([TopicSettings("survey")]),
    lambda admin: admin.bytes_max(["survey"]),
    lambda admin: admin.compressions(["survey"]),
]
"""A stranger adds theirs here."""


@pytest.fixture(autouse=True)
def clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.kafka.asking.AdminClient", Client)
    monkeypatch.setattr("broker.kafka.asking.ASK_INTERVAL_S", 0.0)
    Client.made, Client.faults = 0, []


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("passing", [fault(KafkaError._TIMED_OUT), TimeoutError()])
def test_every_question_is_asked_again_until_kafka_answers(
    question: Callable[[KafkaAdmin], object], passing: Exception
) -> None:
    Client.faults = [passing] * 3
    question(KafkaAdmin(Connection("here:1", patience_s=60)))
    assert not Client.faults


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_is_asked_longer_than_patience_lasts(
    question: Callable[[KafkaAdmin], object],
) -> None:
    Client.faults = [fault(KafkaError._TRANSPORT)] * 100
    with pytest.raises(KafkaUnavailable, match="here:1 for 0 s"):
        question(KafkaAdmin(Connection("here:1", patience_s=0)))
    assert len(Client.faults) > 90


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_no_repetition_mends_is_asked_once(question: Callable[[KafkaAdmin], object]) -> None:
    Client.faults = [fault(KafkaError.TOPIC_AUTHORIZATION_FAILED)] * 2
    with pytest.raises(BrokerError, match=r"no right to .* at here:1|access lists"):
        question(KafkaAdmin(Connection("here:1", patience_s=60)))
    assert len(Client.faults) == 1


def test_a_client_that_may_have_forgotten_its_servers_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("broker.kafka.asking.KEPT_S_MIN", -1.0)
    Client.faults = [fault(KafkaError._ALL_BROKERS_DOWN)] * 2
    KafkaAdmin(Connection("here:1", patience_s=60)).partitions()
    assert Client.made == 3


def test_a_missing_topic_is_named() -> None:
    Client.faults = [fault(KafkaError.UNKNOWN_TOPIC_OR_PART)]
    with pytest.raises(TopicMissing, match="'survey' does not exist"):
        KafkaAdmin(Connection("here:1")).bytes_max(["survey"])


def test_a_client_ends_once_its_questions_are_answered() -> None:
    asking, question = Asking(Connection("here:1")), Future[None]()
    gone = weakref.ref(asking.client)
    asking.asked([question])
    closing = Thread(target=asking.close)
    closing.start()
    assert gone() is not None
    question.set_result(None)
    closing.join()
    assert gone() is None


def test_a_client_whose_question_nobody_answers_is_left_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("broker.kafka.asking.ANSWERED_S_MAX", 0.01)
    asking = Asking(Connection("here:1"))
    gone = weakref.ref(asking.client)
    asking.asked([Future[None]()])
    asking.close()
    assert gone() is LEFT_BEHIND.pop()
