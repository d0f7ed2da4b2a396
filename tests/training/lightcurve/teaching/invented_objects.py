"""Small invented objects: one event at some redshift, or one variable star, seen for 200 days."""

from __future__ import annotations

import numpy as np

from schemas.batch import LightCurves
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.teaching.augmentation import modulus

ERR_NJY = 100.0


def curve(flux: np.ndarray, mjd: np.ndarray) -> LightCurves:
    """Points in the six bands by turns, with Gaussian noise, those above 5 sigma detected."""
    noisy = flux + np.random.default_rng(len(mjd)).normal(0.0, ERR_NJY, len(mjd))
    return LightCurves(
        np.array([0, len(mjd)]),
        mjd,
        (np.arange(len(mjd)) % 6).astype(np.int8),
        noisy,
        np.full(len(mjd), ERR_NJY),
        np.full(len(mjd), np.nan),
        np.abs(noisy) > 5 * ERR_NJY,
    )


def event(peak_njy: float = 4000.0, redshift: float = 0.3, points: int = 120) -> Objects:
    """Something that rises and falls in a month, 100 days after the first point."""
    mjd = 60000.0 + np.linspace(0.0, 200.0, points)
    flux = peak_njy * np.exp(-0.5 * ((mjd - 60100.0) / 12.0) ** 2)
    known = np.array([[redshift, 0.02, modulus(redshift)]])
    return Objects(np.array(["event"]), np.array([0]), curve(flux, mjd), known)


def star(amplitude_njy: float = 4000.0) -> Objects:
    """A star of half a day's period, without a redshift."""
    mjd = 60000.0 + np.linspace(0.0, 200.0, 120)
    flux = amplitude_njy * np.sin(2 * np.pi * mjd / 0.567)
    label = np.array([SIX_BAND.index("RRL")])
    return Objects(np.array(["star"]), label, curve(flux, mjd), np.array([[0.0, 0.0, np.nan]]))


def several() -> Objects:
    """Six objects, events and stars by turns."""
    return joined([event(), star(), event(2000.0, 0.1), star(1500.0), event(points=60), star()])
