"""One producer at a time for either sink: its queue, its batches and its size limits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import RLock
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from broker.errors import KafkaUnavailable, OutputTooLarge, ProducerLost, TopicMissing
from broker.kafka.admin import KafkaAdmin
from broker.kafka.connection import PRODUCER_BATCH_BYTES, Compression, Connection
from broker.kafka.faults import (
    UNKNOWN_TOPIC,
    Use,
    delivery_fault,
    error_of,
    passes,
    settings_checked,
    transaction_fault,
)
from broker.kafka.partitioner import Partitioner
from broker.kafka.room import Room
from broker.kafka.watch import UNHEARD_S_MAX
from broker.ports import Output
from schemas.errors import BrokerError

# A batch's header (61 bytes) and a record's lengths, time, key length (at most 36), rounded up:
# what the limits of client and topic count beside key and value.
FRAMING_BYTES_MAX: Final = 128
STEP_S_MAX: Final = 5.0
QUEUE_WAIT_S: Final = 0.05
DRAIN_S_MAX: Final = 0.5
"""A Kafka that takes nothing for so long is not waited for here, but where a step insists."""
DRAIN_STEP_S: Final = 0.001
"""The client's own flush may end the process where its producer was lost (confluent-kafka 2.16),
and it polls without a pause where it is given less."""
PARTITION_UA: Final = -1
"""Has the client choose, by the key."""


class Publisher:
    """What both sinks share: one producer at a time, its queue, its size limits.

    topics: the outputs; the smallest of their limits bounds the producer's batches, for Kafka
    holds its limit against a batch and not against a message. settings: the producer's own.
    ask_limits: whether Kafka can tell its topics' limits (the embedded one cannot).
    """

    def __init__(
        self,
        connection: Connection,
        *,
        topics: Iterable[str],
        message_bytes_max: int,
        settings: Mapping[str, Any],
        compression: Compression,
        ask_limits: bool = True,
    ) -> None:
        self._connection = connection
        self._topics = tuple(topics)
        self._message_bytes_max = message_bytes_max
        self._settings = settings
        self._compression: Compression = compression
        self._ask_limits = ask_limits
        self._limits: dict[str, int] = {}
        self._limits_lock = RLock()
        self._asked = set(self._topics)
        self._admin: KafkaAdmin | None = None
        self._producer: Producer | None = None
        self._partitioner = Partitioner()
        self._room: Room | None = None
        self._undelivered: tuple[KafkaError, str] | None = None
        self.outgrown = False
        """Whether a topic's limit was found to be lower than when the producer was built."""
        self.group = ""
        """Whose offsets go into its transactions, where that is told."""

    @property
    def producer(self) -> Producer:
        assert self._producer is not None, "rebuild the sink first"
        return self._producer

    def build(self) -> Producer:
        """A new producer instead of the present one, for batches that every topic takes."""
        self.drop()
        limits = [self.bytes_max(topic) for topic in self._topics]
        settings = self._connection.producer(
            message_bytes_max=self._message_bytes_max,
            batch_bytes=min([PRODUCER_BATCH_BYTES, *limits]),
            compression=self._compression,
        )
        with settings_checked():
            self._producer = Producer({**settings, **self._settings, "on_delivery": self._failed})
        self._room = self._one_request_each(settings["batch.size"])
        return self.producer

    def drop(self) -> None:
        """Let the producer go, with what it has queued."""
        self.forget()
        self.outgrown = False
        if self._producer is not None:
            self._producer.purge()
            self._producer = None

    def forget(self) -> None:
        """Ask for the limits again, and bear no grudge for what was not delivered."""
        with self._limits_lock:
            self._limits.clear()
        self._undelivered = None

    def produce(self, outputs: Sequence[Output]) -> None:
        """Queue messages; blocks while there is no room for more. Raises OutputTooLarge."""
        producer, drains = self.producer, True
        for output in outputs:
            self._check_size(output)
            if drains and not self._takes(output):
                drains = self._drain(output)
            while not self._queued(producer, output):
                self._connection.watch.check()
        self._serve(0)

    def _drain(self, following: Output) -> bool:
        """Wait until all was delivered, ahead of the one that is to be queued next.

        Whether that was so within DRAIN_S_MAX; where Kafka is away, or takes nothing, it is not.
        """
        until_s = time.monotonic() + DRAIN_S_MAX
        while (queued := len(self.producer)) and time.monotonic() < until_s:
            self._serve(DRAIN_STEP_S)
        self.make_room()
        self._takes(following)
        return queued == 0

    def make_room(self) -> None:
        """Nothing is queued."""
        if self._room is not None:
            self._room.clear()

    def bytes_max(self, topic: str) -> int:
        """The largest message (key, value and headers, bytes) that client and topic both accept.

        May be asked by who makes the next batch while this one is published.
        """
        with self._limits_lock:
            if topic not in self._limits:
                self._ask_for_limits(topic)
            return min(self._message_bytes_max, self._limits[topic]) - FRAMING_BYTES_MAX

    def undelivered_fault(self) -> BrokerError | None:
        """What the first message that Kafka did not take means."""
        if self._undelivered is None:
            return None
        fault = delivery_fault(*self._undelivered, self._connection.entered_as)
        self.outgrown |= isinstance(fault, OutputTooLarge)
        return fault

    def insist(self, step: Callable[[float], Any]) -> None:
        """Take this step, again while Kafka gives no answer and patience lasts.

        Raises ProducerLost after UNHEARD_S_MAX, for the producer may have forgotten all servers
        (`Watch.hear_statistics`): the next one has not.
        """
        self._insist(step, UNHEARD_S_MAX)

    def begin(self, step: Callable[[float], Any]) -> None:
        """As `insist`, for a new producer's first step: it has nothing to forget."""
        self._insist(step, math.inf)

    def _takes(self, output: Output) -> bool:
        if self._room is None:
            return True
        if _goes_anywhere(output):
            return self._room.takes_anywhere(output.topic, output.size_bytes + FRAMING_BYTES_MAX)
        return self._room.takes(output.topic, output.size_bytes)

    def _one_request_each(self, request_bytes: int) -> Room | None:
        """Where one request to a partition is under way at a time."""
        if "transactional.id" not in self._settings:
            return None
        asks = self._ask_limits and self._topics
        return Room(request_bytes, self._limits_admin().partitions() if asks else {})

    def _insist(self, step: Callable[[float], Any], unheard_s_max: float) -> None:
        began_s = time.monotonic()
        while True:
            try:
                step(STEP_S_MAX)
            except KafkaException as raised:
                self._bear(error_of(raised), raised)
                unheard_s = time.monotonic() - began_s
                self._require_answer(unheard_s, unheard_s_max)
            else:
                self._connection.watch.back()
                return

    def _bear(self, error: KafkaError, raised: KafkaException) -> None:
        if error.fatal() or error.txn_requires_abort() or not passes(error):
            raise self._fault(error) from raised
        self._connection.watch.away()
        self._connection.watch.check()

    def _require_answer(self, unheard_s: float, unheard_s_max: float) -> None:
        if unheard_s > self._connection.patience_s:
            raise KafkaUnavailable(self._connection.watch.complaint())
        if unheard_s > unheard_s_max:
            raise ProducerLost(f"no answer from Kafka for {unheard_s:.0f} s: begin again")

    def _fault(self, error: KafkaError) -> BrokerError:
        undelivered = None if error.fatal() else self.undelivered_fault()
        name = self._settings.get("transactional.id", "")
        place = self._connection.entered_as
        return undelivered or transaction_fault(
            error, Use(place, "Write", self._topics, self.group, name)
        )

    def _ask_for_limits(self, topic: str) -> None:
        """Of a topic, and of those asked for before whose limits an abort has had us forget."""
        if not self._ask_limits:
            self._limits[topic] = self._message_bytes_max
            return
        admin = self._limits_admin()
        wanted = {topic, *(known for known in self._asked if known not in self._limits)}
        try:
            self._limits.update(admin.bytes_max(wanted))
        except TopicMissing:
            # Perhaps another than this one, which is told to who asks for it.
            self._asked.clear()
            self._limits.update(admin.bytes_max([topic]))
        self._asked.add(topic)

    def _limits_admin(self) -> KafkaAdmin:
        if self._admin is None:
            self._admin = KafkaAdmin(self._connection)
        return self._admin

    def _check_size(self, output: Output) -> None:
        size, limit = output.size_bytes, self.bytes_max(output.topic)
        if size > limit:
            raise OutputTooLarge(
                f"a message of {size} bytes for topic {output.topic!r}, which takes {limit}"
            )

    def _queued(self, producer: Producer, output: Output) -> bool:
        try:
            producer.produce(
                output.topic,
                value=output.value or None,  # an empty one is Kafka's deletion, see message_of
                key=output.key,
                partition=self._partition(producer, output),
                headers=list(output.headers),
            )
        except BufferError:
            self._serve(QUEUE_WAIT_S)
            return False
        except KafkaException as raised:
            if error_of(raised).code() in UNKNOWN_TOPIC:
                place = self._connection.entered_as
                raise delivery_fault(error_of(raised), output.topic, place) from raised
            raise self._fault(error_of(raised)) from raised
        return True

    def _serve(self, timeout_s: float) -> None:
        """Wait, and hear of what was not delivered; a producer that is lost may say so here.

        It says nothing of what was, so to wait in its call would be over no sooner, and last for
        hours where the clock is set back meanwhile: the client waits by the time of day.
        """
        time.sleep(timeout_s)
        try:
            self.producer.poll(0)
        except KafkaException as raised:
            raise self._fault(error_of(raised)) from raised

    def _partition(self, producer: Producer, output: Output) -> int:
        if output.partition_key is not None:
            return self._partitioner.partition(producer, output.topic, output.partition_key)
        chosen = self._room.partition(output.topic) if self._room and output.key is None else None
        return PARTITION_UA if chosen is None else chosen

    def _failed(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and self._undelivered is None:
            self._undelivered = (error, message.topic())


def _goes_anywhere(output: Output) -> bool:
    return output.key is None and output.partition_key is None
