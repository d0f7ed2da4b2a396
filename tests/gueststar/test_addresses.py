"""Whose alerts a reader gets, where filters share a topic."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from broker.clock import ManualClock
from broker.deployments.records import Version
from broker.deployments.register import Register
from broker.errors import SettingsError
from broker.headers import FILTERS, naming
from broker.kafka import AtLeastOnceSink, Connection, KafkaAdmin, KafkaControlTopic
from broker.kafka.admin import TopicSettings
from broker.kafka.control_topic import control_topic
from broker.memory import MemoryKafka, MemorySource, PlainMemorySink
from broker.ports import Output
from broker.topics import Address, addresses_of
from gueststar.addresses import Addresses, deployed_at
from gueststar.subscription import Subscription, connected, subscribe
from kafka_node.node import KafkaNode
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from tests.gueststar.conftest import ALERTS

SHARED = "gueststar.selected.full"
NAMES = (("faint",), ("faint", "new"), ("new",), ("old",), ("old", "faint-too"), ("new", "faint"))
"""Of each alert: the filters that selected it."""
FAINT = Version(
    name="faint",
    version=1,
    sha256="0" * 64,
    document={"clauses": {"faint": "magnitude > 18"}},
    topic=SHARED,
    catalogues=(),
    by="ada@observatory",
    deployed_unix_s=1.0,
    dry_run=None,
    overridden=(),
    previous_sha256=None,
)


@pytest.fixture
def shared(enriched: list[bytes]) -> MemoryKafka:
    kafka = MemoryKafka(ManualClock())
    kafka.create_topic(SHARED)
    for packet, names in zip(enriched, NAMES, strict=True):
        kafka.publish(SHARED, packet, headers=((FILTERS, naming(names)),))
    return kafka


def subscription(kafka: MemoryKafka, *asked: Address) -> Subscription:
    source = MemorySource(kafka, group="reader", topics=[SHARED])
    sink = PlainMemorySink(kafka, name="reader")
    return Subscription(source, sink, addresses=Addresses.of(asked))


def ids(packets: list[bytes], *places: int) -> list[int]:
    found = Decoder().decode([packets[each] for each in places])
    return [int(each) for each in found.alert_id]


def test_a_reader_of_one_filter_gets_its_alerts_and_decodes_no_others(
    shared: MemoryKafka, packets: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded, decode = list[int](), Decoder.decode

    def noted(self: Decoder, some: Sequence[bytes]) -> AlertBatch:
        decoded.append(len(some))
        return decode(self, some)

    monkeypatch.setattr(Decoder, "decode", noted)
    with closing(subscription(shared, Address(SHARED, "faint"))) as reader:
        found = [alert.alert_id for alert in reader.poll(1.0)]
    assert decoded == [3]
    assert found == ids(packets, 0, 1, 5)


def test_filters_of_one_topic_are_read_together_and_the_topic_whole(
    shared: MemoryKafka, packets: list[bytes]
) -> None:
    both = Address(SHARED, "old"), Address(SHARED, "faint-too")
    with closing(subscription(shared, *both)) as reader:
        assert [alert.alert_id for alert in reader.poll(1.0)] == ids(packets, 3, 4)
    kafka = shared
    kafka.committed["reader"].clear()
    with closing(subscription(kafka, Address(SHARED), Address(SHARED, "old"))) as reader:
        assert len(reader.poll(1.0)) == ALERTS


def test_what_is_only_of_other_filters_counts_as_dealt_with(shared: MemoryKafka) -> None:
    with closing(subscription(shared, Address(SHARED, "nobody"))) as reader:
        assert reader.poll(1.0) == []
    assert [each.offset for each in shared.committed["reader"].values()] == [ALERTS]


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("faint", [("faint", "")]),
        ("a/faint, b", [("a", "faint"), ("b", "")]),
        ("^a/b", [("^a/b", "")]),
    ],
)
def test_a_name_is_a_topic_a_pattern_or_a_filter_on_a_topic(
    named: str, found: list[tuple[str, str]]
) -> None:
    assert [(*each,) for each in addresses_of(named)] == found


@pytest.mark.parametrize("named", ["a/", "/a", "a/B", "a/b/c", "a b/c"])
def test_what_is_no_name_is_refused(named: str) -> None:
    if named == "a/":
        assert addresses_of(named) == (Address("a"),)
        return
    with pytest.raises(SettingsError, match="is no name"):
        addresses_of(named)


@pytest.mark.parametrize("asked", ["faint", "gueststar.filter.faint"])
def test_a_deployed_filter_is_found_where_its_record_says(asked: str) -> None:
    register = Register().after([FAINT])
    assert deployed_at(Address(asked), register) == Address(SHARED, "faint")
    own = replace(FAINT, version=2, topic="gueststar.filter.faint")
    assert deployed_at(Address(asked), register.after([own])) == Address(own.topic)
    assert deployed_at(Address("bright"), register) == Address("bright")


@pytest.mark.kafka
def test_a_filter_s_name_reads_its_alerts_at_a_real_kafka(
    kafka: KafkaNode, enriched: list[bytes], packets: list[bytes]
) -> None:
    link = Connection(kafka.address)
    KafkaAdmin(link).create([TopicSettings(SHARED), control_topic("gueststar.filters")])
    sink = AtLeastOnceSink(link, topics=[SHARED])
    sink.rebuild()
    sink.begin()
    sink.produce(
        [
            Output(SHARED, None, packet, ((FILTERS, naming(names)),))
            for packet, names in zip(enriched, NAMES, strict=True)
        ]
    )
    sink.commit()
    with closing(KafkaControlTopic(link, "gueststar.filters")) as control:
        control.write(FAINT.key, FAINT.encode())
    with closing(sink):
        for name in ("faint", "gueststar.filter.faint", f"{SHARED}/faint"):
            alerts = subscribe(
                name, bootstrap=kafka.address, start="earliest", until="end", timeout_s=60
            )
            assert [each.alert_id for each in alerts] == ids(packets, 0, 1, 5)
        with closing(connected(link, SHARED, start="earliest")) as whole:
            found = whole.poll(30.0)
    assert 0 < len(found) <= ALERTS
