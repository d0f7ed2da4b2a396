"""How our topics are named: a prefix before every one, so that two brokers can share a Kafka."""

from __future__ import annotations

from typing import Final, Literal

from broker.errors import SettingsError
from filters.expressions.limits import FILTER_CHARS_MAX
from filters.selection import TOPIC

OWN_PREFIX: Final = "gueststar."
"""What the names of the broker's own topics begin with, unless a prefix takes its place."""

PREFIX_ENDS: Final = ("", ".", "_", "-")
"""How a prefix ends; the first is that of none."""

FilterTopics = Literal["shared", "own"]
"""What a deployed filter publishes to: a topic that filters share, or one of its own. Kafka's work
grows with the partitions of a transaction, so that many filters with their own topics are dear."""


def shared_topic(shared: str, form: str) -> str:
    """The one of the shared topics whose records have that form."""
    return f"{shared}.{form}"


def prefixed(prefix: str, topic: str) -> str:
    """A topic's name behind a prefix, which takes the place of `gueststar.`; once is enough."""
    if topic.startswith(prefix):
        return topic
    return prefix + topic.removeprefix(OWN_PREFIX)


def check_prefix(prefix: str, key: str) -> None:
    """Raises SettingsError for what begins no topic name."""
    if not TOPIC.fullmatch(prefix + "n" * FILTER_CHARS_MAX):
        raise SettingsError(
            f"{key} = {prefix!r} begins no topic name; use a-z, 0-9, . _ - and leave room for a"
            f" filter's name of {FILTER_CHARS_MAX} characters"
        )


def check_prefix_of_all(prefix: str) -> None:
    """Raises SettingsError for what begins no topic name, or would run into it."""
    check_prefix(prefix, "[topics] prefix")
    if prefix[-1:] not in PREFIX_ENDS:
        raise SettingsError(
            f"[topics] prefix = {prefix!r} runs into the names; end it with . _ or -"
        )
