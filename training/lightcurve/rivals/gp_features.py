"""What boosted trees are told of an object: by a Gaussian process, and by raw statistics alone.

After Boone 2019 (arXiv:1907.04690, table 2), with the process' kernel fixed, and with its values
at rest-frame wavelengths and phases added. What is undefined is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifiers.observations.layout import BANDS
from schemas.batch import LightCurves
from training.arrays import Floats
from training.lightcurve.rivals.gaussian_process import WAVELENGTHS, GaussianProcess
from training.lightcurve.rivals.raw_features import (
    Curve,
    Named,
    colours,
    curves_of,
    luminosities,
    magnitude,
    moments,
    raw,
    redshifts,
)

Features = NDArray[np.float32]

STEP_DAYS = 5.0
"""Of the grid over all of the time observed."""
OFFSETS_DAYS = np.concatenate(
    (np.arange(-150.0, -50, 5), np.arange(-50.0, 60, 1), np.arange(60.0, 305, 5))
)
"""The grid about maximum: fine where most transients rise and fall."""
SOON = slice(20, 131)
"""Of that grid, where a band's own maximum is looked for: the 50 days before and 60 after."""
PHASES_DAYS = (-30, -20, -10, 0, 10, 20, 30, 50, 75, 100)
COLOUR_PHASES_DAYS = (0, 20, 50)
REST_PHASES = (-15.0, -7.5, 0.0, 7.5, 15.0, 25.0, 40.0, 60.0)
"""Days in the frame of the host, as are the next."""
REST_COLOUR_PHASES = (0.0, 15.0, 40.0)
REST_ANGSTROM = np.array([3000.0, 3600.0, 4400.0, 5500.0, 6500.0, 8000.0])
BLUEST, REDDEST = 3200.0, 10500.0
"""The ends of LSST's u and y, angstrom."""
FRACTIONS = (0.8, 0.5, 0.2)
REFERENCE = slice(1, 5)
"""g, r, i, z: maximum is that of their sum, since u and y are mostly noise."""
TIMED = (1, 2, 3, 4)
"""The bands whose rise and fall are timed."""
SUMMED = (1, 3)
"""The bands whose whole light curves are summed up."""
TINY = 1e-9
"""Stands for a flux (nJy) of zero where one divides by it."""


def features(curves: LightCurves, redshift: Floats) -> Features:
    """(n, len(NAMES)) of n objects with redshifts (n, 3): photo-z, its error, distmod."""
    return _table(curves, redshift, _described, len(NAMES))


def plain_features(curves: LightCurves, redshift: Floats) -> Features:
    """(n, len(PLAIN_NAMES)), those of the above that need no Gaussian process."""
    return _table(curves, redshift, _plainly_described, len(PLAIN_NAMES))


def _table(
    curves: LightCurves, redshift: Floats, described: Callable[[Curve, Floats], Named], width: int
) -> Features:
    """A row an object; all NaN where nothing was measured."""
    rows = np.full((len(curves), width), np.nan, np.float32)
    for row, curve, z in zip(rows, curves_of(curves), redshift, strict=True):
        if curve is not None:
            row[:] = np.fromiter(described(curve, z).values(), np.float64, width)
    return rows


def _plainly_described(curve: Curve, redshift: Floats) -> Named:
    named = raw(curve)
    return named | _plain_of_redshift(named, redshift)


def _plain_of_redshift(named: Named, redshift: Floats) -> Named:
    """What raw statistics say of luminosity, and of time in the frame of the host."""
    maxima = np.array([named[f"{band}_maximum"] for band in BANDS])
    timed = ("detection_days", "first_to_brightest_days", "brightest_to_last_days")
    rest = {f"rest_{name}": named[name] / (1.0 + redshift[0]) for name in timed}
    return redshifts(redshift) | luminosities(maxima, redshift, "maximum_absolute") | rest


def _described(curve: Curve, redshift: Floats) -> Named:
    """All that is said plainly, and what the process adds."""
    view = View.of(curve)
    times = view.times()
    named = _plainly_described(curve, redshift) | view.maxima() | times | view.asymmetry(times)
    named |= view.widths() | view.phases() | view.fit()
    return named | view.of_redshift(times, redshift)


@dataclass(frozen=True)
class View:
    """One object as its Gaussian process sees it."""

    process: GaussianProcess
    whole: Floats
    """(6, K): flux in each band every STEP_DAYS over all of the time observed."""
    peak_mjd: float
    near: Floats
    """(6, len(OFFSETS_DAYS)): about maximum."""

    @classmethod
    def of(cls, curve: Curve) -> View:
        """Fit the process and find maximum."""
        process = GaussianProcess.fitted(curve.mjd, WAVELENGTHS[curve.band], curve.flux, curve.err)
        grid = np.arange(curve.mjd[0], curve.mjd[-1] + STEP_DAYS, STEP_DAYS)
        whole = process.mean_on_grid(grid, WAVELENGTHS)
        about = grid[reference(whole).argmax()] + np.arange(1 - STEP_DAYS, STEP_DAYS)
        peak = float(about[reference(process.mean_on_grid(about, WAVELENGTHS)).argmax()])
        near = process.mean_on_grid(peak + OFFSETS_DAYS, WAVELENGTHS)
        return cls(process, whole, peak, near)

    @property
    def top(self) -> Floats:
        """(6,): each band's greatest flux near maximum."""
        return np.asarray(self.near[:, SOON].max(axis=1), np.float64)

    def maxima(self) -> Named:
        """Greatest and least flux, colours, and when each band was brightest."""
        top, low = self.top, self.whole.min(axis=1)
        when = OFFSETS_DAYS[SOON][self.near[:, SOON].argmax(axis=1)]
        named = {f"peak_{name}": value for name, value in colours(top).items()}
        for place, band in enumerate(BANDS):
            span = max(abs(top[place]) + abs(low[place]), TINY)
            named[f"{band}_peak"] = float(top[place])
            named[f"{band}_peak_days"] = float(when[place])
            named[f"{band}_low_share"] = float(-low[place] / span)
        return named

    def times(self) -> Named:
        """Days from maximum to shares of it, back and ahead; NaN where it is not reached."""
        named: Named = {}
        rows = {"griz": reference(self.near)} | {BANDS[place]: self.near[place] for place in TIMED}
        for name, flux in rows.items():
            for fraction in FRACTIONS:
                rise, fall = crossings(flux, fraction)
                named |= {f"{name}_rise_{fraction}": rise, f"{name}_fall_{fraction}": fall}
        return named

    def asymmetry(self, times: Named) -> Named:
        """How much faster the rise is than the fall, and the last part of a fall than the first."""
        named: Named = {}
        for fraction in FRACTIONS:
            rise, fall = times[f"griz_rise_{fraction}"], times[f"griz_fall_{fraction}"]
            named[f"rise_share_{fraction}"] = rise / (rise + fall or np.nan)
        for name in ("griz", "g", "i"):
            whole = times[f"{name}_fall_0.2"] or np.nan
            named[f"{name}_fall_bend"] = times[f"{name}_fall_0.8"] / whole
        return named

    def widths(self) -> Named:
        """Integrals over extremes (days), all ups and downs over the maximum, further peaks."""
        named: Named = {}
        bands = {BANDS[place]: self.whole[place] for place in SUMMED}
        for name, flux in ({"griz": reference(self.whole)} | bands).items():
            high, low = max(flux.max(), TINY), min(flux.min(), -TINY)
            named[f"{name}_width"] = float(np.maximum(flux, 0).sum() * STEP_DAYS / high)
            named[f"{name}_low_width"] = float(np.minimum(flux, 0).sum() * STEP_DAYS / low)
            named[f"{name}_ups_and_downs"] = float(np.abs(np.diff(flux)).sum() / high)
            named |= further_peaks(name, flux / high)
        return named

    def phases(self) -> Named:
        """Flux by band at phases, in units of the greatest of any band; colours at some."""
        flux = self.near[:, np.searchsorted(OFFSETS_DAYS, PHASES_DAYS)]
        shares = flux / max(float(self.top.max()), TINY)
        names = (f"{band}_at_{phase}" for band in BANDS for phase in PHASES_DAYS)
        named = dict(zip(names, shares.ravel().tolist(), strict=True))
        for phase in COLOUR_PHASES_DAYS:
            seen = colours(flux[:, PHASES_DAYS.index(phase)])
            named |= {f"{name}_at_{phase}": value for name, value in seen.items()}
        return named

    def fit(self) -> Named:
        """How well a process of 20 days describes the points, and how well it knows maximum."""
        residual = self.process.residuals
        mean, deviation = self.process.at(np.full(len(BANDS), self.peak_mjd), WAVELENGTHS)
        known = mean / np.maximum(deviation, TINY)
        return {
            **{f"{band}_peak_known": float(one) for band, one in zip(BANDS, known, strict=True)},
            "fit_chi2": float(np.mean(residual**2)),
            "fit_worst": float(np.abs(residual).max()),
            "fit_skew": moments(residual).skew,
            "fit_amplitude": self.process.amplitude,
        }

    def of_redshift(self, times: Named, redshift: Floats) -> Named:
        """Luminosities, and light and times in the frame of the host."""
        slower = 1.0 + redshift[0]
        named = luminosities(self.top, redshift, "absolute")
        named |= {f"rest_{name}": days / slower for name, days in times.items()}
        return named | self._rest(redshift)

    def _rest(self, redshift: Floats) -> Named:
        """Light at rest wavelengths and phases; NaN for wavelengths that no band sees."""
        slower = 1.0 + redshift[0]
        seen = (REST_ANGSTROM * slower > BLUEST) & (REST_ANGSTROM * slower < REDDEST)
        flux = np.full((len(REST_ANGSTROM), len(REST_PHASES)), np.nan)
        if seen.any():
            mjd = self.peak_mjd + np.array(REST_PHASES) * slower
            flux[seen] = self.process.mean_on_grid(mjd, REST_ANGSTROM[seen] * slower)
        named: Named = {}
        for angstrom, row in zip(REST_ANGSTROM.astype(int), flux, strict=True):
            top = row[REST_PHASES.index(0.0)]
            shares = row / (top if top > 0 else np.nan)
            names = (f"rest_{angstrom}_at_{phase}" for phase in REST_PHASES)
            named |= dict(zip(names, shares.tolist(), strict=True))
            named[f"rest_{angstrom}_absolute"] = magnitude(top / slower) - float(redshift[2])
        return named | rest_colours(flux)


def rest_colours(flux: Floats) -> Named:
    """The bluer one's share in neighbours of (wavelengths, phases) in the frame of the host."""
    named: Named = {}
    for phase in REST_COLOUR_PHASES:
        column = flux[:, REST_PHASES.index(phase)]
        total = np.abs(column[:-1]) + np.abs(column[1:])
        bluer = column[:-1] / np.where(total > 0, total, np.nan)
        names = (f"rest_{angstrom}_bluer_at_{phase}" for angstrom in REST_ANGSTROM[:-1].astype(int))
        named |= dict(zip(names, bluer.tolist(), strict=True))
    return named


def reference(flux: Floats) -> Floats:
    """(k,): the flux by which maximum is told, of fluxes (6, k)."""
    return np.asarray(flux[REFERENCE].sum(axis=0), np.float64)


def crossings(flux: Floats, fraction: float) -> tuple[float, float]:
    """Days from the maximum of a curve over OFFSETS_DAYS to a fraction of it, back and ahead."""
    top = SOON.start + int(flux[SOON].argmax())
    below = flux < fraction * flux[top]
    back, ahead = below[top::-1], below[top:]
    rise = OFFSETS_DAYS[top] - OFFSETS_DAYS[top - back.argmax()] if back.any() else np.nan
    fall = OFFSETS_DAYS[top + ahead.argmax()] - OFFSETS_DAYS[top] if ahead.any() else np.nan
    return float(rise), float(fall)


def further_peaks(name: str, flux: Floats) -> Named:
    """How many peaks reach a fifth of the highest, which is 1, and how high the next ones are."""
    inner = (flux[1:-1] > flux[:-2]) & (flux[1:-1] >= flux[2:])
    heights = np.sort(flux[1:-1][inner])[::-1]
    padded = np.concatenate((heights, [np.nan] * 3))
    return {
        f"{name}_peaks": float(np.count_nonzero(heights > 0.2)),
        f"{name}_second_peak": float(padded[1]),
        f"{name}_third_peak": float(padded[2]),
    }


EXAMPLE = Curve(
    np.arange(3.0), np.ones(3, np.int8), np.arange(1.0, 4.0), np.ones(3), np.ones(3, np.bool_)
)
UNKNOWN = np.full(3, np.nan)
NAMES = tuple(_described(EXAMPLE, UNKNOWN))
PLAIN_NAMES = tuple(_plainly_described(EXAMPLE, UNKNOWN))
WITH_REDSHIFT = frozenset(_plain_of_redshift(raw(EXAMPLE), UNKNOWN)) | frozenset(
    View.of(EXAMPLE).of_redshift(View.of(EXAMPLE).times(), UNKNOWN)
)
"""Of both lists of names: what no one knows who does not know the host's redshift."""
