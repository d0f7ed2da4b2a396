"""What is no supernova, from ZTF's real packets: stars, active nuclei, tidal disruptions.

An alert is told apart by what its light curve does not show: a spectrum, SIMBAD's class, a star of
Pan-STARRS within 1" (of 105 alerts of known supernovae none has one). One of which nothing is known
is left out, as is every object that any list calls a supernova, a known solar-system object within
1.5", and one with a real/bogus score below 0.1: other columns tell those.

What could tell these packets from the archive of supernovae without being physics is taken away:
points in bands other than g and r, limits on detections, a point that repeats another's instant.
A packet may hold points of its own night that are later than its detection: they go, too.

alerce_ztf_forced_examples_training.parquet is not read: its 7,490 rows are of 12 objects of
magnitude 12 to 20 without a class, in counts without a zero point.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.observations.gathering import history_of
from schemas.batch import AlertBatch, LightCurves
from schemas.columns import BANDS
from schemas.enriched_reading import EnrichedReader
from schemas.errors import ModelError
from schemas.light_curves import point_rows
from training.arrays import Floats, Ints, Mask
from training.lightcurve.labels import DISRUPTION, NUCLEUS, STAR, ZTF
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.objects.splits import says_supernova, supernova_names
from training.lightcurve.objects.supernovae import LIMIT_MAG_MAX
from training.lightcurve.objects.windows import Windows, windows
from training.packets import decoded, packets
from training.realbogus.alerts.classes import (
    simbad_class,
    spectroscopic_classes,
    tns_class,
)
from training.workers import shown

FOLDER = "ztf"
ASTEROID_ARCSEC = 1.5
STAR_ARCSEC = 1.0
STAR_SCORE = 0.9
"""Of Tachibana & Miller (2018, PASP 130, 128001), from 0 for a galaxy to 1 for a star."""
BOGUS_SCORE = 0.1
ARCHIVE_BANDS = tuple(BANDS.index(band) for band in "gr")
NUCLEI = frozenset(
    {
        "AGN",
        "AGN_Candidate",
        "BLLac",
        "Blazar",
        "Blazar_Candidate",
        "LINER",
        "QSO",
        "QSO_Candidate",
        "Seyfert",
        "Seyfert_1",
        "Seyfert_2",
    }
)
"""SIMBAD's classes of active nuclei."""
SAYS_NOTHING = frozenset(
    {
        "Blue",
        "EmObj",
        "Galaxy",
        "GinCl",
        "GinPair",
        "GlCl?",
        "HII_G",
        "IR",
        "LensedImage",
        "MIR",
        "NIR",
        "Radio",
        "Radio(cm)",
        "Transient",
        "UV",
        "XB",
        "denseCore",
        "multiple_object",
    }
)
"""SIMBAD's classes where a supernova may be as well; all others are of stars."""


CATACLYSMIC = frozenset({"CataclyV*", "Candidate_CV*", "Nova", "DwarfNova", "nova"})
"""Classes of SIMBAD, and the Transient Name Server's of a nova."""
LABEL_OF = MappingProxyType(
    {
        "disruption": DISRUPTION,
        "nucleus": NUCLEUS,
        "cataclysmic": STAR,
        "star by SIMBAD": STAR,
        "star by Pan-STARRS": STAR,
    }
)
"""By how an alert is known; the first that speaks counts."""


class Others(NamedTuple):
    """Windows of what is no supernova, several an object perhaps, and how each is known."""

    objects: Objects
    kind: NDArray[np.str_]
    history: Floats
    """(n, 2), as `layout.HISTORY` says."""


def read_others(data: Path) -> Others:
    """The light curve of every alert of a known other with two detections, by rising alert.

    kind: one of LABEL_OF's. Raises ModelError where there is none.
    """
    spectra = spectroscopic_classes(data)
    supernovae = supernova_names(data, spectra)
    parts: list[Objects] = []
    kinds: list[str] = []
    alerts: list[int] = []
    before: list[Floats] = []
    reader = EnrichedReader()
    for batch in decoded(shown(packets([data / FOLDER]), "reading alerts")):
        records = map(reader.read, batch.packets)
        own = [
            _kind(batch, row, record, spectra.get(str(batch.object_id[row]), ""))
            for row, record in enumerate(records)
        ]
        kept = ~np.isin(batch.object_id, list(supernovae)) & (np.array(own) != "")
        cut = packet_windows(batch.take(np.flatnonzero(kept)))
        rows = np.flatnonzero(kept)[cut.parent]
        parts.append(cut.objects)
        kinds.extend(own[row] for row in rows)
        alerts.extend(batch.alert_id[rows].tolist())
        before.append(history_of(cut.objects.curves, batch.age_days[rows], batch.detections[rows]))
    if not alerts:
        raise ModelError(f"{data / FOLDER}: has no packet of a known other; name the real data")
    objects = joined(parts)
    once = _fullest(np.array(alerts), objects.curves)
    objects, kind = objects.take(once), _of_object(objects.name[once], np.array(kinds)[once])
    label = np.array([ZTF.index(LABEL_OF[one]) for one in kind], np.int64)
    return Others(replace(objects, label=label), kind, np.concatenate(before)[once])


def _of_object(name: NDArray[np.str_], kind: NDArray[np.str_]) -> NDArray[np.str_]:
    """Of alerts (n,) of one object that speak differently, the kind that comes first."""
    order = {one: rank for rank, one in enumerate(LABEL_OF)}
    best: dict[str, str] = {}
    for one, said in zip(name.tolist(), kind.tolist(), strict=True):
        best[one] = min(best.get(one, said), said, key=order.__getitem__)
    return np.array([best[one] for one in name.tolist()])


def _kind(batch: AlertBatch, row: int, record: dict[str, Any], spectrum: str) -> str:
    """How an alert is known to be no supernova; empty where it is not."""
    simbad, told = simbad_class(record), tns_class(record) or spectrum
    if says_supernova(simbad) or says_supernova(told):
        return ""
    if batch.asteroid_distance_arcsec[row] <= ASTEROID_ARCSEC:
        return ""
    if batch.survey_real_score[row] < BOGUS_SCORE:
        return ""
    known = simbad not in SAYS_NOTHING | {""}
    star = batch.star_distance_arcsec[row] <= STAR_ARCSEC
    evidence = (
        ("disruption", told.startswith(DISRUPTION)),
        ("cataclysmic", simbad in CATACLYSMIC or told in CATACLYSMIC),
        ("nucleus", simbad in NUCLEI),
        ("star by SIMBAD", known),
        ("star by Pan-STARRS", star and batch.star_galaxy_score[row] >= STAR_SCORE),
    )
    return next((kind for kind, speaks in evidence if speaks), "")


def packet_windows(batch: AlertBatch) -> Windows:
    """Of those alerts that have enough detections; parents are rows of the batch."""
    curves = _as_archived(batch.light_curve, batch.mjd)
    own = point_rows(curves)
    here = np.flatnonzero(curves.detected & (curves.mjd == batch.mjd[own]))
    last = np.full(len(batch), -1, np.int64)
    last[own[here]] = here
    label = np.full(len(batch), ZTF.index(STAR), np.int64)
    objects = Objects(batch.object_id, label, curves, np.full((len(batch), 3), np.nan))
    return windows(objects, last[last >= 0])


def _as_archived(curves: LightCurves, alert_mjd: Floats) -> LightCurves:
    """The points as the archive of supernovae would have them."""
    row = point_rows(curves)
    deep = (curves.limit_mag > LIMIT_MAG_MAX) | (curves.limit_mag < 0)
    kept = np.isin(curves.band, ARCHIVE_BANDS) & (curves.mjd <= alert_mjd[row])
    kept &= ~(deep & ~curves.detected) & _first_of_instant(curves, row)
    cut = curves.where(kept)
    return replace(cut, limit_mag=np.where(cut.detected, np.nan, cut.limit_mag))


def _first_of_instant(curves: LightCurves, row: Ints) -> Mask:
    """Of points of one alert, instant and band, both detected or both not, the first."""
    key = np.stack([row, curves.mjd, curves.band, curves.detected], axis=1)
    first = np.zeros(len(row), np.bool_)
    first[np.unique(key, axis=0, return_index=True)[1]] = True
    return first


def _fullest(alert: Ints, curves: LightCurves) -> Ints:
    """Of rows of one alert the one with most points, by rising alert."""
    order = np.lexsort((-np.diff(curves.offsets), alert))
    return order[np.unique(alert[order], return_index=True)[1]]
