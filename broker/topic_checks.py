"""Whether what the settings say of topics fits the topics that there are."""

from __future__ import annotations

from collections.abc import Sequence

from broker.errors import SettingsError
from broker.settings import Settings
from filters.filter_set import ActiveFilter
from schemas.suggestion import nearest


def check_topics(
    settings: Settings, active: Sequence[ActiveFilter], outputs: Sequence[str]
) -> None:
    """No filter's topic may have another use, and what is set by topic is of one that exists.

    `outputs`: all that is published to. Raises SettingsError.
    """
    topics = settings.topics
    ours = (topics.dead_letters, topics.ledger, topics.embeddings)
    used = {*topics.used, settings.filters.live, *settings.filters.shared_topics}
    models = settings.models
    used |= {*models.records, models.comparisons} if models.live else set()
    for each in active:
        topics.check_output(each.topic)
        if each.topic in used:
            raise SettingsError(
                f"filter {each.name!r} publishes to {each.topic!r}, which the broker uses"
            )
    formed = [topic for topic in outputs if topic not in ours]
    for key, named, known in (
        ("forms", topics.forms, formed),
        ("framings", topics.framings, formed),
        ("compressions", topics.compressions, outputs),
    ):
        for topic in named:
            if topic not in known and not _may_be_deployed(settings, topic):
                raise SettingsError(f"[topics.{key}] {topic!r} is no topic{nearest(topic, known)}")


def _may_be_deployed(settings: Settings, topic: str) -> bool:
    """Whether a filter that is deployed later may publish there."""
    filters = settings.filters
    is_theirs = topic.startswith(filters.topic_prefix) or topic in filters.shared_topics
    return bool(filters.live) and is_theirs
