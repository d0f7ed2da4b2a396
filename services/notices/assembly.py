"""From settings to a job that sends notices, at a real Kafka."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Final, NamedTuple

from broker.assembly import connect
from broker.clock import SystemClock
from broker.dead_letters.log import DeadLetterLog
from broker.errors import SettingsError
from broker.fault_log import FaultLog
from broker.from_settings import served_metrics
from broker.kafka import KafkaAdmin, KafkaControlTopic
from broker.kafka.control_topic import TRANSACTIONS_FETCH_WAIT_MS
from broker.kafka_ports import kafka_ports
from broker.metrics import Metrics
from broker.observer import Observers
from broker.provider import provide
from broker.runner import Runner
from broker.schema_sources import own_registry
from broker.settings import Settings
from schemas.decode import Decoder
from services.enriched import over_enriched
from services.notices.channels import channel_of
from services.notices.delivery import Delivery
from services.notices.job import LOOKED_AT, FindsJob, Looked
from services.notices.outbox import Outbox

LOG: Final = logging.getLogger("gueststar.notices")

WORKER: Final = "notices"
"""One job sends notices; who takes its name fences the older."""

LOOK_S: Final = 0.1
"""So often it is looked at what was sent, where no alerts come."""


class NoticesWorker(NamedTuple):
    """The loop, and how it is told to stop."""

    runner: Runner[Looked]
    delivery: Delivery

    def stop(self) -> None:
        """Wait for what is being sent, then leave. May be called from a signal handler."""
        self.delivery.stop(self.runner.stop)


def settings_of_finds(settings: Settings) -> Settings:
    """The same with enriched alerts in place of the survey's. Raises SettingsError."""
    section = settings.notices
    if not section.targets:
        raise SettingsError("[notices.targets] is empty; name who is to be told of what")
    return over_enriched(settings, section.topics, group=section.group, looked_at=LOOKED_AT)


def outputs_of(own: Settings) -> tuple[str, ...]:
    """All topics that the job writes."""
    return (own.notices.outbox, own.topics.dead_letters, own.topics.ledger)


@contextmanager
def notices(settings: Settings, *, version: str) -> Iterator[NoticesWorker]:
    """Sends notices as alerts come, ready to `run`; its metrics are served meanwhile.

    Raises GueststarError, one line.
    """
    own, link, clock = settings_of_finds(settings), connect(settings), SystemClock()
    section, topics = own.notices, own.topics
    outputs = outputs_of(own)
    admin = KafkaAdmin(link)
    admin.wait()
    provide(own, admin, outputs)
    metrics = Metrics(worker=WORKER, version=version)
    control = KafkaControlTopic(link, section.outbox, fetch_wait_ms=TRANSACTIONS_FETCH_WAIT_MS)
    with (
        closing(served_metrics(metrics, own, link, WORKER)),
        closing(control),
    ):
        source, sink = kafka_ports(own, outputs, link, WORKER)
        outbox = Outbox(control, section.outbox)
        channels = {
            name: channel_of(target, answer_s=section.answer_s)
            for name, target in section.targets.items()
        }
        delivery = Delivery(section, outbox, channels, sink=sink, clock=clock)
        job = FindsJob(
            section,
            outbox,
            decoder=Decoder(schemas=own_registry(own), rescore=True),
            dead_letters=topics.dead_letters,
            letters_bytes_max=admin.bytes_max([topics.dead_letters]).popitem()[1],
            clock=clock,
        )
        LOG.info("sending notices to %s", ", ".join(section.targets))
        runner = Runner(
            worker=WORKER,
            source=source,
            sink=sink,
            processor=job,
            ledger_topic=topics.ledger,
            main_topic=topics.enriched,
            clock=clock,
            limits=replace(own.limits, poll_wait_s=min(own.limits.poll_wait_s, LOOK_S)),
            observer=Observers(metrics, FaultLog(clock), DeadLetterLog(clock)),
            between=delivery.look,
        )
        yield NoticesWorker(runner, delivery)
