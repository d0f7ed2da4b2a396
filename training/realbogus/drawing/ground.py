"""A real alert's stamps opened for drawing: what a source or an artefact is drawn onto."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats
from training.realbogus.drawing.point_sources import Psf, highest, psf_of, star_near

SCIENCE, TEMPLATE, DIFFERENCE = range(3)
"""Places among the planes, as in `schemas.batch.PLANES`."""

ZTF_GAIN = 6.0
"""Electrons a count: ZTF's detectors have about that (Bellm et al. 2019, PASP 131, 018002;
Dekany et al. 2020, PASP 132, 038001)."""
RUBIN_GAIN = 1.2
"""Electrons a nJy, of LSSTCam. Measured: how the variance from pixel to pixel of 272 differences
grows with the template's light. A zero point of 28.2 mag for an electron a second and exposures of
30 s give 1.5."""
DECAM_GAIN = 12.0
"""Electrons a nJy, measured likewise on 188 differences of the DECam test stream."""
ZTF_FWHM, LSSTCAM_FWHM = 2.0, 7.0
"""Pixels: medians, of ZTF's fields' stars and of the images of the point-spread function that come
with the Rubin stamps. What to use where nothing nearer is known."""
COUNTS_MAX = 1e7
"""Beyond it a pixel is no measurement: detectors saturate near 1e5 counts."""
SIGMA_PER_MAD = 1.4826
STARS_MIN = 2
"""For a stamp's own blur: one star may be a galaxy or a cosmic ray."""
NOISE_MIN = 1e-6
"""Counts: a plane of one value has no noise, and is no reason to divide by zero."""
CLIP_SIGMA = 3.0
"""Pixels further from the median are stars: sky and noise are those of the rest."""

DISC_FWHM = 2.25
"""Radius of what is removed at the centre: a point source has 0.001 of its peak there."""
DISC_SIDE_MAX = 0.33
"""Of the side. The texture is the difference itself, shifted, and discs twice as large as this
would meet their own shifted selves (at 0.35)."""
RIM_PIXELS = 2.5
"""Over which old and new pixels are blended."""
RING_PIXELS = 1.5
RING_SIGMA_MAX = 1.2
"""Median deviation of the pixels in a ring, over that of noise: above it, source is left there."""
SHIFTS = 6
"""Shifts of the difference tried for a texture; that with the fewest outliers is taken."""
OUTLIER_SIGMA = 3.5
"""A pixel of the texture further out is drawn anew: another source must not be copied."""
MISMATCH_SHARE = 0.5
"""Of the template's light: how far science may be from template plus difference on a star whose
profile differs. Measured on ZTF's stars of ten sigma: median 0.1 to 0.35."""
MISMATCH_SIGMA = 1.0
"""And this much everywhere; measured on ZTF's empty sky: 0.15 to 0.45."""

HOST_SIDE_MAX = 0.2
"""Of the side: how far from the middle a host is looked for, so how much of a stamp moves out."""
HOST_OFFSET_PIXELS = 1.0
"""One sigma in each axis, of a new source about its host."""


@dataclass(frozen=True)
class Ground:
    """One alert's planes, and what drawing on them has to know.

    The difference is positive where a detection is: science minus template where `sign` is 1,
    template minus science where it is -1. Whatever is added to the science plane, times `sign`,
    is added to the difference; whatever to the template, times -`sign`.
    """

    planes: NDArray[np.float32]
    """(3, side, side) in counts, NaN where there is no pixel."""
    fwhm_pixels: float
    """Of the science plane's point-spread function, measured on the stamp or on its field-night."""
    sky: Floats
    """(3,) median of each plane, counts."""
    noise: Floats
    """(3,) of each plane's sky, counts a pixel, from the median absolute deviation."""
    sign: int
    """1 or -1: the convention above."""
    along: float = 0.0
    """The point-spread function's elongation, as in `Psf`."""
    across: float = 0.0
    gain: float = ZTF_GAIN
    """Electrons a count."""

    @property
    def side(self) -> int:
        """Pixels."""
        return int(self.planes.shape[-1])

    @property
    def light(self) -> Floats:
        """(side, side) of the template above its sky, counts; 0 where there is no such pixel."""
        above = _measured(self.planes[TEMPLATE]) - self.sky[TEMPLATE]
        return np.asarray(np.fmax(above, 0.0))


def opened(
    planes: NDArray[np.float32], sign: int, fwhm_pixels: float, gain: float = ZTF_GAIN
) -> Ground:
    """An alert's native stamps (3, side, side), ready to be drawn on.

    `fwhm_pixels` is used where the stamp has too few stars for its own: the median of its
    field-night's, or the survey's. A plane without any pixel has NaN as sky and noise.
    """
    levels = np.array([_level(plane) for plane in planes])
    psf = _psf(planes, levels, STARS_MIN) or Psf(fwhm_pixels)
    return Ground(
        planes, psf.fwhm_pixels, levels[:, 0], levels[:, 1], sign, psf.along, psf.across, gain
    )


def fwhm_of(planes: NDArray[np.float32]) -> float:
    """FWHM in pixels of the science plane's stars, the centre left out; NaN without any.

    One star is enough, which may be a galaxy: this is for the median of a field-night.
    """
    psf = _psf(planes, np.array([_level(planes[SCIENCE])]), 1)
    return np.nan if psf is None else psf.fwhm_pixels


def cleaned(ground: Ground, random: np.random.Generator) -> Ground:
    """The same without the source at its centre, the planes still one another's parents.

    In the difference a disc with a soft rim becomes noise like the rest of that difference, more
    of it where the template is bright. Science loses what the difference lost, with the
    difference's sign; the template stays. So a brightening is gone, and what had faded is back:
    taking its light out of a template would leave a single exposure's noise in it. Where science
    is not template plus difference (a subtraction rings around a cosmic ray), it becomes so.
    Pixels that are not there, or beyond COUNTS_MAX, stay as they are.
    """
    weight = _disc(ground)
    old = _measured(ground.planes)
    level = ground.sky[DIFFERENCE]
    noise = _texture(ground, weight, random) * _louder(ground)
    # The square root keeps the variance of the blend that of its parts.
    fresh = level + (1 - weight) * (old[DIFFERENCE] - level)
    fresh += np.sqrt(1 - (1 - weight) ** 2) * noise
    lost = np.nan_to_num(old[DIFFERENCE] - fresh)
    planes = ground.planes.copy()
    touched = (weight > 0) & np.isfinite(old[DIFFERENCE])
    planes[DIFFERENCE][touched] = fresh[touched]
    change = ground.sign * lost + weight * _unexplained(ground, old)
    touched = (weight > 0) & np.isfinite(old[SCIENCE])
    planes[SCIENCE][touched] = (old[SCIENCE] - change)[touched]
    return replace(ground, planes=planes)


def beside_host(ground: Ground, random: np.random.Generator) -> Ground:
    """The same, moved by whole pixels so that a source of the template lies at the centre.

    A pixel or so from it. What moves in over an edge is a mirror image: NaN there would make an
    edge of the detector. Unchanged where the template has nothing near enough.
    """
    reach = HOST_SIDE_MAX * ground.side
    place = star_near(ground.light, ground.noise[DIFFERENCE], reach, random)
    if place is None:
        return ground
    offset = random.normal(0.0, HOST_OFFSET_PIXELS, 2)
    down, right = np.rint((ground.side - 1) / 2 - place + offset).astype(int)
    return replace(ground, planes=_moved(ground.planes, int(down), int(right)))


def _moved(planes: NDArray[np.float32], down: int, right: int) -> NDArray[np.float32]:
    """Planes shifted by whole pixels, what moves in mirrored at the edge."""
    side, width = planes.shape[-1], max(abs(down), abs(right))
    wider = np.pad(planes, ((0, 0), (width, width), (width, width)), mode="symmetric")
    top, left = width - down, width - right
    return wider[:, top : top + side, left : left + side].copy()


def _measured(plane: NDArray[np.float32]) -> Floats:
    """As float64, NaN where there is no measurement."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(plane) < COUNTS_MAX, plane, np.nan).astype(np.float64)


def _level(plane: NDArray[np.float32]) -> tuple[float, float]:
    """Sky and noise of a plane: median and scaled median absolute deviation, clipped once."""
    values = _measured(plane)
    values = values[np.isfinite(values)]
    for _ in range(2):
        if not values.size:
            return np.nan, np.nan
        sky = float(np.median(values))
        deviation = np.abs(values - sky)
        noise = SIGMA_PER_MAD * float(np.median(deviation))
        values = values[deviation <= CLIP_SIGMA * noise]
    return sky, noise


def _psf(planes: NDArray[np.float32], levels: Floats, stars_min: int) -> Psf | None:
    """Of the science plane, by its own stars."""
    sky, noise = levels[SCIENCE]
    return psf_of(_measured(planes[SCIENCE]), sky, noise, stars_min)


def _distance(side: int) -> Floats:
    """Of each pixel from the stamp's middle, pixels."""
    axis = np.arange(side) - (side - 1) / 2
    return np.asarray(np.hypot(axis[:, None], axis[None, :]))


def _disc(ground: Ground) -> Floats:
    """How much of each pixel is to be replaced: 1 inside, falling to 0 over the rim."""
    distance = _distance(ground.side)
    outside = np.clip((distance - _extent(ground, distance)) / RIM_PIXELS, 0.0, 1.0)
    return np.asarray(0.5 * (1 + np.cos(np.pi * outside)))


def _extent(ground: Ground, distance: Floats) -> float:
    """Radius in pixels beyond which the centre's own light is lost in the noise."""
    largest = DISC_SIDE_MAX * ground.side - RIM_PIXELS
    radius = min(DISC_FWHM * ground.fwhm_pixels, largest)
    above = np.abs(_measured(ground.planes[DIFFERENCE]) - ground.sky[DIFFERENCE])
    above /= ground.noise[DIFFERENCE] * _louder(ground) + NOISE_MIN
    while radius < largest:
        ring = above[(distance >= radius) & (distance < radius + RING_PIXELS)]
        ring = ring[np.isfinite(ring)]
        if not ring.size or SIGMA_PER_MAD * np.median(ring) < RING_SIGMA_MAX:
            return radius
        radius = min(radius + RING_PIXELS, largest)
    return radius


def _louder(ground: Ground) -> Floats:
    """Noise of each pixel over that of the sky, from the photons of what the template shows."""
    photons = ground.light / ground.gain
    return np.asarray(np.sqrt(1 + photons / (ground.noise[DIFFERENCE] ** 2 + NOISE_MIN)))


def _texture(ground: Ground, weight: Floats, random: np.random.Generator) -> Floats:
    """Noise of the difference about 0, (side, side): the difference itself, shifted and mended."""
    noise = ground.noise[DIFFERENCE]
    plane = _measured(ground.planes[DIFFERENCE]) - ground.sky[DIFFERENCE]
    plane[(weight > 0) | ~(np.abs(plane) < OUTLIER_SIGMA * noise)] = np.nan
    tried = (_shifted(plane, random) for _ in range(SHIFTS))
    # Not the quietest: that would be quieter than the noise.
    best = min(tried, key=lambda shifted: np.isnan(shifted[weight > 0]).sum())
    filled = random.normal(0.0, noise, plane.shape)
    return np.where(np.isfinite(best), best, filled)


def _shifted(plane: Floats, random: np.random.Generator) -> Floats:
    """Rolled by about half its side, turned or mirrored in one of eight ways."""
    side = plane.shape[0]
    slack = max(int(0.1 * side), 1)
    rolls = side // 2 + random.integers(-slack, slack + 1, 2)
    turned = np.rot90(np.roll(plane, rolls, axis=(0, 1)), int(random.integers(4)))
    return np.asarray(turned.T if random.integers(2) else turned)


def _unexplained(ground: Ground, old: Floats) -> Floats:
    """What science shows that template and difference do not, beyond a plausible mismatch."""
    above = old - ground.sky[:, None, None]
    mismatch = above[SCIENCE] - ground.sign * above[DIFFERENCE] - above[TEMPLATE]
    bound = MISMATCH_SIGMA * ground.noise[DIFFERENCE]
    bound = bound + MISMATCH_SHARE * highest(ground.light, 1)
    return np.asarray(np.nan_to_num(mismatch - np.clip(mismatch, -bound, bound)))
