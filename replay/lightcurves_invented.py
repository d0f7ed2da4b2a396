"""Invented light curves: how the difference flux of each kind of source moves with time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from replay.kinds import Kind

Floats = NDArray[np.float64]

CHANGE_MIN = 0.05
"""The present change of a steady source's flux, as a share of it, is at least this."""


def change(kind: Kind, rng: np.random.Generator, days: Floats) -> Floats:
    """Difference flux at `days` (<= 0, the last is 0: now), up to a factor.

    For a variable star or an active galaxy the unit is its flux in the template, so that the
    last value is its present change, signed and at least CHANGE_MIN in size. For a supernova
    the unit is its peak. Anything else is there now and at no other time.
    """
    if kind is Kind.VARIABLE_STAR:
        return _pulsation(rng, days)
    if kind is Kind.ACTIVE_GALAXY:
        return _damped_walk(rng, days)
    if kind is Kind.SUPERNOVA:
        return _explosion(rng, days)
    return np.where(days == 0, 1.0, 0.0)


def _pulsation(rng: np.random.Generator, days: Floats) -> Floats:
    """A sine and its first overtone in magnitude, at a phase where it is seen to have changed."""
    amplitude = rng.uniform(0.15, 0.6)
    period_days = rng.lognormal(math.log(2.0), 1.5)
    overtone = rng.uniform(0.0, 0.4)
    phase = math.copysign(rng.uniform(0.45, 2.4), rng.random() - 0.5)
    angle = 2 * math.pi * days / period_days + phase
    magnitude = -amplitude * (np.sin(angle) + overtone * np.sin(2 * angle))
    return _seen_to_change(10 ** (-0.4 * magnitude) - 1)


def _damped_walk(rng: np.random.Generator, days: Floats) -> Floats:
    """A damped random walk in magnitude (Kelly et al. 2009), exact at uneven times."""
    tau_days, spread = rng.uniform(60, 300), rng.uniform(0.12, 0.35)
    kept = np.exp(-np.diff(days) / tau_days)
    steps = rng.standard_normal(len(days)) * spread
    magnitude = np.empty(len(days))
    magnitude[0] = steps[0]
    for i, share in enumerate(kept, 1):
        magnitude[i] = share * magnitude[i - 1] + math.sqrt(1 - share**2) * steps[i]
    return _seen_to_change(10 ** (-0.4 * magnitude) - 1)


def _explosion(rng: np.random.Generator, days: Floats) -> Floats:
    """An exponential decline behind a logistic rise (Bazin et al. 2009), its peak 1."""
    rise_days, fall_days = rng.uniform(2.5, 5.0), rng.uniform(18, 35)
    since_peak = rng.uniform(-12, 0) if rng.random() < 0.45 else rng.uniform(0, 45)
    to_peak = rise_days * math.log(fall_days / rise_days - 1)
    flux = _bazin(days + since_peak + to_peak, rise_days, fall_days)
    peak = _bazin(np.array([to_peak]), rise_days, fall_days)
    return np.divide(flux, peak)


def _bazin(days: Floats, rise_days: float, fall_days: float) -> Floats:
    flux: Floats = np.exp(-days / fall_days) / (1 + np.exp(-np.clip(days / rise_days, -50, 50)))
    return flux


def _seen_to_change(fraction: Floats) -> Floats:
    """The same curve, moved where the present change is too small to have made an alert."""
    now = float(fraction[-1])
    if abs(now) >= CHANGE_MIN:
        return fraction
    return fraction + math.copysign(CHANGE_MIN, now) - now
