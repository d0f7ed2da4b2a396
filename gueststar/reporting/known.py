"""What a broker's Kafka says besides the lake: its ledger, dead letters, requests and events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from broker.alerts.counts import AlertCounts
from broker.balance import Balance
from broker.dead_letters.replay import Choice
from broker.errors import TopicMissing
from broker.json_records import RecordError
from broker.kafka import KafkaAdmin, KafkaControlTopic
from broker.messengers.events import notices_of
from broker.ports import Message
from broker.status import read_status
from broker.status.record import Drifting
from gueststar.accounts import balanced, conclusion
from gueststar.dead_letters.listing import groups
from gueststar.dead_letters.place import Place
from gueststar.messengers.listing import facts
from gueststar.reporting.facts import Facts
from schemas.errors import GueststarError
from services.followup.requests import Request, Requests

LOG: Final = logging.getLogger("gueststar.report")
PATIENCE_S: Final = 15.0
"""How long the report waits for a Kafka that does not answer."""
AROUND_S: Final = 3_600.0
"""What came so long before the night's first alert, or after its last, is the night's."""
ROWS_MAX: Final = 25


@dataclass(frozen=True)
class Section:
    """A part of the page: sentences, and a table below them."""

    title: str
    sentences: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    is_bad: bool = False


class Known(NamedTuple):
    """What is said of the broker."""

    accounts: Section
    others: tuple[Section, ...]


Hours = tuple[float, float]
"""Of the night, s since 1970."""


def known_of(config: Path, facts: Facts) -> Known:
    """Ask a configuration's Kafka; what it does not answer is said in its place."""
    place = Place.of(config, None, patience_s=PATIENCE_S)
    hours = facts.hours
    if hours is None:
        why = "The lake does not tell when these alerts came, so nothing can be said of that time."
        return Known(_asked("Accounts", lambda: accounts(place)), (Section("The broker", (why,)),))
    around = hours[0] - AROUND_S, hours[1] + AROUND_S
    asked: dict[str, Callable[[], Section]] = {
        "Follow-up": lambda: followup(place, around),
        "Other messengers": lambda: messengers(place, around),
        "Dead letters": lambda: letters(place, around),
        "Drift of models": lambda: drift(place, facts.nights),
    }
    others = tuple(_asked(title, ask) for title, ask in asked.items())
    return Known(_asked("Accounts", lambda: accounts(place)), others)


def _asked(title: str, ask: Callable[[], Section]) -> Section:
    try:
        return ask()
    except TopicMissing as error:
        return Section(title, (f"Nothing is kept of it: {error}.",))
    except GueststarError as error:
        return Section(title, (f"It is not known: {error}.",), is_bad=True)


def accounts(place: Place) -> Section:
    """The ledger's sums, of all that it counts: an offset has no night."""
    found = balanced(place)
    *more, _ = conclusion(found)
    first = "The ledger balances" if not found.imbalances else "The ledger does not balance"
    return Section(
        "Accounts",
        (
            f"{first}: {found.consumed:,} alerts consumed since it began,"
            f" {found.published:,} published, {found.dead:,} dead.",
            *more,
        ),
        ("not served", "of", "alerts"),
        tuple(_not_served(found)),
        is_bad=bool(found.imbalances),
    )


def _not_served(found: Balance) -> Iterator[tuple[str, str, str]]:
    counts = AlertCounts.of(found.counts)
    for what, counted in (
        ("dead letters", found.counts.dead),
        ("a filter raised", counts.filter_errors),
        ("a classifier raised", counts.classifier_errors),
        ("sent without cutouts, as too large with them", counts.shortened),
        ("a value was not read", counts.unread),
    ):
        for name, count in sorted(counted.items(), key=lambda one: -one[1]):
            if count:
                yield what, name, f"{count:,}"


def letters(place: Place, hours: Hours) -> Section:
    """Alerts of these hours that could not be published, by reason."""
    since_ms, until_ms = (round(1e3 * each) for each in hours)
    chosen = place.chosen(Choice(since_ms=since_ms, until_ms=until_ms))
    found = groups(chosen)
    said = f"{several(sum(each.letters for each in found), 'alert')} could not be published."
    head = ("reason", "topic", "letters", "sent again", "the last one")
    rows = tuple((*cells[:4], cells[-1]) for cells in (each.cells() for each in found))
    return Section("Dead letters", (said if found else "None.",), head, rows, is_bad=bool(found))


def followup(place: Place, hours: Hours) -> Section:
    """Requests of these hours, the dearest first."""
    store = Requests()
    store.learn(_records(place, place.settings.followup.requests), LOG)
    return requests_section([*store.all.values()], hours)


def requests_section(requests: Sequence[Request], hours: Hours) -> Section:
    """Those that were wanted in these hours, or changed in them."""
    found = [
        one for one in requests if one.wanted_unix_s <= hours[1] and one.changed_unix_s >= hours[0]
    ]
    states = {
        state: sum(one.state == state for one in found) for state in {*(o.state for o in found)}
    }
    said = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
    found.sort(key=lambda one: (-one.priority, one.id))
    rows = tuple(
        (
            one.object_id,
            one.programme,
            one.state,
            one.site or "-",
            f"{one.priority:.3g}",
            one.reason,
        )
        for one in found[:ROWS_MAX]
    )
    head = ("object", "programme", "state", "site", "priority", "why")
    return Section(
        "Follow-up",
        (f"{several(len(found), 'request')}: {said}." if found else "No request.",),
        head,
        rows,
    )


def messengers(place: Place, hours: Hours) -> Section:
    """Each event's newest notice, of those that came in these hours."""
    topic = place.settings.messengers.events
    newest = {news.event: news.notice for news in notices_of(_records(place, topic))}
    found = [one for one in newest.values() if one and hours[0] <= one.created_unix_s <= hours[1]]
    rows = []
    for one in sorted(found, key=lambda each: -each.created_unix_s)[:ROWS_MAX]:
        told = dict(facts(one))
        names = ("event", "by", "time", "false alarms", "90% within")
        rows.append(tuple(told.get(name, "-") for name in names))
    head = ("event", "by", "time", "false alarms", "90 % within")
    said = f"{several(len(found), 'event')} had a notice." if found else "No event had a notice."
    return Section("Other messengers", (said,), head, tuple(rows))


def drift(place: Place, nights: Sequence[str]) -> Section:
    """What workers say of these nights, each of the alerts that it saw."""
    if not place.settings.topics.status:
        return Section("Drift of models", ("It is not told: [topics] status is empty.",))
    said = [one for each in _records(place, place.settings.topics.status) for one in _drifts(each)]
    return drift_section(said, nights)


def _drifts(message: Message) -> Sequence[Drifting]:
    try:
        return read_status(message.value).drifts
    except RecordError:
        return ()


def drift_section(drifts: Sequence[Drifting], nights: Sequence[str]) -> Section:
    """Those of these nights, the farthest beyond chance first; of several workers' that one."""
    found = dict[tuple[object, ...], Drifting]()
    for one in sorted(drifts, key=lambda each: each.value / each.threshold):
        if str(one.night) in nights:
            found[one.model, one.version, one.night, one.group, one.column, one.statistic] = one
    rows = tuple(
        (
            *(f"{one.model} {one.version}", one.group, one.column, one.statistic),
            *(f"{one.value:.3f}", f"{one.threshold:.3f}", f"{one.alerts:,}", str(one.night)),
        )
        for one in [*reversed(found.values())][:ROWS_MAX]
    )
    said = f"{several(len(found), 'number')} not spread as in training, beyond chance."
    head = ("model", "survey and band", "number", "statistic", "is", "by chance", "alerts", "night")
    return Section("Drift of models", (said if found else "None.",), head, rows, is_bad=bool(found))


def _records(place: Place, topic: str) -> list[Message]:
    """A compacted topic's. Raises TopicMissing where there is none; it makes none."""
    if topic not in KafkaAdmin(place.connection).partitions():
        raise TopicMissing(f"there is no topic {topic}")
    with closing(KafkaControlTopic(place.connection, topic)) as control:
        return [*control.present()]


def several(count: int, what: str) -> str:
    """So many of it, in the singular or the plural."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def moment(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
