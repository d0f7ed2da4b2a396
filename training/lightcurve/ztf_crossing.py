"""ZTF's networks: fitted side by side, and asked about objects that they did not learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.observations.rows import rows
from training.lightcurve.calibration import chances_of, slope, slopes_across
from training.lightcurve.crossing import (
    NETS,
    Answers,
    keep,
    kept_answers,
    kept_network,
    served_form,
    side_by_side,
)
from training.lightcurve.fitting import Recipe, logits
from training.lightcurve.judging.outcome import SERVED as SERVED_NAME
from training.lightcurve.judging.outcome import WINDOWS, ZtfOutcome
from training.lightcurve.labels import SUPERNOVAE, ZTF
from training.lightcurve.material import SERVED
from training.lightcurve.objects.early import first_detection_mjd
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.objects.splits import FOLDS
from training.lightcurve.objects.windows import (
    Windows,
    drawn,
    every_detection,
    newest_after,
    nth_detection,
    windows,
)
from training.lightcurve.objects.ztf import Material
from training.lightcurve.teaching.drawing import Wear
from training.lightcurve.teaching.lessons import Lessons

WINDOWS_MAX = 16
"""Of one supernova, to learn from."""
EARLY_DAYS = 20.0
"""After the first detection: a window that ends then counts half of one that ends with it."""
SIMULATED_SHARE = 0.3
"""Of the others that are drawn to learn from; the rest are real."""
UNSIGNED_SHARE = 0.5
"""Of the others, whose signs are hidden: the archive of supernovae holds magnitudes alone, so that
a sign would tell where a light curve is from."""
WEAR = Wear(short_share=0.0, detected_sigmas=0.0)
"""Windows end early by themselves, and a packet never holds the flux of what it did not detect."""


class Job(NamedTuple):
    """One network of a fold, or the served one, which does not learn from the hold-out."""

    fold: int
    seed: int

    @property
    def name(self) -> str:
        """Of its files, without their ending."""
        return f"ztf-{'served' if self.fold == SERVED else f'fold{self.fold}'}-seed{self.seed}"


def jobs(seeds: Sequence[int]) -> list[Job]:
    """The first seed's folds, the served network, and the other seeds' folds."""
    first, *others = seeds
    return [
        *(Job(fold, first) for fold in range(FOLDS)),
        Job(SERVED, first),
        *(Job(fold, seed) for seed in others for fold in range(FOLDS)),
    ]


def crossed(work: Path, todo: Sequence[Job], recipe: Recipe, workers: int) -> None:
    """Fit all of these and keep what they answer; what an interrupted run has fitted stays."""
    side_by_side(work, partial(answered, work, recipe), todo, workers, "ZTF's networks")


@lru_cache(maxsize=1)
def material(work: Path) -> Material:
    """Once a process."""
    return Material.load(work)


def answered(work: Path, recipe: Recipe, job: Job) -> None:
    """Fit one network, keep its weights, and its logits about the objects it is judged on."""
    path = work / NETS / f"{job.name}.npz"
    if path.is_file():
        return
    some = material(work)
    taught = partial(lessons, some, ~judged(some, job.fold), job.seed)
    net = kept_network(path.with_suffix(".pt"), taught, replace(recipe, seed=job.seed))
    small = served_form(net)
    keep(path, {key: logits(small, told) for key, told in questions(some, job.fold).items()})


def judged(some: Material, fold: int) -> NDArray[np.bool_]:
    """(n,): what a fold's network does not learn from."""
    return some.held_out if fold == SERVED else some.fold == fold


def lessons(some: Material, known: NDArray[np.bool_], seed: int) -> Lessons:
    """Windows of known supernovae that end at any detection, and of known others."""
    random = np.random.default_rng(seed)
    whole = some.objects.take(np.flatnonzero(known & some.supernova))
    cut = windows(whole, drawn(whole, every_detection(whole), WINDOWS_MAX, random))
    others = np.flatnonzero(known & ~some.supernova)
    unlike = some.objects.take(others)
    return Lessons(
        joined([cut.objects, unsigned(unlike, random.random(len(unlike)) < UNSIGNED_SHARE)]),
        len(ZTF),
        hidden_share=1.0,
        wear=WEAR,
        importance=np.concatenate(
            [_early_first(cut, first_detection_mjd(whole.curves)), _others_importance(some, others)]
        ),
    )


def _early_first(cut: Windows, first_mjd: NDArray[np.float64]) -> NDArray[np.float64]:
    """(m,): a window the less the older its object is, all of an object's together alike."""
    curves = cut.objects.curves
    age = curves.mjd[curves.offsets[1:] - 1] - first_mjd[cut.parent]
    worth = 1 / (1 + age / EARLY_DAYS)
    together: NDArray[np.float64] = worth / np.bincount(cut.parent, worth)[cut.parent]
    return together


def unsigned(objects: Objects, which: NDArray[np.bool_]) -> Objects:
    """The same, some of them without the signs of their fluxes."""
    points = np.repeat(which, np.diff(objects.curves.offsets))
    flux = objects.curves.flux_njy
    bare = np.where(points, np.abs(flux), flux)
    return replace(objects, curves=replace(objects.curves, flux_njy=bare))


def _alike(objects: Objects) -> NDArray[np.float64]:
    """(m,), so that each object's windows come as often together as another's."""
    _, place, count = np.unique(objects.name, return_inverse=True, return_counts=True)
    return 1.0 / count[place]


def _others_importance(some: Material, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(m,), so that simulated others have their share whatever their number."""
    found, real = _alike(some.objects.take(rows)), some.real[rows]
    # As many as there are real objects, so that the label's weight is of what was observed.
    observed = found[real].sum()
    found[real] *= 1 - SIMULATED_SHARE
    if not real.all():
        found[~real] *= SIMULATED_SHARE * observed / found[~real].sum()
    return found


def supernova_windows(some: Material) -> dict[str, Windows]:
    """By `WINDOWS`: the windows that figures are quoted on, of all supernovae."""
    whole = some.objects.take(np.flatnonzero(some.supernova))
    ends = (nth_detection(whole, 3), newest_after(whole, 20.0), newest_after(whole, 40.0))
    return {name: windows(whole, end) for name, end in zip(WINDOWS, ends, strict=True)}


def questions(some: Material, fold: int) -> dict[str, NDArray[np.float32]]:
    """Rows by window, of a fold's supernovae; and of its real others."""
    own = judged(some, fold)
    found = {}
    for name, cut in supernova_windows(some).items():
        asked = np.flatnonzero(own[some.supernova][cut.parent])
        found[name] = _rows(cut.objects.take(asked))
    found[OTHERS] = _rows(some.objects.take(np.flatnonzero(own & other_rows(some))))
    return found


OTHERS = "others"


def other_rows(some: Material) -> NDArray[np.bool_]:
    """(n,): real windows of what is no supernova."""
    return some.real & ~some.supernova


def _rows(objects: Objects) -> NDArray[np.float32]:
    return rows(objects.curves, objects.redshift)


class Gathered(NamedTuple):
    """What all networks answered, calibrated, and the slope of the served one."""

    outcome: ZtfOutcome
    slope: float


def gathered(work: Path, some: Material, seeds: Sequence[int]) -> Gathered:
    """Out-of-fold answers of `crossed`'s networks, put together and calibrated across folds."""
    kept = {
        (fold, seed): kept_answers(work, Job(fold, seed).name)
        for seed in seeds
        for fold in range(FOLDS)
    }
    whole = np.flatnonzero(some.supernova)
    label, fold = some.objects.label[whole], some.fold[whole]
    cuts = supernova_windows(some)
    found = np.full((len(WINDOWS), len(seeds), len(whole), len(ZTF)), np.nan, np.float32)
    for place, name in enumerate(WINDOWS):
        for number, seed in enumerate(seeds):
            parent = cuts[name].parent
            found[place, number, parent] = _of_folds(kept, seed, name, fold[parent])
    others = np.flatnonzero(other_rows(some))
    unlike = np.stack([_of_folds(kept, seed, OTHERS, some.fold[others]) for seed in seeds])
    slopes, served = _slopes(found, unlike, label, fold, some.fold[others])
    sure = chances_of(found * slopes[fold][:, None])
    unlike_sure = chances_of(unlike * slopes[some.fold[others]][:, None])
    types = sure[..., : len(SUPERNOVAE)]
    present = np.isfinite(found[:, 0, :, 0])
    return Gathered(
        ZtfOutcome(
            SERVED_NAME,
            some.objects.name[whole],
            label,
            fold,
            some.held_out[whole],
            (types / types.sum(axis=-1, keepdims=True)).astype(np.float32),
            sure[..., -1].astype(np.float32),
            present,
            some.kind[others],
            unlike_sure[..., -1].astype(np.float32),
        ),
        served,
    )


def _slopes(
    found: NDArray[np.float32],
    unlike: NDArray[np.float32],
    label: NDArray[np.int64],
    fold: NDArray[np.int64],
    other_fold: NDArray[np.int64],
) -> tuple[NDArray[np.float64], float]:
    """Each fold's slope from the others' answers, and that of all answers, of the first seed."""
    parts = [*found[:, 0], unlike[0]]
    labels = [*([label] * len(WINDOWS)), np.full(len(other_fold), len(SUPERNOVAE))]
    places = [*([fold] * len(WINDOWS)), other_fold]
    logit, named, place = (np.concatenate(one) for one in (parts, labels, places))
    known = np.isfinite(logit).all(axis=1)
    logit, named, place = logit[known], named[known], place[known]
    return slopes_across([logit], named, place), slope(logit, named)


def _of_folds(
    kept: Mapping[tuple[int, int], Answers], seed: int, key: str, fold: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Logits of rows of these folds, each by the network of its own fold."""
    found = np.empty((len(fold), len(ZTF)), np.float32)
    for one in range(FOLDS):
        found[fold == one] = kept[one, seed][key]
    return found
