"""The law under fire. GUESTSTAR_CHAOS=full (`make chaos`) runs the whole night, CI a short one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.console import Console
from rich.table import Table

from broker.alerts.counts import filter_sums
from broker.balance import Balance, balance
from broker.ledger import read_entry
from kafka_node.node import KafkaNode
from replay.invention import invent
from tests.chaos.night import PHASES, Feed, Night, Plan, Record, provide_survey_topic
from tests.chaos.proof import Found, compare, messages

JUNK_EVERY = 97
"""Each so-manieth message is no alert."""


class Size(NamedTuple):
    """How long the night is."""

    alerts: int
    alerts_per_s: float
    """The cores that all of this shares are then not always full."""
    plan: Plan
    kills_each_phase: int
    aborts: int


FULL = Size(20_000, 150, Plan(50, spoilt_lives=9, spoilt_each=3, kafka_kills=2, seed=1054), 5, 20)
SHORT = Size(2_500, 40, Plan(10, spoilt_lives=3, spoilt_each=2, kafka_kills=1, seed=1054), 1, 4)


def _packets(total: int) -> list[bytes]:
    return [
        b"no alert %d" % number if number % JUNK_EVERY == JUNK_EVERY - 1 else invented.packet
        for number, invented in enumerate(invent(total, seed=1054))
    ]


@pytest.mark.kafka
@pytest.mark.timeout(1_200)
def test_kills_and_spoilt_transactions_lose_nothing_and_double_nothing(
    tmp_path: Path,
) -> None:
    size = FULL if os.environ.get("GUESTSTAR_CHAOS") == "full" else SHORT
    packets = _packets(size.alerts)
    with KafkaNode() as node:
        provide_survey_topic(node.address)
        feed = Feed(node.address, packets, alerts_per_s=size.alerts_per_s)
        record = Night(node, tmp_path, feed, size.plan).run()
        found = compare(node.address, sent="survey", enriched="enriched", dead=DEAD_LETTERS)
        books = _books(node.address)
    _show(record, found, books)
    assert found.is_exact, found
    assert not books.imbalances
    assert books.consumed == size.alerts == books.published + books.dead
    assert len(record.deaths) == size.plan.kills
    assert min(record.by_phase()[str(phase)] for phase in PHASES) >= size.kills_each_phase
    assert sum(record.aborts().values()) >= size.aborts


DEAD_LETTERS = "gueststar.dead-letters"


def _books(bootstrap: str) -> Balance:
    entries = [read_entry(value) for _, value in messages(bootstrap, "gueststar.ledger")]
    return balance(entries, lambda partition, gaps: [], filter_sums)


def _show(record: Record, found: Found, books: Balance) -> None:
    table = Table(title="a chaotic night", show_header=False)
    for phase, kills in record.by_phase().most_common():
        table.add_row(f"kill -9 while {phase}", str(kills))
    for error, times in record.aborts().most_common():
        table.add_row(f"aborted by {error}", str(times))
    table.add_row("Kafka killed", str(record.kafka_killed))
    table.add_row("median from kill to next publish", f"{record.recovery_s_median():.2f} s")
    table.add_row(
        "consumed / published / dead", f"{books.consumed} / {books.published} / {books.dead}"
    )
    table.add_row("missing, doubled, changed", f"{[len(part) for part in found[:3]]}")
    Console().print(table)
