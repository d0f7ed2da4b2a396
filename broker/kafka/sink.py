"""A producer in transactions, as broker/ports.py wants it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from confluent_kafka import KafkaException

from broker.errors import ProducerFenced
from broker.kafka.connection import (
    MESSAGE_BYTES_MAX,
    TRANSACTION_TIMEOUT_MS,
    Compression,
    Connection,
)
from broker.kafka.offsets import Membership, placed
from broker.kafka.publisher import STEP_S_MAX, Publisher
from broker.ports import Output, Partition

LINGER_MS: Final = 0.5
"""So that what is queued at once is one request to each partition, and not a first message and the
rest. Longer, and each request waits for it: publishing alone took 514 µs of wall clock a record of
100 kB with 0.5 ms and 678 with 2, 59 µs of CPU with 0.2 and 52 with 0.5."""

RETRY_MS: Final = 2
"""A transaction's first request is refused while Kafka still ends the one before, whose markers are
written after its commit was answered. It is sent again after so long, each further time after twice
as long; by the client's own 100 ms, each transaction that follows on another took 100 ms longer."""


def transactional_id(group: str, worker: str) -> str:
    """Of a worker's producers."""
    return f"{group}-{worker}"


def fence(connection: Connection, name: str) -> None:
    """Take the epoch of a transactional id: what it has open is aborted, its holder writes no more.

    Raises KafkaUnavailable.
    """
    publisher = Publisher(
        connection,
        topics=(),
        message_bytes_max=MESSAGE_BYTES_MAX,
        compression="none",
        settings={"transactional.id": name, "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS},
    )
    publisher.begin(publisher.build().init_transactions)
    publisher.drop()


class KafkaSink:
    """Transactions under an id that outlives restarts. See `broker.ports.Sink`.

    topics: all that is published to; the smallest of their limits bounds the batches.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        group: str,
        worker: str,
        topics: Iterable[str],
        transaction_timeout_ms: int = TRANSACTION_TIMEOUT_MS,
        message_bytes_max: int = MESSAGE_BYTES_MAX,
        compression: Compression = "none",
        linger_ms: float = LINGER_MS,
    ) -> None:
        self._publisher = Publisher(
            connection,
            topics=topics,
            message_bytes_max=message_bytes_max,
            compression=compression,
            settings={
                "transactional.id": transactional_id(group, worker),
                "linger.ms": linger_ms,
                "retry.backoff.ms": RETRY_MS,
                "transaction.timeout.ms": transaction_timeout_ms,
            },
        )
        self._is_open = False
        self._lost = ""
        self._incarnation = 0

    @property
    def incarnation(self) -> int:
        """How often a producer was built."""
        return self._incarnation

    def begin(self) -> None:
        with self._while_ours():
            assert not self._is_open, "a transaction is open"
            if self._publisher.outgrown:
                self.rebuild()
            self._publisher.insist(lambda _: self._publisher.producer.begin_transaction())
            self._publisher.make_room()
            self._is_open = True

    def produce(self, outputs: Sequence[Output]) -> None:
        """Queue messages within the open transaction; blocks while the queue is full."""
        with self._while_ours():
            assert self._is_open, "begin a transaction first"
            self._publisher.produce(outputs)

    def send_offsets(self, offsets: Mapping[Partition, int], group: object) -> None:
        """Put the consumed offsets (next to read) into the open transaction."""
        assert isinstance(group, Membership), "offsets belong to the group of a KafkaSource"
        if group.positions is not None:
            self.produce(group.positions.outputs(offsets, group.starts, group.lives))
            return
        self._publisher.group = group.name
        with self._while_ours():
            self._publisher.insist(
                lambda timeout_s: self._publisher.producer.send_offsets_to_transaction(
                    placed(offsets, group.lives), group.token, timeout_s
                )
            )

    def commit(self) -> None:
        """Everything since `begin`, or nothing, becomes visible to read_committed readers."""
        with self._while_ours():
            self._publisher.insist(self._publisher.producer.commit_transaction)
            self._is_open = False

    def abort(self) -> None:
        """Give up everything since `begin`; nothing to do where nothing is open."""
        self._publisher.forget()
        with self._while_ours():
            if self._is_open:
                self._publisher.insist(self._publisher.producer.abort_transaction)
                self._is_open = False

    def rebuild(self) -> None:
        """A new producer of the same transactional id; an earlier one's transaction is ended."""
        self._is_open, self._lost = False, ""
        self._incarnation += 1
        self._publisher.begin(self._publisher.build().init_transactions)

    def bytes_max(self, topic: str) -> int:
        """The largest message (key, value and headers, bytes) that client and topic both accept."""
        return self._publisher.bytes_max(topic)

    def close(self) -> None:
        """Abort what is open, where Kafka lets us, and let go. Idempotent."""
        if self._is_open:
            self._is_open = False
            with suppress(KafkaException):
                self._publisher.producer.abort_transaction(STEP_S_MAX)
        self._publisher.drop()

    @contextmanager
    def _while_ours(self) -> Iterator[None]:
        """What is done with the producer: once it was fenced all is refused until `rebuild`."""
        if self._lost:
            raise ProducerFenced(self._lost)
        try:
            yield
        except ProducerFenced as error:
            self._is_open, self._lost = False, str(error)
            raise
