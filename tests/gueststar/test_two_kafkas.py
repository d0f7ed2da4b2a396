"""A survey's own Kafka, read exactly once, and published at ours: from a configuration, as set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import gueststar
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.settings import read_settings
from kafka_node.node import KafkaNode
from replay.invention import invent
from tests.broker.clusters import RealCluster
from tests.gueststar.running import run_until, said

pytestmark = pytest.mark.kafka

PACKETS = [one.packet for one in invent(60, seed=8)]
CONFIG = """
[kafka]
bootstrap = "{ours}"
group = "two-kafkas"
[source]
bootstrap = "{survey}"
topics = ["^night-[0-9]+$"]
group = "given-out-two"
[topics]
prefix = "two."
[classifiers]
names = []
[metrics]
port = 0
"""


@pytest.fixture(scope="module")
def survey() -> Iterator[KafkaNode]:
    """A Kafka that is the survey's."""
    with KafkaNode() as node:
        yield node


def test_a_night_of_the_surveys_is_published_here_once_and_the_ledger_says_so(
    survey: KafkaNode, kafka: KafkaNode, tmp_path: Path
) -> None:
    config = tmp_path / "gueststar.toml"
    config.write_text(CONFIG.format(ours=kafka.address, survey=survey.address))
    admin = KafkaAdmin(Connection(survey.address))
    admin.create([TopicSettings("night-1")])
    told = said("check", str(config))
    assert f"of {survey.address} as group given-out-two" in told
    assert "night-1: input, by ^night-[0-9]+$" in told and "ready to run" in told
    theirs = RealCluster(survey.address)
    theirs.publish("night-1", PACKETS[:25])
    run_until(read_settings(config), "two.enriched", 25)
    admin.create([TopicSettings("night-2")])
    theirs.publish("night-2", PACKETS[25:])
    run_until(read_settings(config), "two.enriched", 60)
    everything = gueststar.subscribe(
        "two.enriched", bootstrap=kafka.address, start="earliest", until="end"
    )
    ids = [each.alert_id for each in everything]
    assert sorted(ids) == sorted(gueststar.decode(PACKETS).alert_id.tolist())
    told = said("ledger", "--config", str(config))
    assert "60 alerts consumed" in told and told.rstrip().endswith("\nbalances")
    cluster = admin.cluster()
    assert f"from night-1/0: 0 to 25 at cluster {cluster}" in told
    assert f"from night-2/0: 0 to 35 at cluster {cluster}" in told
    assert not {"two.enriched", "two.positions"} & admin.partitions().keys()


def test_letters_of_a_surveys_alerts_are_sent_again_and_read_at_our_kafka(
    survey: KafkaNode, kafka: KafkaNode, tmp_path: Path
) -> None:
    config = tmp_path / "gueststar.toml"
    text = CONFIG.format(ours=kafka.address, survey=survey.address)
    text = text.replace("night-", "dull-").replace("two", "letters")
    config.write_text(f"{text}[decoding]\npacket_bytes_max = 1000\n")
    theirs = RealCluster(survey.address)
    theirs.publish(theirs.create("dull-1"), PACKETS[:5])
    run_until(read_settings(config), "letters.dead-letters", 5)
    config.write_text(text)
    assert "5 letters sent again to letters.replayed" in said(
        "dead-letters", "replay", "--config", str(config)
    )
    run_until(read_settings(config).of_letters(), "letters.enriched", 5)
    told = said("ledger", "--config", str(config))
    assert "10 alerts consumed" in told and "5 published, 5 dead" in told
    assert "from letters.replayed/0: 0 to 5\n" in told and "dull-1/0: 0 to 5 at cluster" in told
    assert told.endswith("\nbalances\n")
