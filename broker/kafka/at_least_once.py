"""A producer for Kafkas without transactions, as broker/ports.py wants it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException

from broker.kafka.connection import MESSAGE_BYTES_MAX, Compression, Connection
from broker.kafka.offsets import Membership
from broker.kafka.publisher import Publisher
from broker.ports import Output, Partition


class AtLeastOnceSink:
    """For Kafkas without transactions: what `commit` was interrupted in is published again.

    Messages are delivered first, then the offsets are committed; nothing is lost, a restart may
    double. See `broker.ports.Sink`; here readers see messages before `commit`.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        topics: Iterable[str],
        message_bytes_max: int = MESSAGE_BYTES_MAX,
        compression: Compression = "none",
        ask_limits: bool = True,
    ) -> None:
        self._publisher = Publisher(
            connection,
            topics=topics,
            message_bytes_max=message_bytes_max,
            compression=compression,
            settings={},
            ask_limits=ask_limits,
        )
        self._ends: Mapping[Partition, int] = {}
        self._group: Membership | None = None

    def begin(self) -> None:
        if self._publisher.outgrown:
            self.rebuild()

    def produce(self, outputs: Sequence[Output]) -> None:
        """Queue messages; they are on their way at once. Blocks while the queue is full."""
        self._publisher.produce(outputs)

    def send_offsets(self, offsets: Mapping[Partition, int], group: object) -> None:
        """Remember the offsets that `commit` commits."""
        assert isinstance(group, Membership), "offsets belong to the group of a KafkaSource"
        assert group.offsets is not None, "a bookmark is moved in transactions alone"
        self._ends, self._group = dict(offsets), group

    def commit(self) -> None:
        """Wait for every delivery, then commit the offsets."""
        self._publisher.insist(self._flush)
        if self._group is not None and self._group.offsets is not None:
            self._group.offsets.commit(self._ends, self._group.lives)
        self._ends, self._group = {}, None

    def abort(self) -> None:
        """Forget what is queued; what was delivered stays, and comes again."""
        self._ends, self._group = {}, None
        self.rebuild()

    def rebuild(self) -> None:
        self._publisher.build()

    def bytes_max(self, topic: str) -> int:
        """The largest message (key, value and headers, bytes) that client and topic both accept."""
        return self._publisher.bytes_max(topic)

    def close(self) -> None:
        self._publisher.drop()

    def _flush(self, timeout_s: float) -> None:
        left = self._publisher.producer.flush(timeout_s)
        if (fault := self._publisher.undelivered_fault()) is not None:
            raise fault
        if left:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
