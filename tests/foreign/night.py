"""One night for all foreign readers: two workers killed twenty times, and three framings.

A worker publishes every alert three times in one transaction: as a container, in Confluent framing
and with its schema in the key, to a topic each. All records are full, so the survey's part is to be
the survey's own bytes.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import fastavro

from kafka_node.node import KafkaNode
from tests.chaos.hanging import hanging
from tests.chaos.night import Feed, Night, Plan, provide_survey_topic
from tests.chaos.proof import messages, raw_messages
from tests.chaos.sites import GROUP, Site
from tests.foreign import crosswise
from tests.foreign.packets import survey_digests

TOPICS = {
    "container": "gueststar.enriched",
    "confluent": "registered-alerts",
    "schema-in-key": "keyed-alerts",
}
"""By framing."""
LEDGER = "gueststar.ledger"
PLAN = Plan(kills=20, spoilt_lives=0, spoilt_each=0, seed=12)
ALERTS_PER_S = 1.0
"""Slow, as there must be alerts until the last kill: 300 last for ten minutes. What is left of them
after it is sent at once."""
CONFIG = """
[kafka]
bootstrap = "{bootstrap}"
group = "{group}"
transaction_timeout_ms = 2000
session_timeout_ms = 6000
[topics]
input = ["survey"]
enriched = "gueststar.enriched"
partitions = 2
[topics.forms]
"gueststar.enriched" = "full"
[topics.framings]
registered-alerts = "confluent"
keyed-alerts = "schema-in-key"
[schemas]
folder = "{schemas}"
[enriched.registry]
url = "{registry}"
[filters]
builtin = []
files = ["every.py"]
[limits]
poll_messages_max = 40
"""
EVERY = '''
from gueststar import selection


@selection(topic="registered-alerts")
def registered(alerts):
    """Every alert."""
    yield "any", alerts.mjd > 0


@selection(topic="keyed-alerts")
def keyed(alerts):
    """Every alert."""
    yield "any", alerts.mjd > 0
'''


class Place(NamedTuple):
    """Where a message lies in its topic."""

    partition: int
    offset: int


Messages = dict[Place, str]
"""The SHA-256 of each message's key and value together."""


@dataclass(frozen=True)
class Morning:
    """The night when it is over: all that a reader may be held to."""

    listeners: Mapping[str, str]
    """Kafka's addresses by security protocol."""
    ca: Path
    """The CA of the listener over TLS."""
    registry: str
    surveys: Counter[str]
    """The SHA-256 of each survey record that was sent."""
    alert_ids: Counter[str]
    """Of the published records, by fastavro."""
    committed: dict[str, Messages]
    """By topic."""
    everything: dict[str, Messages]
    """By topic, those of aborted transactions too."""

    @property
    def bootstrap(self) -> str:
        """The address of the listener that asks for nothing."""
        return self.listeners["PLAINTEXT"]

    def lasts(self, topic: str) -> str:
        """The last offset of each partition, as the readers are told."""
        last: dict[int, int] = {}
        for place in self.committed[topic]:
            last[place.partition] = max(place.offset, last.get(place.partition, 0))
        return ",".join(f"{partition}:{offset}" for partition, offset in last.items())


def pass_night(
    node: KafkaNode, folder: Path, packets: list[bytes], schemas: Path, registry: str
) -> Morning:
    """The packets sent, published and read by our own client."""
    (folder / "every.py").write_text(EVERY)
    provide_survey_topic(node.address)
    feed = Feed(node.address, packets, alerts_per_s=ALERTS_PER_S)
    config = CONFIG.format(bootstrap=node.address, group=GROUP, schemas=schemas, registry=registry)
    record = Night(Site(node, config), folder, feed, PLAN).run()
    assert len(record.deaths) == PLAN.kills
    crosswise.abort_crosswise(node.address)
    assert hanging(node) == [], "no transaction is left that nobody can end"
    topics = (*TOPICS.values(), crosswise.TOPIC)
    return Morning(
        node.addresses,
        Path(node.client("SASL_SSL")["ssl.ca.location"]),
        registry,
        Counter(digest for packet in packets for digest in survey_digests(packet)),
        Counter(_alert_ids(node.address)),
        {topic: seen(node.address, topic, "read_committed") for topic in topics},
        {topic: seen(node.address, topic, "read_uncommitted") for topic in topics},
    )


def _alert_ids(bootstrap: str) -> Iterator[str]:
    for _, packet in messages(bootstrap, TOPICS["container"]):
        for record in fastavro.reader(io.BytesIO(packet)):
            assert isinstance(record, dict)
            yield str(record.get("candid") or record["diaSource"]["diaSourceId"])


def seen(bootstrap: str, topic: str, isolation: str) -> Messages:
    """What our own client reads."""
    return {
        Place(message.partition(), message.offset()): digest(message.key(), message.value())
        for message in raw_messages(bootstrap, topic, isolation=isolation)
    }


def digest(key: bytes, value: bytes) -> str:
    """Of a message."""
    return hashlib.sha256(b"%d " % len(key) + key + value).hexdigest()
