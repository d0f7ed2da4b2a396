"""The thread that publishes a worker's status: no batch and no transaction waits for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final, Protocol

from broker.kafka import Connection, PlainWriter, TopicSettings
from broker.status.record import Status
from schemas.errors import BrokerError

LOG: Final = logging.getLogger("gueststar.broker")

EVERY_S: Final = 60.0
KEPT: Final = {
    "cleanup.policy": "compact,delete",
    "retention.ms": str(7 * 86_400_000),
    "min.compaction.lag.ms": str(86_400_000),
    "segment.ms": str(86_400_000),
}
"""Every record of a day, then the last of each worker, and none of a worker gone for a week."""


def status_topic(name: str, *, replication: int = 1) -> TopicSettings:
    """The topic of statuses as it is created: one partition, read whole within a moment."""
    return TopicSettings(name, partitions=1, replication=replication, settings=KEPT)


class Writer(Protocol):
    """What a `PlainWriter` does, or in tests what stands for it."""

    def write(self, key: bytes, value: bytes) -> object:
        """Raises BrokerError where Kafka does not take it."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Telling:
    """A thread that says how a worker stands, as it starts, every `every_s`, and as it ends."""

    def __init__(
        self, writer: Writer, status: Callable[[], Status], *, every_s: float = EVERY_S
    ) -> None:
        self._writer, self._status, self._every_s = writer, status, every_s
        self._over = Event()
        self._away = False
        self._thread = Thread(target=self._run, name="status", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Say it once more, and let go."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        self._tell()
        while not self._over.wait(self._every_s):
            self._tell()
        self._tell()
        self._writer.close()

    def _tell(self) -> None:
        """Whatever Kafka answers, alerts go on; it is logged as that begins and as it ends."""
        status = self._status()
        try:
            self._writer.write(status.key, status.encode())
        except BrokerError as error:
            if not self._away:
                LOG.warning("how this worker stands cannot be told: %s", error)
            self._away = True
            return
        if self._away:
            LOG.warning("how this worker stands is told again")
        self._away = False


@contextmanager
def telling(link: Connection, topic: str, status: Callable[[], Status]) -> Iterator[None]:
    """Have a worker's status published meanwhile; nothing where no topic is named."""
    if not topic:
        yield
        return
    told = Telling(PlainWriter(link, topic), status)
    try:
        yield
    finally:
        told.close()
