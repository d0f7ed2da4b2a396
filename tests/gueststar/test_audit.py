"""The ledger read back, its gaps looked into, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from broker.balance import Imbalance
from broker.clock import ManualClock
from broker.errors import KafkaUnavailable, LedgerError
from broker.ledger import Counts, Delivery, Entry, Gap, Range
from broker.memory import MemoryKafka, MemorySink, MemorySource
from broker.ports import Output, Partition, PartitionLife, Source
from gueststar.accounts import lines
from gueststar.audit import Cluster, Open, audit, spans, visible

LEDGER = "ledger"
SURVEY = Partition("ztf", 0)
KEY_OF_PARTITION_0 = b"d"


def entry(start: int, end: int, gaps: tuple[Gap, ...] = (), dead: int = 0) -> Entry:
    """A batch of one partition in which every alert but the dead was published."""
    consumed = end - start - sum(gap.end - gap.start for gap in gaps)
    return Entry(
        worker="one",
        incarnation=1,
        sequence=start,
        delivery=Delivery.EXACTLY_ONCE,
        polled_unix_s=0.0,
        published_unix_s=0.0,
        main_topic="enriched",
        ranges=(Range(*SURVEY, start, end, consumed, gaps),),
        counts=Counts(
            published={"enriched": consumed - dead},
            dead={"truncated": dead} if dead else {},
            details={"selected": {"young": 0}, "refused": {"young": {"real": consumed - dead}}},
        ),
    )


@pytest.fixture
def memory() -> MemoryKafka:
    """A survey's topic with ten alerts in two transactions, so that two offsets hold none."""
    kafka = MemoryKafka(ManualClock())
    kafka.create_topic(SURVEY.topic, partitions=2)
    kafka.create_topic(LEDGER)
    sink = MemorySink(kafka, name="survey")
    sink.rebuild()
    for _ in range(2):
        sink.begin()
        sink.produce([Output(SURVEY.topic, KEY_OF_PARTITION_0, b"alert")] * 5)
        sink.commit()
    return kafka


def opener(memory: MemoryKafka) -> Open:
    """Readers of a whole topic, each in a group of its own."""
    groups = count()

    def open_source(topic: str) -> Source:
        return MemorySource(memory, group=f"auditor-{next(groups)}", topics=[topic])

    return open_source


def cluster(memory: MemoryKafka) -> Cluster:
    """A Kafka in memory, to be looked into."""
    return Cluster(opener(memory), memory.topics)


def audited(memory: MemoryKafka, *entries: Entry) -> tuple[Imbalance, ...]:
    """What does not add up in a ledger of these entries."""
    for each in entries:
        memory.publish(LEDGER, each.encode())
    return audit(cluster(memory), LEDGER).imbalances


def test_a_ledger_that_counts_every_alert_balances(memory: MemoryKafka) -> None:
    assert audited(memory, entry(0, 6, (Gap(5, 6),)), entry(6, 12, (Gap(11, 12),), dead=1)) == ()


def test_an_alert_that_no_entry_counts_is_found(memory: MemoryKafka) -> None:
    (imbalance,) = audited(memory, entry(0, 3), entry(4, 6, (Gap(5, 6),)))
    assert (imbalance.topic, imbalance.partition, imbalance.offset) == (*SURVEY, 3)


def test_only_what_a_reader_finds_is_visible(memory: MemoryKafka) -> None:
    assert visible(opener(memory), PartitionLife(*SURVEY), [Gap(4, 6), Gap(10, 12)]) == ([4, 10], 0)
    assert visible(opener(memory), PartitionLife(*SURVEY), []) == ([], 0)


def test_what_retention_left_of_gaps_is_looked_into(memory: MemoryKafka) -> None:
    memory.log(SURVEY).forget(5)
    seen = visible(opener(memory), PartitionLife(*SURVEY), [Gap(1, 3), Gap(4, 8), Gap(10, 12)])
    assert seen == ([6, 7, 10], 5)
    entries = entry(0, 1), entry(3, 6, (Gap(4, 6),)), entry(8, 10), entry(11, 12)
    assert [each.offset for each in audited(memory, *entries)] == [6, 7, 10]
    assert audit(cluster(memory), LEDGER).unverifiable == 3


def test_an_empty_ledger_is_said_so(memory: MemoryKafka) -> None:
    with pytest.raises(LedgerError, match="empty"):
        audited(memory)


def test_a_topic_that_is_no_ledger_is_said_so(memory: MemoryKafka) -> None:
    with pytest.raises(LedgerError):
        audit(cluster(memory), SURVEY.topic)


def test_a_topic_that_gives_nothing_more_is_not_waited_for_for_ever(
    memory: MemoryKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gueststar.audit.STANDSTILL_S_MAX", 0.0)
    sink = MemorySink(memory, name="open")
    sink.rebuild()
    sink.begin()
    sink.produce([Output(LEDGER, None, b"of a transaction that stays open")])
    with pytest.raises(KafkaUnavailable, match="nothing more"):
        audit(cluster(memory), LEDGER)


@pytest.mark.parametrize(
    ("gaps", "joined"),
    [
        ([], []),
        ([Gap(5, 6)], [Gap(5, 6)]),
        ([Gap(7, 9), Gap(5, 6)], [Gap(5, 9)]),
        ([Gap(5, 6), Gap(9_000, 9_001), Gap(9_005, 9_006)], [Gap(5, 6), Gap(9_000, 9_006)]),
        ([Gap(5, 50), Gap(6, 7)], [Gap(5, 50)]),
    ],
)
def test_gaps_near_one_another_are_looked_into_in_one_go(
    gaps: list[Gap], joined: list[Gap]
) -> None:
    assert list(spans(gaps)) == joined


def test_the_account_names_what_was_counted_and_its_conclusion(memory: MemoryKafka) -> None:
    audited(memory, entry(0, 6, (Gap(5, 6),)), entry(6, 12, (Gap(11, 12),), dead=1))
    told = list(lines(audit(cluster(memory), LEDGER)))
    assert told[0] == "10 alerts consumed in 2 batches"
    assert "9 published, 1 dead" in told
    assert "  dead: truncated: 1" in told
    assert "    refused by real: 9" in told
    assert told[-1] == "balances"


def test_the_account_names_where_it_does_not_add_up(memory: MemoryKafka) -> None:
    audited(memory, entry(0, 3), entry(4, 6, (Gap(5, 6),)))
    told = list(lines(audit(cluster(memory), LEDGER)))
    assert any(line.startswith("does not add up: ztf/0 offset 3") for line in told)
    assert told[-1] == "does not balance"


def test_gaps_are_looked_into_at_the_cluster_that_their_entries_name(memory: MemoryKafka) -> None:
    ours = MemoryKafka(memory.clock)
    for name in (LEDGER, SURVEY.topic):
        ours.create_topic(name)
    for each in (entry(0, 3), entry(4, 6, (Gap(5, 6),))):
        ours.publish(LEDGER, replace(each, cluster="survey").encode())
    asked = audit(cluster(ours), LEDGER, {"survey": cluster(memory)})
    assert [str(each) for each in asked.imbalances] == [
        "ztf/0 offset 3 at cluster survey: a message that no entry of the ledger counts"
    ]
    assert "  from ztf/0: 0 to 6 at cluster survey" in lines(asked)
    unasked = audit(cluster(ours), LEDGER)
    assert (unasked.imbalances, unasked.unverifiable) == ((), 2)


def test_partitions_of_one_name_at_two_clusters_are_two(memory: MemoryKafka) -> None:
    entries = [entry(0, 6, (Gap(5, 6),)), replace(entry(0, 5), cluster="survey")]
    assert audited(memory, *entries, entry(6, 12, (Gap(11, 12),), dead=1)) == ()
