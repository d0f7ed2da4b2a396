"""`gueststar ledger`: what became of every alert, and whether it all adds up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import typer

from broker.balance import Balance
from broker.errors import TopicMissing
from broker.kafka import Connection, KafkaAdmin
from gueststar.auditing import audit
from gueststar.subscription import reader

IMBALANCES_SHOWN = 20


def report(bootstrap: str, topic: str) -> bool:
    """Print the sums of a ledger; whether they balance."""
    connection = Connection.configured(bootstrap)
    if topic not in KafkaAdmin(connection).partitions():
        raise TopicMissing(f"there is no ledger {topic!r} at {bootstrap}; name it with --topic")
    balance = audit(lambda each: reader(connection, each, start="earliest"), topic)
    for line in lines(balance):
        typer.echo(line)
    return not balance.imbalances


def lines(balance: Balance) -> Iterator[str]:
    """The sums, name by name, and the verdict last."""
    counts = balance.counts
    yield f"{balance.consumed:,} alerts consumed in {balance.entries:,} batches"
    for partition, covered in balance.ranges.items():
        yield f"  from {partition.topic}/{partition.number}: {covered.start:,} to {covered.end:,}"
    yield f"{balance.published:,} published, {balance.dead:,} dead"
    yield from named("  to topic", counts.published)
    yield from named("  without cutouts, as too large with them, to", counts.shortened)
    yield from named("  dead:", counts.dead)
    for name in counts.filters:
        yield f"  filter {name} selected {counts.selected.get(name, 0):,}"
        yield from named("    refused by", counts.refused.get(name, {}))
        yield from named("    not measured for", counts.unknown.get(name, {}))
    yield from named("  raised: filter", counts.filter_errors)
    yield from named("  raised: classifier", counts.classifier_errors)
    yield from named("  with a value that was not read:", counts.unread)
    yield from verdict(balance)


def verdict(balance: Balance) -> Iterator[str]:
    """What an auditor would write at the bottom."""
    if balance.passed_over:
        yield f"{balance.passed_over:,} offsets passed over: control records and aborted data"
    if balance.unverifiable:
        yield f"  {balance.unverifiable:,} of them dropped by retention, so nobody can tell"
    if balance.repeated:
        yield f"{balance.repeated:,} alerts repeated, as at-least-once delivery may"
    for imbalance in balance.imbalances[:IMBALANCES_SHOWN]:
        yield f"does not add up: {imbalance}"
    if len(balance.imbalances) > IMBALANCES_SHOWN:
        yield f"  and {len(balance.imbalances) - IMBALANCES_SHOWN:,} more"
    yield "does not balance" if balance.imbalances else "balances"


def named(what: str, counts: Mapping[str, int]) -> Iterator[str]:
    """A line for each name that was counted, the largest first."""
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        if count:
            yield f"{what} {name}: {count:,}"
