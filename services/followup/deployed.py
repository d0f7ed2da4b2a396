"""Deployed programmes as records of a compacted topic, versioned as filters are."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from broker.control_log import Hearing
from broker.deployments.records import Cause, Change, State, Status
from broker.deployments.register import LiveRegister, live_records
from broker.json_records import require, shortened
from broker.ports import ControlTopic, Message
from broker.versions import (
    SHA256,
    Erased,
    VersionRecord,
    check_time,
    check_version,
)
from schemas.errors import FilterError, GueststarError
from schemas.suggestion import nearest
from services.followup.programme import Programme

LOG: Final = logging.getLogger("gueststar.followup")


@dataclass(frozen=True)
class Version(VersionRecord):
    """A programme as it was deployed; it never changes."""

    name: str
    version: int
    sha256: str
    document: Mapping[str, Any]
    """`Programme.document()`."""
    by: str
    deployed_unix_s: float

    def __post_init__(self) -> None:
        """Raises RecordError for what no deployment writes."""
        check_version(self.version)
        require(SHA256.fullmatch(self.sha256) is not None, f"{self.sha256!r:.70} is no sha256")
        check_time(self.deployed_unix_s, "deployed")


Record = Version | Status | Erased


def records_of(messages: Iterable[Message]) -> Iterator[Record]:
    """What messages of the topic say; one that is no record is logged and passed over."""
    return live_records(Version, messages, what="programme", log=LOG)


class Register(LiveRegister[Version]):
    """All programmes that were ever deployed. Never changed."""


class Programmes:
    """The active ones, as of the last `look`."""

    def __init__(self, control: ControlTopic) -> None:
        self._hearing = Hearing(
            control, of="programmes", meanwhile="the programmes that are known", log=LOG
        )
        self._register = Register()
        self.active: dict[str, tuple[int, Programme]] = {}
        """By name: the version and the programme."""

    def look(self) -> bool:
        """See what changed; whether anything did."""
        return self._learn([*records_of(self._hearing.news())])

    def open(self) -> None:
        """Read the topic whole. Raises KafkaUnavailable, TopicMissing."""
        self._learn([*records_of(self._hearing.present())])

    def close(self) -> None:
        self._hearing.close()

    def is_known(self, name: str) -> bool:
        """Whether it is live or paused: what it asked for stands."""
        version = self._register.latest.get(name)
        return version is not None and self._register.change(version).state is not State.REMOVED

    def _learn(self, records: list[Record]) -> bool:
        if not records:
            return False
        self._register = self._register.after(records)
        self.active = dict(_read_active(self._register))
        return True


def _read_active(register: Register) -> Iterator[tuple[str, tuple[int, Programme]]]:
    for version in register.live:
        try:
            yield version.name, (version.version, Programme.of(version.document))
        except GueststarError as error:
            LOG.warning("programme %s cannot be read here: %s", version.name, error)


def deploy(wanted: Programme, control: ControlTopic, *, by: str) -> tuple[Version, bool]:
    """Write a programme's next version on a topic just opened; False: this very one is live."""
    register = Register().after(records_of(control.present()))
    for live in register.live:
        if (live.name, live.sha256) == (wanted.name, wanted.sha256):
            return live, False
    number = register.next_version(wanted.name)
    version = Version(
        wanted.name, number, wanted.sha256, wanted.document(), by, deployed_unix_s=time.time()
    )
    control.write(version.key, version.encode())
    return version, True


def change(control: ControlTopic, name: str, state: State, *, reason: str, by: str) -> Version:
    """A programme's newest version, paused, resumed or removed. Raises FilterError."""
    register = Register().after(records_of(control.present()))
    if name not in register.latest:
        raise FilterError(f"no programme {name!r} is deployed{nearest(name, register.latest)}")
    version = register.latest[name]
    if register.change(version).state in (state, State.REMOVED):
        raise FilterError(f"{name} is {register.change(version).state} already")
    wanted = Change(state, Cause.ASKED, shortened(reason), by, time.time())
    status = register.changed(version, wanted)
    control.write(status.key, status.encode())
    return version
