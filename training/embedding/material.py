"""What the embedding learns of: simulated and real light curves, cut and worn, and real alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.alert_embedding import StampReader, is_taught, rows_of
from classifiers.embedding_layout import ROW_WIDTH, STAMPS_BEGIN
from classifiers.observations.layout import ROW
from classifiers.observations.rows import rows
from schemas.batch import LightCurves
from training.arrays import Columns, Floats, Ints, Mask, Singles
from training.lightcurve.labels import SIX_BAND, ZTF
from training.lightcurve.objects.history import as_packets_say
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.others import read_others
from training.lightcurve.objects.plasticc import read_training
from training.lightcurve.objects.seen import is_deep, left_out
from training.lightcurve.objects.splits import (
    six_band_folds,
    six_band_held_out,
    ztf_folds,
    ztf_held_out,
)
from training.lightcurve.objects.supernovae import read_supernovae
from training.lightcurve.objects.windows import drawn, every_detection, newest_after, windows
from training.lightcurve.teaching.wear import Wear, seldom, shallow, worn
from training.lightcurve.ztf_crossing import WEAR as ZTF_WEAR
from training.packets import FOLDERS, decoded, packets
from training.workers import shown

CLASSES = (*SIX_BAND, "SNIIn", "star")
"""Of both surveys; an alert of which nothing is known has NO_CLASS."""
NO_CLASS = -1
ZTF_CLASSES = np.array([CLASSES.index(one) for one in ZTF])
SIMULATED, ARCHIVE, PACKET = 0, 1, 2
SIMULATED_VIEWS = 6
"""Of each simulated object: the first is its whole light curve as it would be gathered."""
WINDOWS_MAX = 8
"""Of each supernova of the archive."""
ASKED_DAYS = 40.0
"""After its first detection, when each supernova of the archive is asked about."""
SIMULATED_WEAR = Wear(short_share=0.5, short_days=(2.0, 200.0), spoilt_share=0.1)
DEEP_THINNED = 0.7
"""Of the views of objects in deep fields, that are seen as outside."""
NOISY_SHARE = 0.5
"""Of these, whose errors grow to those outside, too."""
DETECTED_SIGMAS = 4.0


@dataclass(frozen=True)
class Material(Columns):
    """n views of objects."""

    name: NDArray[np.str_]
    rows: Singles
    """(n, ROW_WIDTH)."""
    label: Ints
    """Place in CLASSES; NO_CLASS where nothing is known."""
    source: Ints
    """SIMULATED, ARCHIVE or PACKET."""
    asked: Mask
    """What figures are quoted on: whole simulated light curves, supernovae's windows that end
    ASKED_DAYS after the first detection, real alerts of known class."""
    fold: Ints
    held_out: Mask
    mjd: Floats
    """Of the alert, by which views of one object follow one another."""
    alert_id: Ints
    """Of a real alert; 0 for others."""


def read_material(data: Path, random: np.random.Generator) -> Material:
    """Everything below `data`."""
    simulated, supernovae = _simulated(read_training(data), random), read_supernovae(data)
    known = [supernovae, read_others(data).objects]
    return Material.joined([simulated, _archive(supernovae, random), _packets(data, known)])


def _simulated(objects: Objects, random: np.random.Generator) -> Material:
    parts = [_view(objects, view, random) for view in range(SIMULATED_VIEWS)]
    return Material.joined(parts)


def _view(objects: Objects, view: int, random: np.random.Generator) -> Material:
    """All objects once: as they are gathered, or worn."""
    curves = objects.curves
    if view:
        which = is_deep(curves) & (random.random(len(objects)) < DEEP_THINNED)
        noisy = which & (random.random(len(objects)) < NOISY_SHARE)
        curves = shallow(seldom(curves, which, random), noisy, random, DETECTED_SIGMAS)
        curves, _ = worn(curves, random, SIMULATED_WEAR)
    curves = left_out(curves)
    told, label = _padded(curves, np.column_stack(_seen(curves)), system=1), objects.label.copy()
    end = _last(curves)
    return _material(objects.name, told, label, end, source=SIMULATED, asked=view == 0)


def _archive(objects: Objects, random: np.random.Generator) -> Material:
    """Windows that end at any detection, and those that are asked about."""
    parts = []
    some = drawn(objects, every_detection(objects), WINDOWS_MAX, random)
    for asked, ends in ((False, some), (True, newest_after(objects, ASKED_DAYS))):
        cut = windows(objects, ends)
        curves, end = cut.objects.curves, _last(cut.objects.curves)
        if not asked:
            curves, _ = worn(curves, random, ZTF_WEAR)
        told = _padded(curves, as_packets_say(cut.history, cut.parent, random), system=0)
        label = ZTF_CLASSES[cut.objects.label]
        parts.append(_material(cut.objects.name, told, label, end, source=ARCHIVE, asked=asked))
    return Material.joined(parts)


def _packets(data: Path, known: Sequence[Objects]) -> Material:
    """Every real alert once, with its stamps."""
    labels = dict[str, int]()
    for objects in known:
        labels |= dict(zip(objects.name.tolist(), ZTF_CLASSES[objects.label].tolist(), strict=True))
    reader, seen, parts = StampReader(), set[int](), list[Material]()
    for batch in decoded(shown(packets([data / one for one in FOLDERS]), "reading alerts")):
        _, first = np.unique(batch.alert_id, return_index=True)
        once = np.isin(np.arange(len(batch)), first) & ~np.isin(batch.alert_id, list(seen))
        some = batch.take(np.flatnonzero(once & is_taught(batch)))
        if not len(some):
            continue
        seen.update(some.alert_id.tolist())
        label = np.array([labels.get(one, NO_CLASS) for one in some.object_id.tolist()], np.int64)
        told = rows_of(some, reader)
        one = _material(some.object_id, told, label, some.mjd, source=PACKET, asked=True)
        parts.append(replace(one, alert_id=some.alert_id, asked=label != NO_CLASS))
    return Material.joined(parts)


def _material(
    name: NDArray[np.str_], told: Singles, label: Ints, mjd: Floats, *, source: int, asked: bool
) -> Material:
    """Split by name, as the classifiers' objects are."""
    count, simulated = len(name), source == SIMULATED
    folds, whole = (six_band_folds, six_band_held_out) if simulated else (ztf_folds, ztf_held_out)
    return Material(
        name.astype("U24"),
        told,
        label,
        np.full(count, source),
        np.full(count, asked),
        folds(name),
        whole(name),
        mjd,
        np.zeros(count, np.int64),
    )


def _padded(curves: LightCurves, history: Floats, system: int) -> Singles:
    """Light curves' rows, without a redshift, stamps or context."""
    told = np.full((len(curves), ROW_WIDTH), np.nan, np.float32)
    told[:, :ROW] = rows(curves, np.full((len(curves), 3), np.nan))
    told[:, ROW : STAMPS_BEGIN - 1] = history
    told[:, STAMPS_BEGIN - 1] = system
    return told


def _seen(curves: LightCurves) -> tuple[Floats, Floats]:
    """Days from the first detection to the last, and how many there are, (n,) each."""
    count = np.diff(np.append(0, np.cumsum(curves.detected))[curves.offsets]).astype(np.float64)
    days = np.zeros(len(curves))
    for row, (begin, end) in enumerate(zip(curves.offsets[:-1], curves.offsets[1:], strict=True)):
        mjd = curves.mjd[begin:end][curves.detected[begin:end]]
        days[row] = mjd[-1] - mjd[0] if len(mjd) else 0.0
    return days, count


def _last(curves: LightCurves) -> Floats:
    """The time of each one's last point."""
    ends = np.maximum(curves.offsets[1:] - 1, 0)
    return np.where(np.diff(curves.offsets) > 0, curves.mjd[ends], np.nan)
