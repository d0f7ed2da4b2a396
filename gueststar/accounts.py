"""`gueststar ledger`: what became of every alert, and whether it all adds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import typer

from broker.balance import Balance
from broker.errors import KafkaUnavailable, TopicMissing
from broker.kafka import Connection, KafkaAdmin
from broker.kafka_ports import source_connection
from gueststar.audit import audit
from gueststar.configured import Configured
from gueststar.subscription import reader

IMBALANCES_SHOWN = 20


def report(broker: Configured, topic: str | None = None) -> bool:
    """Print the sums of a broker's ledger, or of the one named; whether they balance."""
    connection, topic = broker.connection, topic or broker.settings.topics.ledger
    topics: Mapping[str, int] = KafkaAdmin(connection).partitions()
    if topic not in topics:
        raise TopicMissing(
            f"there is no ledger {topic!r} at {connection.bootstrap}; name it with --topic, or the"
            " broker's configuration with --config"
        )
    survey = source_connection(broker.settings, connection)
    if survey is not connection:
        topics = _there(survey)
    balance = audit(
        lambda each: reader(connection, each, start="earliest"),
        topic,
        topics,
        lambda each: reader(survey, each, start="earliest"),
    )
    for line in lines(balance):
        typer.echo(line)
    return not balance.imbalances


def _there(survey: Connection) -> Mapping[str, int]:
    """The topics of the survey's Kafka; none where it does not answer, which is said."""
    try:
        return KafkaAdmin(survey).partitions()
    except KafkaUnavailable as error:
        typer.echo(f"the survey's own Kafka is not looked into: {error}")
        return {}


def lines(balance: Balance) -> Iterator[str]:
    """The sums, name by name, and the conclusion last."""
    counts = balance.counts
    yield f"{balance.consumed:,} alerts consumed in {balance.entries:,} batches"
    yield from covered(balance)
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
    yield from conclusion(balance)


def covered(balance: Balance) -> Iterator[str]:
    """A line for each partition, and for each topic that bore the name where it was several."""
    lives = Counter(each[:2] for each in balance.ranges)
    for (topic, number, life), (start, end) in balance.ranges.items():
        which = f" of topic id {life}" if lives[topic, number] > 1 else ""
        yield f"  from {topic}/{number}: {start:,} to {end:,}{which}"


def conclusion(balance: Balance) -> Iterator[str]:
    """What an auditor would write at the bottom."""
    if balance.passed_over:
        what = "compacted, control records or aborted data"
        yield f"{balance.passed_over:,} offsets passed over: {what}"
    if balance.unverifiable:
        what = "dropped by retention or deleted with their topic"
        yield f"  {balance.unverifiable:,} of them {what}, so nobody can tell"
    if balance.uncounted:
        what = "offsets never counted, as far as is known"
        yield f"topics were deleted with {balance.uncounted:,} {what}"
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
