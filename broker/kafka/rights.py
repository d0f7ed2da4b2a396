"""What Kafka lets us do, asked without doing it: nothing is written, made, moved or fenced."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal, NamedTuple

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AclOperation, NewTopic

from broker.kafka.asking import ANSWER_S_MAX, DONE_S_MAX, GIVEN_UP, Asking
from broker.kafka.connection import Connection
from broker.kafka.faults import UNKNOWN_TOPIC, error_of, passes, settings_checked

Operation = Literal["Read", "Write", "Create", "Describe", "DescribeConfigs"]
"""As Kafka's access lists call them."""
Kind = Literal["topic", "group", "transactional id"]

OPERATIONS: Final[Mapping[AclOperation, Operation]] = {
    AclOperation.READ: "Read",
    AclOperation.WRITE: "Write",
    AclOperation.DESCRIBE: "Describe",
    AclOperation.DESCRIBE_CONFIGS: "DescribeConfigs",
}
EVERY: Final = frozenset(OPERATIONS.values())

NOBODY: Final = "(check)"
"""Ends the names of which Kafka is asked what is true of all that begin so. A worker's name is its
`group.instance.id`, and Kafka takes none with such characters: no worker has such a name."""
NO_TOPIC: Final = "no topic (check)"
"""No topic can have this name."""
TOO_LONG_MS: Final = 2_147_483_647
"""A time-out of transactions that Kafka refuses (`transaction.max.timeout.ms`)."""


class Right(NamedTuple):
    """An operation on what has a name, or on all that begins with it."""

    operation: Operation
    kind: Kind
    name: str
    begins: bool = False

    def __str__(self) -> str:
        what = f"{self.kind}s that begin with" if self.begins else self.kind
        return f"{self.operation} {what} {self.name!r}"


class Said(NamedTuple):
    """What Kafka says of the rights that it was asked about."""

    place: str
    """Its address, and who we are there."""
    missing: tuple[Right, ...] = ()
    unsaid: tuple[Right, ...] = ()
    """It does not say, or not before the topic is there."""


class _Topic(NamedTuple):
    """What we may do with a topic; None where that is not said."""

    operations: frozenset[Operation] | None
    is_there: bool = True
    is_shown: bool = True
    """Kafka says of those that we may not describe only that."""


def _one(right: Right) -> str:
    """What Kafka is asked of: of names that begin so, one that nothing has."""
    if not right.begins:
        return right.name
    return right.name + ("check" if right.kind == "topic" else NOBODY)


class KafkaRights:
    """Those of who a connection enters as. Raises KafkaUnavailable without an answer."""

    def __init__(self, connection: Connection, asking: Asking) -> None:
        self._connection = connection
        self._asking = asking

    def ask(self, rights: Collection[Right]) -> Said:
        """Which of these we lack. A Kafka that checks no rights grants all."""
        named = {_one(each) for each in rights if each.kind == "topic"}
        topics = self._topics(named) if named else {}
        verdicts = {right: self._verdict(right, topics) for right in rights}
        return Said(
            self._connection.entered_as,
            tuple(right for right, may in verdicts.items() if may is False),
            tuple(right for right, may in verdicts.items() if may is None),
        )

    def _verdict(self, right: Right, topics: Mapping[str, _Topic]) -> bool | None:
        """None: not known."""
        if right.operation == "Create":
            return self._may_create(_one(right))
        if right.kind == "topic":
            return self._may(right.operation, topics[_one(right)])
        name = _one(right)
        if right.kind == "transactional id":
            return self._may_transact(name)
        granted = self._of_group(name)
        return None if granted is None else right.operation in granted

    def _may(self, operation: Operation, topic: _Topic) -> bool | None:
        if not topic.is_shown:
            # To read or to write is to describe, too; settings are a right of their own.
            return None if operation == "DescribeConfigs" else False
        if not topic.is_there and not self._connection.security:
            return True
        return None if topic.operations is None else operation in topic.operations

    def _topics(self, names: Iterable[str]) -> dict[str, _Topic]:
        def question() -> dict[str, _Topic]:
            futures = self._asking.client.describe_topics(
                TopicCollection(sorted(names)), include_authorized_operations=True, **GIVEN_UP
            )
            return {name: _described(future) for name, future in futures.items()}

        return self._asking.insist(question)

    def _may_create(self, topic: str) -> bool | None:
        """Has Kafka look whether it would, and no more."""
        asked = [NewTopic(topic, 1, 1)]

        def question() -> bool:
            made = self._asking.client.create_topics(asked, validate_only=True, **GIVEN_UP)
            made[topic].result(DONE_S_MAX)
            return True

        try:
            return self._asking.insist(question)
        except KafkaException as raised:
            code = error_of(raised).code()
            return code not in (
                KafkaError.TOPIC_AUTHORIZATION_FAILED,
                KafkaError.CLUSTER_AUTHORIZATION_FAILED,
            )

    def _of_group(self, group: str) -> frozenset[Operation] | None:
        """By an offset of a topic that cannot be, which Kafka refuses to commit for either reason.

        What it is asked to describe, it says nothing of Read where the group is not there yet.
        """
        asked = [ConsumerGroupTopicPartitions(str(group), [TopicPartition(NO_TOPIC, 0, 0)])]
        try:
            found = self._asking.insist(
                lambda: self._asking.client.alter_consumer_group_offsets(asked, **GIVEN_UP)[
                    group
                ].result(DONE_S_MAX)
            )
        except KafkaException as raised:
            denied = error_of(raised).code() == KafkaError.GROUP_AUTHORIZATION_FAILED
            return frozenset() if denied else None
        (place,) = found.topic_partitions
        denied = place.error and place.error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED
        return frozenset({"Describe"}) if denied else EVERY

    def _may_transact(self, name: str) -> bool | None:
        """By a producer with a time-out that Kafka takes from nobody.

        It looks at the right first, at the time-out then, and begins an epoch only after both: so
        no worker is fenced, nothing is written, and the name is nobody's in case it were.
        """
        with settings_checked():
            producer = Producer(
                {
                    **self._connection.silent_client(),
                    "transactional.id": name,
                    "transaction.timeout.ms": TOO_LONG_MS,
                }
            )

        def question() -> bool:
            producer.init_transactions(ANSWER_S_MAX)
            return True

        try:
            return self._asking.insist(question)
        except KafkaException as raised:
            code = error_of(raised).code()
            if code == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
                return False
            return True if code == KafkaError.INVALID_TRANSACTION_TIMEOUT else None


def _described(future: object) -> _Topic:
    try:
        operations = future.result(DONE_S_MAX).authorized_operations  # type: ignore[attr-defined]
    except KafkaException as raised:
        error = error_of(raised)
        if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            return _Topic(None, is_shown=False)
        if error.code() in UNKNOWN_TOPIC:
            return _Topic(None, is_there=False)
        if passes(error):
            raise
        return _Topic(None)
    if not operations:
        return _Topic(None)
    return _Topic(frozenset(OPERATIONS[each] for each in operations if each in OPERATIONS))
