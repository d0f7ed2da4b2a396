"""From settings to a worker that runs: the only file that knows every room."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from broker.alerts.access import PublicDecoder
from broker.alerts.metrics import AlertMetrics
from broker.alerts.outcome import AlertOutcome
from broker.alerts.packer import Topics
from broker.alerts.pipeline import Decodes, Judges, Pipeline
from broker.between import Changing, between
from broker.clock import SystemClock
from broker.dead_letters import DeadLetterBound
from broker.dead_letters.log import DeadLetterLog
from broker.deployments import Context, Deployments, DeploymentsObserver, Inspector, Limits
from broker.fault_log import FaultLog
from broker.from_settings import active_filters, given_by, served_metrics, topics_of
from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic
from broker.kafka_ports import kafka_ports, publishing, survey_cluster
from broker.metrics import Metrics
from broker.models.metrics import ModelMetrics
from broker.models.models import Models
from broker.models.opening import opened_models, shadows_of, slotted
from broker.observer import Observer, Observers
from broker.outside import opened_outside, sky_of
from broker.ports import Clock, ControlTopic, Sink, Source
from broker.provider import Provider, provide
from broker.publishing import Publishing
from broker.rewind import Rewind
from broker.runner import Runner
from broker.schema_sources import own_registry, schema_source
from broker.settings import Settings
from broker.stages import opened_stages, other_names
from broker.status import OnDuty, Reporter, Status, telling
from broker.topic_checks import check_topics
from classifiers.served import served
from filters.expressions import program as expressions
from filters.filter_set import FilterSet
from filters.selection import Selection
from filters.sources import load
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.stage import Stage
from sky.catalogues import Sky

if TYPE_CHECKING:
    from schemas.registry import RegistrySchemas

LOG: Final = logging.getLogger("gueststar.broker")


@dataclass(frozen=True)
class Parts:
    """What a worker is made of, Kafka apart."""

    settings: Settings
    decoder: Decoder
    stages: tuple[Stage, ...]
    """In the order in which they run."""
    selections: tuple[Selection, ...]
    """The filters of the settings; they do not change."""
    filters: FilterSet
    """The same as one set, which judges a batch."""
    sky: Sky
    registry: RegistrySchemas | None
    """Where our own schemas get their ids; None where no framing needs it."""
    enricher: Enricher
    topics: Topics

    @property
    def outputs(self) -> tuple[str, ...]:
        """Every topic that is published to."""
        topics = self.topics
        fixed = (topics.enriched, topics.dead_letters, topics.ledger)
        compared = [self.settings.models.comparisons] if self.settings.models.live else []
        vectors = filter(None, [topics.embeddings])
        return (*fixed, *vectors, *compared, *(each.topic for each in self.filters.active))

    @property
    def provided(self) -> tuple[str, ...]:
        """Every topic that must exist before the alerts flow, the survey's apart."""
        topics = self.settings.topics
        positions = topics.positions if self.settings.is_elsewhere else ""
        live = self.settings.filters.live, *self.settings.models.records
        asked = (*self.settings.messengers.asked, *self.settings.followup.asked)
        others = (*live, topics.replayed, positions, topics.status, *asked)
        return (*self.outputs, *filter(None, others))

    def warm_up(self) -> None:
        """Pay before the first alert what the first alert would pay for."""
        self.decoder.warm_up()
        for stage in self.stages:
            stage.warm_up()
        expressions.warm_up()
        self.enricher.warm_up()


def build(settings: Settings) -> Parts:
    """Open and load everything that the settings name. Talks to no Kafka.

    Raises GueststarError, one line, where something cannot be served.
    """
    registry = own_registry(settings)
    stages = served(
        settings.classifiers.names,
        other_names(settings.stages),
        settings.classifiers.embeddings,
        opened_stages(settings.stages),
        settings.classifiers.by_name,
    )
    stages = slotted(stages, settings.models)
    filters = settings.filters
    selections = load(builtins=filters.builtin, files=filters.files, plugins=filters.plugins)
    sky = sky_of(settings)
    given = given_by(stages)
    parts = Parts(
        settings=settings,
        decoder=Decoder(
            schemas=schema_source(settings),
            limits=settings.decoding,
            rescore=settings.enriched.rescore,
        ),
        stages=stages,
        selections=selections,
        filters=FilterSet(selections, list(active_filters(settings, selections, given, sky)), sky),
        sky=sky,
        registry=registry,
        enricher=Enricher(registrar=registry),
        topics=topics_of(settings),
    )
    check_topics(settings, parts.filters.active, parts.outputs)
    return parts


def make_runner(
    parts: Parts,
    source: Source,
    sink: Sink,
    *,
    worker: str,
    version: str,
    clock: Clock | None = None,
    observer: Observer[AlertOutcome] | None = None,
    deployments: Deployments | None = None,
    models: Models | None = None,
    messengers: Changing | None = None,
    cluster: str = "",
    publishing: Publishing | None = None,
) -> Runner[AlertOutcome]:
    """The loop over any source and sink: a real Kafka's, or those of the twin in memory.

    `deployments` has filters come and go between batches, `models` the models' files, `messengers`
    events; without one those of the settings stay.
    cluster: the id of the source's Kafka, where that is another than the sink's.
    """
    clock = clock or SystemClock()
    limits = parts.settings.limits
    return Runner(
        worker=worker,
        source=source,
        sink=sink,
        processor=_pipeline(
            parts, deployments or parts.filters, sink, clock, beside=models, version=version
        ),
        ledger_topic=parts.topics.ledger,
        main_topic=parts.topics.enriched,
        clock=clock,
        delivery=parts.settings.kafka.delivery,
        limits=limits,
        bound=DeadLetterBound(
            fraction_max=limits.dead_fraction_max, alerts_min=limits.dead_alerts_min
        ),
        observer=observer,
        between=between([deployments, models, messengers]),
        cluster=cluster,
        publishing=publishing,
    )


def _pipeline(
    parts: Parts,
    filters: Judges,
    sink: Sink,
    clock: Clock,
    *,
    beside: Models | None,
    version: str,
) -> Pipeline:
    return Pipeline(
        decoder=_decodes(parts),
        stages=parts.stages,
        filters=filters,
        enricher=parts.enricher,
        topics=parts.topics,
        bytes_max=sink.bytes_max,
        clock=clock,
        broker_version=version,
        certainty=parts.settings.disagreement,
        withholds=parts.settings.access.programid_max is not None,
        unknown_schema=parts.settings.limits.unknown_schema,
        ids_kept_max=parts.settings.limits.ids_kept_max,
        beside=shadows_of(beside, parts.settings.models, sink),
    )


def _decodes(parts: Parts) -> Decodes:
    access = parts.settings.access
    return parts.decoder if access.programid_max is None else PublicDecoder(parts.decoder, access)


@contextmanager
def worker(
    settings: Settings,
    name: str,
    *,
    version: str,
    rewind: Rewind | None = None,
    observers: Sequence[Observer[AlertOutcome]] = (),
) -> Iterator[Runner[AlertOutcome]]:
    """A worker of that name at a real Kafka, ready to `run`; its metrics are served meanwhile.

    Waits for Kafka, creates what topics are missing where it may, and warms up before it joins.
    `version` is gueststar's; `rewind` moves the group (kafka_ports.py). What it is at is logged,
    as a start takes seconds. Raises GueststarError, one line.
    """
    LOG.info("worker %s: opening classifiers and filters", name)
    parts, link = build(settings), connect(settings)
    admin = KafkaAdmin(link)
    LOG.info("worker %s: asking Kafka at %s for its topics", name, link.bootstrap)
    admin.wait()
    provide_topics(parts, admin)
    cluster = survey_cluster(settings, link)
    LOG.info("worker %s: warming up", name)
    parts.warm_up()
    metrics, clock = Metrics(worker=name, version=version), SystemClock()
    (alerts, watch), logs = _counted(parts, metrics), (FaultLog(clock), DeadLetterLog(clock))
    reporter = Reporter(name, version, clock)
    with (
        closing(served_metrics(metrics, settings, link, name)),
        opened_deployments(parts, link, admin, name, alerts) as deployments,
        opened_models(settings.models, parts.stages, link, name, watch) as models,
        opened_outside(settings, parts.sky, link) as messengers,
        telling(link, settings.topics.status, lambda: _now(parts, reporter, deployments, watch)),
    ):
        beside = publishing(settings)
        source, sink = kafka_ports(settings, parts.outputs, link, name, rewind, beside=beside)
        LOG.info("worker %s: joining group %s", name, settings.group)
        yield make_runner(
            parts,
            source,
            sink,
            worker=name,
            version=version,
            clock=clock,
            observer=Observers(metrics, alerts, watch, reporter, *logs, *observers),
            deployments=deployments,
            models=models,
            messengers=messengers,
            cluster=cluster,
            publishing=beside,
        )


def _now(
    parts: Parts, told: Reporter, deployments: Deployments | None, models: ModelMetrics
) -> Status:
    asked, paused = deployments or parts.filters, deployments.paused if deployments else ()
    return told.status(OnDuty(models.running, asked.active, paused, models.drifting))


def _counted(parts: Parts, metrics: Metrics) -> tuple[AlertMetrics, ModelMetrics]:
    alerts = AlertMetrics(metrics.instruments, [each.identity for each in parts.stages])
    return alerts, ModelMetrics(metrics.instruments, alerts.models, parts.settings.drift)


@contextmanager
def opened_deployments(
    parts: Parts, link: Connection, admin: KafkaAdmin, name: str, observer: DeploymentsObserver
) -> Iterator[Deployments | None]:
    """A worker's deployments, its control topic read; None where the settings name none."""
    live = parts.settings.filters.live
    if not live:
        yield None
        return
    deployments = make_deployments(
        parts,
        KafkaControlTopic(link, live),
        by=f"worker {name} at {socket.gethostname()}",
        provide=Provider(parts.settings, admin),
        clock=SystemClock(),
        observer=observer,
    )
    with closing(deployments):
        deployments.open()
        yield deployments


def make_deployments(
    parts: Parts,
    control: ControlTopic,
    *,
    by: str,
    provide: Callable[[str], None],
    clock: Clock,
    observer: DeploymentsObserver | None = None,
    inspector: Inspector | None = None,
) -> Deployments:
    """Deployments over any control topic. `provide` has a topic exist; `by` is who pauses."""
    filters = parts.settings.filters
    return Deployments(
        control,
        selections=parts.selections,
        active=parts.filters.active,
        context=Context(
            given=given_by(parts.stages),
            sky=parts.sky,
            names=frozenset(each.name for each in parts.filters.active),
            topics=frozenset((*parts.settings.topics.input, *parts.provided)),
            prefix=filters.topic_prefix,
            shared=filters.shared,
            provide=provide,
        ),
        limits=Limits(live_max=filters.live_max, cost_us_max=filters.cost_us_max),
        by=by,
        clock=clock,
        observer=observer,
        inspector=inspector,
    )


def connect(settings: Settings) -> Connection:
    """The Kafka that the settings name; nothing is asked of it yet."""
    kafka = settings.kafka
    return Connection.configured(
        kafka.bootstrap, patience_s=kafka.patience_s, security=kafka.security
    )


def provide_topics(parts: Parts, admin: KafkaAdmin) -> None:
    """Create the topics that are missing; raises TopicMissing, naming all, where it may not."""
    provide(parts.settings, admin, parts.provided)
