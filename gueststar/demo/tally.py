"""What the demo has seen so far: the engine's own reports, and the alerts that a reader got."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

import numpy as np

from broker.alerts.counts import AlertCounts
from broker.alerts.outcome import AlertReport
from broker.ledger import Counts, total
from broker.observer import Phase
from gueststar.alert import Alert
from gueststar.table import real_score
from schemas.errors import BrokerError

LATENCIES_KEPT = 2_000
"""The most recent alerts that the quantiles are of."""

ALERTS_SHOWN = 16


class Latency(NamedTuple):
    """Quantiles, from Kafka's timestamp in the survey topic to our commit, in ms."""

    p50_ms: float
    p95_ms: float


class Found(NamedTuple):
    """What the broker said of one alert."""

    real: float
    """NaN where the network declined."""
    filters: tuple[str, ...]


@dataclass
class Tally:
    """Written by the engine's thread (as its observer) and the reader's, read by the screen's."""

    recent: deque[Alert] = field(default_factory=lambda: deque(maxlen=ALERTS_SHOWN))
    read: dict[int, Found] = field(default_factory=dict)
    """What a reader got, by alert id."""
    read_twice: int = 0
    sent: int = 0
    consumed: int = 0
    counts: Counts = field(default_factory=Counts)
    began_unix_s: float = np.nan
    """When the first alerts were polled."""
    committed_unix_s: float = np.nan
    """When the last were committed."""
    _latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))
    _lock: Lock = field(default_factory=Lock)

    def on_phase(self, phase: Phase) -> None:
        """Not shown."""

    def on_batch(self, report: AlertReport) -> None:
        latencies_ms = (report.committed_unix_s - report.outcome.received_unix_s) * 1e3
        with self._lock:
            self.consumed += report.entry.consumed
            self.counts = total((self.counts, report.entry.counts))
            self.began_unix_s = np.fmin(self.began_unix_s, report.entry.polled_unix_s)
            self.committed_unix_s = report.committed_unix_s
            self._latencies_ms.extend(latencies_ms[np.isfinite(latencies_ms)].tolist())

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """Not shown: the batch comes again."""

    def add(self, alerts: Sequence[Alert]) -> None:
        """Add what a reader of the topic of all alerts got."""
        with self._lock:
            for alert in alerts:
                self.read_twice += alert.alert_id in self.read
                self.read[alert.alert_id] = Found(real_score(alert), alert.filters)
                self.recent.append(alert)

    def newest(self) -> list[Alert]:
        """The alerts to show, newest first."""
        with self._lock:
            return list(reversed(self.recent))

    def latency(self) -> Latency:
        """Of the most recent alerts; NaN before the first."""
        with self._lock:
            latencies_ms = np.array(self._latencies_ms)
        if not len(latencies_ms):
            return Latency(np.nan, np.nan)
        return Latency(*np.percentile(latencies_ms, [50, 95]).tolist())

    @property
    def rate_per_s(self) -> float:
        """Alerts a second, from the first poll to the last commit; NaN before one."""
        return self.consumed / (self.committed_unix_s - self.began_unix_s)

    @property
    def selected(self) -> Mapping[str, int]:
        """By filter."""
        return AlertCounts.of(self.counts).selected

    @property
    def dead(self) -> int:
        return sum(self.counts.dead.values())


def by_size(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Names with their counts, the largest first."""
    return Counter(counts).most_common()
