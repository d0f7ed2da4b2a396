"""Light as the exam draws it: shifted, pasted and blurred images, and stars measured on a stamp."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, mean, shift
from scipy.signal import fftconvolve
from scipy.special import erf

Image = NDArray[np.float64]
STAR_SNR_MIN = 25.0
"""Of a star's brightest pixel over the sky: its profile is then known to a few per cent."""
STAR_PEAK_MAX = {"ztf": 25_000.0}
"""Counts: the brightest stars of the ZTF stamps at hand end near 4e4, flattened."""
TEMPLATE_SHARE_MIN = 0.3
"""A star stands in both planes; a cosmic ray or a transient does not."""
NEIGHBOUR_SHARE_MAX = 0.12
"""Of a star's peak: a brighter pixel outside its core is a neighbour's."""
STARS_MAX = 3
"""Stacked into one profile: more would mostly add blends."""
PSF_SIDE = {"ztf": 25, "lsst": 41}
"""Pixels of a point-spread function's image: four times the widest FWHM common in each survey."""
CENTRINGS = 4
"""Each takes off most of what is left of a star's offset."""
TYPICAL_FWHM = {"ztf": 2.2, "lsst": 5.0}
"""Pixels, where no row at hand shows a star."""
MOFFAT_BETA = 3.5
"""Wings of stars in the seeing: 2.5 in many images, 4.8 in theory (Trujillo et al. 2001, MNRAS 328,
977)."""
WELL_SAMPLED = 1.6
"""Pixels of FWHM below which a peak is no star."""


class Psf(NamedTuple):
    """A point-spread function."""

    image: Image
    """Odd side, sum 1, its peak in the middle."""
    fwhm: float
    """Pixels."""


def shifted(image: Image, down: float, right: float) -> Image:
    """The image moved by parts of a pixel, by cubic splines.

    Fourier phases would be exact for a well-sampled image; stars two pixels wide ring with them.
    """
    moved: Image = shift(image, (down, right), order=3, mode="nearest")
    return moved


def blurred(image: Image, kernel: Image) -> Image:
    """The image convolved with a smaller one, same size."""
    result: Image = fftconvolve(image, kernel, mode="same")
    return result


def pasted(box: Image, side: int, at: tuple[int, int]) -> Image:
    """A black (side, side) image with the box's middle pixel at `at`; what hangs over is cut."""
    half, length = box.shape[0] // 2, box.shape[0]
    canvas = np.zeros((side + 2 * length, side + 2 * length))
    top, left = at[0] + length - half, at[1] + length - half
    canvas[top : top + length, left : left + length] = box
    return canvas[length:-length, length:-length]


def deposited(rows: Image, columns: Image, weights: Image, sigma: Image, side: int) -> Image:
    """Round Gaussian clouds integrated over pixels; positions, weights and sigmas are (n,)."""
    edges = np.arange(side + 1) - 0.5

    def shares(places: Image) -> Image:
        steps = erf((edges[None, :] - places[:, None]) / (np.sqrt(2.0) * sigma[:, None]))
        integrals: Image = np.diff(steps, axis=1) / 2.0
        return integrals

    return (shares(rows) * weights[:, None]).T @ shares(columns)


def moffat(fwhm: float, side: int, at: tuple[float, float]) -> Image:
    """A Moffat profile (side, side), 1 at its peak."""
    y, x = np.mgrid[:side, :side]
    alpha = fwhm / (2.0 * np.sqrt(2.0 ** (1.0 / MOFFAT_BETA) - 1.0))
    profile: Image = (1.0 + ((y - at[0]) ** 2 + (x - at[1]) ** 2) / alpha**2) ** -MOFFAT_BETA
    return profile


def half_light_width(psf: Image) -> float:
    """FWHM in pixels of a profile with its peak in the middle, from the area above half of it.

    The profile is cut finer first: of a star two pixels wide, few pixels are above half.
    """
    fine = 4
    rows, columns = psf.shape
    spectrum = np.fft.fftshift(np.fft.fft2(psf))
    before, after = (rows * fine - rows) // 2, (columns * fine - columns) // 2
    more = ((before, rows * (fine - 1) - before), (after, columns * (fine - 1) - after))
    finer = np.fft.ifft2(np.fft.ifftshift(np.pad(spectrum, more))).real
    return float(2.0 * np.sqrt((finer > finer.max() / 2.0).sum() / np.pi) / fine)


def measured_psf(science: Image, template: Image, survey: str) -> Psf | None:
    """The stamp's own point-spread function, or None where it shows no clean star.

    The sharpest stars are stacked, each moved to the middle of its pixel. A stamp of Rubin's is
    often narrower than a star's wings: there the profile is a Moffat of the star's width.
    """
    side = min(PSF_SIDE[survey], _odd(science.shape[0] // 2))
    boxes = [box for at in _peaks(science, template, survey) if (box := _cut(science, at, side))
             is not None]  # fmt: skip
    widths = [half_light_width(box) for box in boxes]
    stars = [(width, box) for width, box in zip(widths, boxes, strict=True) if width > WELL_SAMPLED]
    if not stars:
        return None
    sharpest = min(width for width, _ in stars)
    alike = [box for width, box in stars if width < 1.15 * sharpest][:STARS_MAX]
    stack: Image = np.sum(alike, axis=0)
    if side < PSF_SIDE[survey]:
        return moffat_psf(half_light_width(stack), survey)
    smooth = np.maximum(_smooth_wings(stack, sharpest), 0.0) * _taper(side)
    smooth /= smooth.sum()
    return Psf(smooth, half_light_width(smooth))


def moffat_psf(fwhm: float, survey: str) -> Psf:
    """A round Moffat profile of a survey's size."""
    side = PSF_SIDE[survey]
    image = moffat(fwhm, side, (side // 2, side // 2)) * _taper(side)
    return Psf(image / image.sum(), fwhm)


def _smooth_wings(stack: Image, fwhm: float) -> Image:
    """The stack with its mean at each radius, never rising outwards, in place of noisy wings."""
    half = stack.shape[0] // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    radius = np.hypot(y, x)
    rings = radius.astype(np.int64)
    wings = mean(stack, rings, np.arange(rings.max() + 1))
    wings = np.minimum.accumulate(wings)
    wings_image: Image = np.interp(radius, np.arange(len(wings)) + 0.4, wings)
    core = 1.0 / (1.0 + np.exp((radius - 1.2 * fwhm) / (0.15 * fwhm)))
    blended: Image = core * stack + (1.0 - core) * wings_image
    return blended


def _odd(number: int) -> int:
    return number - 1 + number % 2


def _taper(side: int) -> Image:
    """One, falling to zero over the outer third of the radius: an image pasted leaves no corner."""
    y, x = np.mgrid[:side, :side] - side // 2
    radius = np.hypot(y, x) / (side / 2.0)
    taper: Image = np.cos(np.clip((radius - 2 / 3) * 3, 0.0, 1.0) * np.pi / 2) ** 2
    return taper


def _peaks(science: Image, template: Image, survey: str) -> list[tuple[int, int]]:
    """Where stars may be, the brightest first."""
    sky, template_sky = np.nanmedian(science), np.nanmedian(template)
    noise = 1.4826 * np.nanmedian(np.abs(science - sky))
    light = np.where(np.isfinite(science), science - sky, -np.inf)
    found = (
        (light == maximum_filter(light, size=5))
        & (light > STAR_SNR_MIN * noise)
        & (light < STAR_PEAK_MAX.get(survey, np.inf))
        & (np.nan_to_num(template - template_sky) > TEMPLATE_SHARE_MIN * light)
    )
    rows, columns = np.nonzero(found)
    order = np.argsort(-light[rows, columns])
    return [(int(rows[one]), int(columns[one])) for one in order[: 4 * STARS_MAX]]


def _cut(science: Image, at: tuple[int, int], side: int) -> Image | None:
    """A star alone in its box, sky taken off and moved to the middle; None where it is not."""
    half = side // 2
    top, left = at[0] - half, at[1] - half
    if min(top, left) < 0 or max(top, left) + side > science.shape[0]:
        return None
    box = science[top : top + side, left : left + side]
    y, x = np.mgrid[:side, :side] - half
    radius = np.hypot(y, x)
    if not np.isfinite(box).all():
        return None
    box = box - np.median(box[radius > 0.8 * half])
    if box[radius > 0.45 * half].max() > NEIGHBOUR_SHARE_MAX * box[half, half]:
        return None
    return _centred(box, np.exp(-0.5 * (radius / (0.2 * half)) ** 2))


def _centred(box: Image, window: Image) -> Image:
    """A star moved to where its light, seen through the window, has its middle in the box's."""
    half = len(box) // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    down, right, moved = 0.0, 0.0, box
    for _ in range(CENTRINGS):
        core = np.maximum(moved, 0.0) * window
        down += float((core * y).sum() / core.sum())
        right += float((core * x).sum() / core.sum())
        moved = shifted(box, -down, -right)
    return moved
