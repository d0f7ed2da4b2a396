"""Which of the real alerts' objects each network has learnt from, and which networks a filter asks.

The network "lightcurve" has learnt from simulated light curves alone, and is not among them.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.labels import ASTEROID_ARCSEC
from benchmarks.real_alerts import RealAlerts
from classifiers.lightcurve import SUPERNOVA
from filters.selection import Selection
from schemas.batch import AlertBatch
from schemas.learned import Learned
from training.realbogus.alerts.classes import tns_class

Mask = NDArray[np.bool_]
CACHE = Path(".cache/learnt.npz")
OBJECTS = Path(__file__).parents[1] / "training/lightcurve/objects"
"""What reads and splits the objects that "supernova" learns from."""


class Taught(NamedTuple):
    """The objects that the served "supernova" has learnt from."""

    names: frozenset[str]
    known: bool
    """Whether the hold-out is left out of them. It can be told where a name alone decides of its
    place; of a split of rows only who has the same rows can say it, and then all count as learnt.
    """


def learnt(alerts: RealAlerts, taught: Taught) -> dict[str, Mask]:
    """By network that learnt from real objects, the alerts (n,) of those."""
    batch = alerts.batch
    by_stamps = set(batch.object_id[_by_stamps(alerts)].tolist())
    return {
        "realbogus": np.isin(batch.object_id, list(by_stamps)),
        "supernova": np.isin(batch.object_id, list(taught.names)),
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


def supernova_taught(data: Path, cache: Path = CACHE) -> Taught:
    """Read as the training reads, some minutes; or what was kept for the same file and code.

    Exits with one line where neither an answer is kept nor the training's libraries are there.
    """
    key = _key()
    if cache.exists():
        with np.load(cache) as kept:
            if str(kept["key"]) == key:
                return Taught(frozenset(kept["names"].tolist()), bool(kept["known"]))
    taught = _read(data)
    cache.parent.mkdir(exist_ok=True)
    np.savez(cache, key=key, names=np.array(sorted(taught.names)), known=taught.known)
    return taught


def _key() -> str:
    """Of the served file, and of the code that says what was learnt."""
    found = hashlib.sha256(SUPERNOVA.read_bytes())
    for path in sorted(OBJECTS.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def _read(data: Path) -> Taught:
    try:
        from benchmarks.taught import taught  # noqa: PLC0415 - not everyone has what it needs
    except ModuleNotFoundError as error:
        sys.exit(
            f"the training says what was learnt, and needs {error.name}, which is not installed; "
            "run `make figures`"
        )
    return Taught(*taught(data))


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
