"""What a worker says of itself, summed batch by batch, and read by another thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

import numpy as np

from broker.alerts.outcome import AlertReport
from broker.clock import SystemClock
from broker.deployments.records import Change, Version
from broker.json_records import shortened
from broker.observer import Phase
from broker.ports import Clock, Partition
from broker.status.record import FORMAT, Drifting, Model, Paused, Status, Waited
from broker.status.waited import Waits
from classifiers.classifier import ModelIdentity
from classifiers.drift import Drift
from filters.filter_set import ActiveFilter
from schemas.errors import BrokerError
from schemas.stage import Identity

REASON_CHARACTERS_MAX: Final = 160
DRIFTS_MAX: Final = 50
PAUSED_MAX: Final = 100
"""Of paused filters the newest; a record stays small whatever is paused."""


@dataclass(frozen=True)
class OnDuty:
    """What runs at one moment."""

    models: Iterable[tuple[str, ...]]
    """Each as `ModelIdentity`."""
    filters: Iterable[ActiveFilter]
    paused: Iterable[tuple[Version, Change]] = ()
    drifts: Iterable[tuple[Identity, int, Drift]] = ()
    """Each with its model and night."""


@dataclass(frozen=True)
class _Sums:
    """Replaced whole after each batch, so that a record is of one moment."""

    batches: int = 0
    consumed: int = 0
    published: Mapping[str, int] = field(default_factory=dict)
    dead: Mapping[str, int] = field(default_factory=dict)
    last_commit_unix_s: float | None = None
    lag: Mapping[Partition, int] = field(default_factory=dict)


class Reporter:
    """An observer of the alert job; `status` may be asked by any thread."""

    def __init__(self, worker: str, version: str, clock: Clock | None = None) -> None:
        """`version` is gueststar's."""
        self._worker, self._version = worker, version
        self._clock = clock or SystemClock()
        self._started_unix_s = self._clock.now_s()
        self._phase = Phase.JOINING
        self._aborts = 0
        self._sums = _Sums()
        self._waits = Waits()

    def on_phase(self, phase: Phase) -> None:
        self._phase = phase

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        self._aborts += 1

    def on_batch(self, report: AlertReport) -> None:
        """Add a committed batch."""
        received = report.outcome.received_unix_s
        known = received[~np.isnan(received)]
        if len(known):
            self._waits.committed(report.committed_unix_s, float(known.min()))
        sums, counts = self._sums, report.entry.counts
        self._sums = _Sums(
            batches=sums.batches + 1,
            consumed=sums.consumed + report.entry.consumed,
            published=Counter(sums.published) + Counter(counts.published),
            dead=Counter(sums.dead) + Counter(counts.dead),
            last_commit_unix_s=report.committed_unix_s,
            lag=report.lag,
        )

    def status(self, on_duty: OnDuty) -> Status:
        """How the worker stands now."""
        sums, lag = self._sums, dict[str, dict[str, int]]()
        for partition, behind in sorted(sums.lag.items()):
            lag.setdefault(partition.topic, {})[str(partition.number)] = behind
        return Status(
            format=FORMAT,
            worker=self._worker,
            gueststar=self._version,
            models=tuple(_model(ModelIdentity(*each)) for each in on_duty.models),
            started_unix_s=self._started_unix_s,
            told_unix_s=self._clock.now_s(),
            phase=self._phase,
            batches=sums.batches,
            aborts=self._aborts,
            consumed=sums.consumed,
            published=dict(sums.published),
            dead=dict(sums.dead),
            last_commit_unix_s=sums.last_commit_unix_s,
            lag=lag,
            filters={each.name: each.version for each in on_duty.filters},
            paused=_newest(on_duty.paused),
            not_served=tuple(Waited(*each) for each in self._waits.times),
            drifts=_worst(on_duty.drifts),
        )


def _model(identity: ModelIdentity) -> Model:
    return Model(identity.name, identity.version, identity.sha256)


def _worst(drifts: Iterable[tuple[Identity, int, Drift]]) -> tuple[Drifting, ...]:
    ordered = sorted(drifts, key=lambda each: -each[2].value / each[2].threshold)[:DRIFTS_MAX]
    return tuple(
        Drifting(**asdict(one), model=model.name, version=model.version, night=night)
        for model, night, one in ordered
    )


def _newest(paused: Iterable[tuple[Version, Change]]) -> tuple[Paused, ...]:
    ordered = sorted(paused, key=lambda each: -each[1].unix_s)[:PAUSED_MAX]
    return tuple(
        Paused(
            version.name,
            version.version,
            change.cause,
            shortened(change.reason)[:REASON_CHARACTERS_MAX],
            change.unix_s,
        )
        for version, change in ordered
    )
