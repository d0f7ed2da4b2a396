"""Where the environment's faults strike: a Kafka, a worker, a lake's writer, and the law."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from broker.alerts.counts import filter_sums
from broker.balance import Seen, balance
from broker.errors import KafkaUnavailable
from broker.ledger import read_entry
from kafka_node.node import KafkaNode
from lake.layout import alert_files
from lake.reading import Lake
from replay.invention import invent
from tests.chaos.backlog import Backlog
from tests.chaos.jobs import Job
from tests.chaos.lake_writer_night import alerts_of, published, unread_of
from tests.chaos.night import Feed, provide_survey_topic
from tests.chaos.proof import compare, messages
from tests.chaos.sites import ENRICHED, GROUP, INPUT, SURVEY
from tests.chaos.sites import config as configured
from tests.chaos.small_disk import SmallDisk, small_disk, why_no_disks
from tests.chaos.wall_clock import WallClock, missing_compiler

SECTIONS: Final = """
[metrics]
port = 21500
ports_max = 400
[lake]
path = "{lake}"
flush_s = 0.7
parts_max = 4
retired_s = 2.0
"""
TRANSACTION_TIMEOUT_MS, POLL_MESSAGES_MAX = 10_000, 400
DEAD_LETTERS, LEDGER = "gueststar.dead-letters", "gueststar.ledger"
DISK_MB = 3_000
"""Of either small disk: what is not written takes no room."""
FEW_PARTITIONS: Final = {
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.num.partitions": "3",
}
"""Of Kafka's own topics, so that it is soon up again."""
JUNK_EVERY = 29
ALERTS_MAX = 1_000_000
TICK_S = 0.05
SETTLE_S_MAX = 400.0


class House:
    """All of it, from the beginning of a night to its end."""

    def __init__(
        self,
        node: KafkaNode,
        folder: Path,
        disks: tuple[SmallDisk, SmallDisk] | None,
        clock: WallClock | None,
        seed: int,
    ) -> None:
        """disks: Kafka's and the lake's, where they could be made; clock: of both jobs."""
        self.node, self.disks, self.clock = node, disks, clock
        self.lake = (disks[1].path if disks else folder) / "lake"
        config = folder / "chaos.toml"
        text = configured(
            node.address,
            input_=INPUT,
            transaction_ms=TRANSACTION_TIMEOUT_MS,
            poll_messages_max=POLL_MESSAGES_MAX,
        )
        config.write_text(text + SECTIONS.format(lake=self.lake))
        own = clock.environment if clock else {}
        self.worker = Job("worker", ["run", str(config), "--worker", "one"], folder, own)
        self.writer = Job("writer", ["lake", "write", str(config)], folder, own)
        self.jobs = (self.worker, self.writer)
        self._drawn = enumerate(invent(ALERTS_MAX, seed=seed))
        self._sent = 0
        self._feed: Feed | None = None
        self.is_tended = True
        """Whether a job that ended is started again."""

    def begin(self) -> None:
        """Have the survey's topic, and both jobs up."""
        provide_survey_topic(self.node.address)
        for job in self.jobs:
            job.start()

    def send(self, alerts: int, alerts_per_s: float) -> None:
        """Have so many come from now on, at each `pass_time`."""
        if self._feed is not None:
            self._feed.finish()
        self._sent += alerts
        packets = [
            b"no alert %d" % number if number % JUNK_EVERY == 0 else each.packet
            for number, each in islice(self._drawn, alerts)
        ]
        self._feed = Feed(self.node.address, packets, alerts_per_s=alerts_per_s)

    def pass_time(self, seconds: float) -> None:
        """Alerts flow, and who ended is started again."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            if self._feed is not None:
                self._feed.keep_up(0)
            for job in self.jobs if self.is_tended else ():
                job.tend()
            time.sleep(TICK_S)

    def pass_until(self, is_so: Callable[[], bool], seconds: float) -> bool:
        """As `pass_time`, until it is so; whether it was."""
        until_s = time.monotonic() + seconds
        while not (found := is_so()) and time.monotonic() < until_s:
            self.pass_time(TICK_S)
        return found

    def wait(self, is_so: Callable[[], bool], what: str, seconds: float) -> None:
        """As `pass_until`. Raises AssertionError where it never was."""
        assert self.pass_until(is_so, seconds), f"{what}: not in {seconds:.0f} s\n{self.account()}"

    def bring_back_kafka(self) -> None:
        """Start it, again where it takes too long for who waits here."""
        for last in (False, False, True):
            try:
                self.node.restart()
            except KafkaUnavailable:
                if last:
                    raise
            else:
                return

    def settle(self) -> None:
        """Return once all that was sent is published, and in the lake."""
        assert self._feed is not None
        self._feed.finish()
        backlog = Backlog(self.node.address, group=GROUP, topic=SURVEY)
        self.wait(lambda: backlog.messages() == 0, "all is published", SETTLE_S_MAX)
        backlog.close()
        sent = len(published(self.node.address, ENRICHED))
        self.wait(lambda: self._rows() == sent, f"{sent} rows are in the lake", SETTLE_S_MAX)

    def hold_the_law(self) -> int:
        """What must be so once all has settled; how many alerts and what is none came so far."""
        address = self.node.address
        found = compare(address, address, sent=SURVEY, enriched=ENRICHED, dead=DEAD_LETTERS)
        assert found.is_exact, found
        entries = [read_entry(value) for _, value in messages(address, LEDGER)]
        books = balance(entries, lambda partition, gaps: Seen([]), filter_sums)
        assert not books.imbalances, books.imbalances
        assert books.passed_over == 0, "the ledger's ranges meet end to start"
        assert books.consumed == self._sent == books.published + books.dead
        rows, unread = alerts_of(self.lake), unread_of(self.lake)
        assert not unread, "what is published is alerts"
        assert rows == published(address, ENRICHED)
        return self._sent

    def account(self) -> str:
        """For a night that does not go on."""
        return "\n".join(job.last() for job in self.jobs)

    def _rows(self) -> int:
        return len(Lake(self.lake)) if any(alert_files(self.lake)) else 0


@contextmanager
def house(folder: Path, seed: int) -> Iterator[House]:
    """One that stands, as far as who runs this may make it: see `House.disks` and `clock`."""
    with ExitStack() as held:
        disks = None
        settings = dict(FEW_PARTITIONS)
        if not why_no_disks():
            disks = (
                held.enter_context(small_disk(folder / "kafka-disk", DISK_MB)),
                held.enter_context(small_disk(folder / "lake-disk", DISK_MB)),
            )
            settings["log.dirs"] = str(disks[0].path / "data")
        clock = None if missing_compiler() else WallClock(folder)
        node = held.enter_context(KafkaNode(folder=folder / "kafka", settings=settings))
        one = House(node, folder, disks, clock, seed)
        try:
            one.begin()
            yield one
        finally:
            for job in one.jobs:
                job.kill()
