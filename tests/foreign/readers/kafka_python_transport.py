"""What kafka-python reads of a topic, as frames: BOOTSTRAP TOPIC ISOLATION LASTS."""

from __future__ import annotations

import sys

import frames
from kafka import KafkaConsumer, TopicPartition

bootstrap, topic, isolation, lasts_text = sys.argv[1:]
asked = {} if isolation == "default" else {"isolation_level": isolation}
lasts = frames.Lasts(lasts_text)
consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", **asked)
consumer.assign([TopicPartition(topic, partition) for partition in lasts.left])
for message in consumer:
    frames.write(message.partition, message.offset, message.key, message.value)
    lasts.see(message.partition, message.offset)
    if not lasts.left:
        break
