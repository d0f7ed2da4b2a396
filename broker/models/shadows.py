"""What runs beside the live models on each batch: shadows, and the count of what all of them read.

Nothing here reaches an alert: shadows see what stages have learned and add nothing to it, what
they say goes to the topic of comparisons within the batch's own transaction, and what raises is
counted. What is counted for drift is told to observers once the batch is committed.
"""

from __future__ import annotations

import logging
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broker.models.compared import Compared, in_messages
from broker.models.models import Models, Running
from broker.models.records import Cause, ModelVersion
from broker.ports import Output
from classifiers.drift import Counts
from classifiers.reference import Reference, Table, counted, groups_of
from classifiers.slot import Watched
from schemas.batch import AlertBatch
from schemas.errors import BrokerError
from schemas.learned import Learned
from schemas.prior import EVEN
from schemas.stage import Identity, run_apart

LOG: Final = logging.getLogger("gueststar.models")

SKETCH_ROWS_MAX: Final = 200
"""Alerts of a batch that are counted for drift, evenly from all of it: what it costs is bounded."""
COST_ALERTS_MIN: Final = 16
"""Smaller batches say little of what an alert costs."""
TIMINGS: Final = 16
"""Of which the median is what a shadow costs."""
SCORE: Final = "score."
"""Begins the columns of a reference that are scores."""


class Sketch(NamedTuple):
    """Alerts of one night, counted in the bins of a model's reference."""

    model: Identity
    reference: Reference
    night: int
    counts: tuple[tuple[str, str, Counts], ...]
    """By group and column."""


class Beside(NamedTuple):
    """What one shadow said of a batch."""

    version: ModelVersion
    alerts: int
    agreed: int
    """Alerts with the same most probable label, of those that both scored."""
    declined: int
    cost_us: float


@dataclass(frozen=True)
class ModelsTold:
    """What observers are told of a batch, once it is committed."""

    shadows: tuple[Beside, ...] = ()
    sketches: tuple[Sketch, ...] = ()


class Besides(NamedTuple):
    """What came of a batch beside its alerts."""

    outputs: list[Output]
    told: ModelsTold


class Shadows:
    """Runs what `Models` says."""

    def __init__(
        self,
        models: Models,
        *,
        topic: str,
        cost_us_max: float,
        bytes_max: Callable[[str], int],
    ) -> None:
        """`topic`: of comparisons; `bytes_max`: of a topic (`Sink.bytes_max`)."""
        self._models = models
        self._topic = topic
        self._cost_us_max = cost_us_max
        self._bytes_max = bytes_max
        self._timings: dict[str, deque[float]] = {}

    def run(self, batch: AlertBatch) -> Besides:
        """After the stages; raises nothing, whatever shadows do."""
        if not len(batch):
            return Besides([], ModelsTold())
        sketches = [self._sketch(batch, each, None) for each in self._models.live]
        outputs, told = list[Output](), list[Beside]()
        for running in self._models.shadows:
            one, beside, learned = self._shadow(batch, running)
            outputs += (each.output(self._topic) for each in one)
            told.append(beside)
            sketches.append(self._sketch(batch, running, learned))
        found = tuple(sketch for part in sketches for sketch in part)
        return Besides(self._fitting(outputs), ModelsTold(tuple(told), found))

    def _shadow(
        self, batch: AlertBatch, running: Running
    ) -> tuple[list[Compared], Beside, Learned]:
        version, name = _version(running), running.scoring.identity.name
        cpu_s, wall_s = time.thread_time(), time.perf_counter()
        learned, faults = run_apart(batch, running.scoring)
        cost_s = time.thread_time() - cpu_s, time.perf_counter() - wall_s
        mine, live = learned[name], batch.learned[name]
        self._watch_cost(version, len(batch), cost_s[0])
        against = self._models.slots[name].identity
        one = Compared(
            *(name, version.version, version.sha256),
            *(against.version, against.sha256),
            mine.columns,
            *cost_s,
            sum(len(each.rows) for each in faults),
            batch.alert_id,
            batch.object_id,
            mine.values.astype(np.float32, copy=False),
            live.values.astype(np.float32, copy=False),
        )
        cost_us = cost_s[0] / len(batch) * 1e6
        beside = _beside(version, one.scores, one.against_scores, cost_us)
        return [*in_messages(one)], beside, mine

    def _watch_cost(self, version: ModelVersion, alerts: int, cpu_s: float) -> None:
        """Have a shadow paused that costs too much."""
        if alerts < COST_ALERTS_MIN:
            return
        timings = self._timings.setdefault(version.sha256, deque(maxlen=TIMINGS))
        timings.append(cpu_s / alerts * 1e6)
        cost_us = statistics.median(timings)
        if len(timings) == TIMINGS and cost_us > self._cost_us_max:
            timings.clear()
            most = self._cost_us_max
            reason = f"it took {cost_us:.0f} µs an alert, and [models] cost_us_max allows {most:g}"
            self._models.complain(version, Cause.COST, reason)

    def _sketch(
        self, batch: AlertBatch, running: Running, learned: Learned | None
    ) -> Sequence[Sketch]:
        """Counts by night; none where nobody knows what the model was taught."""
        if running.reference is None:
            return ()
        name = running.scoring.identity.name
        try:
            said = learned or batch.learned[name]
            return tuple(_sketches(batch, running, running.reference, said))
        except Exception:  # a packet may hold anything, and the alerts go on
            LOG.exception("model %s: what it reads cannot be counted; please report it", name)
            return ()

    def _fitting(self, outputs: list[Output]) -> list[Output]:
        """Those that their topic takes: one too large would end every transaction."""
        if not outputs:
            return outputs
        try:
            most = self._bytes_max(self._topic)
        except BrokerError as error:
            LOG.warning("no comparison is published: %s", error)
            return []
        return [each for each in outputs if each.size_bytes <= most]


def _sketches(
    batch: AlertBatch, running: Running, reference: Reference, learned: Learned
) -> Iterator[Sketch]:
    count = min(len(batch), SKETCH_ROWS_MAX)
    chosen = np.linspace(0, len(batch) - 1, count).astype(np.int64)
    for night in np.unique(batch.night[chosen]).tolist():
        rows = chosen[batch.night[chosen] == night]
        table = watched_table(batch, running.scoring.classifier, learned, rows)
        counts = tuple(counted(reference, groups_of(batch, rows), table))
        yield Sketch(running.scoring.identity, reference, night, counts)


def watched_table(
    batch: AlertBatch, classifier: object, learned: Learned, rows: NDArray[np.int64]
) -> Table:
    """What drift is told of: inputs, and scores at even odds, of some rows."""
    assert isinstance(classifier, Watched), "a model with a reference says what it reads"
    name = classifier.said["name"]
    scores = learned.take(rows).at(name, EVEN)
    by_label = zip(scores.columns, scores.values.T, strict=True)
    return {
        **classifier.inputs(batch, rows),
        **{f"{SCORE}{label}": values for label, values in by_label},
    }


def _version(running: Running) -> ModelVersion:
    assert running.version is not None, "a shadow was deployed"
    return running.version


def _beside(
    version: ModelVersion,
    scores: NDArray[np.float32],
    against: NDArray[np.float32],
    cost_us: float,
) -> Beside:
    declined = np.isnan(scores).any(axis=1)
    both = ~declined & ~np.isnan(against).any(axis=1)
    same = scores[both].argmax(axis=1) == against[both].argmax(axis=1)
    counts = len(scores), int(np.count_nonzero(same)), int(np.count_nonzero(declined))
    return Beside(version, *counts, cost_us)
