"""The law while topics come, go and grow: what must hold when such a night is over."""

from __future__ import annotations

from collections import Counter

import pytest

from broker.balance import Balance
from broker.kafka import Connection, KafkaAdmin
from broker.ledger import read_entry
from gueststar.audit import Cluster, audit
from gueststar.subscription import reader
from kafka_node.node import KafkaNode
from replay.invention import invent
from schemas.decode import Decoder
from tests.chaos.hanging import hanging
from tests.chaos.nights import Asked, Told
from tests.chaos.proof import messages
from tests.chaos.readers import Reader
from tests.chaos.report import noted
from tests.chaos.shifting import ENRICHED, ShiftingNight, Shifts, Size, connection
from tests.chaos.streams import Place

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


def shifting_night(asked: Asked) -> Told:
    """Topics are made anew, grow and appear, Kafka is away, and readers are slow."""
    size = FULL if asked.is_full else SHORT
    packets = [each.packet for each in invent(size.alerts, seed=asked.seed)]
    ids = [int(each) for each in Decoder().decode(packets).alert_id]
    with pytest.MonkeyPatch.context() as patched, KafkaNode() as node:
        patched.setattr("broker.kafka.connection.POLL_INTERVAL_MS_MAX", POLL_INTERVAL_MS)
        link = connection(node, size)
        alone, slow = _readers(link, size, asked.seed)
        night = ShiftingNight(node, asked.folder, packets, size, asked.seed)
        for each in (alone, slow):
            each.start()
        sent = {ids[number]: place for number, place in night.run().items()}
        published = Counter(published_ids(node.address))
        for each in (alone, slow):
            each.finish(len(published), READERS_S_MAX)
        counted = counted_places(node.address)
        topics = KafkaAdmin(link).partitions()
        books = audit(Cluster(lambda topic: reader(link, topic, start="earliest"), topics), LEDGER)
        stuck = hanging(node)
    came_to = _figures(night, books, slow, sent=len(sent), published=published)
    with noted(came_to):
        assert set(night.happened) == {"outage", *vars(size.shifts)}
        assert len(sent) == size.alerts
        assert set(published.values()) == {1}, "nothing is doubled"
        assert counted == Counter(sent[each] for each in published), "the ledger is right"
        lost = {place for alert, place in sent.items() if alert not in published}
        living = {stream.life for stream in night.streams}
        assert not {place for place in lost if place.life in living}, "nothing is lost"
        assert {place.life for place in lost} <= night.unread, "but what went with its topic"
        assert books.imbalances == ()
        assert books.uncounted <= len(lost), "nor does it tell of more"
        assert books.consumed == books.published == len(published)
        assert alone.seen == published, "a reader without a group saw each once"
        assert slow.seen.keys() == published.keys(), "a slow one saw all"
        assert slow.dawdled == size.dawdles
        assert stuck == [], "no transaction is left that nobody can end"
    return Told("topics that come, go and grow", came_to)


def _readers(link: Connection, size: Size, seed: int) -> tuple[Reader, Reader]:
    """One without a group, and one that is too slow for its own."""
    slow = Reader(
        link,
        ENRICHED,
        group="slow",
        dawdles=size.dawdles,
        among=size.alerts // 2,
        dawdle_s=DAWDLE_S,
        seed=seed,
    )
    return Reader(link, ENRICHED), slow


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


def _figures(
    night: ShiftingNight, books: Balance, slow: Reader, *, sent: int, published: Counter[int]
) -> dict[str, str]:
    return {
        **{event.replace("_", " "): str(times) for event, times in night.happened.most_common()},
        "sent / published / doubled": f"{sent} / {len(published)} / {doubled(published)}",
        "counted by the ledger": str(books.consumed),
        "went unread with their topic": str(sent - len(published)),
        "of them told by the ledger": str(books.uncounted),
        "lives of partitions": str(len(books.ranges)),
        "seen again by the slow reader": str(doubled(slow.seen)),
    }


def doubled(seen: Counter[int]) -> int:
    """How many came more than once."""
    return sum(times > 1 for times in seen.values())
