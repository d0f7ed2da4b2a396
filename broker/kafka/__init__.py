"""The one door to Kafka: everything that speaks to a server through confluent-kafka stands here.

connection.py  where Kafka is, and what every client of ours is told
watch.py       librdkafka's log, statistics and outages, said through Python's logging
faults.py      Kafka's errors as the tree of broker/errors.py
admin.py       topics, their limits, and whether Kafka is up
source.py      a group member that consumes           offsets.py  what its group has committed
sink.py        a producer in transactions             at_least_once.py  one without
publisher.py   what both sinks do with a producer

A worker of glibc saves a tenth to a third of the client's CPU when MALLOC_TRIM_THRESHOLD_ and
MALLOC_MMAP_THRESHOLD_ are raised: packets of 60 kB then stay on the heap instead of going back
to the system one by one. Both are read before main(), so the command that starts a worker sets
them (MALLOC_SETTINGS) and executes itself again; nothing here depends on them.
"""

from broker.kafka.admin import KafkaAdmin, TopicSettings
from broker.kafka.at_least_once import AtLeastOnceSink
from broker.kafka.connection import MALLOC_SETTINGS, Connection
from broker.kafka.sink import KafkaSink
from broker.kafka.source import KafkaSource

__all__ = [
    "MALLOC_SETTINGS",
    "AtLeastOnceSink",
    "Connection",
    "KafkaAdmin",
    "KafkaSink",
    "KafkaSource",
    "TopicSettings",
]
