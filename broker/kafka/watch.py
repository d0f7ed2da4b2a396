"""The voice of Kafka's clients: librdkafka's log and statistics through Python's logging.

Left alone, librdkafka prints twenty lines a second to stderr while a server is away. Here an
outage is one warning when it starts and one line when it ends; the rest is there at DEBUG.
"""

from __future__ import annotations

import errno
import json
import logging
import math
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from confluent_kafka import KafkaError

from broker.errors import KafkaUnavailable
from broker.kafka.faults import ACCESS
from schemas.errors import BrokerError

LOG: Final = logging.getLogger("gueststar.kafka")
STATISTICS_INTERVAL_MS: Final = 1_000
UNHEARD_S_MAX: Final = 20.0
"""After so long without an answer a client is replaced, whether Kafka is away or the client lost:
one was seen that named a server and had no connection for 120 s, beside others that had."""

# What librdkafka says many times an outage, and the watch once; and what it says beside raising.
DEMOTED: Final = frozenset(
    {"FAIL", "ERROR", "REQTMOUT", "FETCHERR", "SESSTMOUT", "TXNERR", "FATAL"}
)


SERVERS: Final = ("configured", "learned")
"""How statistics name those that can be asked; a group's coordinator is one of them again."""
NOT_LET_IN: Final = (
    KafkaError._AUTHENTICATION,
    KafkaError._SSL,
    KafkaError.SASL_AUTHENTICATION_FAILED,
)


class _Demoted(logging.Filter):
    """Lets the lines that we say ourselves pass only where DEBUG is wanted."""

    def filter(self, record: logging.LogRecord) -> bool:
        arguments = record.args if isinstance(record.args, tuple) else ()
        if not arguments or str(arguments[0]) not in DEMOTED:
            return True
        record.levelno, record.levelname = logging.DEBUG, "DEBUG"
        return LOG.isEnabledFor(logging.DEBUG)


CLIENT_LOG: Final = logging.getLogger("gueststar.kafka.client")
CLIENT_LOG.addFilter(_Demoted())


def connections(statistics: Mapping[str, Any]) -> int | None:
    """How many connections a client has; None where it knows of no server any more.

    A Kafka that stood still for longer than its own session answers that it has no servers, and
    the client then forgets them all for good (librdkafka's issue 5301, open in 2.16).
    """
    brokers = statistics["brokers"].values()
    knows_any = any(broker["source"] in SERVERS for broker in brokers)
    return sum(broker["state"] == "UP" for broker in brokers) if knows_any else None


def lacks_handles() -> bool:
    """Whether this process, or the system, may open no more files, and so no connection."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False


class Pulse:
    """Whether one client is lost: it knows of no server, or had no connection for too long."""

    def __init__(self) -> None:
        self._up_s = time.monotonic()
        self.is_lost = False

    def hear_statistics(self, text: str) -> None:
        """What the client says of itself, where nobody else hears it."""
        self.hear(connections(json.loads(text)))

    def hear(self, up: int | None) -> None:
        """What `connections` says."""
        now_s = time.monotonic()
        if up:
            self._up_s = now_s
        self.is_lost = up is None or now_s > self._up_s + UNHEARD_S_MAX


class Watch:
    """Whether one Kafka answers. Not a thread: it learns from what its clients' calls bring, of
    which some may come from the thread that publishes.

    patience_s: the longest outage that `check` bears with.
    """

    def __init__(
        self,
        bootstrap: str,
        patience_s: float,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bootstrap = bootstrap
        self.patience_s = patience_s
        self._now_s = monotonic_s
        self._away_since_s: float | None = None
        self._changed_s = -math.inf
        self._heard_s = -math.inf
        self._refusal: BrokerError | None = None
        self._was_up = False

    def client(self) -> dict[str, Any]:
        """The callbacks for a client whose queue is served all the time (a consumer)."""
        return {
            "logger": CLIENT_LOG,
            "error_cb": self.hear_error,
            "stats_cb": self.hear_statistics,
            "statistics.interval.ms": STATISTICS_INTERVAL_MS,
        }

    @property
    def is_away(self) -> bool:
        """Whether Kafka gives no answer, as far as it was asked."""
        return self._away_since_s is not None

    def away(self, at_s: float | None = None) -> None:
        """Kafka gives no answer, now or since `at_s` (monotonic); says so once an outage."""
        if self._away_since_s is not None:
            return
        self._away_since_s = self._changed_s = self._now_s() if at_s is None else at_s
        LOG.warning(
            "no answer from Kafka at %s; trying again for %.0f s",
            self._bootstrap,
            self.patience_s,
        )

    def back(self, at_s: float | None = None) -> None:
        """Kafka answers, now or since `at_s`; says so where that ends an outage."""
        self._was_up, self._refusal = True, None
        since_s, self._away_since_s = self._away_since_s, None
        if since_s is None:
            return
        self._changed_s = self._now_s() if at_s is None else at_s
        away_s = self._changed_s - since_s
        LOG.warning("Kafka at %s answers again after %.0f s", self._bootstrap, away_s)

    def check(self) -> None:
        """Raise KafkaUnavailable where an outage has outlasted the patience.

        Where Kafka does not let us in, that is what is raised: at once if it never did, as
        nobody waits for a password to become right, else when the patience is over.
        """
        self._check(self._now_s())

    def check_entry(self) -> None:
        """Raise BrokerError where Kafka does not let us in, and never did."""
        if self._refusal is not None and not self._was_up:
            raise self._refusal

    def check_heard(self) -> None:
        """As `check`, but as of the last statistics that were heard.

        For a consumer that nobody polled for long: behind the news of an outage, that of its end
        may wait in the queue.
        """
        self._check(self._heard_s)

    def _check(self, at_s: float) -> None:
        self.check_entry()
        since_s = self._away_since_s
        if since_s is not None and at_s - since_s > self.patience_s:
            raise self._refusal or KafkaUnavailable(self.complaint())

    def complaint(self) -> str:
        """The one line that names the server and the remedy."""
        remedy = "start it, or correct the address"
        if lacks_handles():
            remedy = "this process may open no more files; raise that (LimitNOFILE, ulimit -n)"
        return f"no answer from Kafka at {self._bootstrap} for {self.patience_s:.0f} s: {remedy}"

    def hear_error(self, error: KafkaError) -> None:
        """What a client says is wrong, for its `error_cb`."""
        LOG.debug("client error: %s", error)
        if error.code() in NOT_LET_IN:
            place = f"Kafka at {self._bootstrap} does not let us in"
            self._refusal = BrokerError(f"{place} ({error.str()}): {ACCESS}")

    def hear_statistics(self, text: str) -> int | None:
        """As `connections`, of what a client says of itself."""
        statistics = json.loads(text)
        # They may have waited in the queue while a producer's call was held up. Their monotonic
        # time is the system's, as Python's is: that of day may have been set meanwhile.
        at_s = self._now_s() - max(0.0, time.monotonic() - statistics["ts"] / 1e6)
        self._heard_s = max(self._heard_s, at_s)
        up = connections(statistics)
        if at_s > self._changed_s:
            self._judge(up or 0, at_s)
        LOG.debug(
            "%s: %s of %d connections up, %d messages queued, %d bytes received",
            statistics["name"],
            up,
            len(statistics["brokers"]),
            statistics["replyq"],
            statistics["rx_bytes"],
        )
        return up

    def _judge(self, up: int, at_s: float) -> None:
        if up:
            self.back(at_s)
        else:
            self.away(at_s)
