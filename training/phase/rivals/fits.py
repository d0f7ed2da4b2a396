"""Template fits of many cuts: whose light curves and redshifts they are, and where each was cut."""

from __future__ import annotations

import csv
import gzip
import lzma
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from schemas.errors import ModelError
from training.arrays import Floats, Ints
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.plasticc import FOLDER, TRAINING, read_training
from training.lightcurve.objects.supernovae import read_supernovae
from training.phase.material import LSST, WINDOW_DAYS, ZTF, Material
from training.phase.rivals.salt2 import Peaks, Template
from training.phase.truth import Curve, G, R, curve_of, part_of
from training.workers import shown

SURVEY_OF_SPECTRA = "hosts/ZTFBTS_TransientTable.csv.xz"
"""The Bright Transient Survey's (Perley et al. 2020, ApJ 904, 35), with redshifts."""
JUST_DAYS = 1e-6


def fitted(data: Path, asked: Material, rows: Ints, templates: Path, filters: Path) -> Floats:
    """Days to peak (n,) of all that is asked, NaN but in these rows, and where none was fitted.

    What is meant by the peak is what the truth means by it: of g, or else of r, for ZTF; for
    Rubin the rest frame's B. Raises ModelError where data, model or transmissions are missing.
    """
    found = np.full(len(asked.name), np.nan)
    for system, survey in ((LSST, "lsst"), (ZTF, "ztf")):
        own = rows[asked.system[rows] == system]
        template = Template(survey, templates, filters)
        redshifts = (_of_spectra if system == ZTF else _simulated)(data)
        known = [row for row in own.tolist() if asked.name[row] in redshifts]
        for row, curve in _cut(read_objects(data, system), asked, known):
            peaks = template.peaks(curve, redshifts[asked.name[row]])
            if peaks is not None:
                found[row] = _asked_of(peaks, asked.truth[row], system)
    return found


def read_objects(data: Path, system: int) -> Objects:
    """Light curves whose date of peak is known."""
    return read_supernovae(data) if system == ZTF else read_training(data)


def _cut(objects: Objects, asked: Material, rows: Iterable[int]) -> Iterator[tuple[int, Curve]]:
    """Each row's light curve, as the network saw it."""
    place = {name: one for one, name in enumerate(objects.name.tolist())}
    for row in shown(list(rows), "fitting templates"):
        whole, now = curve_of(objects.curves, place[asked.name[row]]), asked.mjd[row]
        begin = now - WINDOW_DAYS if asked.system[row] == ZTF else -np.inf
        some = (whole.mjd <= now + JUST_DAYS) & (whole.mjd >= begin)
        yield row, part_of(whole, some)


def _asked_of(peaks: Peaks, truth: Floats, system: int) -> float:
    if system == LSST:
        return peaks.rest_b
    has_g = np.isfinite(truth[2])
    return peaks.bands[G if has_g else R]


def _of_spectra(data: Path) -> dict[str, float]:
    """By ZTF's name."""
    path = data / SURVEY_OF_SPECTRA
    if not path.exists():
        raise ModelError(f"{path}: not there; name the folder of the real data")
    with lzma.open(path, "rt", newline="") as file:
        return dict(_positive(csv.DictReader(file), "ZTFID", "redshift"))


def _simulated(data: Path) -> dict[str, float]:
    """By PLAsTiCC's number."""
    with gzip.open(data / FOLDER / TRAINING[0], "rt", newline="") as file:
        return dict(_positive(csv.DictReader(file, skipinitialspace=True), "object_id", "true_z"))


def _positive(lines: Iterable[dict[str, Any]], name: str, z: str) -> Iterator[tuple[str, float]]:
    for line in lines:
        text = line[z].strip()
        if text not in {"", "-"} and float(text) > 0:
            yield line[name].strip(), float(text)
