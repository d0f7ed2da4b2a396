"""The files that are served, from the networks that were fitted, and what smaller forms cost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from classifiers.observations.rows import rows
from training.arrays import Floats
from training.lightcurve.answers import SERVED
from training.lightcurve.export import exported, packed
from training.lightcurve.fitting import Recipe, tuned
from training.lightcurve.judging.outcome import Redshift
from training.lightcurve.labels import SIX_BAND, ZTF
from training.lightcurve.material import Material
from training.lightcurve.model import LightCurveNet
from training.lightcurve.objects.objects import CURVE_COLUMNS, Objects
from training.lightcurve.objects.windows import DETECTIONS_MIN
from training.lightcurve.six_band_crossing import told_redshift
from training.lightcurve.smaller.compression import Judged, Row, study
from training.lightcurve.smaller.forms import Learnt, Making, made

SIX_BAND_NAME, ZTF_NAME = "lightcurve", "supernova"
VERSIONS = {SIX_BAND_NAME: "0.2.0", ZTF_NAME: "0.2.0"}
"""Raised whenever the weights change."""
SYSTEMS = {SIX_BAND_NAME: "lsst", ZTF_NAME: "ztf"}
LABELS = {SIX_BAND_NAME: SIX_BAND, ZTF_NAME: ZTF}
TUNING_SHARE = 0.1
"""Of the recipe's steps, for a changed network to find its balance again."""
QUANTISING_OBJECTS = 512
"""Of the training, from which eight-bit forms take their scales."""


def said_of(name: str, objects: Objects, seed: int) -> dict[str, str]:
    return {
        "name": name,
        "version": VERSIONS[name],
        "system": SYSTEMS[name],
        "detections_min": str(DETECTIONS_MIN),
        "seed": str(seed),
        "data": sha256_of(objects),
    }


def sha256_of(objects: Objects) -> str:
    """Of names, labels, redshifts and points."""
    found = hashlib.sha256()
    for column in (objects.name.astype("U32"), objects.label, objects.redshift):
        found.update(np.ascontiguousarray(column).tobytes())
    for name in CURVE_COLUMNS:
        found.update(np.ascontiguousarray(getattr(objects.curves, name)).tobytes())
    return found.hexdigest()


def served(
    net: LightCurveNet, given: float | Floats, out: Path, name: str, said: dict[str, str]
) -> Path:
    """Write the small file of a fitted network, calibrated by what was found."""
    net.calibrate(given)
    path = out / f"{name}.onnx"
    packed(net, path, LABELS[name], said)
    return path


def studied(
    work: Path, net: LightCurveNet, some: Material, recipe: Recipe, rounds: int
) -> list[Row]:
    """Smaller forms of the served network, judged on the hold-out."""
    folder = work / "smaller"
    folder.mkdir(exist_ok=True)
    lessons = some.lessons(SERVED)
    short = replace(recipe, steps=max(round(TUNING_SHARE * recipe.steps), 1))
    said = said_of(SIX_BAND_NAME, some.objects, recipe.seed)
    making = Making(
        fine_tune=lambda slim: tuned(slim, lessons, short),
        export=lambda one, path: exported(one, path, SIX_BAND, said),
    )
    learnt = np.flatnonzero(~some.held_out)
    spread = some.objects.take(learnt[:: max(len(learnt) // QUANTISING_OBJECTS, 1)])
    told = Learnt(rows(spread.curves, spread.redshift), spread.label)
    return study(made(net, making, told, folder), _judged(some), rounds)


def _judged(some: Material) -> Judged:
    apart = some.objects.take(np.flatnonzero(some.held_out))
    hidden = told_redshift(apart, Redshift.WITHOUT)
    share = np.bincount(some.objects.label[~some.held_out], minlength=len(SIX_BAND))
    return Judged(
        rows(apart.curves, apart.redshift),
        rows(apart.curves, hidden),
        apart.label,
        share / share.sum(),
    )


def keep_study(found: Sequence[Row], path: Path) -> None:
    path.write_text(json.dumps([asdict(one) for one in found]), encoding="utf-8")


def kept_study(path: Path) -> tuple[Row, ...]:
    """What `keep_study` wrote."""
    rows_found = json.loads(path.read_text(encoding="utf-8"))
    for one in rows_found:
        one["time_us"] = {int(batch): us for batch, us in one["time_us"].items()}
    return tuple(Row(**one) for one in rows_found)
