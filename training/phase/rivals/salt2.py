"""A template fit of the date of peak: SALT2 (Guy et al. 2007, A&A 466, 11), as sncosmo has it.

The one door to sncosmo. The fit sees what the network sees, cut at the same moment, and more: the
true redshift. Stretch and colour have the priors of the type's population, without which a light
curve that only rises says nothing of its peak.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sncosmo
from numpy.typing import NDArray
from scipy.optimize import least_squares

from schemas.columns import BANDS
from schemas.errors import ModelError
from training.arrays import Floats
from training.phase.truth import SOFTENING, Curve, cubic_peak, part_of

ZERO_POINT = 31.4
"""Of nJy."""
PRIORS = {"x1": (0.0, 1.0), "c": (0.0, 0.1)}
"""Mean and width of stretch and colour (Scolnic & Kessler 2016, ApJ 822, L35, in round numbers)."""
UNITS, REACHES = np.array([10.0, 1.0, 0.1]), (40.0, 4.0, 0.5)
"""Of days, stretch and colour: what is one in the search, and how far it may go."""
PIVOT = 10.0
"""Where the search begins: its differences are parts of a number, so none may be near 0."""
DIFFERENCE = 1e-3
STEPS_MAX = 60
STARTS_DAYS = (-7.0, 0.0, 8.0, 18.0)
"""From the brightest point to the peak: fits begin at each, the best is taken."""
REACH_DAYS = 45.0
"""After the peak, in the rest frame; of what is later the template knows little."""
HISTORY_DAYS = 100.0
"""Before the cut, of which points are fitted."""
STEP_DAYS = 1.0
SHARE_MIN = 0.01
"""Of a transmission's most: what is less is cut off."""
POINTS_MIN = 2
FILES = {
    "ztf": {"g": "ZTF/p48g.txt", "r": "ZTF/p48r.txt"},
    "lsst": {band: f"LSST/total_{band}.dat" for band in "ugrizy"},
}
"""Of transmissions, by survey and band, below a folder of filters. LSST's are in nanometres."""
ANGSTROMS = {"ztf": 1.0, "lsst": 10.0}


@dataclass(frozen=True)
class Peaks:
    """Days from the last point to the peak."""

    rest_b: float
    """Of the rest frame's B, which is the template's own date."""
    bands: dict[int, float]
    """Of g and r as observed, by a cubic through the template: what a finished light curve says."""


class Template:
    """SALT2 seen through one survey's filters."""

    def __init__(self, survey: str, templates: Path, filters: Path) -> None:
        """Open model and transmissions. Raises ModelError where a file is missing."""
        self._names = np.full(len(BANDS), "", dtype=object)
        for band, file in FILES[survey].items():
            code = BANDS.index(band)
            self._names[code] = _registered(f"{survey}-{band}", filters / file, ANGSTROMS[survey])
        if not (templates / "salt2_template_0.dat").exists():
            raise ModelError(f"{templates}: no model of SALT2; name the folder of its files")
        self._model: Any = sncosmo.Model(sncosmo.SALT2Source(modeldir=str(templates)))

    def peaks(self, curve: Curve, redshift: float) -> Peaks | None:
        """Of a light curve that ends now; None where too little of it can be fitted."""
        some = _fittable(curve, self._seen(redshift))
        if some.detected.sum() < POINTS_MIN:
            return None
        self._model.set(z=redshift, x0=1.0)
        bright = float(some.mjd[np.argmax(np.where(some.detected, some.flux, -np.inf))])
        fits = [self._fitted(some, bright + days, redshift) for days in STARTS_DAYS]
        _, (t0, x1, c) = min(fits, key=lambda one: one[0])
        self._model.set(t0=t0, x1=x1, c=c)
        now = float(curve.mjd[-1])
        codes = [BANDS.index(band) for band in ("g", "r") if self._names[BANDS.index(band)]]
        return Peaks(t0 - now, {code: self._observed(code, t0, redshift) - now for code in codes})

    def _seen(self, redshift: float) -> NDArray[np.object_]:
        """Names of the bands that lie within the template's wavelengths, "" for others."""
        return np.array(
            [
                name if name and self._model.bandoverlap(name, z=redshift) else ""
                for name in self._names
            ],
            dtype=object,
        )

    def _fitted(self, some: Curve, start: float, redshift: float) -> tuple[float, Floats]:
        names = self._names[some.band]
        error = np.hypot(some.error, SOFTENING * np.abs(some.flux))
        priors = list(PRIORS.values())

        def residuals(asked: Floats) -> Floats:
            t0, x1, c = _told(asked, start)
            self._model.set(t0=t0, x1=x1, c=c)
            shape = self._model.bandflux(names, some.mjd, zp=ZERO_POINT, zpsys="ab")
            known = (some.mjd - t0) / (1 + redshift) < REACH_DAYS
            weight = known / error
            # The brightness that fits a shape best needs no search.
            power = float(np.sum((shape * weight) ** 2))
            scale = max(float(np.sum(shape * some.flux * weight**2)), 0.0) / max(power, 1e-30)
            pulls = [
                (one - mean) / width for one, (mean, width) in zip((x1, c), priors, strict=True)
            ]
            return np.append((some.flux - scale * shape) * weight, pulls)

        begin = np.full(len(UNITS), PIVOT)
        reach = np.array(REACHES) / UNITS
        found = least_squares(
            residuals,
            begin,
            bounds=(begin - reach, begin + reach),
            diff_step=DIFFERENCE,
            max_nfev=STEPS_MAX,
        )
        return float(found.cost), _told(found.x, start)

    def _observed(self, code: int, t0: float, redshift: float) -> float:
        """When a band is brightest, MJD, by the cubic by which finished light curves are judged."""
        mjd = t0 + np.arange(-18.0, 40.0, STEP_DAYS) * (1 + redshift)
        flux = self._model.bandflux(self._names[code], mjd, zp=ZERO_POINT, zpsys="ab")
        return cubic_peak(mjd, np.maximum(flux, 0.0), np.full(len(mjd), 1e-3 * flux.max()))


def _told(asked: Floats, start: float) -> Floats:
    """Date, stretch and colour of what is searched."""
    return np.asarray(np.array([start, 0.0, 0.0]) + (asked - PIVOT) * UNITS)


def _registered(name: str, path: Path, unit: float) -> str:
    if not path.exists():
        raise ModelError(f"{path}: no transmission there; name the folder of filters")
    wave, share = np.loadtxt(path, comments="#")[:, :2].T
    some = share > SHARE_MIN * share.max()
    band = sncosmo.Bandpass(wave[some] * unit, share[some], name=name)
    sncosmo.register(band, name, force=True)
    return name


def _fittable(curve: Curve, names: NDArray[np.object_]) -> Curve:
    """Points with a flux, of bands that are known, that are not long over.

    ZTF's limits have none and are left out: they stand there only where nothing was detected, and
    with them, even as bounds from above, dates came out days too late.
    """
    some = (curve.band >= 0) & np.isfinite(curve.flux) & (curve.error > 0)
    some &= (names[curve.band] != "") & (curve.mjd > curve.mjd[-1] - HISTORY_DAYS)
    return part_of(curve, some)
