"""The figures that the six-band card is quoted by, each from the answers that are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.arrays import Floats, Ints
from training.lightcurve.answers import SERVED
from training.lightcurve.judging.metrics import (
    calibration_error,
    flat_log_loss,
    micro,
    with_prior,
)
from training.lightcurve.judging.outcome import DAYS, WHOLE, Redshift, days_name, priors
from training.lightcurve.judging.ztf_headlines import Sure, claimed, sure
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.six_band_answers import FILE, SixBandAnswers

__all__ = ["claimed", "headlines"]

OBJECTS = 7848
"""Of PLAsTiCC's training set, answered or declined."""


def headlines(path: Path = FILE) -> dict[str, float]:
    """Each by its name in the card, from a file of answers."""
    return headlines_of(SixBandAnswers.read(path))


def headlines_of(answers: SixBandAnswers) -> dict[str, float]:
    """Of one seed, out of fold unless it says held out; without photo-z unless it says with."""
    chances, found = answers.chances(), dict[str, float]()
    for days in reversed(DAYS):
        rows = asked(answers, Redshift.WITHOUT, days)
        name = days_name(days)
        found[f"flat log-loss, {name}"] = _flat(answers, chances, rows)
        found[f"share answered, {name}"] = len(rows) / OBJECTS
        found |= _at_the_shares(answers, chances, rows, name)
    rows = asked(answers, Redshift.WITH, WHOLE)
    found["flat log-loss, whole, with photo-z"] = _flat(answers, chances, rows)
    found |= _at_the_shares(answers, chances, rows, "whole, with photo-z")
    for told in (Redshift.WITHOUT, Redshift.WITH):
        rows = np.flatnonzero((answers.asked == f"{told}|{WHOLE:g}") & (answers.fold == SERVED))
        found[f"flat log-loss of the served file, held out, {told} photo-z"] = _flat(
            answers, chances, rows
        )
    return found


def asked(answers: SixBandAnswers, told: Redshift, days: float) -> Ints:
    """The rows of answers out of fold to one question."""
    return np.flatnonzero((answers.asked == f"{told}|{days:g}") & (answers.fold != SERVED))


def surely(answers: SixBandAnswers) -> tuple[Sure, ...]:
    """How sure it may be without photo-z, by days since the first detection."""
    chances = answers.chances()
    return tuple(
        sure(days_name(days), *_shared(answers, chances, asked(answers, Redshift.WITHOUT, days)))
        for days in DAYS
    )


def _flat(answers: SixBandAnswers, chances: Floats, rows: Ints) -> float:
    return flat_log_loss(chances[rows], answers.label[rows], len(SIX_BAND))


def _shared(answers: SixBandAnswers, chances: Floats, rows: Ints) -> tuple[Floats, Ints]:
    """At the shares of those answered in the other folds, and what the objects are."""
    label = answers.label[rows]
    prior = priors(label, answers.fold[rows], len(SIX_BAND))
    return with_prior(chances[rows], prior), label


def _at_the_shares(
    answers: SixBandAnswers, chances: Floats, rows: Ints, name: str
) -> dict[str, float]:
    told, label = _shared(answers, chances, rows)
    once = np.ones((1, len(label)))
    auc, precision = micro(told, label).both(once)
    return {
        f"micro AUC, {name}": float(auc[0]),
        f"micro AP, {name}": float(precision[0]),
        f"accuracy, {name}": float((told.argmax(axis=1) == label).mean()),
        f"calibration error, {name}": float(calibration_error(told, label, once)[0]),
    }
