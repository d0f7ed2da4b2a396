"""A night from a survey's topic through a broker to a lake, in memory, to be counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np

from broker.assembly import build, make_runner
from broker.clock import ManualClock
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.memory import MemoryKafka, MemorySink, MemorySource
from broker.observer import Observers
from broker.ports import Output, Source
from broker.rewind import Rewind
from broker.settings import ClassifiersSection, FiltersSection, LakeSection, Settings
from gueststar.audit import Cluster
from gueststar.reconciling.gather import Report, Sides, reconcile
from lake.live import LiveLake
from replay.invention import invent
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from services.lake_writer.assembly import Listeners, make_compaction, make_worker, over_gaps_of
from services.lake_writer.job import EnrichedDecoder, Kept
from services.lake_writer.store import LakePositions
from tests.services.lake_writer.world import LIMITS, Inline

SURVEY, ENRICHED, LETTERS, LEDGER = "survey", "enriched", "letters", "ledger"
JUNK = b"no alert"


def settings_of(lake: Path) -> Settings:
    return Settings(
        topics=TopicsSection(
            input=(SURVEY,), enriched=ENRICHED, dead_letters=LETTERS, ledger=LEDGER, replayed=""
        ),
        kafka=KafkaSection(),
        classifiers=ClassifiersSection(names=()),
        filters=FiltersSection(builtin=("solar_system",)),
        lake=LakeSection(path=lake, flush_s=1),
    )


def packets_of(alerts: int, seed: int = 5) -> list[bytes]:
    return [one.packet for one in invent(alerts, seed=seed)]


Copies = Callable[[Output], int]


class FaultySink(MemorySink):
    """One whose Kafka loses some of what it was given, and doubles others."""

    def __init__(self, kafka: MemoryKafka, copies: Copies) -> None:
        super().__init__(kafka, name="broker-one")
        self._copies = copies

    def produce(self, outputs: Sequence[Output]) -> None:
        super().produce([one for one in outputs for _ in range(self._copies(one))])


class Night:
    """A broker and a lake's writer, stepped by hand."""

    def __init__(self, folder: Path, packets: Sequence[bytes]) -> None:
        self.lake = folder / "lake"
        self.settings = settings_of(self.lake)
        self.clock = ManualClock()
        self.kafka = MemoryKafka(self.clock)
        self.parts = build(self.settings)
        self.kafka.create_topic(SURVEY, partitions=2)
        for topic in self.parts.outputs:
            self.kafka.create_topic(topic, partitions=1 if topic == LEDGER else 2)
        self.packets = list(packets)
        self.batch = Decoder().decode(self.packets)
        self.night = int(np.bincount(self.batch.night).argmax())
        self._names = count()

    def send(self, packets: Sequence[bytes] | None = None) -> None:
        for number, packet in enumerate(self.packets if packets is None else packets):
            self.kafka.publish(SURVEY, packet, partition=number % 2)

    def broker(self, rewind: Rewind | None = None, copies: Copies = lambda _: 1) -> None:
        """A worker's life: until nothing comes any more. Its Kafka has so many of each output."""
        source = MemorySource(
            self.kafka, group="broker", topics=[SURVEY], worker="one", rewind=rewind
        )
        sink = FaultySink(self.kafka, copies)
        runner = make_runner(
            self.parts, source, sink, worker="one", version="test", clock=self.clock
        )
        runner.start()
        for _ in range(4):
            runner.step()
            self.clock.advance(0.1)
        source.close()
        sink.close()

    def write(self, *, over_gaps: bool = False) -> None:
        """A life of the lake's writer, likewise."""
        lake, section = LiveLake(self.lake, version="test"), self.settings.lake
        decode = EnrichedDecoder()
        worker = make_worker(
            lake,
            MemorySource(
                self.kafka,
                group=None,
                topics=[ENRICHED],
                rewind=over_gaps_of([ENRICHED]) if over_gaps else None,
                positions=LakePositions(lake, decode([])[0]),
            ),
            make_compaction(lake, section, version="test", clock=self.clock, executor=Inline()),
            section,
            decode=decode,
            clock=self.clock,
            listeners=Listeners(Observers[Kept]()),
            limits=replace(LIMITS, poll_messages_max=50),
        )
        worker.runner.start()
        for _ in range(8):
            worker.runner.step()
            self.clock.advance(1)
        lake.close()

    def cluster(self) -> Cluster:
        def opened(topic: str) -> Source:
            return MemorySource(self.kafka, group=f"count-{next(self._names)}", topics=[topic])

        return Cluster(opened, self.kafka.topics)

    def sides(self, visits: Mapping[int, int] | None = None) -> Sides:
        ours = self.cluster()
        return Sides(
            night=self.night,
            ours=ours,
            survey={"": ours},
            inputs=(SURVEY,),
            enriched=ENRICHED,
            dead_letters=LETTERS,
            ledger=LEDGER,
            decode=Decoder(rescore=True).decode,
            lake=self.lake,
            visits=visits,
        )

    def report(self, visits: Mapping[int, int] | None = None) -> Report:
        return reconcile(self.sides(visits))

    def visits(self) -> Counter[int]:
        return visits_of(self.batch, self.night)


def visits_of(batch: AlertBatch, night: int) -> Counter[int]:
    """What the survey would say of its visits."""
    return Counter(batch.visit[batch.night == night].tolist())


def named(report: Report) -> dict[str, list[str]]:
    """By pair, what does not agree."""
    return {
        pair.name: [f"{one.where}: {one.amount} {one.what}" for one in pair.differences]
        for pair in report.pairs
        if pair.differences
    }
