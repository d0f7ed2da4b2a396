"""Questions that more than one filter asks, so that they are asked in the same way.

Each gives a mask or a number, (n,). What a survey does not send is not held against its alerts
where the question is whether something stands in the way (`is_off_stars`); where the answer is the
point of a filter (`is_on_star`, `is_on_galaxy`), such an alert is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts, Reading
from schemas.batch import Floats
from schemas.prior import Priors, prior_of
from sky.galactic import POLE_DEC_DEG, POLE_RA_DEG

Mask = NDArray[np.bool_]

REAL_SCORE_MIN, FADED_SCORE_MIN = 0.79, 0.9
"""Of the real/bogus network at even odds, which are its natural prior, for light that was added and
for light that was lost: above them pass at most 5 % of ZTF's alerts with a drb below 0.1, by
answers out of fold (classifiers/realbogus.md)."""

STAR_RADIUS_ARCSEC = 1.5
"""A source nearer than this is the alert's own: three quarters of ZTF's seeing."""

STAR_SCORE_MIN = 0.5
"""From here the catalogue's source is rather a star than a galaxy (Tachibana & Miller 2018)."""

SEEN_AGAIN_DAYS = 0.02
"""Half an hour: at 2 arcsec an hour and more, a main-belt asteroid is elsewhere by then."""

DETECTIONS_MIN = 2
"""As Fink's supernova candidates need (Moeller et al. 2021, MNRAS 501, 3272)."""

ASTEROID_RADIUS_ARCSEC = 5
"""Ephemerides of numbered asteroids are good to an arcsecond; the rest is for the others."""


def is_real(alerts: Alerts) -> Mask:
    """The network holds it for real; where it declined, it does not pass and is unknown."""
    asked = np.where(alerts.flux_njy < 0, FADED_SCORE_MIN, REAL_SCORE_MIN)
    mask: Mask = alerts.score("realbogus", "real") > asked
    return mask


def is_brighter(alerts: Alerts) -> Mask:
    """Light was added to the template, not lost."""
    return alerts.flux_njy > 0


def is_seen_again(alerts: Alerts) -> Mask:
    """The object was detected before, long enough ago to be no asteroid."""
    return (alerts.age_days > SEEN_AGAIN_DAYS) & (alerts.detections >= DETECTIONS_MIN)


def is_off_stars(alerts: Alerts) -> Mask:
    """No known star lies under it. It passes where the survey sends no star catalogue (Rubin)."""
    near = alerts.star_distance_arcsec < STAR_RADIUS_ARCSEC
    return ~(near & (alerts.star_galaxy_score > STAR_SCORE_MIN))


def is_on_star(alerts: Alerts) -> Mask:
    """The catalogue has a star under it; unknown where the survey sends no star catalogue."""
    near = alerts.star_distance_arcsec < STAR_RADIUS_ARCSEC
    return near & (alerts.star_galaxy_score > STAR_SCORE_MIN)


def is_on_galaxy(alerts: Alerts, radius_arcsec: float) -> Mask:
    """The catalogue's source within the radius is rather a galaxy; unknown as in `is_on_star`."""
    near = alerts.star_distance_arcsec < radius_arcsec
    return near & (alerts.star_galaxy_score < STAR_SCORE_MIN)


def is_off_asteroids(alerts: Alerts, radius_arcsec: float = ASTEROID_RADIUS_ARCSEC) -> Mask:
    """No known asteroid was predicted within the radius, or the survey did not look."""
    return ~(alerts.asteroid_distance_arcsec < radius_arcsec)


def probability(
    alerts: Alerts, labels: Mapping[str, Sequence[str]], priors: Priors = "natural"
) -> Floats:
    """The largest of several classifiers' answers, each the sum of its labels given here, (n,).

    priors: those that the filter means, whichever the scores came at; as of `Alerts.score`.

    NaN, and so unknown, where every one of them declined: a classifier of another photometric
    system says nothing about an alert.
    """
    before = alerts.readings
    answers = [
        np.sum(
            [alerts.score(name, label, prior_of(priors, name)) for label in wanted],
            axis=0,
            dtype=np.float64,
        )
        for name, wanted in labels.items()
    ]
    # One classifier's NaN is no gap where another has answered, so its note is taken back.
    _take_back(alerts, before)
    said = ", ".join(f"{name} {' + '.join(wanted)}" for name, wanted in labels.items())
    return alerts.derived(np.fmax.reduce(answers), f"probability({said})")


def either(alerts: Alerts, **questions: Callable[[Alerts], Mask]) -> Mask:
    """Whether the answer to one of several questions is yes, (n,).

    A row without one is unknown only where none of the questions could be answered: Rubin has no
    catalogue of galaxies, and ZTF no network that knows active nuclei.
    """
    before = alerts.readings
    yes, answered = np.zeros((2, len(alerts)), np.bool_)
    for ask in questions.values():
        alerts.forget()
        yes |= ask(alerts)
        answered |= ~alerts.unmeasured()
    _take_back(alerts, before)
    alerts.derived(np.where(yes | answered, yes, np.nan), " or ".join(questions))
    return yes


def _take_back(alerts: Alerts, before: Sequence[Reading]) -> None:
    """Leave no notes but those that stood before."""
    alerts.forget()
    for name, values in before:
        alerts.derived(values, name)


def brightening_mag(alerts: Alerts) -> Floats:
    """Magnitudes by which source and template together outshine the template, (n,).

    NaN where the template names no source there, or together they have no light.
    """
    before = alerts.template_flux_njy
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(before > 0, 1 + alerts.flux_njy / before, np.nan)
        gained = 2.5 * np.log10(np.where(ratio > 0, ratio, np.nan))
    return alerts.derived(gained, "brightening_mag")


def galactic_latitude_deg(alerts: Alerts) -> Floats:
    """Galactic latitude, degrees, (n,), to a thousandth of a degree."""
    ra, dec = np.radians(alerts.ra_deg - POLE_RA_DEG), np.radians(alerts.dec_deg)
    pole = np.radians(POLE_DEC_DEG)
    sine = np.sin(dec) * np.sin(pole) + np.cos(dec) * np.cos(pole) * np.cos(ra)
    return alerts.derived(np.degrees(np.arcsin(np.clip(sine, -1, 1))), "galactic_latitude_deg")
