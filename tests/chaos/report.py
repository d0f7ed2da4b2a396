"""What a chaotic night came to: its figures, from the diaries, the proof and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, pairwise

from rich.table import Table

from broker.balance import Balance
from broker.ledger import Entry
from broker.ports import PartitionLife
from tests.chaos.night import Record
from tests.chaos.nights import Told
from tests.chaos.proof import Found
from tests.chaos.proxy import Cut


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


def figures(
    record: Record, found: Found, books: Balance, entries: Sequence[Entry]
) -> dict[str, str]:
    """A night of workers: what, and how much of it."""
    kills, aborts = record.by_phase().most_common(), record.aborts().most_common()
    missing, doubled, changed, strangers = found
    return {
        "kills": str(len(record.deaths)),
        **{f"  while {phase}": str(times) for phase, times in kills},
        **{f"aborted by {error}": str(times) for error, times in aborts},
        **{
            f"{'network ' if trouble in set(Cut) else ''}{trouble.replace('_', ' ')}": str(times)
            for trouble, times in sorted(record.troubles.items())
        },
        **({"ended for want of Kafka": str(record.given_up)} if record.given_up else {}),
        "partitions handed over": str(hand_overs(entries)),
        "median from kill to next publish": f"{record.recovery_s_median():.2f} s",
        "consumed / published / dead": f"{books.consumed} / {books.published} / {books.dead}",
        "missing / doubled / changed / never sent": " / ".join(
            map(str, (len(missing), len(doubled), len(changed), strangers))
        ),
    }


@contextmanager
def noted(came_to: Mapping[str, str]) -> Iterator[None]:
    """What breaks the law within is told with the night's figures."""
    try:
        yield
    except AssertionError as broken:
        broken.add_note("\n".join(f"{what}: {much}" for what, much in came_to.items()))
        raise


def table(nights: Mapping[int, Told]) -> Table:
    """The figures of nights of one name, by their seeds."""
    first, *_ = nights.values()
    rows = Table("", *(f"seed {seed}" for seed in nights), title=first.title)
    for what in dict.fromkeys(chain.from_iterable(told.figures for told in nights.values())):
        rows.add_row(what, *(told.figures.get(what, "") for told in nights.values()))
    return rows
