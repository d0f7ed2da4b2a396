"""Finds in memory, a job that sends notices of them and dies anywhere, and who got what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from broker.clock import ManualClock
from broker.ledger import read_entry
from broker.memory import MemoryControlTopic, MemoryKafka, MemorySink, MemorySource
from broker.notices_settings import NoticesSection, Target
from broker.ports import Message
from broker.runner import RunLimits, Runner
from replay.invention import invent
from schemas.annotation import Annotations
from schemas.decode import Decoder
from schemas.enriched import Enricher
from services.followup.adapters.port import TelescopeError
from services.notices.delivery import Delivery
from services.notices.job import LOOKED_AT, FindsJob
from services.notices.outbox import Notice, Outbox
from services.notices.quota import HOUR_S
from tests.killed import Killed, Watch

ENRICHED, DEAD, LEDGER = "enriched", "dead", "ledger"
BEGIN_UNIX_S = 500_000.0 * HOUR_S
BRIGHT = Target(filters=("bright", "young"), address="http://h/", quota_an_hour=5)
YOUNG = Target(filters=("young",), address="http://h/", quota_an_hour=60)
SECTION = NoticesSection(
    outbox="outbox", targets={"all": BRIGHT, "some": YOUNG}, attempts_max=3, retry_s=1.0
)


LATE_MS = 50.0
"""Between the answer to a commit and its mark in the log."""


class AtOnce:
    """A thread whose attempt is over when it has begun."""

    def __init__(self, *, target: Callable[..., None], args: Sequence[Any], daemon: bool) -> None:
        self._call = partial(target, *args)

    def start(self) -> None:
        self._call()

    def is_alive(self) -> bool:
        return False


class Inbox:
    """A channel: what was sent; it fails as it is told, and kills its sender."""

    def __init__(self) -> None:
        self.got: list[Notice] = []
        self.fails: list[TelescopeError] = []
        self.kills = 0

    def send(self, notice: Notice) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.got.append(notice)
        if self.kills:
            self.kills -= 1
            raise Killed

    @property
    def ids(self) -> Counter[str]:
        return Counter(one.id for one in self.got)

    @property
    def finds(self) -> set[str]:
        return {one.id for one in self.got if one.said["kind"] == "find"}

    @property
    def told(self) -> list[Notice]:
        """What hours' ends told, each once."""
        return [*{one.id: one for one in self.got if one.said["kind"] == "left_out"}.values()]


@cache
def finds(alerts: int = 12) -> list[bytes]:
    """Enriched packets, selected in turn by both filters, by one, by the other, by none."""
    batch = Decoder().decode([one.packet for one in invent(alerts, seed=5)])
    by = (("bright", "young"), ("bright",), ("young",), ())
    annotations = Annotations(
        broker_version="0",
        models=[],
        ingest_unix_us=np.zeros(len(batch), np.int64),
        publish_unix_us=0,
        learned={},
        filters=[by[row % len(by)] for row in range(len(batch))],
    )
    return Enricher().encode(batch, annotations, "lite")


class LateMarks(MemoryControlTopic):
    """Which sees what a transaction wrote a while after the answer to its commit, as Kafka's."""

    def __init__(self, kafka: MemoryKafka, topic: str) -> None:
        super().__init__(kafka, topic)
        self._clock = kafka.clock
        self._late: list[Message] = []
        self._late_ms = LATE_MS

    def new(self) -> list[Message]:
        came, now_ms = [*self._late, *super().new()], self._clock.now_s() * 1e3
        self._late = [one for one in came if one.timestamp_ms > now_ms - self._late_ms]
        return came[: len(came) - len(self._late)]

    def complete(self) -> list[Message]:
        self._late_ms = -1.0
        try:
            return super().complete()
        finally:
            self._late_ms = LATE_MS


class World:
    """What stands around the job."""

    def __init__(self, section: NoticesSection = SECTION) -> None:
        self.section = section
        self.kafka = MemoryKafka(ManualClock(now_s=BEGIN_UNIX_S), session_s=1.0)
        for topic in (ENRICHED, DEAD, LEDGER, section.outbox):
            self.kafka.create_topic(topic)
        self.inboxes = {name: Inbox() for name in section.targets}

    def run(self, phases: int = 0) -> None:
        """Have a job live for so many phases, or until nothing is left to do."""
        watch, section, clock = Watch(phases), self.section, self.kafka.clock
        source = MemorySource(self.kafka, group="n", topics=[ENRICHED], worker="one")
        sink = MemorySink(self.kafka, name="one")
        outbox = Outbox(LateMarks(self.kafka, section.outbox), section.outbox)
        delivery = Delivery(section, outbox, self.inboxes, sink=sink, clock=clock)
        job = FindsJob(
            section,
            outbox,
            decoder=Decoder(rescore=True),
            dead_letters=DEAD,
            letters_bytes_max=1_000_000,
            clock=clock,
        )
        runner = Runner(
            worker="one",
            source=source,
            sink=sink,
            processor=job,
            ledger_topic=LEDGER,
            main_topic=LOOKED_AT,
            clock=clock,
            limits=RunLimits(poll_messages_max=3, poll_wait_s=0.1),
            observer=watch,
            between=delivery.look,
        )
        watch.live(runner, source, sink)

    @property
    def found(self) -> Counter[str]:
        """By target, as the ledger has it."""
        sums: Counter[str] = Counter()
        for record in self.kafka.read(LEDGER):
            details = read_entry(record.value).counts.details.get("notices", {})
            sums.update({name: one["found"] for name, one in details.items()})
        return sums

    def outbox(self) -> Outbox:
        """As it stands."""
        outbox = Outbox(MemoryControlTopic(self.kafka, self.section.outbox), self.section.outbox)
        outbox.read()
        return outbox
