"""Windows of what is no supernova as ZTF would see it, made from PLAsTiCC's variable objects.

To learn from beside the real ones, which are few; no figure is ever quoted on these. An object is
brought to a brightness that ZTF alerts on (a Galactic one by being nearer, a nucleus by being
stronger), seen in g and r every two or three nights with nights lost, against a template that is
the object itself at some other time, so that differences have both signs. Depth and noise are
ZTF's: five-sigma limits drawn from those of real packets, beside a share of the flux.

What varies faster than it is observed (RR Lyrae, eclipsing binaries, flares) is drawn epoch by
epoch from PLAsTiCC's own points; what is slower is read between them along a straight line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.batch import LightCurves
from schemas.columns import BANDS
from schemas.light_curves import Points, light_curves
from schemas.photometry import DETECTION_SIGMA, njy
from training.arrays import Floats, Ints
from training.lightcurve.labels import NUCLEUS, SIX_BAND, STAR, ZTF
from training.lightcurve.objects.history import resembling
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.others import Others
from training.lightcurve.objects.windows import (
    WINDOW_DAYS,
    drawn,
    every_detection,
    windows,
)
from training.workers import shown

FAST = ("RRL", "EB", "M-dwarf")
SLOW = ("AGN", "Mira", "uLens-Single")
PREFIX = "simulated "
"""By this begins the kind of each."""
SEEN_BANDS = tuple(BANDS.index(band) for band in "gr")
SEEN_DAYS = 2 * WINDOW_DAYS
NIGHTS_BETWEEN = (2, 3)
NIGHT_LOST = 0.3
NIGHT_WIDTH_DAYS = 0.3
PEAK_MAG = (16.0, 20.0)
"""The strongest difference, drawn evenly."""
NOISE_SHARE = (0.03, 0.1)
"""Of the flux: what magnitudes err by in real packets beside the sky."""
SNR_MIN = 20.0
"""Of an object's strongest point, so that its own noise stays below ZTF's."""
POINTS_MIN = 5
"""In each of g and r."""
FIRST_MJD = 59000.0


class Source(NamedTuple):
    """What PLAsTiCC measured of one object in one band: days and nJy."""

    mjd: Floats
    flux: Floats


class Epochs(NamedTuple):
    """When and in which bands a copy is looked at, and what it then shines with."""

    mjd: Floats
    band: NDArray[np.int8]
    flux: Floats


def simulated_others(
    plasticc: Objects, real: Others, copies: int, random: np.random.Generator
) -> Others:
    """At most so many windows of each variable object, by the order of PLAsTiCC's objects.

    real: their limits say how deep ZTF sees, and what packets say of the time before. A copy that
    is not detected as often as a window must be falls away. Names are PLAsTiCC's with PREFIX before
    them, so that copies keep together in a split.
    """
    curves = real.objects.curves
    depth = np.sort(curves.limit_mag[~curves.detected & np.isfinite(curves.limit_mag)])
    kinds = [SIX_BAND.index(kind) for kind in (*FAST, *SLOW)]
    variable = np.flatnonzero(np.isin(plasticc.label, kinds))
    seen: list[Points] = []
    parents: list[int] = []
    for row in shown(variable.tolist(), "simulating others"):
        sources = _sources(plasticc.curves.of(row))
        for _ in range(copies if sources else 0):
            fast = SIX_BAND[plasticc.label[row]] in FAST
            seen.append(_seen(len(parents), sources, fast, depth, random))
            parents.append(row)
    return _windows(plasticc, np.array(parents, np.int64), seen, real, random)


def _windows(
    plasticc: Objects, parents: Ints, seen: list[Points], real: Others, random: np.random.Generator
) -> Others:
    """One window a copy, ending at any of its detections once a window's days are over."""
    names = np.char.add(PREFIX, plasticc.name[parents])
    nucleus = plasticc.label[parents] == SIX_BAND.index(NUCLEUS)
    label = np.where(nucleus, ZTF.index(NUCLEUS), ZTF.index(STAR)).astype(np.int64)
    curves = light_curves(len(parents), *seen)
    copies = Objects(names, label, curves, np.full((len(parents), 3), np.nan))
    ends = every_detection(copies)
    ends = ends[curves.mjd[ends] >= FIRST_MJD + WINDOW_DAYS]
    cut = windows(copies, drawn(copies, ends, 1, random))
    kind = [PREFIX + SIX_BAND[one] for one in plasticc.label[parents[cut.parent]]]
    before = resembling(real.history, cut.history, random)
    return Others(cut.objects, np.array(kind), before)


def _sources(curve: LightCurves) -> list[Source]:
    """g and r of one object; empty where one is too seldom seen or nothing stands out."""
    sources = []
    for band in SEEN_BANDS:
        own = curve.band == band
        strong = np.abs(curve.flux_njy[own]) / curve.flux_err_njy[own]
        if own.sum() < POINTS_MIN or strong.max() < SNR_MIN:
            return []
        sources.append(Source(curve.mjd[own], curve.flux_njy[own]))
    return sources


def _seen(
    row: int, sources: list[Source], fast: bool, depth: Floats, random: np.random.Generator
) -> Points:
    """Sixty days of one copy."""
    centre = random.choice(sources[0].mjd)
    other = random.choice(sources[0].mjd)
    days = [_epochs(random) for _ in sources]
    flux = []
    for source, since in zip(sources, days, strict=True):
        template = _at(source, np.array([other]), fast, random)
        at = centre + since - SEEN_DAYS / 2
        flux.append(_at(source, at, fast, random) - template)
    band = np.repeat(np.array(SEEN_BANDS, np.int8), [len(one) for one in days])
    epochs = Epochs(FIRST_MJD + np.concatenate(days), band, np.concatenate(flux))
    return _measured(row, epochs, depth, random)


def _epochs(random: np.random.Generator) -> Floats:
    """Days at which one band is seen, within SEEN_DAYS."""
    nights = np.cumsum(random.choice(NIGHTS_BETWEEN, size=int(SEEN_DAYS // min(NIGHTS_BETWEEN))))
    kept = nights[(nights < SEEN_DAYS) & (random.random(len(nights)) >= NIGHT_LOST)]
    return kept + random.uniform(0, NIGHT_WIDTH_DAYS, len(kept))


def _at(source: Source, mjd: Floats, fast: bool, random: np.random.Generator) -> Floats:
    """The source's flux at these instants, as the module's docstring says."""
    if fast:
        return random.choice(source.flux, len(mjd))
    return np.interp(mjd, source.mjd, source.flux)


def _measured(row: int, epochs: Epochs, depth: Floats, random: np.random.Generator) -> Points:
    """Scaled to a drawn brightness, with noise, and with a limit where nothing is detected."""
    count, strongest = len(epochs.mjd), np.abs(epochs.flux).max(initial=0.0)
    peak = njy(np.array(random.uniform(*PEAK_MAG)))
    flux = epochs.flux * (peak / strongest if strongest > 0 else 0.0)
    limit = random.choice(depth, count)
    error = np.hypot(njy(limit) / DETECTION_SIGMA, random.uniform(*NOISE_SHARE) * flux)
    flux = flux + error * random.standard_normal(count)
    detected = np.abs(flux) >= njy(limit)
    return Points(
        np.full(count, row),
        epochs.mjd,
        epochs.band,
        np.where(detected, flux, np.nan),
        np.where(detected, error, np.nan),
        np.where(detected, np.nan, limit),
        detected,
    )
