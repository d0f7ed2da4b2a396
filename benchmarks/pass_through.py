"""The ceiling: a worker that does nothing but hand bytes on, in the same transactions as ours.

It reads the same topic by the same client and publishes, for each batch, its share of the very
messages that ours published.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import closing

from benchmarks.whole_path import Stopwatch, messages
from broker.assembly import connect
from broker.kafka import KafkaAdmin, TopicSettings
from broker.kafka_ports import kafka_ports
from broker.ports import Output
from broker.settings import Settings

Published = dict[str, list[Output]]
"""By topic, in order."""


def published(bootstrap: str, prefix: str) -> Published:
    """All that a worker published to the topics under a prefix."""
    found: Published = defaultdict(list)
    for message in messages(bootstrap, prefix):
        headers = tuple((name, value) for name, value in message.headers() or ())
        found[message.topic()].append(
            Output(message.topic(), message.key(), message.value(), headers)
        )
    return dict(found)


def handed_on(settings: Settings, what: Published, watch: Stopwatch, prefix: str) -> Stopwatch:
    """Hand all on to topics of the same names under a prefix, until the watch has seen all."""
    link, topics = connect(settings), {topic: prefix + topic for topic in what}
    own, partitions = settings.topics, settings.topics.partitions
    KafkaAdmin(link).create(
        [TopicSettings(name, 1 if name == own.ledger else partitions) for name in topics.values()]
    )
    ours = [[one._replace(topic=topics[topic]) for one in some] for topic, some in what.items()]
    source, sink = kafka_ports(settings, list(topics.values()), link, "bench")
    limits, done = settings.limits, 0
    with closing(source), closing(sink):
        source.join()
        sink.rebuild()
        while not watch.is_done:
            began = time.perf_counter()
            polled = source.poll(
                messages_max=limits.poll_messages_max,
                bytes_max=limits.poll_bytes_max,
                timeout_s=limits.poll_wait_s,
            )
            polled_at = time.perf_counter()
            if polled:
                sink.begin()
                sink.produce(share(ours, done, done + len(polled), watch.alerts_max))
                sink.send_offsets(source.positions(), source.group())
                sink.commit()
                done += len(polled)
                steps = {"poll": polled_at - began, "publish": time.perf_counter() - polled_at}
                watch.note(len(polled), steps)
    return watch


def share(ours: list[list[Output]], begin: int, end: int, alerts: int) -> list[Output]:
    """Of each topic's messages those that alerts [begin, end) of so many would be given evenly.

    Alerts beyond so many are given the same again.
    """
    return [
        some[at % len(some)]
        for some in ours
        for at in range(len(some) * begin // alerts, len(some) * end // alerts)
    ]
