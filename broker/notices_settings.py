"""[notices]: targets, quotas and limits of `gueststar notices`; workers only read past it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from broker.errors import SettingsError
from filters.selection import TOPIC

Kind = Literal["webhook", "slack", "mail"]
Encryption = Literal["tls", "starttls", "none"]

ADDRESS: Final = re.compile(r"https?://[!-~]+")
SERVER: Final = re.compile(r"[\w.-]+:\d{1,5}", re.ASCII)
OWN_HOSTS: Final = ("localhost", "127.0.0.1")
"""A password may go there in the clear."""


@dataclass(frozen=True)
class Target:
    """Who is told of some filters' finds, and how."""

    kind: Kind = "webhook"
    filters: tuple[str, ...] = ()
    """Whose finds; an alert that several of them selected is one notice."""
    address: str = field(default="", repr=False)
    """A URL, which may be a secret, best as "$NAME" of the environment; of mail, host:port."""
    token: str = field(default="", repr=False)
    """A webhook's bearer token, or the password of `user` at a mail server, likewise."""
    quota_an_hour: int = 60
    """Finds; what comes beyond is summed in one notice when the hour is over."""
    user: str = ""
    sender: str = "gueststar@localhost"
    to: tuple[str, ...] = ()
    encryption: Encryption = "starttls"

    def __post_init__(self) -> None:
        """Raises SettingsError, which shows no address: it may be a secret."""
        if not self.filters:
            raise SettingsError("[notices.targets] a target has no filters; name whose finds")
        for said in (self.address, self.token, self.user, self.sender, *self.to):
            if not (said.isascii() and said.isprintable()):
                raise SettingsError(
                    "[notices.targets] address, token, user, sender and to are plain ASCII"
                )
        if self.kind != "mail":
            if not ADDRESS.fullmatch(self.address):
                raise SettingsError(f"[notices.targets] address of a {self.kind} is no http URL")
            return
        if not SERVER.fullmatch(self.address) or not self.to:
            raise SettingsError("[notices.targets] mail needs address = 'host:port', and to")
        is_ours = self.address.split(":")[0] in OWN_HOSTS
        if self.user and self.encryption == "none" and not is_ours:
            raise SettingsError(
                "[notices.targets] a password needs encryption = 'starttls' or 'tls'"
            )


@dataclass(frozen=True)
class NoticesSection:
    """[notices]: the job that tells people and programs of what filters find."""

    topics: tuple[str, ...] = ()
    """Of enriched alerts; none: [topics] enriched."""
    group: str = "gueststar.notices"
    outbox: str = "gueststar.notices.outbox"
    """What is yet to be sent, and each target's sums of its hour; compacted."""
    answer_s: float = 10.0
    """So long a target's answer is waited for; nobody else waits meanwhile."""
    attempts_max: int = 8
    """To send one notice; then it counts as undelivered."""
    retry_s: float = 5.0
    """After a first attempt that failed, doubled with each,"""
    retry_s_max: float = 600.0
    """and at most so long."""
    waiting_max: int = 1_000
    """Notices of one target that wait at once; what is found beyond is left out."""
    targets: Mapping[str, Target] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises SettingsError for names that no topic can have."""
        for topic in (*self.topics, self.outbox):
            if not TOPIC.fullmatch(topic):
                raise SettingsError(f"[notices] {topic!r} is no topic name")

    def prefixed(self, named: Callable[[str], str]) -> NoticesSection:
        """The same with its own topic as `TopicsSection.named` calls it."""
        return replace(self, outbox=named(self.outbox))
