"""From settings to a listener for notices that runs, at a real Kafka."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Final

from broker.assembly import connect
from broker.clock import SystemClock
from broker.dead_letters.log import DeadLetterLog
from broker.errors import SettingsError
from broker.fault_log import FaultLog
from broker.from_settings import served_metrics
from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic
from broker.kafka_ports import kafka_ports, survey_cluster
from broker.kafka_settings import SourceSection
from broker.metrics import Metrics
from broker.observer import BatchReport, Observer, Observers
from broker.provider import provide
from broker.runner import RunLimits, Runner
from broker.settings import Settings
from services.messengers.job import Heard, NoticesJob

LOG: Final = logging.getLogger("gueststar.messengers")

WORKER: Final = "messengers"

POLL_NOTICES_MAX: Final = 16
"""At once: with their maps some 16 MB."""


class HeardLog(Observers[Heard]):
    """A line for each notice."""

    def on_batch(self, report: BatchReport[Heard]) -> None:
        """Say what came."""
        for notice in report.outcome.notices:
            mock = ", mock" if notice.mock else ""
            LOG.info("notice of %s: %s by %s%s", notice.event, notice.kind, notice.source, mock)


def settings_of_notices(settings: Settings) -> Settings:
    """The same with notices in place of the survey's alerts. Raises SettingsError."""
    section = settings.messengers
    if not section.is_on:
        raise SettingsError("[messengers] topics is empty; name the topics of notices to read")
    source = SourceSection()
    if section.bootstrap:
        source = SourceSection(
            section.bootstrap, section.topics, section.group, section.start, section.security
        )
    kafka = replace(
        settings.kafka,
        group=section.group,
        start=section.start,
        message_bytes_max=section.message_bytes_max,
    )
    read = () if section.bootstrap else section.topics
    topics = replace(settings.topics, input=read, replayed="")
    enriched = replace(settings.enriched, compression="zstd")
    return replace(settings, source=source, kafka=kafka, topics=topics, enriched=enriched)


def outputs_of(own: Settings) -> tuple[str, ...]:
    """All topics that the job writes, but where it keeps how far it read."""
    return (*own.messengers.named, own.topics.dead_letters, own.topics.ledger)


@contextmanager
def listener(
    settings: Settings, *, version: str, observers: Sequence[Observer[Heard]] = ()
) -> Iterator[Runner[Heard]]:
    """Keeps notices as they come, ready to `run`; its metrics are served meanwhile.

    Raises GueststarError, one line.
    """
    own, link, clock = settings_of_notices(settings), connect(settings), SystemClock()
    section, topics = own.messengers, own.topics
    outputs = outputs_of(own)
    cluster = _provided(own, link, outputs)
    metrics = Metrics(worker=WORKER, version=version)
    told = Observers(metrics, FaultLog(clock), DeadLetterLog(clock), HeardLog(), *observers)
    with (
        closing(served_metrics(metrics, own, link, WORKER)),
        closing(KafkaControlTopic(link, section.events)) as events,
        closing(KafkaControlTopic(link, section.mock_events)) as mock,
    ):
        source, sink = kafka_ports(own, outputs, link, WORKER)
        job = NoticesJob(
            section,
            events=events,
            mock_events=mock,
            dead_letters=topics.dead_letters,
            letters_bytes_max=KafkaAdmin(link).bytes_max([topics.dead_letters]).popitem()[1],
            clock=clock,
        )
        LOG.info("listening for notices on %s", ", ".join(section.topics))
        yield Runner(
            worker=WORKER,
            source=source,
            sink=sink,
            processor=job,
            ledger_topic=topics.ledger,
            main_topic=section.notices,
            clock=clock,
            limits=RunLimits(poll_messages_max=POLL_NOTICES_MAX),
            observer=told,
            cluster=cluster,
        )


def _provided(own: Settings, link: Connection, outputs: Sequence[str]) -> str:
    """The id of the notices' Kafka, where that is another, once the topics are there."""
    admin = KafkaAdmin(link)
    admin.wait()
    provide(own, admin, [*outputs, *([own.topics.positions] if own.is_elsewhere else [])])
    return survey_cluster(own, link)
