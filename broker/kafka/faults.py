"""Kafka's errors as the tree of broker/errors.py, each with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from confluent_kafka import KafkaError, KafkaException

from broker.errors import (
    MembershipOver,
    OffsetGap,
    OutputTooLarge,
    ProducerFenced,
    SettingsError,
    TopicMissing,
    TransactionAborted,
)
from broker.ports import Partition
from schemas.errors import BrokerError

ACCESS: Final = (
    "correct [kafka.security] or GUESTSTAR_KAFKA_*, [source.security] for a survey's, or Kafka's"
    " access lists"
)
# What no retry can mend, and what can.
REFUSED: Final = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: ACCESS,
    KafkaError.GROUP_AUTHORIZATION_FAILED: ACCESS,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: ACCESS,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: ACCESS,
    KafkaError.SASL_AUTHENTICATION_FAILED: ACCESS,
    KafkaError._AUTHENTICATION: ACCESS,
    KafkaError.INVALID_SESSION_TIMEOUT: "choose another [kafka] session_timeout_ms",
    KafkaError.INVALID_TRANSACTION_TIMEOUT: "choose a smaller [kafka] transaction_timeout_ms",
    KafkaError.INCONSISTENT_GROUP_PROTOCOL: "choose another [kafka] group: others use this one",
    KafkaError.UNSUPPORTED_VERSION: "it is too old; set [kafka] delivery = 'at-least-once'",
}
UNKNOWN_TOPIC: Final = (
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
)
REFUSED_TIMES: Final = (KafkaError.INVALID_TIMESTAMP, KafkaError.INVALID_RECORD)
"""What Kafka says of a record that is an hour ahead of its clock: mostly the second."""
CLOCKS: Final = "this machine's clock and Kafka's may differ by more than it allows: set both right"
NO_ANSWER: Final = (
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._WAIT_COORD,
    # The client let its connection go, or had none, while a request waited for it.
    KafkaError._DESTROY_BROKER,
    KafkaError._NODE_UPDATE,
    KafkaError._RESOLVE,
    KafkaError._RETRY,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError._UNKNOWN_BROKER,
    KafkaError._WAIT_CACHE,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.REQUEST_TIMED_OUT,
    # Of a topic just created, or one whose server has changed: the next answer knows better.
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
)

OF_OFFSETS: Final = re.compile(
    r"commit offsets to transaction.*: ([\w.-]+)\(.*\(Broker: Topic auth"
)
"""What librdkafka says where offsets may not be put into a transaction: Kafka wants Read there."""


class Use(NamedTuple):
    """What a client does at a Kafka, so that a refusal names the right that is missing."""

    place: str
    """Its address, and who we are there."""
    operation: str = ""
    """On these topics."""
    topics: tuple[str, ...] = ()
    group: str = ""
    transactional_id: str = ""

    def missing(self, error: KafkaError) -> str:
        """The right, as Kafka's access lists call it; "" where the error is none of rights."""
        if offsets := OF_OFFSETS.search(error.str()):
            return f"Read topic {offsets[1]!r}"
        named = [each for each in self.topics if f": {each}:" in error.str()] or self.topics
        of_topics = f"{self.operation} topic {', '.join(map(repr, named))}" if named else ""
        return {
            KafkaError.TOPIC_AUTHORIZATION_FAILED: of_topics,
            # Of who may write no topic at all, before a topic is named.
            KafkaError.CLUSTER_AUTHORIZATION_FAILED: of_topics
            or (self.operation and f"{self.operation} the cluster"),
            KafkaError.GROUP_AUTHORIZATION_FAILED: self.group and f"Read group {self.group!r}",
            KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: self.transactional_id
            and f"Write transactional id {self.transactional_id!r}",
        }.get(error.code(), "")


@contextmanager
def settings_checked() -> Iterator[None]:
    """Raises SettingsError where a client cannot be made of its settings."""
    try:
        yield
    except KafkaException as raised:
        reason = error_of(raised).str().strip()
        raise SettingsError(f"Kafka's client does not take its settings: {reason}") from raised


def error_of(raised: KafkaException) -> KafkaError:
    error = raised.args[0]
    assert isinstance(error, KafkaError)
    return error


def passes(error: KafkaError) -> bool:
    """Whether the same call may succeed later."""
    return bool(error.retriable()) or error.code() in NO_ANSWER


def refused(error: KafkaError, use: Use | None = None) -> BrokerError | None:
    """What no retry can mend: Kafka does not let us. use: what was to be done."""
    if use is not None and (right := use.missing(error)):
        return BrokerError(f"no right to {right} at {use.place}; ask who grants rights there")
    remedy = REFUSED.get(error.code())
    return BrokerError(f"Kafka refuses ({error.str()}): {remedy}") if remedy else None


def member_fault(error: KafkaError, worker: str | None, use: Use) -> BrokerError | None:
    """What a group member cannot go on from; None where it goes on by itself."""
    # In the classic protocol nothing but its fencing is fatal to a consumer; what it says after
    # that is _FATAL without a cause.
    if error.code() not in (KafkaError.FENCED_INSTANCE_ID, KafkaError._FATAL):
        return refused(error, use)
    return MembershipOver(f"the group has another membership of worker {worker!r}")


def offset_gap(partition: Partition, offset: int | None, worker: str | None) -> OffsetGap:
    """What a member says whose topic forgot where it stood; worker: None for a reader."""
    remedy = (
        "begin at a time to go on (--start 6h)"
        if worker is None
        else "to go on, start the worker once with --start earliest"
    )
    return OffsetGap(
        f"topic {partition.topic!r} partition {partition.number} no longer holds offset {offset}:"
        f" its retention was shorter than our absence; {remedy}"
    )


def delivery_fault(error: KafkaError, topic: str, place: str) -> BrokerError:
    """What a message that Kafka did not take says about its topic."""
    if error.code() in UNKNOWN_TOPIC:
        return TopicMissing(f"topic {topic!r} does not exist; create it first")
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        return OutputTooLarge(f"a message is over the size limit of topic {topic!r}")
    why = f"{error.str()}; {CLOCKS}" if error.code() in REFUSED_TIMES else error.str()
    return refused(error, Use(place, "Write", (topic,))) or TransactionAborted(
        f"a message for topic {topic!r} was not delivered: {why}"
    )


def transaction_fault(error: KafkaError, use: Use) -> BrokerError:
    """What a failed step of a transaction asks the engine to do."""
    if (denied := refused(error, use)) is not None:
        return denied
    if error.code() == KafkaError.FENCED_INSTANCE_ID:
        return MembershipOver("the group has another membership of this worker's name")
    if error.fatal():
        return ProducerFenced(f"the producer is over: {error.str()}")
    return TransactionAborted(f"the transaction cannot commit: {error.str()}")
