"""Topics, their limits, and whether Kafka is up: what is asked before the alerts flow."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from broker.errors import TopicMissing
from broker.kafka.asking import ANSWER_S_MAX, ASK_INTERVAL_S, DONE_S_MAX, GIVEN_UP, Asking
from broker.kafka.connection import COMPRESSION_TYPE, Connection
from broker.kafka.faults import UNKNOWN_TOPIC, Use, error_of, refused
from broker.kafka.rights import KafkaRights, Right, Said
from schemas.errors import BrokerError

Answer = TypeVar("Answer")

ASK_S_MAX: Final = 1.0
CREATED_S_MAX: Final = 20.0

# The fewest that Kafka takes; RFC 5802 asks for no more.
SCRAM_ITERATIONS: Final = 4_096

# A topic without a setting of its own has the server's: Kafka's default.
TOPIC_BYTES_MAX_DEFAULT: Final = 1_048_588


@dataclass(frozen=True)
class TopicSettings:
    """A topic to create. `settings` are Kafka's own (`max.message.bytes`, `retention.ms`)."""

    name: str
    partitions: int = 1
    replication: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)


class KafkaAdmin:
    """Questions about topics, and their creation. Raises KafkaUnavailable without an answer."""

    def __init__(self, connection: Connection) -> None:
        self._watch = connection.watch
        self._place = connection.entered_as
        self._asking = Asking(connection)
        self._asking.check()
        self._rights = KafkaRights(connection, self._asking)

    def answers(self) -> bool:
        """Whether Kafka answers now (it is given a second)."""
        try:
            return bool(self._asking.client.list_topics(timeout=ASK_S_MAX).brokers)
        except KafkaException as raised:
            if (denied := refused(error_of(raised))) is not None:
                raise denied from raised
            return False

    def wait(self) -> None:
        """Return when Kafka answers; says once that it waits, and when that is over.

        Raises BrokerError at once where it does not let us in, KafkaUnavailable.
        """
        while not self.answers():
            self._asking.hear()
            self._watch.away()
            self._watch.check()
            self._asking.renew()
            time.sleep(ASK_INTERVAL_S)
        self._watch.back()

    def partitions(self) -> dict[str, int]:
        listed = self._ask(lambda client: client.list_topics(timeout=ANSWER_S_MAX))
        return {name: len(topic.partitions) for name, topic in listed.topics.items()}

    def cluster(self) -> str:
        """The id of this Kafka, which no other has."""
        described = self._ask(lambda client: client.list_topics(timeout=ANSWER_S_MAX))
        return str(described.cluster_id)

    def create(self, topics: Sequence[TopicSettings]) -> None:
        """Create these topics; one that exists stays as it is. Returns when all are listed."""
        asked = [
            NewTopic(topic.name, topic.partitions, topic.replication, config=dict(topic.settings))
            for topic in topics
        ]
        if asked:
            self._ask(lambda client: self._done(client.create_topics(asked, **GIVEN_UP)))
        self._wait_listed({topic.name for topic in topics})

    def ask_rights(self, rights: Collection[Right]) -> Said:
        """Which of these rights we lack here; nothing is changed."""
        return self._rights.ask(rights)

    def has_committed(self, group: str, topic: str) -> bool:
        """Whether a group has an offset in each partition of a topic."""
        wanted = [TopicPartition(topic, n) for n in range(self.partitions().get(topic, 0))]
        asked = [ConsumerGroupTopicPartitions(group, wanted)]
        found = self._ask(
            lambda client: client.list_consumer_group_offsets(asked, **GIVEN_UP)[group].result(
                DONE_S_MAX
            )
        )
        places = found.topic_partitions
        return all(each.error is None and each.offset >= 0 for each in places)

    def admit(self, user: str, password: str) -> None:
        """Have Kafka know a user by SCRAM-SHA-512, with this password from now on."""
        credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, SCRAM_ITERATIONS)
        asked = UserScramCredentialUpsertion(user, credential, password.encode())

        def admitted(client: AdminClient) -> bool:
            client.alter_user_scram_credentials([asked])[user].result(DONE_S_MAX)
            return True

        self._ask(admitted)

    def bytes_max(self, topics: Iterable[str]) -> dict[str, int]:
        """Each topic's `max.message.bytes`: the largest batch of messages that it takes.

        Raises TopicMissing with the first topic that does not exist.
        """
        limits = self._settings(topics, "max.message.bytes")
        return {topic: int(limit or TOPIC_BYTES_MAX_DEFAULT) for topic, limit in limits.items()}

    def compressions(self, topics: Iterable[str]) -> dict[str, str]:
        """Each topic's `compression.type`; `producer` where what comes is left as it is.

        Raises TopicMissing with the first topic that does not exist.
        """
        found = self._settings(topics, COMPRESSION_TYPE)
        return {topic: compression or "producer" for topic, compression in found.items()}

    def _settings(self, topics: Iterable[str], name: str) -> dict[str, str | None]:
        """One setting of each topic; None where Kafka does not know it."""
        asked = [ConfigResource(ResourceType.TOPIC, topic) for topic in dict.fromkeys(topics)]
        described = self._ask(lambda client: self._described(client, asked)) if asked else {}
        return {
            topic: None if (entry := settings.get(name)) is None else entry.value
            for topic, settings in described.items()
        }

    def _wait_listed(self, names: set[str]) -> None:
        deadline_s = time.monotonic() + CREATED_S_MAX
        while missing := names - self.partitions().keys():
            if time.monotonic() > deadline_s:
                raise TopicMissing(f"created, but not listed by Kafka: {', '.join(missing)}")
            time.sleep(ASK_INTERVAL_S)

    def _ask(self, question: Callable[[AdminClient], Answer]) -> Answer:
        try:
            return self._asking.insist(lambda: question(self._asking.client))
        except KafkaException as raised:
            error = error_of(raised)
            raise refused(error) or BrokerError(f"Kafka answers: {error.str()}") from raised

    def _done(self, futures: Mapping[str, Future[Any]]) -> bool:
        """True, once all topics are made; one that exists already is no error."""
        for topic, future in futures.items():
            try:
                self._answer(future, "Create", topic)
            except KafkaException as raised:
                if error_of(raised).code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
        return True

    def _described(
        self, client: AdminClient, asked: Sequence[ConfigResource]
    ) -> dict[str, Mapping[str, Any]]:
        found = {}
        for resource, future in client.describe_configs(list(asked), **GIVEN_UP).items():
            try:
                found[resource.name] = self._answer(future, "DescribeConfigs", resource.name)
            except KafkaException as raised:
                if error_of(raised).code() in UNKNOWN_TOPIC:
                    missing = f"topic {resource.name!r} does not exist; create it first"
                    raise TopicMissing(missing) from None
                raise
        return found

    def _answer(self, future: Future[Any], operation: str, topic: str) -> Any:  # noqa: ANN401
        try:
            return future.result(DONE_S_MAX)
        except KafkaException as raised:
            use = Use(self._place, operation, (topic,))
            if (denied := refused(error_of(raised), use)) is not None:
                raise denied from raised
            raise
