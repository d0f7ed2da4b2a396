"""What came over the live stream in the last day: the newest alerts, rates, finds, the sky."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from gueststar.alert import Alert
from gueststar.subscription import Arrived
from gueststar.table import BY_LIGHT_CURVE, real_score
from schemas.scored import Note
from sky.cells import cells_of, parents
from sky.positions import on_sky

HOURS_KEPT = 24
HOUR_S = 3_600
LATENCIES_KEPT = 2_000
"""The most recent alerts that the quantiles are of."""
FINDS_KEPT = 200
"""Filters' finds that the map of the sky shows."""
RATE_S = 10
"""Over so long a rate is taken, and each bar of the last minutes is so wide."""
BARS = 60
DEPTH = 4
"""Of the sky's cells, 3.7 degrees wide: all of them are a page of 50 kB."""


class Model(NamedTuple):
    """What scored an alert."""

    name: str
    version: str
    sha256: str


class Came(NamedTuple):
    """An alert of the stream, and what the broker noted of it."""

    number: int
    alert: Alert
    note: Note
    published_unix_s: float
    """NaN where no broker published it."""
    latency_s: float
    """From the survey's Kafka to publication; NaN likewise."""


class Quantiles(NamedTuple):
    """Of latencies, in seconds; NaN before the first."""

    p50_s: float
    p99_s: float


@dataclass
class Hour:
    """Sums of one hour, by when alerts were published."""

    alerts: int = 0
    selected: int = 0
    finds: Counter[str] = field(default_factory=Counter)
    cells: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class Sums:
    """Sums of the hours that are kept."""

    alerts: int
    selected: int
    finds: Mapping[str, int]
    cells: Mapping[int, int]


class Night:
    """Written by the thread that reads the stream, read by everybody."""

    def __init__(self, *, recent_max: int, began_unix_s: float | None = None) -> None:
        """`began_unix_s`: what was published before comes late, and is not timed; now if unsaid."""
        self._began_unix_s = time.time() if began_unix_s is None else began_unix_s
        self.fault = ""
        """Why nothing is read, where that is so."""
        self.lag = 0
        """Messages of the stream that are still to be read."""
        self.models: Mapping[str, Model] = {}
        """What scored the newest alert."""
        self._recent: deque[Came] = deque(maxlen=recent_max)
        self._finds: deque[Came] = deque(maxlen=FINDS_KEPT)
        self._hours: dict[int, Hour] = {}
        self._ticks: Counter[int] = Counter()
        self._latencies_s: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self._visible_s: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self._seen = 0
        self._lock = Lock()

    @property
    def seen(self) -> int:
        """How many alerts came since the portal began."""
        return self._seen

    def add(self, arrived: Arrived, *, now_unix_s: float | None = None) -> None:
        """Take what one poll brought."""
        now_unix_s = time.time() if now_unix_s is None else now_unix_s
        alerts = [*arrived.alerts()]
        if not alerts:
            return
        batch = arrived.batch
        known = on_sky(batch.ra_deg, batch.dec_deg)
        cells = np.full(len(batch), -1)
        cells[known] = parents(cells_of(batch.ra_deg[known], batch.dec_deg[known]), DEPTH)
        with self._lock:
            for alert, note, cell in zip(alerts, arrived.notes, cells.tolist(), strict=True):
                self._add(alert, note, cell, now_unix_s)
            self.models = models_of(arrived.notes[-1]) or self.models
            self._forget(now_unix_s)

    def _add(self, alert: Alert, note: Note, cell: int, now_unix_s: float) -> None:
        self._seen += 1
        published = unix_s(note.get("publish_time"))
        came = Came(self._seen, alert, note, published, published - unix_s(note.get("ingest_time")))
        self._recent.append(came)
        when = published if math.isfinite(published) else now_unix_s
        hour = self._hours.setdefault(int(when // HOUR_S), Hour())
        hour.alerts += 1
        hour.cells[cell] += 1
        self._ticks[int(when // RATE_S)] += 1
        if math.isfinite(came.latency_s):
            self._latencies_s.append(came.latency_s)
        if published >= self._began_unix_s:
            self._visible_s.append(now_unix_s - published)
        if alert.filters:
            hour.selected += 1
            hour.finds.update(alert.filters)
            self._finds.append(came)

    def _forget(self, now_unix_s: float) -> None:
        for kept, width_s, most in ((self._hours, HOUR_S, HOURS_KEPT), (self._ticks, RATE_S, BARS)):
            last = int(now_unix_s // width_s) - most
            for old in [each for each in kept if each < last]:
                kept.pop(old)

    def newer(self, number: int, topic: str = "") -> list[Came]:
        """What came after the alert of that number, the oldest first; of a filter, or of all."""
        with self._lock:
            return [*self._newer(number, topic)][::-1]

    def _newer(self, number: int, topic: str) -> Iterator[Came]:
        for came in reversed(self._recent):
            if came.number <= number:
                return
            if not topic or topic in came.alert.filters:
                yield came

    def find(self, alert_id: int, object_id: str | None) -> Came | None:
        """One of the newest alerts; of any object where none is named."""
        with self._lock:
            for came in reversed(self._recent):
                alert = came.alert
                if alert.alert_id == alert_id and object_id in (None, alert.object_id):
                    return came
        return None

    def of_object(self, object_id: str) -> list[Came]:
        """Those of the newest alerts that are of an object, the oldest first."""
        with self._lock:
            return [came for came in self._recent if came.alert.object_id == object_id]

    def finds(self) -> list[Came]:
        """The newest alerts that a filter selected, the newest first."""
        with self._lock:
            return [*self._finds][::-1]

    def sums(self) -> Sums:
        """Of the last day, by when alerts were published."""
        finds, cells = Counter[str](), Counter[int]()
        with self._lock:
            hours = [*self._hours.values()]
            for hour in hours:
                finds.update(hour.finds)
                cells.update(hour.cells)
        cells.pop(-1, None)
        alerts, selected = (sum(getattr(each, name) for each in hours) for name in SUMMED)
        return Sums(alerts, selected, dict(finds.most_common()), cells)

    def rates_per_s(self, now_unix_s: float) -> list[float]:
        """Alerts a second in each RATE_S of the last ten minutes, (BARS,); the newest last."""
        last = int(now_unix_s // RATE_S)
        with self._lock:
            return [self._ticks[tick] / RATE_S for tick in range(last - BARS, last)]

    def latency(self) -> Quantiles:
        """From the survey's Kafka to publication, of the newest alerts."""
        return self._quantiles(self._latencies_s)

    def visible(self) -> Quantiles:
        """From publication to here, likewise."""
        return self._quantiles(self._visible_s)

    def _quantiles(self, values: deque[float]) -> Quantiles:
        with self._lock:
            found = np.array(values)
        if not len(found):
            return Quantiles(math.nan, math.nan)
        return Quantiles(*np.percentile(found, [50, 99]).tolist())


SUMMED = ("alerts", "selected")


def unix_s(value: object) -> float:
    """A time of a note, UTC since 1970; NaN where it is none, or the epoch itself."""
    if isinstance(value, datetime):
        value = value.timestamp()
    elif isinstance(value, int):
        value = value / 1e6
    return value if isinstance(value, float) and value > 0 else math.nan


def models_of(note: Note) -> dict[str, Model]:
    """What scored an alert, by name."""
    return {
        each["name"]: Model(each["name"], each["version"], each["sha256"])
        for each in note.get("models", ())
    }


def row_of(came: Came) -> dict[str, Any]:
    """An alert as a line of the live stream; ids are texts, what is not measured is None."""
    alert = came.alert
    label, chance = kind_of(alert)
    return {
        "alert_id": str(alert.alert_id),
        "object_id": alert.object_id,
        "survey": alert.survey,
        "mjd": finite(alert.mjd),
        "ra_deg": finite(alert.ra_deg),
        "dec_deg": finite(alert.dec_deg),
        "magnitude": finite(alert.magnitude),
        "magnitude_err": finite(alert.magnitude_err),
        "band": alert.band,
        "real": finite(real_score(alert)),
        "class": label,
        "chance": finite(chance),
        "filters": list(alert.filters),
        "published_unix_s": finite(came.published_unix_s),
    }


def rows_of(came: Sequence[Came]) -> list[dict[str, Any]]:
    """The same of several."""
    return [row_of(each) for each in came]


def kind_of(alert: Alert) -> tuple[str, float]:
    """The most probable class of its light curve; "" and NaN where none was classified."""
    for name in BY_LIGHT_CURVE:
        if chances := alert.scores.get(name):
            label = max(chances, key=lambda one: chances[one])
            return label, chances[label]
    return "", math.nan


def finite(value: float) -> float | None:
    """A number as JSON has it: what is not measured, or infinite, is None."""
    return value if math.isfinite(value) else None
