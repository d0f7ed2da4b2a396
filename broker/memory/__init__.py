"""A Kafka in memory, for tests and for authors of plug-ins: groups, transactions and faults.

    kafka = MemoryKafka(clock)
    kafka.create_topic("alerts", partitions=2)
    kafka.publish("alerts", packet, key=b"ZTF18abc")
    source = MemorySource(kafka, group="g", topics=["alerts"], worker="one")
    sink = MemorySink(kafka, name="g-one")

It behaves as a real Kafka does where the engine could break; tests/broker/behaviours.py holds it
to that. It has no threads: step the workers in turn, and let time pass by advancing the clock.
"""

from broker.memory.cluster import MemoryKafka
from broker.memory.control_topic import MemoryControlTopic
from broker.memory.faults import Fault
from broker.memory.plain import PlainMemorySink
from broker.memory.sink import MemorySink
from broker.memory.source import MemorySource

__all__ = [
    "Fault",
    "MemoryControlTopic",
    "MemoryKafka",
    "MemorySink",
    "MemorySource",
    "PlainMemorySink",
]
