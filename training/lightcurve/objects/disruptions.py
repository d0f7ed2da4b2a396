"""Reads the tidal disruption events of manyTDE that ZTF saw: one entry an event.

manyTDE (Mummery, van Velzen et al. 2023, arXiv:2308.08255; the version is in each file) has a JSON
file an event with the light curve of its transient in Jy, host and reference subtracted, not
corrected for extinction. ZTF's points there are forced photometry, exposure by exposure. Here they
become what a packet would hold: a detection from DETECTION_SIGMA up, below it a limit of as many
errors. Events of earlier surveys, whose filters are called ZTF's too, are left out.

The folder is a copy of the public repository sjoertvv/manyTDE; training alone reads it.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from schemas.columns import BANDS
from schemas.errors import ModelError
from schemas.light_curves import Points, light_curves
from schemas.photometry import DETECTION_SIGMA, ab_magnitude
from training.arrays import Floats
from training.lightcurve.labels import DISRUPTION, ZTF
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.supernovae import OBJECT_DETECTIONS_MIN

SOURCES = "data/sources"
FOLDER = "lightcurves/manyTDE"
"""Below the real data, where no other is named."""
NAMES = "labels/ztf_bts_all_labeled.csv"
"""ZTF's name of an event, by its name in the Transient Name Server."""
FILTERS = {"g.ztf": BANDS.index("g"), "r.ztf": BANDS.index("r")}
FIRST_MJD = 58150.0
"""February 2018, when ZTF began."""
NJY_PER_JY = 1e9


def read_disruptions(data: Path, folder: Path | None = None) -> Objects:
    """Every event with three detections in g and r, by rising name.

    folder: manyTDE. Raises ModelError where it is missing or holds none.
    """
    where = (folder or data / FOLDER) / SOURCES
    known = _ztf_names(data / NAMES)
    events = [_event(json.loads(path.read_text("utf-8"))) for path in sorted(where.glob("*.json"))]
    # One event stands there twice, under two names.
    once = {points.tobytes(): (name, points) for name, points in events if _is_seen(points)}
    fine = {known.get(name, name): points for name, points in once.values()}
    if not fine:
        raise ModelError(f"{where}: holds no disruption; name a copy of manyTDE with --disruptions")
    names = sorted(fine)
    found = [np.insert(fine[name], 0, row, axis=1) for row, name in enumerate(names)]
    return Objects(
        np.array(names),
        np.full(len(names), ZTF.index(DISRUPTION), np.int64),
        light_curves(len(names), _points(np.concatenate(found))),
        np.full((len(names), 3), np.nan),
    )


def _ztf_names(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["IAUID"]: row["ZTFID"] for row in csv.DictReader(file)}


def _event(record: dict[str, Any]) -> tuple[str, Floats]:
    """Its name, and mjd, band, flux and error in nJy of its points, (n, 4)."""
    rows = [
        (mjd, FILTERS[name], NJY_PER_JY * flux, NJY_PER_JY * error)
        for mjd, name, flux, error in map(_whole, record["lightcurve"]["data"])
        if name in FILTERS and mjd > FIRST_MJD and error > 0
    ]
    return record["name"], np.array(rows, np.float64).reshape(-1, 4)


def _whole(row: list[Any]) -> tuple[float, str, float, float]:
    """A row of four, whose error may be missing."""
    mjd, name, flux, *error = row
    return mjd, name, flux, error[0] if error else 0.0


def _is_seen(points: Floats) -> bool:
    return int((points[:, 2] > DETECTION_SIGMA * points[:, 3]).sum()) >= OBJECT_DETECTIONS_MIN


def _points(rows: Floats) -> Points:
    """Of row, mjd, band, flux and error, (n, 5)."""
    row, mjd, band, flux, error = rows.T
    detected = np.abs(flux) > DETECTION_SIGMA * error
    return Points(
        row.astype(np.int64),
        mjd,
        band.astype(np.int8),
        np.where(detected, flux, np.nan),
        np.where(detected, error, np.nan),
        np.where(detected, np.nan, ab_magnitude(DETECTION_SIGMA * error)),
        detected,
    )
