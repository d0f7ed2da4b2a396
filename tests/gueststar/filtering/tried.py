"""Alerts and filters that the tests of dry runs share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts
from filters.selection import Clauses, selection
from lake.writing import LakeWriter
from replay.invention import invent
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.learned import Learned


def invented(alerts: int = 60, seed: int = 5) -> AlertBatch:
    """An invented night, scored by no network: real where the object is brighter than 19."""
    return with_scores(Decoder().decode([each.packet for each in invent(alerts, seed=seed)]))


def with_scores(batch: AlertBatch) -> AlertBatch:
    """Every third alert was declined."""
    real = (batch.magnitude < 19).astype(np.float32)
    real[::3] = np.nan
    batch.learned["realbogus"] = Learned.probabilities(
        ("real", "bad_pixel"), np.stack([real, 1 - real], axis=1)
    )
    return batch


def lake_of(batch: AlertBatch, folder: Path, *, with_packets: bool = True) -> Path:
    """The batch as a lake."""
    with LakeWriter(folder, version="test", with_packets=with_packets) as writer:
        writer.add(batch)
    return folder


@selection(topic="bright")
def bright(alerts: Alerts) -> Clauses:
    """Bright."""
    yield "real", alerts.score("realbogus", "real") > 0.5
    yield "bright", alerts.magnitude < 18
    yield "brighter", alerts.flux_njy > 0


def is_odd(alert_id: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Every second alert's; ids of an invented night end alike and differ before."""
    odd: NDArray[np.bool_] = (alert_id + alert_id // 10**8) % 2 == 1
    return odd


@selection(topic="clumsy")
def clumsy(alerts: Alerts) -> Clauses:
    """Raises on every second alert."""
    yield "bright", alerts.magnitude < 18
    if is_odd(alerts.alert_id).any():
        raise RuntimeError("an odd alert")
    yield "brighter", alerts.flux_njy > 0
