"""Where Kafka is, and what every client of ours is told; each figure with its reason."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import uuid4

from broker.errors import KafkaUnavailable, SettingsError
from broker.kafka.watch import CLIENT_LOG, UNHEARD_S_MAX, Watch
from schemas.secrets import keep

PATIENCE_S: Final = 60.0
READERS: Final = "gueststar-reader"
SESSION_TIMEOUT_MS: Final = 10_000
# Who polls less often is taken for gone by its group, and enters it again with its next poll.
POLL_INTERVAL_MS_MAX: Final = 300_000
TRANSACTION_TIMEOUT_MS: Final = 10_000
MESSAGE_BYTES_MAX: Final = 1_000_000

# Measured with 55 kB messages: 160 µs of CPU each at this size, 480 at 100,000.
PRODUCER_BATCH_BYTES: Final = 1_000_000

Compression = Literal["none", "gzip", "snappy", "lz4", "zstd"]
"""How a producer compresses its batches; every client decompresses what it reads."""
COMPRESSION_TYPE: Final = "compression.type"
"""What a producer and a topic call it."""

Start = Literal["earliest", "latest"]
"""Where a partition that the group never committed is read from."""

SECURITY_PREFIXES: Final = ("security.", "sasl.", "ssl.", "enable.ssl.", "enable.sasl.")
"""Which of librdkafka's settings are passed on; the others are ours to choose."""
ENVIRONMENT: Final = "GUESTSTAR_KAFKA_"
"""What the names of environment variables that hold such settings begin with."""


def security_of(environment: Mapping[str, str]) -> dict[str, str]:
    """librdkafka's security settings that an environment holds.

    `GUESTSTAR_KAFKA_SASL_USERNAME` is `sasl.username`: lower case, dots for underscores. Raises
    SettingsError for one that is no setting of security.
    """
    found = {}
    for variable in sorted(environment):
        if variable.startswith(ENVIRONMENT):
            name = variable.removeprefix(ENVIRONMENT).lower().replace("_", ".")
            check_security(name, f"the environment's {variable}")
            found[name] = environment[variable]
    return found


def check_security(name: str, place: str) -> None:
    """Raises SettingsError for a client setting that is not one of security."""
    if not name.startswith(SECURITY_PREFIXES):
        raise SettingsError(
            f"{name!r} in {place} is not passed on; only names that begin with"
            f" {', '.join(SECURITY_PREFIXES)} are"
        )


def topic_compression(compression: Compression) -> dict[str, str]:
    """A topic's own setting, by which Kafka compresses anew what comes otherwise."""
    return {COMPRESSION_TYPE: "uncompressed" if compression == "none" else compression}


@dataclass(frozen=True)
class Connection:
    """One Kafka as one process sees it. Clients of one connection share one voice in the log.

    bootstrap: `host:port`, more than one divided by commas.
    patience_s: how long Kafka may give no answer before KafkaUnavailable is raised.
    topic_ids: whether Kafka can be asked which topic bears a name now (the embedded one cannot).
    security: librdkafka's own settings (`security.protocol`, `sasl.*`, `ssl.*`), passed on. They
        may hold a password, so no `repr` shows them.
    readers: what the groups of readers that share nothing are called, up to a number of their own;
        a Kafka may allow no others than those that begin so.
    """

    bootstrap: str
    patience_s: float = PATIENCE_S
    security: Mapping[str, str] = field(default_factory=dict, repr=False)
    topic_ids: bool = True
    readers: str = READERS
    watch: Watch = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, value in self.security.items():
            keep(name, value)
        object.__setattr__(self, "watch", Watch(self.bootstrap, self.patience_s))

    @classmethod
    def configured(
        cls,
        bootstrap: str,
        *,
        patience_s: float = PATIENCE_S,
        security: Mapping[str, str] | None = None,
    ) -> Connection:
        """One with the environment's security settings (`security_of`); those given here win.

        Raises SettingsError for a name, in either, that is no setting of security.
        """
        for name in security or {}:
            check_security(name, "the settings given")
        both = {**security_of(os.environ), **(security or {})}
        return cls(bootstrap, patience_s=patience_s, security=both)

    @property
    def entered_as(self) -> str:
        """Its address, and who we are there where that is by a name."""
        user = self.security.get("sasl.username")
        return f"{self.bootstrap} as user {user!r}" if user else self.bootstrap

    def require_time(self, deadline_s: float) -> None:
        """Raises KafkaUnavailable after a deadline, in monotonic seconds."""
        if time.monotonic() > deadline_s:
            raise KafkaUnavailable(self.watch.complaint())

    def client(self) -> dict[str, Any]:
        return {
            "bootstrap.servers": self.bootstrap,
            # A server that comes back is found within a second, not ten.
            "reconnect.backoff.ms": 100,
            "reconnect.backoff.max.ms": 1_000,
            # A topic that appears, or gains partitions, is seen within seconds, not minutes.
            "topic.metadata.refresh.interval.ms": 2_000,
            **self.security,
        }

    def silent_client(self) -> dict[str, Any]:
        """A client that reports through its calls alone: nobody serves its queue while idle."""
        return {**self.client(), "log_level": 2, "logger": CLIENT_LOG}

    def _heard_of_soon(self) -> dict[str, Any]:
        """Of a reader's clients.

        A connection whose other end went without a word is one that brings no answer: it is given
        up within our patience, which the client's own 60 s are not. A transaction's producer sees
        to that itself.
        """
        return {"socket.timeout.ms": int(UNHEARD_S_MAX * 1e3)}

    def lone_group(self) -> str:
        """A new name for a group of one reader, which begins as only this user's do."""
        user = self.security.get("sasl.username")
        own = f"{self.readers}-{user}" if user else self.readers
        return f"{own}-{uuid4().hex}"

    def lone_consumer(self, what: str) -> dict[str, Any]:
        """A reader in no group, which commits nothing; `what` it is stands in its name."""
        return {
            **self.silent_client(),
            **self._heard_of_soon(),
            # A name that the client insists on.
            "group.id": f"{self.lone_group()}-{what}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            # Its event says that the end was reached, whatever compaction left out.
            "enable.partition.eof": True,
        }

    def consumer(
        self, *, group: str, worker: str | None, session_timeout_ms: int
    ) -> dict[str, Any]:
        """A group member; `worker` makes it a static one."""
        static = {"group.instance.id": worker} if worker is not None else {}
        return {
            **self.client(),
            **self.watch.client(),
            **self._heard_of_soon(),
            **static,
            "group.id": group,
            # Static membership fails on a quick restart in the newer protocol.
            "group.protocol": "classic",
            "partition.assignment.strategy": "roundrobin",
            "session.timeout.ms": session_timeout_ms,
            "heartbeat.interval.ms": max(100, session_timeout_ms // 5),
            "max.poll.interval.ms": POLL_INTERVAL_MS_MAX,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            # A position that retention forgot is an error, never a silent jump.
            "auto.offset.reset": "error",
            # Its event is how the position passes over control records and aborted data.
            "enable.partition.eof": True,
            # p50 of 9 ms end to end at 333 alerts a second.
            "fetch.wait.max.ms": 5,
            # A full prefetch queue is looked at again at once: its default is a second.
            "fetch.queue.backoff.ms": 10,
            "queued.max.messages.kbytes": 65_536,
        }

    def producer(
        self, *, message_bytes_max: int, batch_bytes: int, compression: Compression
    ) -> dict[str, Any]:
        """A producer for packets, transactional or not."""
        return {
            **self.silent_client(),
            "linger.ms": 0,
            "batch.size": batch_bytes,
            "message.max.bytes": message_bytes_max,
            COMPRESSION_TYPE: compression,
            "queue.buffering.max.kbytes": 262_144,
            "acks": "all",
            # Equal keys go where Java's clients would send them.
            "partitioner": "murmur2_random",
            "delivery.report.only.error": True,
        }
