"""Light curves cut at an alert, as rows, with what the finished ones say: both surveys'."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.observations.rows import rows
from classifiers.phase_layout import TARGETS
from schemas.batch import LightCurves
from training.arrays import Columns, Floats, Ints, Mask, Singles
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.objects.history import as_packets_say
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.objects.plasticc import (
    FOLDER,
    TRAINING,
    read_test_supernovae,
    read_training,
)
from training.lightcurve.objects.splits import (
    six_band_folds,
    six_band_held_out,
    ztf_folds,
    ztf_held_out,
)
from training.lightcurve.objects.supernovae import read_supernovae
from training.phase.truth import Curve, G, R, curve_of, first_light, magnitude_at, peak

TRANSIENTS = ("SNIa", "SNIa-91bg", "SNIax", "SNII", "SNIbc", "SLSN-I", "TDE", "KN")
CUTS_MAX = 16
"""Of an object, drawn at random from its detections."""
AFTER_PEAK_DAYS_MAX, BEFORE_PEAK_DAYS_MAX = 80.0, 60.0
WINDOW_DAYS = 30.0
FIRST_LIGHT_DAYS_MAX = 150.0
"""Longer ago the survey saw something else."""
AT_PEAK_DAYS = 3.0
"""A detection so near to a peak has its magnitude, where no cubic has."""
DETECTIONS_MIN = 2
ZTF, LSST = 0, 1
UNKNOWN_FOLD = 9
DAYS_TO_PEAK = TARGETS.index("days_to_peak")


@dataclass(frozen=True)
class Material(Columns):
    """n cuts."""

    name: NDArray[np.str_]
    rows: Singles
    """(n, ROW + EXTRAS)."""
    truth: Floats
    """(n, TARGETS), NaN where a finished light curve does not say."""
    system: Ints
    is_ia: Mask
    fold: Ints
    held_out: Mask
    mag: Floats
    """Of the alert."""
    mjd: Floats


def read_material(data: Path, random: np.random.Generator) -> Material:
    """Everything below `data`."""
    ztf = read_supernovae(data)
    known = np.full(len(ztf), np.nan)
    one = _cut(ztf, known, ZTF, random, (ztf_folds(ztf.name), ztf_held_out(ztf.name)))
    simulated, more = read_training(data), read_test_supernovae(data)
    both = joined([simulated, more])
    keep = np.flatnonzero(np.isin(np.array(SIX_BAND)[both.label], TRANSIENTS))
    peaks = np.concatenate([_true_peaks(data, simulated), np.full(len(more), np.nan)])
    split = six_band_folds(both.name), six_band_held_out(both.name)
    # What is known of the second file has no true peak: the other values are learnt of it.
    two = _cut(both.take(keep), peaks[keep], LSST, random, (split[0][keep], split[1][keep]))
    return Material.joined([one, two])


def read_each(data: Path, random: np.random.Generator, objects: int) -> Material:
    """Every detection, from the second on, of some objects of each survey held out, as `_cut` has.

    Rubin's are of PLAsTiCC's training set, which says when each had its peak.
    """
    ztf, simulated = read_supernovae(data), read_training(data)
    transient = np.isin(np.array(SIX_BAND)[simulated.label], TRANSIENTS)
    parts = []
    for system, some, peaks, apart in (
        (ZTF, ztf, np.full(len(ztf), np.nan), ztf_held_out(ztf.name)),
        (LSST, simulated, _true_peaks(data, simulated), six_band_held_out(simulated.name)),
    ):
        rows = np.flatnonzero(apart & transient if system == LSST else apart)
        split = np.full(len(rows), UNKNOWN_FOLD), np.ones(len(rows), bool)
        every = _cut(some.take(rows), peaks[rows], system, random, split, cuts_max=None)
        every = every.take(np.isfinite(every.truth[:, DAYS_TO_PEAK]))
        drawn = random.permutation(np.unique(every.name))[:objects]
        parts.append(every.take(np.isin(every.name, drawn)))
    return Material.joined(parts)


def _true_peaks(data: Path, objects: Objects) -> Floats:
    """PLAsTiCC's own dates, by object."""
    with gzip.open(data / FOLDER / TRAINING[0], "rt", newline="") as file:
        lines = csv.DictReader(file, skipinitialspace=True)
        said = {one["object_id"].strip(): float(one["true_peakmjd"]) for one in lines}
    return np.array([said[name] for name in objects.name])


def _cut(
    objects: Objects,
    true_peak: Floats,
    system: int,
    random: np.random.Generator,
    split: tuple[Ints, Mask],
    *,
    cuts_max: int | None = CUTS_MAX,
) -> Material:
    """Cuts of all objects."""
    parts = [
        (row, *found)
        for row in range(len(objects))
        for found in _of_object(
            objects.curves, row, float(true_peak[row]), system, random, cuts_max=cuts_max
        )
    ]
    columns = zip(*parts, strict=True)
    parent, begins, ends, seen, truth, mag, mjd = (np.array(each) for each in columns)
    curves = objects.curves.between(begins, ends)
    told = rows(curves, np.full((len(parent), 3), np.nan))
    # Rubin's packets hold all that came before; ZTF's count otherwise than their archive.
    history = as_packets_say(seen, parent, random) if system == ZTF else seen
    extras = np.column_stack((history, np.full(len(parent), system)))
    label = objects.label[parent]
    ia = label == (SIX_BAND.index("SNIa") if system == LSST else 0)
    return Material(
        objects.name[parent].astype("U24"),
        np.concatenate([told, extras.astype(np.float32)], axis=1),
        truth,
        np.full(len(parent), system),
        ia,
        split[0][parent],
        split[1][parent],
        mag,
        mjd,
    )


def _of_object(
    curves: LightCurves,
    row: int,
    true_peak: float,
    system: int,
    random: np.random.Generator,
    *,
    cuts_max: int | None,
) -> Iterator[tuple[int, int, list[float], list[float], float, float]]:
    """Of each cut: where it begins and ends, extras, truth, magnitude, time."""
    curve, offset = curve_of(curves, row), int(curves.offsets[row])
    at = np.flatnonzero(curve.detected)
    if len(at) < DETECTIONS_MIN + 1:
        return
    peaks = [peak(curve, band) for band in (G, R)]
    main = true_peak if system == LSST else _first_known(peaks[0].mjd, peaks[1].mjd)
    centre = _first_known(main, peaks[0].mjd, peaks[1].mjd)
    if not np.isfinite(centre):
        return
    near = (curve.mjd[at] > centre - BEFORE_PEAK_DAYS_MAX) & (
        curve.mjd[at] < centre + AFTER_PEAK_DAYS_MAX
    )
    ends = at[near & (np.cumsum(np.ones(len(at))) >= DETECTIONS_MIN)]
    began, first = first_light(curve), curve.mjd[at[0]]
    for end in np.sort(random.permutation(ends)[:cuts_max]):
        now = curve.mjd[end]
        begin = int(np.searchsorted(curve.mjd, now - WINDOW_DAYS)) if system == ZTF else 0
        if curve.detected[begin : end + 1].sum() < DETECTIONS_MIN:
            continue
        seen = [now - first, float(np.sum(at <= end))]
        young = now - began if now - began < FIRST_LIGHT_DAYS_MAX else np.nan
        truth = [young, *(one - now for one in (main, peaks[0].mjd, peaks[1].mjd))]
        truth += [
            _peak_mag(curve, one.flux_njy, band, main)
            for one, band in zip(peaks, (G, R), strict=True)
        ]
        truth += _ahead(curve, now)
        mag = _mag(curve.flux[end])
        yield offset + begin, offset + end + 1, seen, truth, mag, now


def _ahead(curve: Curve, now: float) -> list[float]:
    times = now + np.array([1.0, 3.0])
    found = [magnitude_at(curve, band, times) for band in (G, R)]
    return [found[0][0], found[1][0], found[0][1], found[1][1]]


def _peak_mag(curve: Curve, flux: float, band: int, peak_mjd: float) -> float:
    if np.isfinite(flux):
        return _mag(flux)
    near = curve.detected & (curve.band == band) & (np.abs(curve.mjd - peak_mjd) < AT_PEAK_DAYS)
    return _mag(float(curve.flux[near].mean())) if near.any() else float("nan")


def _first_known(*values: float) -> float:
    return next((one for one in values if np.isfinite(one)), float("nan"))


def _mag(flux: float) -> float:
    return float(31.4 - 2.5 * np.log10(flux)) if flux > 0 else float("nan")
