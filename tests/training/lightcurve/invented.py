"""Small invented objects of classes that are easily told apart, and materials made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.observations.layout import BANDS
from classifiers.observations.rows import rows, with_history
from schemas.batch import LightCurves
from training.lightcurve.labels import DISRUPTION, SIX_BAND, STAR, SUPERNOVAE, ZTF
from training.lightcurve.material import BANK, OBJECTS, TEACHER, Material
from training.lightcurve.model import Shape
from training.lightcurve.objects import ztf
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.objects.others import Others
from training.lightcurve.objects.splits import FOLDS, six_band_folds, six_band_held_out
from training.lightcurve.rivals.teacher import SoftLabels
from training.lightcurve.teaching.bank import Bank

Ints = NDArray[np.int64]
SMALL = Shape(width=8, heads=2, inner=8, hidden=8, summaries=2)
POINTS = 12
EACH = 7
"""Objects of a class: the fewest of fourteen from which every class can be held out."""


def objects(label: Ints, seed: int = 0, prefix: str = "object ", points: int = POINTS) -> Objects:
    """Objects of these labels: a class has its own rise, its own fall and its own colours.

    Every other one has a redshift.
    """
    random = np.random.default_rng(seed)
    count = len(label)
    days = np.sort(random.uniform(0, 28, (count, points)), axis=1)
    band = random.integers(0, len(BANDS), (count, points))
    colour = np.sin(1.7 * label[:, None] + 0.9 * band)
    pace = 1 + label[:, None] % 4
    flux = 3000 * (1 + 0.8 * colour) * np.exp(-days * pace / 40) + random.normal(0, 50, days.shape)
    redshift = np.column_stack(
        [random.uniform(0.1, 0.9, count), np.full(count, 0.03), random.uniform(38, 43, count)]
    )
    redshift[1::2] = np.nan
    names = np.array([f"{prefix}{seed}-{row}" for row in range(count)])
    return Objects(names, label.astype(np.int64), _curves(days, band, flux), redshift)


def _curves(days: NDArray[np.float64], band: Ints, flux: NDArray[np.float64]) -> LightCurves:
    count, points = days.shape
    return LightCurves(
        np.arange(count + 1) * points,
        60000.0 + days.ravel(),
        band.ravel().astype(np.int8),
        flux.ravel(),
        np.full(count * points, 50.0),
        np.full(count * points, np.nan),
        np.abs(flux.ravel()) > 250.0,
    )


def six_band() -> Material:
    """EACH objects of every class with a copy of each, and a teacher that tells folds apart.

    The student that is judged on fold k hears 0.3 + k / 10 for the label with redshift, half of
    that without; the served one 0.9.
    """
    label = np.tile(np.arange(len(SIX_BAND)), EACH)
    some = objects(label)
    fold, apart = six_band_folds(some.name), six_band_held_out(some.name)
    again = objects(label, seed=1)
    copies = Objects(some.name, some.label, again.curves, some.redshift)
    place = np.arange(len(label))
    copy = np.repeat([0, 1], len(label))
    bank = Bank(joined([some, copies]), np.tile(place, 2), copy.astype(np.int64))
    return Material(some, bank, _teacher(bank, fold, apart), fold, apart)


def _teacher(bank: Bank, fold: Ints, apart: NDArray[np.bool_]) -> SoftLabels:
    own = fold[bank.parent]
    told = np.stack([_said(bank, 0.3 + one / 10, own == one) for one in range(FOLDS)])
    untold = np.stack([_said(bank, 0.15 + one / 20, own == one) for one in range(FOLDS)])
    unseen = apart[bank.parent]
    return SoftLabels(told, untold, _said(bank, 0.9, unseen), _said(bank, 0.45, unseen))


def _said(bank: Bank, chance: float, nobody: NDArray[np.bool_]) -> NDArray[np.float16]:
    """So much for the label, the rest for all others alike; NaN where nobody may say."""
    classes = len(SIX_BAND)
    found = np.full((len(bank), classes), (1 - chance) / (classes - 1), np.float16)
    found[np.arange(len(bank)), bank.objects.label] = chance
    found[nobody] = np.nan
    return found


def keep(some: Material, work: Path) -> None:
    """As the steps before the crossing leave it."""
    some.objects.save(work / OBJECTS)
    some.bank.save(work / BANK)
    some.soft.save(work / TEACHER)


def of_ztf() -> ztf.Material:
    """Twenty supernovae of every type, the first seen once only; disruptions; other windows."""
    types = objects(np.tile(np.arange(len(SUPERNOVAE)), 20), prefix="ZTF")
    types.curves.detected[1:POINTS] = False
    disrupted = objects(np.full(20, ZTF.index(DISRUPTION)), seed=4, prefix="ZTF")
    none, before = np.full(40, ZTF.index(STAR)), np.tile([900.0, 50.0], (40, 1))
    real = Others(objects(none, seed=2, prefix="ZTF"), np.full(40, "star by SIMBAD"), before)
    simulated = Others(
        objects(none, seed=3, prefix="simulated "), np.full(40, "simulated RRL"), before
    )
    whole = {ztf.SUPERNOVA: types, ztf.DISRUPTION: disrupted}
    return ztf.together(whole, real, simulated)


def rows_of(some: Objects, history: NDArray[np.float64] | None = None) -> NDArray[np.float32]:
    """As a network is told them."""
    found = rows(some.curves, some.redshift)
    return found if history is None else with_history(found, history)
