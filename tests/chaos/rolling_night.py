"""Workers of the last release become this one's under load, one by one, and one goes back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from confluent_kafka import Producer

from broker.alerts.counts import filter_sums
from broker.balance import Seen, balance
from broker.headers import named
from broker.kafka import Connection, KafkaAdmin
from broker.ledger import Entry, read_entry
from kafka_node.node import KafkaNode
from replay.invention import invent
from schemas.annotation import FIELD_NAME
from schemas.enriched_reading import EnrichedReader
from tests.chaos.hanging import hanging
from tests.chaos.night import IN_FLIGHT_MAX, PARTITIONS, TICK_S, provide_survey_topic
from tests.chaos.nights import Asked, Told
from tests.chaos.proof import compare, messages, raw_messages
from tests.chaos.releases import Member, Release, last, present
from tests.chaos.sites import ENRICHED, INPUT, SURVEY, Site, config

LEDGER, DEAD = "gueststar.ledger", "gueststar.dead-letters"
SELECTED: Final = "gueststar.selected.full"
METRICS: Final = "[metrics]\nport = 21900\nports_max = 400\n"
NAMES: Final = ("one", "two", "three")
ALERTS_PER_S: Final = 20.0
ALERTS_MAX: Final = 1_000_000
ASK_INTERVAL_S: Final = 1.0
NIGHT_S_MAX: Final = 1_500.0
FILTER: Final = 'form = "full"\n[clauses]\nbright = "magnitude < {}"\n'
FILTERS: Final = {"before": 18.0, "between": 19.0, "after": 20.0}
"""Deployed by the last release before the first change, by this one amid them, and again by the
last; each selects what is brighter."""


def rolling_night(asked: Asked) -> Told:
    """Three workers, changed one after another; then the first goes back.

    CI has no share of it: the earlier version compiles anew, which takes longer than it may.
    """
    before = last(asked.folder / "before")
    if before is None:
        return Told("a rolling upgrade", {"not passed": "git has no earlier release here"})
    with KafkaNode() as node:
        text = config(node.address, input_=INPUT) + METRICS
        provide_survey_topic(node.address)
        feed = SteadyFeed(node.address, asked.seed)
        night = RollingNight(Site(node, text), asked.folder, feed)
        night.run(before, present())
        return Told("a rolling upgrade", figures(night, feed.sent))


class SteadyFeed:
    """Alerts at a steady pace while workers keep up, for as long as the night lasts."""

    def __init__(self, bootstrap: str, seed: int) -> None:
        self.sent = 0
        self._producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
        self._packets = (each.packet for each in invent(ALERTS_MAX, seed=seed))
        self._due, self._asked_s = 0.0, time.monotonic()

    def keep_up(self, behind: int) -> None:
        """Send what is due, unless many are on their way."""
        passed_s = time.monotonic() - self._asked_s
        self._asked_s += passed_s
        self._due = min(self._due + ALERTS_PER_S * passed_s, IN_FLIGHT_MAX - behind)
        while self._due >= 1:
            part = self.sent % PARTITIONS
            self._producer.produce(SURVEY, value=next(self._packets), partition=part)
            self._producer.poll(0)
            self.sent += 1
            self._due -= 1

    def finish(self) -> None:
        """Wait until Kafka has all that was sent."""
        assert self._producer.flush(NIGHT_S_MAX) == 0, "Kafka did not take every alert"


class RollingNight:
    """The feed, the workers, and what is asked of them meanwhile."""

    def __init__(self, site: Site, folder: Path, feed: SteadyFeed) -> None:
        self.node = site.ours
        self.config = folder / "chaos.toml"
        self.config.write_text(site.config)
        self.members = [Member(name, self.config) for name in NAMES]
        self._folder = folder
        self._feed = feed
        self._backlog = site.backlog()
        self._deadline_s = time.monotonic() + NIGHT_S_MAX
        self._asked_s = 0.0

    def run(self, before: Release, after: Release) -> None:
        """Until all that was sent is published; the last word has this release."""
        try:
            for member in self.members:
                self._start(member, before)
            self._deploy(before, "before")
            first, *others = self.members
            self._change(first, after)
            self._deploy(after, "between")
            for member in others:
                self._change(member, after)
            self._change(first, before)
            self._deploy(before, "after")
            self._ask(after, "filter", "pause", "before")
            self._feed.finish()
            self._until(lambda: not self._backlog.messages(), fed=False)
            for release in (before, after):
                self._ask(release, "ledger", fed=False)
            for member in self.members:
                member.stop()
        finally:
            self._backlog.close()
            for member in self.members:
                member.end()

    def entries(self) -> list[Entry]:
        """The ledger as it stands."""
        if LEDGER not in KafkaAdmin(Connection(self.node.address)).partitions():
            return []
        return [read_entry(value) for _, value in messages(self.node.address, LEDGER)]

    def _change(self, member: Member, release: Release) -> None:
        member.stop()
        self._start(member, release)

    def _start(self, member: Member, release: Release) -> None:
        """Return once it has published."""
        member.start(release)
        self._until(lambda: self._has_published(member))

    def _has_published(self, member: Member) -> bool:
        if time.monotonic() < self._asked_s + ASK_INTERVAL_S:
            return False
        self._asked_s = time.monotonic()
        born = ((each.worker, each.incarnation) for each in self.entries())
        return any(who == member.name and ms >= member.since_unix_ms for who, ms in born)

    def _deploy(self, release: Release, name: str) -> None:
        file = self._folder / f"{name}.toml"
        file.write_text(FILTER.format(FILTERS[name]))
        self._ask(release, "filter", "deploy", str(file), "--force")

    def _ask(self, release: Release, *words: str, fed: bool = True) -> None:
        """A command of a release, while alerts flow on; it must end well."""
        log = self._folder / f"{'-'.join(words[:2])}.log"
        process = release.process(*words, "--config", str(self.config), log=log)
        self._until(lambda: process.poll() is not None, fed=fed)
        assert process.returncode == 0, f"{release.version} {words}: {log.read_text()}"

    def _until(self, done: Callable[[], bool], *, fed: bool = True) -> None:
        """Alerts flow until then."""
        while not done():
            assert time.monotonic() < self._deadline_s, "the night is too long"
            for member in self.members:
                member.require_life()
            if fed:
                self._feed.keep_up(self._backlog.lately())
            time.sleep(TICK_S)


def figures(night: RollingNight, alerts: int) -> dict[str, str]:
    """What the night came to; it held the law."""
    address = night.node.address
    found = compare(address, address, sent=SURVEY, enriched=ENRICHED, dead=DEAD)
    assert found.is_exact, found
    assert hanging(night.node) == [], "no transaction is left that nobody can end"
    books = balance(night.entries(), lambda partition, gaps: Seen([]), filter_sums)
    assert not books.imbalances, books.imbalances
    assert (books.passed_over, books.consumed, books.published) == (0, alerts, alerts)
    told = dict(written_beside(address, ENRICHED))
    written = Counter(each["broker_version"] for each in told.values())
    selected = {(alert, name) for alert, each in told.items() for name in each["filters"]}
    wanted = Counter(one for one in selected if one[1] in FILTERS)
    assert sent_to_filters(address) == wanted, "each filter's alerts are where they belong, once"
    by_filter = Counter(name for _, name in wanted)
    assert written.keys() == {each for member in night.members for each in member.borne}
    assert by_filter.keys() == FILTERS.keys()
    return {
        **{f"worker {each.name}": ", then ".join(each.borne) for each in night.members},
        **{f"records by {version}": str(times) for version, times in written.items()},
        **{f"selected by {name!r}": str(times) for name, times in by_filter.items()},
        "consumed / published": f"{books.consumed} / {books.published}",
    }


def written_beside(bootstrap: str, topic: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Of each record, as this version reads it: the alert's id and what a broker wrote."""
    reader = EnrichedReader()
    for _, value in messages(bootstrap, topic):
        record = reader.read(value)
        yield record["candid"], record[FIELD_NAME]


def sent_to_filters(bootstrap: str) -> Counter[tuple[int, str]]:
    """On the topic that filters share: alerts, each with the filters that its headers name."""
    reader, found = EnrichedReader(), Counter[tuple[int, str]]()
    for message in raw_messages(bootstrap, SELECTED):
        alert = reader.read(message.value())["candid"]
        found.update((alert, name.decode()) for name in named(message.headers() or ()))
    return found
