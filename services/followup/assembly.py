"""From settings to a follow-up job that runs, at a real Kafka."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from broker.assembly import connect
from broker.clock import SystemClock
from broker.dead_letters.log import DeadLetterLog
from broker.errors import SettingsError
from broker.fault_log import FaultLog
from broker.followup_settings import FollowupSection
from broker.from_settings import served_metrics
from broker.kafka import Connection, KafkaAdmin, KafkaControlTopic
from broker.kafka.control_topic import TRANSACTIONS_FETCH_WAIT_MS
from broker.kafka.fetcher import KafkaFetcher
from broker.kafka_ports import kafka_ports
from broker.messengers.opening import heard_of, opened_messengers
from broker.metrics import Metrics
from broker.observer import BatchReport, Observer, Observers
from broker.ports import Clock
from broker.provider import provide
from broker.runner import Runner
from broker.schema_sources import own_registry
from broker.settings import Settings
from schemas.decode import Decoder
from services.enriched import over_enriched
from services.followup.adapters.alpaca import AlpacaTelescope
from services.followup.adapters.brokers import SkyPortal, TomToolkit
from services.followup.adapters.by_hand import Answers, MailTelescope, TopicTelescope
from services.followup.adapters.ocs import OcsPortal
from services.followup.adapters.port import Telescope
from services.followup.conditions import SitesNow
from services.followup.coordinator import Coordinator, Parts
from services.followup.deployed import Programmes
from services.followup.job import JUDGED, FollowupJob, Judged
from services.followup.journal import SinkJournal
from services.followup.others import Others
from services.followup.programme import Observe
from services.followup.returned import ReturnedAnnotations
from services.followup.waking import Waking
from sky.catalogues import Sky
from sky.configuration import open_sky
from sky.messengers.events import LiveEvents

LOG: Final = logging.getLogger("gueststar.followup")

WORKER: Final = "followup"
"""One job asks telescopes; who takes its name fences the older."""


LOOK_S: Final = 0.1
"""So often what is not an alert is looked at, where no alerts come."""


def topic_of(section: FollowupSection, site: str) -> str:
    """Where a site is asked by topic."""
    return section.sites[site].address or f"{section.requests}.{site}"


@dataclass(frozen=True)
class WhatToObserve(Mapping[str, Observe]):
    """By programme what is to be observed, as it is now."""

    programmes: Programmes

    def __getitem__(self, name: str) -> Observe:
        return self.programmes.active[name][1].observe

    def __iter__(self) -> Iterator[str]:
        return iter(self.programmes.active)

    def __len__(self) -> int:
        return len(self.programmes.active)


class Tells(Observers[Judged]):
    """Has the coordinator know at once what a batch that is committed wanted."""

    def __init__(self, coordinator: Coordinator) -> None:
        super().__init__()
        self._coordinator = coordinator

    def on_batch(self, report: BatchReport[Judged]) -> None:
        self._coordinator.wanted(report.outcome.requests)


def settings_of_followup(settings: Settings) -> Settings:
    """The same with enriched alerts in place of the survey's. Raises SettingsError."""
    section = settings.followup
    if not section.sites:
        raise SettingsError("[followup.sites] is empty; name the telescopes to ask")
    own = over_enriched(settings, section.topics, group=section.group, looked_at=JUDGED)
    return replace(own, enriched=replace(settings.enriched, compression="zstd"))


def outputs_of(own: Settings) -> tuple[str, ...]:
    """All topics that the job writes by transactions, but for filters' own."""
    section, topics = own.followup, own.topics
    asked = [topic_of(section, one) for one, s in section.sites.items() if s.adapter == "topic"]
    return (
        *(section.requests, section.annotations, *asked, topics.dead_letters, topics.ledger),
        *(own.filters.shared_topics if own.filters.live else ()),
    )


def beside_of(own: Settings) -> tuple[str, ...]:
    """All topics that the job reads beside alerts."""
    section = own.followup
    live = filter(None, [own.filters.live])
    return (*section.named, *section.inboxes.values(), *live)


def telescope(
    name: str, section: FollowupSection, observe: Mapping[str, Observe], answers: Answers
) -> Telescope:
    """What asks a site, by its adapter."""
    site, answer_s = section.sites[name], section.answer_s
    if site.adapter == "topic":
        return TopicTelescope(topic_of(section, name), answers, observe)
    if site.adapter == "mail":
        return MailTelescope(site, answers, observe, answer_s=answer_s)
    if site.adapter == "alpaca":
        return AlpacaTelescope(site, observe, answer_s=answer_s)
    if site.adapter == "tom":
        return TomToolkit(site, observe, answer_s=answer_s)
    if site.adapter == "skyportal":
        return SkyPortal(site, observe, answer_s=answer_s)
    return OcsPortal(site, observe, answer_s=answer_s)


@contextmanager
def followup(
    settings: Settings, *, version: str, observers: Sequence[Observer[Judged]] = ()
) -> Iterator[Runner[Judged]]:
    """Asks telescopes as alerts come, ready to `run`; its metrics are served meanwhile.

    Raises GueststarError, one line.
    """
    own, link, clock = settings_of_followup(settings), connect(settings), SystemClock()
    section, topics = own.followup, own.topics
    outputs = outputs_of(own)
    admin = KafkaAdmin(link)
    admin.wait()
    provide(own, admin, [*dict.fromkeys((*beside_of(own), *own.messengers.asked, *outputs))])
    metrics = Metrics(worker=WORKER, version=version)
    sky = open_sky(own.filters.regions, own.filters.watchlists, heard_of(own.messengers))
    with ExitStack() as opened:
        opened.enter_context(closing(served_metrics(metrics, own, link, WORKER)))
        events = opened.enter_context(opened_messengers(own.messengers, sky, link))
        source, sink = kafka_ports(own, outputs, link, WORKER)
        parts = _parts(own, link, clock, SinkJournal(sink, section.requests), opened)
        live = sky.events
        if isinstance(live, LiveEvents):
            parts = replace(parts, beside=events, knows_event=live.knows)
        coordinator = Coordinator(parts)
        told = Observers(
            metrics, FaultLog(clock), DeadLetterLog(clock), Tells(coordinator), *observers
        )
        LOG.info("following up by %s", ", ".join(section.sites))
        yield Runner(
            worker=WORKER,
            source=source,
            sink=sink,
            processor=_job(own, parts, coordinator, sky, admin),
            ledger_topic=topics.ledger,
            main_topic=topics.enriched,
            clock=clock,
            limits=replace(own.limits, poll_wait_s=min(own.limits.poll_wait_s, LOOK_S)),
            observer=told,
            between=coordinator.look,
        )


def _job(
    own: Settings, parts: Parts, coordinator: Coordinator, sky: Sky, admin: KafkaAdmin
) -> FollowupJob:
    letters = own.topics.dead_letters
    return FollowupJob(
        own.followup,
        lambda: parts.programmes.active,
        lambda: coordinator.requests,
        sky=sky,
        decoder=Decoder(schemas=own_registry(own), rescore=True),
        judged=own.topics.enriched,
        dead_letters=letters,
        letters_bytes_max=admin.bytes_max([letters]).popitem()[1],
        clock=parts.clock,
        last=parts.last,
    )


def _waking(
    own: Settings,
    link: Connection,
    control: Callable[[str], KafkaControlTopic],
    opened: ExitStack,
) -> Waking | None:
    """What wakes filters, where any are deployed."""
    if not own.filters.live:
        return None
    fetch = opened.enter_context(KafkaFetcher(link))
    decoder = Decoder(schemas=own_registry(own), rescore=True)
    waking = Waking(control(own.filters.live), fetch, decoder)
    return opened.enter_context(closing(waking))


def _parts(
    own: Settings,
    link: Connection,
    clock: Clock,
    journal: SinkJournal,
    opened: ExitStack,
) -> Parts:
    """What the coordinator works with."""
    section = own.followup
    control = partial(KafkaControlTopic, link, fetch_wait_ms=TRANSACTIONS_FETCH_WAIT_MS)
    programmes = opened.enter_context(closing(Programmes(control(section.programmes))))
    sites = SitesNow(control(section.conditions), fresh_s=section.conditions_max_s)
    opened.enter_context(closing(sites))
    answers = opened.enter_context(closing(Answers(control(section.answers))))
    observe = WhatToObserve(programmes)
    waking = _waking(own, link, control, opened)
    inboxes = {user: control(topic) for user, topic in section.inboxes.items()}
    joined = control(section.annotations)
    others = Others(inboxes, joined, section.annotations, journal, waking)
    opened.enter_context(closing(others))
    return Parts(
        section,
        programmes,
        sites,
        opened.enter_context(closing(control(section.requests))),
        {name: telescope(name, section, observe, answers) for name in section.sites},
        journal=journal,
        clock=clock,
        returned=ReturnedAnnotations(section.annotations, clock, waking),
        others=others,
        plans=opened.enter_context(ThreadPoolExecutor(1, "plans")),
        answered=answers.new,
    )
