"""Which of the real alerts' objects each network has learnt from, and which networks a filter asks.

The network "lightcurve" has learnt from simulated light curves alone, and is not among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.labels import ASTEROID_ARCSEC
from benchmarks.real_alerts import RealAlerts
from filters.selection import Selection
from schemas.batch import AlertBatch
from schemas.learned import Learned
from training.lightcurve.ztf_answers import FILE as ANSWERS
from training.lightcurve.ztf_answers import Answers
from training.realbogus.alerts.classes import tns_class

Mask = NDArray[np.bool_]


def learnt(alerts: RealAlerts, taught: frozenset[str]) -> dict[str, Mask]:
    """By network that learnt from real objects, the alerts (n,) of those."""
    batch = alerts.batch
    by_stamps = set(batch.object_id[_by_stamps(alerts)].tolist())
    return {
        "realbogus": np.isin(batch.object_id, list(by_stamps)),
        "supernova": np.isin(batch.object_id, list(taught)),
    }


def _by_stamps(alerts: RealAlerts) -> Mask:
    """The alerts (n,) that "realbogus" was told to be real or bogus, as `realbogus.lessons` has it.

    All of ZTF have a drb or rb; of Rubin's only those with evidence. On the others' stamps sources
    and artefacts were drawn, which says nothing about the alerts.
    """
    batch = alerts.batch
    spectrum = np.array([tns_class(record) != "" for record in alerts.records], np.bool_)
    asteroid = batch.asteroid_distance_arcsec < ASTEROID_ARCSEC
    told: Mask = (batch.survey == "ztf") | asteroid | spectrum
    return told


def supernova_taught(answers: Path = ANSWERS) -> frozenset[str]:
    """The objects that the served "supernova" has learnt from, by what training keeps of it.

    All that it was asked about, but for those held out.
    """
    kept = Answers.read(answers)
    return frozenset(kept.name[~kept.held_out].tolist())


class _Noting(dict[str, Learned]):
    """What stages gave, and whose of it was read."""

    def __init__(self, given: Mapping[str, Learned]) -> None:
        super().__init__(given)
        self.read = set[str]()

    def __getitem__(self, name: str) -> Learned:
        self.read.add(name)
        return super().__getitem__(name)


def networks_of(selection: Selection, batch: AlertBatch) -> tuple[str, ...]:
    """The networks whose answers a filter reads, in the order of `batch.learned`."""
    learned = _Noting(batch.learned)
    selection.judge(replace(batch, learned=learned))
    return tuple(name for name in batch.learned if name in learned.read)
