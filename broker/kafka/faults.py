"""Kafka's errors as the tree of broker/errors.py, each with what to do about it."""

from __future__ import annotations

from typing import Final

from confluent_kafka import KafkaError, KafkaException

from broker.errors import (
    MemberFenced,
    OutputTooLarge,
    ProducerFenced,
    TopicMissing,
    TransactionAborted,
)
from schemas.errors import BrokerError

REFUSED: Final = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError._AUTHENTICATION,
)
UNKNOWN_TOPIC: Final = (
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
)
NO_ANSWER: Final = (
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._WAIT_COORD,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.REQUEST_TIMED_OUT,
)


def error_of(raised: KafkaException) -> KafkaError:
    """The error inside the exception."""
    error = raised.args[0]
    assert isinstance(error, KafkaError)
    return error


def passes(error: KafkaError) -> bool:
    """Whether the same call may succeed later."""
    return bool(error.retriable()) or error.code() in NO_ANSWER


def refused(error: KafkaError) -> BrokerError | None:
    """What no retry can mend: Kafka does not let us."""
    if error.code() not in REFUSED:
        return None
    return BrokerError(f"Kafka refuses: {error.str()}; correct [kafka.security] or its ACLs")


def member_fault(error: KafkaError, worker: str | None) -> BrokerError | None:
    """What a consumer cannot go on from; None where it goes on by itself."""
    if error.code() == KafkaError.FENCED_INSTANCE_ID:
        return MemberFenced(
            f"another live process is worker {worker!r}; stop one of them, or give it a --worker "
            "name of its own"
        )
    if error.fatal():
        return BrokerError(f"the consumer cannot go on: {error.str()}")
    return refused(error)


def delivery_fault(error: KafkaError, topic: str) -> BrokerError:
    """What a message that Kafka did not take says about its topic."""
    if error.code() in UNKNOWN_TOPIC:
        return TopicMissing(f"topic {topic!r} does not exist; create it first")
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        return OutputTooLarge(f"a message is over the size limit of topic {topic!r}")
    return refused(error) or TransactionAborted(
        f"a message for topic {topic!r} was not delivered: {error.str()}"
    )


def transaction_fault(error: KafkaError) -> BrokerError:
    """What a failed step of a transaction asks the engine to do."""
    if (denied := refused(error)) is not None:
        return denied
    if error.code() == KafkaError.FENCED_INSTANCE_ID:
        return MemberFenced("another live process has this worker's name; stop one of them")
    if error.fatal():
        return ProducerFenced(f"the producer is over: {error.str()}")
    return TransactionAborted(f"the transaction cannot commit: {error.str()}")
