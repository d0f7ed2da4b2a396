"""The served file through the served code, on the simulated objects that it did not learn from.

Unlike the out-of-fold figures of the card this declines what is declined, and leaves out what is
left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from classifiers.lightcurve import LightCurveClassifier, lightcurve
from classifiers.observations.gathering import CONTRADICTION_SIGMA
from schemas.batch import LightCurves
from training.arrays import Floats, Ints
from training.lightcurve.judging.metrics import flat_log_loss
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.plasticc import read_training
from training.lightcurve.objects.seen import OUTLIER_SHARE, left_out, spoilt
from training.lightcurve.objects.splits import six_band_held_out
from training.lightcurve.objects.windows import until
from training.tables import counted, table, wrapped

HEADING: Final = "## As it is served"
DAYS: Final = (3.0, 10.0, 30.0)


class Answers(NamedTuple):
    """How one set of light curves is answered, without a redshift."""

    what: str
    answered: int
    flat: float
    """Flat log-loss of those."""
    accuracy: float
    confidence: float
    """Their mean largest probability."""


def apart(data: Path) -> Objects:
    """The hold-out."""
    objects = read_training(data)
    return objects.take(np.flatnonzero(six_band_held_out(objects.name)))


def answers(network: LightCurveClassifier, what: str, curves: LightCurves, label: Ints) -> Answers:
    """What the served classifier says of them."""
    scores = network.score_light_curves(curves, np.full((len(curves), 3), np.nan))
    some = np.isfinite(scores).all(axis=1)
    given: Floats = scores[some].astype(np.float64)
    right = given.argmax(axis=1) == label[some]
    flat = flat_log_loss(given, label[some], len(SIX_BAND))
    confidence = float(given.max(axis=1).mean())
    return Answers(what, int(some.sum()), flat, float(right.mean()), confidence)


def measured(objects: Objects) -> list[Answers]:
    """The first days, the whole, and the whole with outliers, with and without the rule."""
    network, curves, dirty = lightcurve(), objects.curves, spoilt(objects.curves)
    cases = {f"+{days:g} d": left_out(until(objects, days).curves) for days in DAYS} | {
        "whole": left_out(curves),
        "whole, nothing left out": curves,
        "whole, with outliers": left_out(dirty),
        "whole, with outliers, nothing left out": dirty,
    }
    return [answers(network, what, each, objects.label) for what, each in cases.items()]


def section(data: Path) -> str:
    """That of the card."""
    held = apart(data)
    found, objects = measured(held), len(held)
    share, sigma = f"{OUTLIER_SHARE:.0%}".replace("%", " %"), f"{CONTRADICTION_SIGMA:g}"
    text = f"""{HEADING}

The served file through the served classifier, on the {counted(objects)} objects held out, without a
redshift, as no live packet has one. It declines light curves of fewer than two detections or of one
night alone, and leaves out forced photometry above {sigma} sigma where nothing was detected.
Outliers: {share} of the points that were not detected, at one to eight times the peak.

{_table(found, objects)}

Accuracy and confidence are at even odds, at which confidence above accuracy is no overconfidence:
how sure it is at the classes' shares stands with the first days.
"""
    return wrapped(text)


def _table(found: list[Answers], objects: int) -> str:
    return table(
        found,
        ("light curves", lambda one: one.what),
        ("answered", lambda one: f"{100 * one.answered / objects:.0f} %"),
        ("flat log-loss of those", lambda one: f"{one.flat:.3f}"),
        ("accuracy", lambda one: f"{one.accuracy:.3f}"),
        ("confidence", lambda one: f"{one.confidence:.3f}"),
    )
