"""The law while topics come, go and grow: GUESTSTAR_CHAOS=full runs the whole night, CI a part."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from broker.balance import Balance
from broker.kafka import KafkaAdmin
from broker.ledger import read_entry
from gueststar.audit import Cluster, audit
from gueststar.subscription import reader
from kafka_node.node import KafkaNode
from replay.invention import invent
from schemas.decode import Decoder
from tests.chaos.proof import messages
from tests.chaos.readers import Reader
from tests.chaos.shifting import ENRICHED, ShiftingNight, Shifts, Size, connection
from tests.chaos.streams import Place

SEED = 1054
LEDGER = "gueststar.ledger"
POLL_INTERVAL_MS = 11_000
DAWDLE_S = 14.0
"""Beyond it: the group drops who stays so long at one alert."""
READERS_S_MAX = 120.0

FULL = Size(
    20_000,
    150,
    Shifts(remake_read=6, remake_unread=3, add_partitions=4, add_topic=2, widen_output=1, outage=1),
    outage_s=120,
    dawdles=3,
    night_s_max=3_000,
)
SHORT = Size(
    600,
    100,
    Shifts(remake_read=1, remake_unread=1, add_partitions=1, add_topic=1, widen_output=1, outage=1),
    outage_s=5,
    dawdles=1,
    night_s_max=500,
)


@pytest.mark.kafka
@pytest.mark.timeout(3_600)
def test_topics_that_come_go_and_grow_lose_nothing_and_double_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.kafka.connection.POLL_INTERVAL_MS_MAX", POLL_INTERVAL_MS)
    size = FULL if os.environ.get("GUESTSTAR_CHAOS") == "full" else SHORT
    packets = [each.packet for each in invent(size.alerts, seed=SEED)]
    ids = [int(each) for each in Decoder().decode(packets).alert_id]
    with KafkaNode() as node:
        link = connection(node, size)
        alone = Reader(link, ENRICHED)
        slow = Reader(
            link,
            ENRICHED,
            group="slow",
            dawdles=size.dawdles,
            among=size.alerts // 2,
            dawdle_s=DAWDLE_S,
            seed=SEED,
        )
        night = ShiftingNight(node, tmp_path, packets, size, SEED)
        for each in (alone, slow):
            each.start()
        sent = {ids[number]: place for number, place in night.run().items()}
        published = Counter(published_ids(node.address))
        for each in (alone, slow):
            each.finish(len(published), READERS_S_MAX)
        counted = counted_places(node.address)
        topics = KafkaAdmin(link).partitions()
        books = audit(Cluster(lambda topic: reader(link, topic, start="earliest"), topics), LEDGER)
    living = {stream.life for stream in night.streams}
    show(night, books, slow, sent=len(sent), published=published)
    assert set(night.happened) == {"outage", *vars(size.shifts)}
    assert len(sent) == size.alerts
    assert set(published.values()) == {1}, "nothing is doubled"
    assert counted == Counter(sent[each] for each in published), "the ledger is right"
    lost = {place for alert, place in sent.items() if alert not in published}
    assert not {place for place in lost if place.life in living}, "nothing is lost"
    assert {place.life for place in lost} <= night.unread, "but what went with its topic, unread"
    assert books.imbalances == ()
    assert books.uncounted <= len(lost), "nor does it tell of more"
    assert books.consumed == books.published == len(published)
    assert alone.seen == published, "a reader without a group saw each once"
    assert slow.seen.keys() == published.keys(), "a slow one saw all"
    assert slow.dawdled == size.dawdles


def published_ids(bootstrap: str) -> list[int]:
    """The alerts on the topic of all alerts, as a foreign reader finds them."""
    values = [value for _, value in messages(bootstrap, ENRICHED)]
    return [int(each) for each in Decoder(rescore=True).decode(values).alert_id]


def counted_places(bootstrap: str) -> Counter[Place]:
    """What the ledger says was consumed, offset by offset."""
    return Counter(
        Place(part.topic, part.partition, part.life, offset)
        for _, value in messages(bootstrap, LEDGER)
        for part in read_entry(value).ranges
        for offset in range(part.start, part.end)
        if not any(gap.start <= offset < gap.end for gap in part.gaps)
    )


def show(
    night: ShiftingNight, books: Balance, slow: Reader, *, sent: int, published: Counter[int]
) -> None:
    """The night in a table."""
    table = Table(title="a shifting night", show_header=False)
    for event, times in night.happened.most_common():
        table.add_row(event.replace("_", " "), str(times))
    table.add_row("sent / published / doubled", f"{sent} / {len(published)} / {doubled(published)}")
    table.add_row("counted by the ledger", str(books.consumed))
    table.add_row("went unread with their topic", str(sent - len(published)))
    table.add_row("of them told by the ledger", str(books.uncounted))
    table.add_row("lives of partitions", str(len(books.ranges)))
    table.add_row("seen again by the slow reader", str(doubled(slow.seen)))
    Console().print(table)


def doubled(seen: Counter[int]) -> int:
    """How many came more than once."""
    return sum(times > 1 for times in seen.values())
