"""Where workers of the tests keep the positions of a group that is another cluster's."""

from __future__ import annotations

from broker.memory import MemoryControlTopic, MemoryKafka, MemorySink
from broker.ports import Message
from broker.positions import Positions

POSITIONS = "positions"


class LateControlTopic(MemoryControlTopic):
    """Which hears of nothing in time that it does not wait for."""

    def new(self) -> list[Message]:
        return []

    def present(self) -> list[Message]:
        return MemoryControlTopic.new(self)

    def complete(self) -> list[Message]:
        super().complete()
        return self.present()


def twin_positions(kafka: MemoryKafka, sink: MemorySink) -> Positions:
    """Those of the one group, at the twin where the sink writes; the topic is made where needed."""
    if kafka.topic_id(POSITIONS) is None:
        kafka.create_topic(POSITIONS)
    records = LateControlTopic(kafka, POSITIONS, name=sink.name)
    return Positions(POSITIONS, records, sink, group="g", writer=sink.name, fence=kafka.claim)
