"""What a chaotic night came to: told in a table, from the diaries, the proof and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from rich.console import Console
from rich.table import Table

from broker.balance import Balance
from broker.ledger import Entry
from broker.ports import PartitionLife
from tests.chaos.night import Record
from tests.chaos.proof import Found


def hand_overs(entries: Iterable[Entry]) -> int:
    """How often a partition's next batch was another worker's, by the ledger."""
    ranges = sorted(
        (
            PartitionLife(part.topic, part.partition, part.life, entry.cluster),
            part.start,
            entry.worker,
        )
        for entry in entries
        for part in entry.ranges
        if part.end > part.start
    )
    return sum(
        before[0] == after[0] and before[2] != after[2] for before, after in pairwise(ranges)
    )


def show(
    title: str, record: Record, found: Found, books: Balance, entries: Sequence[Entry]
) -> None:
    """The night in a table."""
    table = Table(title=title, show_header=False)
    for phase, kills in record.by_phase().most_common():
        table.add_row(f"kill -9 while {phase}", str(kills))
    for error, times in record.aborts().most_common():
        table.add_row(f"aborted by {error}", str(times))
    for trouble, times in sorted(record.troubles.items()):
        table.add_row(trouble.replace("_", " "), str(times))
    table.add_row("partitions handed over", str(hand_overs(entries)))
    table.add_row("median from kill to next publish", f"{record.recovery_s_median():.2f} s")
    table.add_row(
        "consumed / published / dead", f"{books.consumed} / {books.published} / {books.dead}"
    )
    table.add_row("missing, doubled, changed", f"{[len(part) for part in found[:3]]}")
    Console().print(table)
