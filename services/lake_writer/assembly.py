"""From settings to a writer of the lake that runs, at a real Kafka or over any source."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from broker.assembly import connect
from broker.clock import SystemClock
from broker.dead_letters.log import DeadLetterLog
from broker.errors import OffsetGap, SettingsError
from broker.fault_log import FaultLog
from broker.from_settings import served_metrics
from broker.kafka import Connection, KafkaAdmin, KafkaSource
from broker.metrics import Metrics
from broker.observer import Observer, Observers
from broker.ports import Clock, Source
from broker.rewind import Rewind, ToTime
from broker.runner import RunLimits, Runner
from broker.schema_sources import own_registry
from broker.settings import LakeSection, Settings
from lake.flush import Flushed
from lake.layout import UNREAD
from lake.live import LiveLake
from services.lake_writer.compaction import Compaction, Rules
from services.lake_writer.gathering import GatheringSource
from services.lake_writer.job import LAKE, Decode, EnrichedDecoder, Kept, LakeJob
from services.lake_writer.metrics import LakeMetrics
from services.lake_writer.store import LakePositions, LakeStore

LOG: Final = logging.getLogger("gueststar.lake")

WORKER: Final = "lake"
"""A lake has one writer, so that its name tells it from no other."""


class LakeWorker(NamedTuple):
    """The loop, and how it is told to stop."""

    runner: Runner[Kept]
    source: GatheringSource

    def run(self) -> None:
        """Write until `stop`. Raises GueststarError, one line, where it cannot go on."""
        try:
            self.runner.run()
        except OffsetGap as gap:
            found, _, _ = str(gap).partition(";")
            remedy = "to go on without what is lost, start it once with --over-gaps"
            raise OffsetGap(f"{found}; {remedy}") from gap

    def stop(self) -> None:
        """Write what was read, and leave. May be called from a signal handler."""
        self.runner.stop()
        self.source.hurry()


class Listeners(NamedTuple):
    """Who hears what of the writer, beside the compaction."""

    observer: Observer[Kept]
    metrics: LakeMetrics | None = None

    def flushed(self, flushed: Flushed) -> None:
        """A flush was written."""
        if self.metrics is not None:
            self.metrics.flushed(flushed)


def make_compaction(
    lake: LiveLake, section: LakeSection, *, version: str, clock: Clock, executor: Executor
) -> Compaction:
    """What looks after an open lake's small parts."""
    return Compaction(
        lake.path,
        lake.log,
        Rules(section.parts_max, section.quiet_s, section.retired_s),
        facts={"gueststar.version": version},
        clock=clock,
        executor=executor,
    )


def make_worker(
    lake: LiveLake,
    source: Source,
    compaction: Compaction,
    section: LakeSection,
    *,
    decode: Decode,
    clock: Clock,
    listeners: Listeners,
    limits: RunLimits,
) -> LakeWorker:
    """The engine's loop over any source, with an open lake as its store."""

    def flushed(one: Flushed) -> None:
        compaction.flushed(one)
        listeners.flushed(one)

    store = LakeStore(lake, flushed=flushed)
    gathering = GatheringSource(source, clock, gather_s=section.flush_s)
    runner = Runner(
        worker=WORKER,
        source=gathering,
        sink=store,
        processor=LakeJob(decode, store.put),
        ledger_topic=LAKE,
        main_topic=LAKE,
        clock=clock,
        limits=limits,
        observer=listeners.observer,
        between=compaction.look,
    )
    return LakeWorker(runner, gathering)


@contextmanager
def lake_writer(
    settings: Settings,
    *,
    version: str,
    over_gaps: bool = False,
    observers: Sequence[Observer[Kept]] = (),
) -> Iterator[LakeWorker]:
    """The writer of the lake that the settings name, ready to `run`; its metrics are served.

    over_gaps: whether what the topic's retention forgot is left out.
    Raises GueststarError, one line.
    """
    section, clock = settings.lake, SystemClock()
    path, link = _folder(section), connect(settings)
    decode = EnrichedDecoder(own_registry(settings))
    with ExitStack() as held:
        lake = held.enter_context(
            closing(LiveLake(path, version=version, with_packets=section.packets))
        )
        LOG.info("the lake %s stands: %d flushes so far", path, lake.number - 1)
        KafkaAdmin(link).wait()
        decode.decoder.warm_up()
        executor = held.enter_context(ThreadPoolExecutor(1))
        compaction = make_compaction(lake, section, version=version, clock=clock, executor=executor)
        held.callback(compaction.close)
        metrics = Metrics(worker=WORKER, version=version)
        own = LakeMetrics(metrics.instruments, lambda: compaction.parts, lambda: compaction.done)
        held.enter_context(closing(served_metrics(metrics, settings, link, WORKER)))
        letters = DeadLetterLog(clock, where=str(path / UNREAD))
        yield make_worker(
            lake,
            _source(settings, link, LakePositions(lake, decode.decoder.decode([])), over_gaps),
            compaction,
            section,
            decode=decode,
            clock=clock,
            listeners=Listeners(Observers(metrics, own, FaultLog(clock), letters, *observers), own),
            limits=_limits(settings),
        )


def _source(
    settings: Settings, link: Connection, positions: LakePositions, over_gaps: bool
) -> KafkaSource:
    """Of a group of its own, which nobody sees again: the lake knows how far it read."""
    topics = settings.lake.topics or (settings.topics.enriched,)
    return KafkaSource(
        link,
        topics=topics,
        group=None,
        worker=None,
        start=settings.lake.start,
        rewind=over_gaps_of(topics) if over_gaps else None,
        session_timeout_ms=settings.kafka.session_timeout_ms,
        positions=positions,
    )


def over_gaps_of(topics: Sequence[str]) -> Rewind:
    """Move nothing but what retention forgot, to the first that is left."""
    return ToTime(0, but=frozenset(topics))


def _folder(section: LakeSection) -> Path:
    if section.path is None:
        raise SettingsError("[lake] path is missing; say where the lake is to be written")
    return section.path


def _limits(settings: Settings) -> RunLimits:
    """The bounds of a flush are those of a poll."""
    section = settings.lake
    return RunLimits(
        poll_messages_max=section.flush_alerts_max,
        poll_bytes_max=section.flush_bytes_max,
        poll_wait_s=settings.limits.poll_wait_s,
        aborts_max=settings.limits.aborts_max,
        backoff_s=settings.limits.backoff_s,
        backoff_s_max=settings.limits.backoff_s_max,
    )
