"""Whether a topic is still the one that was read: Kafka's ids, asked for and compared.

A topic's id never returns. Whoever knows it when a partition is placed, and finds it unchanged by
an answer that was asked for after a poll, knows that all that was polled came from that one
topic. The question is asked as the poll ends and its answer is looked at before the batch is
published, so it hides behind the work on the batch.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from typing import Final

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import TopicDescription

from broker.errors import TopicRemade
from broker.kafka.asking import Asking
from broker.kafka.connection import Connection
from broker.kafka.faults import UNKNOWN_TOPIC, error_of, passes, refused
from broker.kafka.watch import LOG
from broker.lives import LOOK_INTERVAL_S, Memory
from broker.ports import Partition
from schemas.errors import BrokerError

ANSWER_S_MAX: Final = 2.0
GLANCE_S_MAX: Final = 10.0
NO_ID: Final = "A" * 22
"""How the client writes the id of a topic where Kafka has none (before 2.8)."""


class Question:
    """Which topics bear some names, asked once: an id each, None where there is no such topic.

    `partitions`: how many each has, of those answered.
    """

    def __init__(self, futures: Mapping[str, Future[TopicDescription]]) -> None:
        self.topics = tuple(futures)
        self.partitions: dict[str, int] = {}
        self._futures = futures

    def is_answered(self, timeout_s: float = 0.0) -> bool:
        """Whether all answers are here, at the latest after that long."""
        return not wait_for(self._futures.values(), timeout_s).not_done

    def answers(self) -> dict[str, str | None] | None:
        """By topic; None where Kafka cannot tell now. Raises BrokerError where we may not ask."""
        found = dict[str, str | None]()
        for topic, future in self._futures.items():
            try:
                described = future.result()
                self.partitions[topic] = len(described.partitions)
                topic_id = str(described.topic_id)
                found[topic] = "" if topic_id == NO_ID else topic_id
            except KafkaException as raised:
                error = error_of(raised)
                if error.code() in UNKNOWN_TOPIC:
                    found[topic] = None
                elif passes(error):
                    return None
                else:
                    raise refused(error) or BrokerError(f"Kafka answers: {error.str()}") from raised
        return found


class TopicIds:
    """Kafka's ids of topics. Nothing is asked before `ask`."""

    def __init__(self, connection: Connection) -> None:
        self._asking = Asking(connection)
        self.renew = self._asking.renew
        self.close = self._asking.close

    def ask(self, topics: Iterable[str]) -> Question:
        """Ask in one request; does not wait."""
        names = TopicCollection(sorted(topics))
        futures = self._asking.client.describe_topics(names, request_timeout=ANSWER_S_MAX)
        self._asking.asked(futures.values())
        return Question(futures)

    def insist(self, question: Question) -> dict[str, str | None]:
        """Its answers, asked for again while there are none and patience lasts."""
        asked = [question]
        return self._asking.insist(
            lambda: _answers(asked.pop() if asked else self.ask(question.topics))
        )


def _answers(question: Question) -> dict[str, str | None] | None:
    return question.answers() if question.is_answered(2 * ANSWER_S_MAX) else None


class Lives:
    """Which life of its topic each partition of a reader is in, and whether that is over."""

    def __init__(self, connection: Connection) -> None:
        self.memory = Memory()
        self._ids = TopicIds(connection) if connection.topic_ids else None
        self._known: dict[str, str] = {}
        self._over: set[str] = set()
        self._polled: tuple[Question, Mapping[Partition, int]] | None = None
        self._glance: Question | None = None
        self._glanced_s = -LOOK_INTERVAL_S
        self._changed = False
        self._partitions: dict[str, int] = {}
        self._doubts_assignment = False
        self._doubted_s = -LOOK_INTERVAL_S

    def close(self) -> None:
        if self._ids is not None:
            self._ids.close()

    def begin_client(self) -> None:
        """A new client reads from now on, which knows no topic yet."""
        self._doubts_assignment, self._changed = self._changed, False
        self._known, self._polled, self._glance = {}, None, None

    def doubts(self, partitions: Iterable[Partition]) -> bool:
        """Whether what is assigned may be of before a change: once after each, or if it is."""
        counts, now_s = self._partitions, time.monotonic()
        missing = any(each.number >= counts.get(each.topic, each.number + 1) for each in partitions)
        is_due = missing and now_s > self._doubted_s + LOOK_INTERVAL_S
        if is_due or self._doubts_assignment:
            self._doubts_assignment, self._doubted_s = False, now_s
            return True
        return False

    def look(self, topics: Collection[str]) -> bool:
        """Whether a topic is another than the one that the present client knows, and so is lost
        to it: the terms of the new leaders begin at 0 again, which it takes for outdated news.

        Asks now and then, and waits for no answer.
        """
        now_s = time.monotonic()
        if self._glance is not None and self._glance.is_answered():
            self._learn(self._glance.answers() or {})
            self._glance = None
        elif now_s > self._glanced_s + GLANCE_S_MAX:
            self._glance = None  # its client was let go
        if self._ids and topics and not self._glance and now_s > self._glanced_s + LOOK_INTERVAL_S:
            self._glance, self._glanced_s = self._ids.ask(topics), now_s
        return self._changed

    def named(
        self, topics: Collection[str], timeout_s: float = 2 * ANSWER_S_MAX
    ) -> dict[str, str] | None:
        """Each topic's id, empty where Kafka has none or no such topic; nothing is learnt of it.

        None where it is not known in time.
        """
        if self._ids is None or not topics:
            return dict.fromkeys(topics, "")
        question = self._ids.ask(topics)
        found = question.answers() if question.is_answered(timeout_s) else None
        return None if found is None else {topic: found[topic] or "" for topic in topics}

    def present(self, topics: Collection[str]) -> dict[str, str] | None:
        """Each topic's id, empty where Kafka has none; waits for the answer.

        None where it is not known now, one of them does not exist, or the client must be changed.
        """
        if self._ids is None:
            return dict.fromkeys(topics, "")
        question = self._ids.ask(topics)
        found = _answers(question)
        if found is None:
            self._ids.renew()
        self._learn(found or {})
        self._partitions.update(question.partitions)
        known = {topic: name for topic, name in (found or {}).items() if name is not None}
        is_sound = len(known) == len(topics) and self._over.isdisjoint(known.values())
        return known if is_sound and not self._changed else None

    def ask(self, ends: Mapping[Partition, int]) -> None:
        """A poll moved these partitions, which end there as far as the client knows."""
        topics = {partition.topic for partition in ends}
        self._polled = (self._ids.ask(topics), ends) if self._ids and topics else None

    def confirm(self) -> None:
        """Raises TopicRemade where what `ask` was told of may be of another life."""
        if self._ids is None or self._polled is None:
            return
        (question, ends), self._polled = self._polled, None
        found = self._ids.insist(question)
        self._learn(found)
        for topic in self.memory.differing(found):
            how = "deleted" if found[topic] is None else "deleted and made anew"
            raise TopicRemade(f"topic {topic!r} was {how} while it was read")
        self.memory.end(ends)

    def _learn(self, found: Mapping[str, str | None]) -> None:
        """Compare with what the client knows; an id that is over may be heard of once more."""
        for topic, name in found.items():
            if name is None or name in self._over:
                continue
            known = self._known.setdefault(topic, name)
            if known != name and not self._changed:
                LOG.warning("topic %r was deleted and made anew", topic)
            if known != name:
                self._over.add(known)
                self._changed = True
