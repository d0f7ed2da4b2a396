"""Whether a deployed version can be active here, and as what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from broker.deployments.records import Version
from broker.topic_names import shared_topic
from filters.expressions.filter import ExpressionFilter
from filters.filter_set import ActiveFilter
from filters.selection import TOPIC
from filters.sources import try_out
from schemas.errors import FilterError
from schemas.form import Form, form_named
from schemas.learned import Given
from sky.catalogues import Sky


@dataclass(frozen=True)
class Context:
    """What a worker has, for deployed filters to stand on."""

    given: tuple[Given, ...]
    """By the stages that run."""
    sky: Sky
    names: frozenset[str]
    """Of the filters in the settings."""
    topics: frozenset[str]
    """Topics that have another use already."""
    prefix: str
    """What the topics of deployed filters begin with."""
    shared: str
    """What the topics are called that deployed filters share, up to their form."""
    provide: Callable[[str], None]
    """Have a topic exist. Raises TopicMissing where it may not be created, KafkaUnavailable."""


@dataclass(frozen=True)
class Activated:
    """A deployed filter that is active."""

    version: Version
    expressions: ExpressionFilter
    active: ActiveFilter


def activated(version: Version, context: Context) -> Activated:
    """The version as an active filter.

    Raises FilterError or TopicMissing, one line, where it cannot be active here, and
    KafkaUnavailable where that is not known now.
    """
    _check_place(version, context)
    expressions = ExpressionFilter.of(version.document)
    if (expressions.name, expressions.sha256) != (version.name, version.sha256):
        raise FilterError("its name or clauses are not those of its sha256; deploy it again")
    tried = try_out(expressions.selection(version.topic), context.given, context.sky)
    active = ActiveFilter(
        name=version.name,
        version=str(version.version),
        sha256=version.sha256,
        topic=version.topic,
        clauses=tried.clauses,
        catalogues=tried.catalogues,
        form=_form(version.form),
        shares=version.topic == shared_topic(context.shared, version.form),
    )
    context.provide(version.topic)
    return Activated(version, expressions, active)


def _check_place(version: Version, context: Context) -> None:
    """Its name must be its own, and its topic, too, or one that is shared in its form."""
    topic = version.topic
    if version.name in context.names:
        raise FilterError(f"the settings have a filter {version.name!r}; deploy it by another name")
    if topic in context.topics:
        raise FilterError(f"its topic {topic!r} has another use; deploy it by another name")
    own, shared = context.prefix + version.name, shared_topic(context.shared, version.form)
    if topic not in (own, shared) or not TOPIC.fullmatch(topic):
        raise FilterError(
            f"its topic {topic!r} is not {own!r}, as topic_prefix asks, nor {shared!r}, which"
            f" {version.form} filters share"
        )


def _form(name: str) -> Form:
    form = form_named(name)
    if form is None:
        raise FilterError(f"its form {name!r} is neither full nor lite")
    return form
