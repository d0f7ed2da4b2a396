"""What single sections of the settings become: filters on topics, topics, a port of metrics."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from broker.alerts.packer import Topics
from broker.kafka import Connection
from broker.ledger import Delivery
from broker.metrics import Metrics, MetricsServer
from broker.settings import Settings
from filters.filter_set import ActiveFilter
from filters.selection import Selection
from filters.sources import active_filter
from schemas.learned import Given
from schemas.stage import Stage
from sky.catalogues import Sky

LOG: Final = logging.getLogger("gueststar.broker")


def active_filters(
    settings: Settings,
    selections: Sequence[Selection],
    given: Sequence[Given],
    sky: Sky,
) -> Iterator[ActiveFilter]:
    """The filters of the settings, on topics as these name them."""
    for selection in selections:
        each = active_filter(selection, given, sky)
        yield replace(each, topic=settings.topics.named(each.topic))


def given_by(stages: Sequence[Stage]) -> tuple[Given, ...]:
    return tuple(given for stage in stages for given in stage.gives)


def topics_of(settings: Settings) -> Topics:
    topics = settings.topics
    return Topics(
        topics.enriched,
        topics.dead_letters,
        topics.ledger,
        topics.forms,
        settings.enriched.framing,
        topics.framings,
        topics.embeddings,
    )


def served_metrics(
    metrics: Metrics, settings: Settings, link: Connection, name: str
) -> MetricsServer:
    """[metrics] of the worker of that name; what is to be said as it starts is logged.

    link: to our Kafka, without which the worker is not ready.
    """
    where = settings.metrics
    metrics.health.hung_s = where.hung_s + settings.kafka.patience_s
    metrics.health.answers = lambda: not link.watch.is_away
    server = metrics.serve(where.host, where.port, ports_max=where.ports_max)
    LOG.info("worker %s: metrics at http://%s:%d/metrics", name, where.host, server.port)
    if settings.kafka.delivery is Delivery.AT_LEAST_ONCE:
        LOG.warning("worker %s: delivery is at-least-once, as set; doubles are possible", name)
    return server
