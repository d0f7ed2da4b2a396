"""The one door to Kafka: everything that speaks to a server through confluent-kafka stands here.

connection.py      where Kafka is, and what every client of ours is told
watch.py           librdkafka's log, statistics and outages, said through Python's logging
faults.py          Kafka's errors as the tree of broker/errors.py
admin.py           topics, their limits, and whether Kafka is up
source.py          a group member that consumes
offsets.py         what its group has committed
offsets_elsewhere.py  the same of a group at another cluster (broker/positions.py)
bookmark.py        how much of a source a producer has sent
placement.py       where it begins in a partition
rewind_targets.py  times and offsets to begin at
history.py         what was there when a group first came
lives.py           whether a topic is still the one that was read
group_consumer.py  its consumer, and how that is ended without a wait for ever
sink.py            a producer in transactions
rights.py          what Kafka lets us do
quotas.py          how much a user may read and write a second
wire.py            requests that librdkafka does not send, over a socket
at_least_once.py   one without
publisher.py       what both sinks do with a producer
control_topic.py   a compacted topic that everyone reads whole
plain_writer.py    single messages, each confirmed
fetcher.py         single messages at known offsets
messages.py        a client's message as ours
mock_cluster.py    a Kafka within the process, by the functions of librdkafka
"""

from broker.kafka.admin import KafkaAdmin, TopicSettings
from broker.kafka.at_least_once import AtLeastOnceSink
from broker.kafka.bookmark import KafkaBookmark
from broker.kafka.connection import Connection
from broker.kafka.control_topic import KafkaControlTopic, control_topic
from broker.kafka.fetcher import KafkaFetcher
from broker.kafka.plain_writer import PlainWriter
from broker.kafka.sink import KafkaSink, fence, transactional_id
from broker.kafka.source import KafkaSource

__all__ = [
    "AtLeastOnceSink",
    "Connection",
    "KafkaAdmin",
    "KafkaBookmark",
    "KafkaControlTopic",
    "KafkaFetcher",
    "KafkaSink",
    "KafkaSource",
    "PlainWriter",
    "TopicSettings",
    "control_topic",
    "fence",
    "transactional_id",
]
