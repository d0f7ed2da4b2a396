"""Invented answers of invented models, for tests that need many and no training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from schemas.batch import LightCurves
from training.lightcurve.answers import SERVED as SERVED_FOLD
from training.lightcurve.judging.goals import Given
from training.lightcurve.judging.outcome import (
    CLEAN,
    DAYS,
    SELDOM,
    SPOILT,
    SPOILT_WHOLE,
    WHOLE,
    WINDOWS,
    LeftOut,
    Outcome,
    Predictions,
    Redshift,
    ThreeTypes,
    ZtfOutcome,
)
from training.lightcurve.labels import SIX_BAND, SUPERNOVAE, ZTF
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.ztf import SUPERNOVA
from training.lightcurve.six_band_answers import SixBandAnswers
from training.lightcurve.six_band_crossing import KEPT
from training.lightcurve.ztf_answers import Answers
from training.lightcurve.ztf_asked import OTHERS

GIVEN = Given(50_000, 62.5, 3e-7)
"""What would be measured elsewhere."""
OBJECTS = 560
FOLDS = 5
SHARES = np.array([8, 3, 3, 6, 4, 3, 3, 2, 4, 3, 4, 4, 2, 3], np.float64)
"""Of the classes; none so rare that a fold misses it."""


def labels(count: int = OBJECTS, seed: int = 0) -> np.ndarray:
    """Classes in uneven shares, shuffled."""
    ends = (SHARES.cumsum() / SHARES.sum() * count).round()
    return np.random.default_rng(seed).permutation(
        np.searchsorted(ends, np.arange(count), side="right")
    )


def folds(label: np.ndarray) -> np.ndarray:
    """Each class dealt over the folds in turn."""
    fold = np.empty(len(label), np.int64)
    for one in np.unique(label):
        rows = np.flatnonzero(label == one)
        fold[rows] = np.arange(len(rows)) % FOLDS
    return fold


def answers(
    label: np.ndarray,
    strength: float,
    random: np.random.Generator,
    *,
    seeds: int = 2,
    classes: int = len(SIX_BAND),
) -> Predictions:
    """(seeds, n, C): noise, with `strength` more for what an object is; seeds agree in part."""
    logits = random.normal(size=(seeds, len(label), classes)) / 2
    logits += random.normal(size=(1, len(label), classes))
    logits[:, np.arange(len(label)), label] += strength
    odds = np.exp(logits)
    told: Predictions = (odds / odds.sum(axis=2, keepdims=True)).astype(np.float32)
    return told


def outcome(
    model: str = "ours", strength: float = 4.0, *, seed: int = 1, seeds: int = 2, early: bool = True
) -> Outcome:
    """Better with photo-z than without, and the better the more days are shown."""
    random, label = np.random.default_rng(seed), labels()
    told = dict(zip(Redshift, (strength, strength - 1, strength - 0.8), strict=True))
    shown = dict(zip(DAYS, (0.3, 0.5, 0.8, 1.0), strict=True))
    tried = {
        (one, days): answers(label, told[one] * shown[days], random, seeds=seeds)
        for one in Redshift
        for days in (DAYS if early and one != Redshift.MASKED else DAYS[-1:])
    }
    held_out = np.arange(len(label)) % 7 == 0
    return Outcome(model, label, folds(label), held_out, tried)


def cases() -> dict[str, Outcome]:
    """All alike."""
    names = (CLEAN, SPOILT, SPOILT_WHOLE, SELDOM)
    return {case: outcome(case, seed=7, early=False) for case in names}


def only_held_out(some: Outcome) -> Outcome:
    """The same answers, with none about the objects that were not held out."""
    kept = {
        key: np.where(some.held_out[:, None], answers, np.float32(np.nan))
        for key, answers in some.answers.items()
    }
    return replace(some, answers=kept)


def ztf_outcome(model: str = "ours", strength: float = 2.0, seed: int = 2) -> ZtfOutcome:
    """Better with each window; some objects lack the first ones."""
    random = np.random.default_rng(seed)
    label = np.random.default_rng(0).permutation(np.repeat(np.arange(5), (90, 50, 30, 25, 35)))
    count, seeds = len(label), 2
    types = np.stack(
        [
            answers(label, strength * share, random, seeds=seeds, classes=len(SUPERNOVAE))
            for share in (0.4, 0.7, 1.0)
        ]
    )
    present = np.random.default_rng(1).uniform(size=(len(WINDOWS), count)) < 0.9
    return ZtfOutcome(
        model,
        np.array([f"ZTF18{place:07d}" for place in range(count)]),
        label,
        folds(label),
        np.arange(count) % 7 == 0,
        types,
        present,
    )


OTHER_KINDS = {
    "star by SIMBAD": "star",
    "cataclysmic": "star",
    "nucleus": "AGN",
    "disruption": "TDE",
    "disruption, +20 d": "TDE",
    "disruption, +40 d": "TDE",
}


def ztf_answers(strength: float = 3.0, seed: int = 8, each: int = 12) -> Answers:
    """Of `each` objects of every type on all windows, and of every other kind twice an object."""
    random = np.random.default_rng(seed)
    asked = [(window, SUPERNOVA, one) for window in WINDOWS for one in SUPERNOVAE]
    asked += [(OTHERS, kind, label) for kind, label in OTHER_KINDS.items()]
    parts = [_answers(random, strength, each, one) for one in asked]
    crossed = Answers.joined(parts)
    apart = crossed.take(crossed.held_out)
    return Answers.joined([crossed, replace(apart, fold=np.full(len(apart.fold), SERVED_FOLD))])


def learnt(answers: Answers) -> Answers:
    """The served network's about what was not held out."""
    rows = (answers.fold != SERVED_FOLD) & ~answers.held_out & (answers.asked != OTHERS)
    known = answers.take(rows)
    return replace(known, fold=np.full(len(known.fold), SERVED_FOLD))


def _answers(
    random: np.random.Generator, strength: float, each: int, what: tuple[str, str, str]
) -> Answers:
    asked, kind, label = what
    place, count = ZTF.index(label), each if kind == SUPERNOVA else 2 * each
    logits = random.normal(size=(count, len(ZTF)))
    logits[:, place] += strength
    number = np.arange(count) % each
    return Answers(
        np.array([f"{label} {one:02d}" for one in number]),
        np.full(count, asked),
        np.full(count, place),
        number % FOLDS,
        number % 3 == 0,
        random.integers(2, 20, count),
        logits.astype(np.float16),
        np.full(count, kind),
        random.choice([10, 700], count),
        random.random(count) < 0.5,
    )


def six_band_answers() -> SixBandAnswers:
    """Every question about every object, of another fold each; every eighth of the served one."""
    random, label = np.random.default_rng(6), labels()
    count, parts = len(label), []
    for told, days in KEPT:
        strength = 3.0 if days == WHOLE else 1.5
        logits = np.log(answers(label, strength, random, seeds=1)[0])
        fold = np.arange(count) % (FOLDS + 3 * (days == WHOLE))
        parts.append(
            SixBandAnswers(
                np.array([f"{one:04d}" for one in range(count)]),
                np.full(count, f"{told}|{days:g}"),
                label,
                np.where(fold < FOLDS, fold, SERVED_FOLD),
                fold >= FOLDS,
                random.integers(2, 40, count),
                SixBandAnswers.rounded(logits),
            )
        )
    return SixBandAnswers.joined(parts)


def left_out(name: str = "KN", seed: int = 3) -> LeftOut:
    """The unseen are doubted more."""
    random, label = np.random.default_rng(seed), labels()
    place = SIX_BAND.index(name)
    unseen = label == place
    known = answers(label, 4.0, random)
    known[:, unseen] = answers(label[unseen] * 0, 0.5, random)
    known[..., place] = 0
    known /= known.sum(axis=2, keepdims=True)
    return LeftOut(name, Redshift.WITHOUT, unseen, known)


def three_types(seed: int = 4) -> ThreeTypes:
    """Three classes of PLAsTiCC's fourteen."""
    random = np.random.default_rng(seed)
    label = np.repeat([SIX_BAND.index(one) for one in ("SNIa", "SNII", "SNIbc")], (90, 60, 20))
    told = {one: answers(label, 2.0, random) for one in (Redshift.WITH, Redshift.WITHOUT)}
    return ThreeTypes(label, told)


def one_object(points: int, seed: int) -> Objects:
    """A supernova of six bands on a quiet baseline, every third night at most."""
    random = np.random.default_rng(seed)
    days = np.sort(3 * random.integers(-8, 40, points) + random.uniform(0, 0.3, points))
    band = random.integers(0, 6, points).astype(np.int8)
    shape = np.where(days < 0, 0.0, np.exp(-days / (18 + 6 * band)) * (1 - np.exp(-days / 5)))
    height = 9000.0 * np.array([0.3, 1.0, 1.1, 0.9, 0.8, 0.6])[band]
    error = 120.0 + 80.0 * random.uniform(size=points)
    flux = height * shape + error * random.normal(size=points)
    curves = LightCurves(
        np.array([0, points]),
        59_000 + days,
        band,
        flux,
        error,
        np.full(points, np.nan),
        (flux > 5 * error) & (days > 0),
    )
    return Objects(np.array([f"{seed}"]), np.array([0]), curves, np.full((1, 3), np.nan))
