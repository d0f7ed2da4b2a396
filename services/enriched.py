"""A broker's settings as a job reads them that looks at each enriched alert once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from broker.kafka_settings import SourceSection
from broker.settings import Settings


def over_enriched(
    settings: Settings, topics: Sequence[str], *, group: str, looked_at: str
) -> Settings:
    """The same with enriched alerts in place of the survey's.

    topics: none for [topics] enriched. looked_at: what the ledger calls that an alert was looked
    at; there is no such topic.
    """
    read = (*topics,) or (settings.topics.enriched,)
    own = replace(settings.topics, input=read, enriched=looked_at, replayed="")
    kafka = replace(settings.kafka, group=group, start="latest")
    return replace(settings, source=SourceSection(), topics=own, kafka=kafka)
