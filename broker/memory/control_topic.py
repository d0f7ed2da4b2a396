"""A control topic of the twin: one partition, read whole, and written plainly."""

from __future__ import annotations

from broker.memory.cluster import MemoryKafka
from broker.ports import Message, Partition

EVERYTHING = 2**62
"""Messages or bytes: more than a log in memory holds."""
WAIT_S = 0.05
"""So long a look at what is open lets pass."""


class MemoryControlTopic:
    """A `ControlTopic` of a `MemoryKafka`. Faults know its `name`, at "poll" and "produce"."""

    def __init__(self, kafka: MemoryKafka, topic: str, *, name: str = "control") -> None:
        self._kafka = kafka
        self._partition = Partition(topic, 0)
        self._name = name
        self._position = 0

    def new(self) -> list[Message]:
        """What was written since last asked. Raises TopicMissing."""
        self._kafka.faults.strike("poll", self._name)
        log = self._kafka.log(self._partition)
        fetched = log.read(max(self._position, log.start), EVERYTHING, EVERYTHING)
        self._position = fetched.position
        return fetched.messages

    def present(self) -> list[Message]:
        """The same: nothing is ever on its way."""
        return self.new()

    def complete(self) -> list[Message]:
        """The same, once what is open in the log has ended."""
        log = self._kafka.log(self._partition)
        end = log.end
        while log.stable_end < end:
            self._kafka.clock.sleep(WAIT_S)
            self._kafka.tick()
        return self.new()

    def write(self, key: bytes, value: bytes) -> int:
        """Append a message that everyone sees. Raises TopicMissing."""
        self._kafka.faults.strike("produce", self._name)
        return self._kafka.publish(self._partition.topic, value, key=key).offset

    def close(self) -> None:
        """Nothing is held."""
