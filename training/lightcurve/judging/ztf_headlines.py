"""The figures that the card of ZTF's network is quoted by, each from the answers that are kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from training.arrays import Floats, Ints
from training.bootstrap import Measured, measured
from training.lightcurve.answers import SERVED
from training.lightcurve.judging.metrics import (
    calibration_error,
    flat_log_loss,
    macro_auc,
    with_prior,
)
from training.lightcurve.judging.outcome import WINDOWS, ZtfOutcome
from training.lightcurve.judging.ztf_others import named, others
from training.lightcurve.labels import SUPERNOVAE
from training.lightcurve.ztf_answers import Answers
from training.tables import figures_under

HEADLINES = "Headlines"
"""Under which the card has them."""
STARS, OLD = "stars, brighter", "all in packets known for a year"
DISRUPTED = ("disruptions, +20 d", "disruptions, +40 d")
TOLD = (*(f"supernovae, {window}" for window in WINDOWS), STARS, OLD)
PERFECT_ROUNDS = 200
PERFECT_PERCENT = 97.5
"""A perfect network's calibration error is below its limit as often."""


def types_of(answers: Answers, chances: Floats, model: str) -> ZtfOutcome:
    """The answers about supernovae of one network an object, by rising name."""
    rows = np.flatnonzero((answers.label < len(SUPERNOVAE)) & np.isin(answers.asked, WINDOWS))
    some, types = answers.take(rows), chances[rows, : len(SUPERNOVAE)]
    names, first, place = np.unique(some.name, return_index=True, return_inverse=True)
    found = np.full((len(WINDOWS), 1, len(names), len(SUPERNOVAE)), np.nan, np.float32)
    for number, window in enumerate(WINDOWS):
        own = some.asked == window
        found[number, 0, place[own]] = types[own] / types[own].sum(axis=1, keepdims=True)
    fold = np.maximum(some.fold[first], 0)
    return ZtfOutcome(
        model,
        names,
        some.label[first],
        fold,
        some.held_out[first],
        found,
        np.isfinite(found[:, 0, :, 0]),
    )


class AtTheShares(NamedTuple):
    """Five types on one window at the archive's shares, with errors of draws of objects."""

    window: str
    accuracy: Measured
    macro_f1: Measured


def at_the_shares(answers: Answers, chances: Floats, rounds: int) -> tuple[AtTheShares, ...]:
    """On each window."""
    return tuple(
        _at_the_shares(window, *_asked(answers, chances, window), rounds) for window in WINDOWS
    )


def _at_the_shares(window: str, types: Floats, label: Ints, rounds: int) -> AtTheShares:
    random, called = np.random.default_rng(0), types.argmax(axis=1)
    rows = [np.arange(len(label)), *random.integers(len(label), size=(rounds, len(label)))]
    right = np.array([(called[some] == label[some]).mean() for some in rows])
    scores = np.array([macro_f1(called[some], label[some]) for some in rows])
    return AtTheShares(window, measured(right), measured(scores))


class Sure(NamedTuple):
    """How far confidence is from accuracy on one window, five types at the archive's shares."""

    window: str
    objects: int
    error: float
    limit: float
    """That a perfect network keeps below 97.5 times of a hundred."""


def calibrated(answers: Answers, chances: Floats) -> tuple[Sure, ...]:
    return tuple(sure(window, *_asked(answers, chances, window)) for window in WINDOWS)


def sure(window: str, types: Floats, label: Ints) -> Sure:
    random, once = np.random.default_rng(0), np.ones((1, len(label)))
    edges = types.cumsum(axis=1)
    edges[:, -1] = 1.0
    drawn = [(edges > random.random((len(label), 1))).argmax(axis=1) for _ in range(PERFECT_ROUNDS)]
    perfect = [float(calibration_error(types, one, once)[0]) for one in drawn]
    error = float(calibration_error(types, label, once)[0])
    return Sure(window, len(label), error, float(np.percentile(perfect, PERFECT_PERCENT)))


def _asked(answers: Answers, chances: Floats, window: str) -> tuple[Floats, Ints]:
    """Types out of fold at the archive's shares, and what the objects are."""
    rows = (answers.asked == window) & (answers.fold != SERVED)
    label, types = answers.label[rows], chances[rows, : len(SUPERNOVAE)]
    shares = np.bincount(label, minlength=len(SUPERNOVAE)) / len(label)
    return with_prior(types, shares), label


def macro_f1(called: Ints, label: Ints) -> float:
    """The mean over types of the harmonic mean of recall and purity."""
    scores = []
    for one in range(len(SUPERNOVAE)):
        right = ((called == one) & (label == one)).sum()
        scores.append(2 * right / max((called == one).sum() + (label == one).sum(), 1))
    return float(np.mean(scores))


def headlines(answers: Answers) -> dict[str, float]:
    """Each by its name in the card, those of a stream first; of one seed, out of fold."""
    chances = answers.chances()
    found = _of_a_stream(answers, chances)
    for window in WINDOWS:
        types, label = _asked(answers, chances, window)
        rows = (answers.asked == window) & (answers.fold != SERVED)
        even = with_prior(chances[rows, : len(SUPERNOVAE)], np.ones(len(SUPERNOVAE)))
        once = np.ones((1, len(label)))
        found |= {
            f"flat log-loss, {window}": flat_log_loss(even, label, len(SUPERNOVAE)),
            f"macro AUC, {window}": float(macro_auc(even, label, once)[0]),
            f"accuracy at the archive's shares, {window}": float(
                (types.argmax(axis=1) == label).mean()
            ),
            f"macro F1 at the archive's shares, {window}": macro_f1(types.argmax(axis=1), label),
            f"calibration error, {window}": float(calibration_error(types, label, once)[0]),
        }
    return found


def _of_a_stream(answers: Answers, chances: Floats) -> dict[str, float]:
    """Whom it calls a supernova, at the prior that is served by default and at even odds."""
    crossed = np.flatnonzero(answers.fold != SERVED)
    called = named(others(answers.take(crossed), chances[crossed], rounds=0))
    told = [called[what] for what in TOLD if what in called]
    disrupted = [called[what] for what in DISRUPTED if what in called]
    return {
        **{f"called a supernova, natural prior: {one.what}": one.natural.value for one in told},
        **{f"called a supernova, even odds: {one.what}": one.even.value for one in told},
        **{f"called SLSN-I, even odds: {one.what}": one.slsn.value for one in disrupted},
    }


def claimed(card: str) -> dict[str, float]:
    """The headlines that a card's text claims, by name."""
    return figures_under(card, HEADLINES)
