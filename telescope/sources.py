"""The sources of one frame: the sky taken out, what stands above it, and which are good stars.

The door to `sep` (Barbary 2016, JOSS 1, 58), the library form of SExtractor's steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import sep
from numpy.typing import NDArray

from telescope.frame import UNUSABLE, Frame, FrameError, Pixels

Floats = NDArray[np.float64]
SKY_BOX_PIXELS = 64
SOURCE_SIGMA = 5.0
STAR_SIGMA = 20.0
"""From which signal-to-noise ratio on a star says what the PSF is."""
FWHM_OF_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))
SOURCES_MAX = 2_000_000
MAG_OF_SHARE = 2.5 / math.log(10)
"""Magnitudes of a small share of the light."""
STARS_MIN = 8


class Levelled(NamedTuple):
    """A frame without its sky, with a variance, and what the sky was."""

    frame: Frame
    sky_level: float
    sky_rms: float
    gradient: float
    """The sky's range over the frame (5 to 95 %) by its level's noise in a pixel."""
    gain_guessed: bool


@dataclass(frozen=True)
class Sources:
    """What stands above the sky: a row a source, brightest not first."""

    x: Floats
    y: Floats
    flux: Floats
    """Isophotal, counts."""
    peak: Floats
    fwhm: Floats
    """2.355 by the root of the mean second moment, pixels."""
    ellipticity: Floats
    pixels: Floats
    flags: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.x)


def levelled(frame: Frame) -> Levelled:
    """The frame less its sky, by a mesh of SKY_BOX_PIXELS; its variance where none was given.

    The variance is the sky's own scatter and the photons of what stands on it, by the gain. Where
    no gain is known it is guessed from the sky's mean and scatter, which a sky taken out before
    spoils: then photons of sources are not counted. Raises FrameError for a frame without a sky.
    """
    pixels = np.ascontiguousarray(frame.pixels)
    box = max(min(SKY_BOX_PIXELS, min(frame.shape) // 3), 8)
    try:
        sky = sep.Background(pixels, mask=frame.unusable, bw=box, bh=box, fw=3, fh=3)
    except Exception as error:  # the library's own are plain exceptions
        raise FrameError(f"{frame.facts.name} has no sky to be found: {error}") from error
    level, rms = float(sky.globalback), float(sky.globalrms)
    if not (math.isfinite(level) and rms > 0):
        raise FrameError(f"{frame.facts.name} is blank: its pixels do not scatter")
    back, noise = sky.back(dtype=np.float32), sky.rms(dtype=np.float32)
    signal = pixels - back
    gain, guessed = frame.facts.gain, not frame.facts.gain > 0
    if guessed:
        gain = level / rms**2 if level > rms else math.inf
    variance = frame.variance
    if not np.any(np.isfinite(variance)):
        variance = noise**2 + np.maximum(signal, 0.0) / np.float32(gain)
    low, high = np.percentile(back[::16, ::16], [5, 95])
    facts = frame.facts._replace(gain=gain)
    clean = replace(frame, pixels=signal, variance=variance.astype(np.float32), facts=facts)
    return Levelled(clean, level, rms, float(high - low) / rms, guessed)


def sources(frame: Frame) -> Sources:
    """Groups of pixels above the sky of a levelled frame, blends parted."""
    sep.set_extract_pixstack(min(frame.pixels.size, SOURCES_MAX))
    found = sep.extract(
        frame.pixels,
        SOURCE_SIGMA,
        err=np.sqrt(np.maximum(frame.variance, 1e-12)),
        mask=frame.unusable,
    )
    a, b = found["a"].astype(np.float64), np.maximum(found["b"].astype(np.float64), 1e-3)
    fwhm = FWHM_OF_SIGMA * np.sqrt((a**2 + b**2) / 2)
    return Sources(
        found["x"], found["y"], found["flux"], found["peak"], fwhm, 1 - b / a,
        found["npix"].astype(np.float64), found["flag"].astype(np.int64),
    )  # fmt: skip


def components(score: Pixels, threshold: float, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Where groups of pixels above a threshold have their peaks: rows and columns, (n, 2)."""
    sep.set_extract_pixstack(min(score.size, SOURCES_MAX))
    found = sep.extract(
        np.ascontiguousarray(score), threshold, mask=mask, minarea=1, filter_kernel=None,
        deblend_cont=0.01, clean=False,
    )  # fmt: skip
    return np.stack([found["ypeak"], found["xpeak"]], axis=1).astype(np.int64)


def regions(strength: Pixels, threshold: float) -> NDArray[np.int32]:
    """Which group of neighbouring pixels above a threshold each pixel is of, from 1; 0: of none."""
    sep.set_extract_pixstack(min(strength.size, SOURCES_MAX))
    _, labels = sep.extract(
        np.ascontiguousarray(strength, np.float32), threshold, minarea=1, filter_kernel=None,
        deblend_cont=1.0, clean=False, segmentation_map=True,
    )  # fmt: skip
    return np.asarray(labels, np.int32)


def stars(frame: Frame, found: Sources) -> NDArray[np.int64]:
    """Rows of those that are single, unsaturated, bright, and of the commonest half-light radius.

    A second moment grows with brightness, as more of the wings is above the threshold; a half-light
    radius does not.
    """
    rows, columns = frame.shape
    noise = np.sqrt(np.maximum(found.pixels, 1) * np.median(frame.variance[::4, ::4]))
    inside = (found.x > 20) & (found.x < columns - 20) & (found.y > 20) & (found.y < rows - 20)
    good = inside & (found.flags == 0) & (found.flux > STAR_SIGMA * noise) & (found.pixels >= 5)
    some = np.flatnonzero(good & ~_touched(frame, found))
    if len(some) < STARS_MIN:
        return some
    radius = half_light(frame, found, some)
    mode = _mode(radius)
    some = some[np.abs(radius - mode) < 0.15 * mode]
    shape = found.ellipticity[some]
    return some[np.abs(shape - np.median(shape)) < 0.2]


def half_light(frame: Frame, found: Sources, rows: NDArray[np.int64]) -> Floats:
    """Of some sources: the radius that holds half of the light within three widths, pixels."""
    reach = np.full(len(rows), max(3.0 * float(np.median(found.fwhm[rows])), 6.0))
    half, _ = sep.flux_radius(
        frame.pixels, found.x[rows], found.y[rows], reach, 0.5, mask=frame.unusable, subpix=3
    )
    return np.asarray(half, np.float64)


def _touched(frame: Frame, found: Sources) -> NDArray[np.bool_]:
    """Whether a pixel near the middle is unusable or near saturation."""
    x, y = np.rint(found.x).astype(int), np.rint(found.y).astype(int)
    near = np.zeros(len(found), np.bool_)
    rows, columns = frame.shape
    for dy in range(-3, 4):
        for dx in range(-3, 4):
            at = np.clip(y + dy, 0, rows - 1), np.clip(x + dx, 0, columns - 1)
            near |= (frame.mask[at] & UNUSABLE) != 0
    top = np.max(found.peak, initial=0.0)
    return near | ((found.peak > 0.6 * top) & (len(found) > 100))


def _mode(values: Floats) -> float:
    """The middle of the shortest stretch that holds half of the values."""
    ordered = np.sort(values)
    count = max(len(ordered) // 2, 1)
    widths = ordered[count:] - ordered[: len(ordered) - count]
    if not len(widths):
        return float(np.median(ordered))
    at = int(np.argmin(widths))
    return float(np.median(ordered[at : at + count + 1]))


def image_fwhm(frame: Frame, found: Sources, rows: NDArray[np.int64]) -> float:
    """The stars' FWHM, pixels: twice their half-light radius, the median; NaN without stars."""
    if not len(rows):
        return math.nan
    some = rows[np.argsort(-found.flux[rows])[:400]]
    return float(2.0 * np.median(half_light(frame, found, some)))


def aperture(frame: Frame, x: Floats, y: Floats, radius: float) -> tuple[Floats, Floats]:
    """Counts within a circle at each place and their noise; NaN where something unusable is."""
    light, error, flag = sep.sum_circle(
        frame.pixels, x, y, radius, var=frame.variance, mask=frame.unusable, subpix=5
    )
    return np.where(flag == 0, light, np.nan), error
