"""`gueststar ledger`: what became of every alert, and whether it all adds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

import typer

from broker.alerts.counts import AlertCounts
from broker.balance import Balance
from broker.errors import KafkaUnavailable, TopicMissing
from broker.kafka import Connection, KafkaAdmin
from broker.kafka_ports import source_connection
from gueststar.audit import Cluster, audit
from gueststar.configured import Configured
from gueststar.subscription import reader

IMBALANCES_SHOWN = 20


def report(broker: Configured, topic: str | None = None) -> bool:
    """Print the sums of a broker's ledger, or of the one named; whether they balance."""
    balance = balanced(broker, topic)
    for line in lines(balance):
        typer.echo(line)
    return not balance.imbalances


def balanced(broker: Configured, topic: str | None = None) -> Balance:
    """The sums of a broker's ledger, or of the one named. Raises TopicMissing, LedgerError."""
    connection, topic = broker.connection, topic or broker.settings.topics.ledger
    topics = KafkaAdmin(connection).partitions()
    if topic not in topics:
        raise TopicMissing(
            f"there is no ledger {topic!r} at {connection.bootstrap}; name it with --topic, or the"
            " broker's configuration with --config"
        )
    return audit(cluster_at(connection, topics), topic, dict(survey_of(broker)))


def cluster_at(connection: Connection, topics: Collection[str]) -> Cluster:
    return Cluster(lambda each: reader(connection, each, start="earliest"), topics)


def survey_of(broker: Configured) -> Iterator[tuple[str, Cluster]]:
    """The survey's own Kafka by its cluster id; where it does not answer, that is said."""
    if not broker.settings.is_elsewhere:
        return
    survey = source_connection(broker.settings, broker.connection)
    admin = KafkaAdmin(survey)
    try:
        yield admin.cluster(), cluster_at(survey, admin.partitions())
    except KafkaUnavailable as error:
        typer.echo(f"the survey's own Kafka is not looked into: {error}")


def lines(balance: Balance) -> Iterator[str]:
    """The sums, name by name, and the conclusion last."""
    counts = AlertCounts.of(balance.counts)
    yield f"{balance.consumed:,} alerts consumed in {balance.entries:,} batches"
    yield from covered(balance)
    yield f"{balance.published:,} published, {balance.dead:,} dead"
    yield from named("  to topic", balance.counts.published)
    yield from named("  without cutouts, as too large with them, to", counts.shortened)
    yield from named("  dead:", balance.counts.dead)
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
    lives = Counter(each.without_life for each in balance.ranges)
    for each, (start, end) in balance.ranges.items():
        which = f" of topic id {each.life}" if lives[each.without_life] > 1 else ""
        where = f" at cluster {each.cluster}" if each.cluster else ""
        yield f"  from {each.topic}/{each.number}: {start:,} to {end:,}{which}{where}"


def conclusion(balance: Balance) -> Iterator[str]:
    """What an auditor would write at the bottom."""
    if balance.passed_over:
        what = "compacted, control records or aborted data"
        yield f"{balance.passed_over:,} offsets passed over: {what}"
    if balance.unverifiable:
        what = "dropped by retention, deleted with their topic, or where we may or do not look"
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
