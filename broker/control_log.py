"""A control topic as a worker needs it between two batches: Kafka may be away, nothing waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from logging import Logger
from typing import Any, Final, Generic, TypeVar

from broker.ports import Clock, ControlTopic, Message
from broker.versions import Deployed, Erased, VersionStatus
from schemas.errors import BrokerError

RETRY_S: Final = 5.0
"""How long after Kafka did not take a record it is written again."""

VersionKind = TypeVar("VersionKind", bound=Deployed)
StatusKind = TypeVar("StatusKind", bound=VersionStatus[Any])


class Hearing:
    """Reads a control topic as it grows; an outage is said as it begins and as it ends."""

    def __init__(self, control: ControlTopic, *, of: str, meanwhile: str, log: Logger) -> None:
        """of: what the topic holds; meanwhile: with what its reader goes on while Kafka is away."""
        self._control = control
        self._of, self._meanwhile, self._log = of, meanwhile, log
        self._away = False

    def present(self) -> list[Message]:
        """Everything. Raises KafkaUnavailable after the configured patience."""
        return self._control.present()

    def complete(self) -> list[Message]:
        """The same, of which transactions wrote the last: a commit is answered before that shows.

        Raises KafkaUnavailable likewise.
        """
        return self._control.complete()

    def news(self) -> list[Message]:
        """What came since; nothing where Kafka does not answer."""
        try:
            messages = self._control.new()
        except BrokerError as error:
            if not self._away:
                self._log.warning("%s; going on with %s", error, self._meanwhile)
            self._away = True
            return []
        if self._away:
            self._log.warning("the topic of %s answers again", self._of)
        self._away = False
        return messages

    def close(self) -> None:
        self._control.close()


class StatusLog(Generic[VersionKind, StatusKind]):
    """Reads records of versions as they come, and writes what this worker found, once it can."""

    def __init__(
        self,
        control: ControlTopic,
        clock: Clock,
        *,
        records_of: Callable[[Iterable[Message]], Iterator[VersionKind | StatusKind | Erased]],
        what: str,
        log: Logger,
    ) -> None:
        """what: one of what the topic holds, "filter"."""
        self._hearing = Hearing(control, of=f"{what}s", meanwhile=f"the {what}s that run", log=log)
        self._control, self._clock = control, clock
        self._records_of, self._what, self._log = records_of, what, log
        self._owed: dict[bytes, StatusKind] = {}
        self._retry_s = -RETRY_S

    @property
    def owed(self) -> Mapping[bytes, StatusKind]:
        """What Kafka did not take yet, by key."""
        return self._owed

    def present(self) -> list[VersionKind | StatusKind | Erased]:
        """Everything. Raises KafkaUnavailable after the configured patience."""
        return self._learnt(self._hearing.present())

    def news(self) -> list[VersionKind | StatusKind | Erased]:
        """What came since; nothing where Kafka does not answer."""
        return self._learnt(self._hearing.news())

    def write(self, status: StatusKind) -> None:
        """Now, or once Kafka takes it."""
        try:
            self._control.write(status.key, status.encode())
        except BrokerError as error:
            self._log.warning(
                "%s %s is %s here alone, for now: %s",
                *(self._what, status.name, status.now.state, error),
            )
            self._owed[status.key] = status
            self._retry_s = self._clock.monotonic_s()

    def settle(self) -> None:
        """Write what Kafka did not take before, if it is time."""
        if self._owed and self._clock.monotonic_s() - self._retry_s >= RETRY_S:
            owed, self._owed = self._owed, {}
            for status in owed.values():
                self.write(status)

    def close(self) -> None:
        self._hearing.close()

    def _learnt(self, messages: Iterable[Message]) -> list[VersionKind | StatusKind | Erased]:
        records = list(self._records_of(messages))
        for record in records:
            # Whoever changed a version since knows better than what we could not write.
            self._owed.pop(record.key, None)
        return records
