"""What aiokafka reads of a topic, as frames: BOOTSTRAP TOPIC ISOLATION LASTS."""

from __future__ import annotations

import asyncio
import sys

import frames
from aiokafka import AIOKafkaConsumer, TopicPartition


async def main(bootstrap: str, topic: str, isolation: str, lasts_text: str) -> None:
    """Until the last offset of each partition."""
    asked = {} if isolation == "default" else {"isolation_level": isolation}
    lasts = frames.Lasts(lasts_text)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", **asked)
    consumer.assign([TopicPartition(topic, partition) for partition in lasts.left])
    await consumer.start()
    async for message in consumer:
        frames.write(message.partition, message.offset, message.key, message.value)
        lasts.see(message.partition, message.offset)
        if not lasts.left:
            break
    await consumer.stop()


asyncio.run(main(*sys.argv[1:]))
