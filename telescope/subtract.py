"""Frame less reference, and the score: how many sigmas of a point source each pixel says.

The score is the difference through the filter that finds a point source in its noise, divided by
that noise, which is summed from the variances of both frames before any of them was interpolated
or convolved: so noise that those steps have made alike from pixel to pixel is counted as it is.
What is left is put right by the scatter of the score itself in empty sky, and told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telescope.align import Aligned
from telescope.compiled import grown
from telescope.convolving import both, convolved, embedded, filtered
from telescope.frame import Bit, Frame, Pixels
from telescope.kernel import Kernel, fitted_kernel
from telescope.psf import Psf, slope
from telescope.soften import gaussian, softened, softening

Floats = NDArray[np.float64]
CELL_PIXELS = 128
NOISE_CELL_PIXELS = 256
STAR_SCATTER_MIN = 0.01
"""Of a star's pixels: flat fields and PSFs are known no better."""
PLACE_PIXELS_MIN = 0.02
"""Likewise where a star is, by which its flanks leave something."""
SHARPER = 0.97
"""The frame is convolved where its reference needs less softening than this share of its own."""
POWER_MIN = 0.03
"""Of a softened frame's noise: what is sharper is taken for no part of a star."""
EMPTY_MIN = 1000
"""Pixels without a source, from which on the noise's scatter is measured on these alone."""
PLACE_PIXELS_MAX = 1024
"""The side of the frame's middle on which the noise of places is measured."""
WINGS_MIN, WINGS_OF_SCATTER = 4e-5, 4e-3
"""What very bright stars leave in a pixel of their wings, by all light within the PSF's reach: at
least the first, and the second times what their own pixels scatter. Found on simulated pairs and
the GOTO pair."""


@dataclass(frozen=True)
class Difference:
    """What a frame shows that its reference does not, in the frame's own counts."""

    pixels: Pixels
    variance: Pixels
    """Of a pixel, as if pixels were independent."""
    score: Pixels
    """Sigmas of a point source; 0 where nothing can be said."""
    flux_noise: Pixels
    """One sigma of a point source's flux at each pixel."""
    excluded: NDArray[np.bool_]
    """Where there are no candidates."""
    psf: Psf
    """Of a point source in `pixels`."""
    spread: float
    """The score's in empty sky, by propagation alone."""
    place_noise: tuple[float, float]
    """Scatter of places along x and y by what it were if pixels were independent: in empty sky."""
    flux_scale: float
    """The frame's counts by the reference's."""
    template: Pixels
    """The reference as it was subtracted."""


class Side(NamedTuple):
    """One of the two frames."""

    frame: Frame
    psf: Psf


class Wide(NamedTuple):
    """The frame that the other is made alike."""

    frame: Frame
    """As it was taken."""
    psf: Psf
    pixels: Pixels
    """The frame's, softened; and so is the PSF."""
    soft: Floats
    """By which."""

    @property
    def shared(self) -> float:
        """Variance that a pixel of white noise keeps."""
        return float((self.soft**2).sum())


def subtracted(
    science: Side, reference: Aligned, reference_psf: Psf, stars_x: Floats, stars_y: Floats
) -> Difference:
    """Frame less reference, on the frame's pixels; stars are where the kernel is fitted.

    The sharper of the two is convolved, the other softened as far as it is not the wider one in
    every direction. Raises FrameError where too few stars are sound.
    """
    target, sharp, is_sharper = _sides(science, Side(reference.frame, reference_psf))
    bad = science.frame.unusable | reference.frame.unusable
    width = math.sqrt(max(target.psf.fwhm**2 - sharp.psf.fwhm**2, 0.0)) / 2.355
    kernel = fitted_kernel(
        target.pixels, sharp.frame.pixels,
        np.float32(target.shared) * target.frame.variance + sharp.frame.variance,
        bad=bad, x=stars_x, y=stars_y, width=width,
    )  # fmt: skip
    cells = kernel.cells(CELL_PIXELS)
    model = convolved(sharp.frame.pixels, cells, CELL_PIXELS)
    left = target.pixels - model - kernel.sky()
    shape = science.frame.shape
    scale = float(kernel.at(shape[1] / 2, shape[0] / 2).sum())
    unit = -1.0 / scale if is_sharper else 1.0
    noise = _noise(target, sharp, model, kernel)
    excluded = _excluded(bad, science.frame, reference.frame, kernel.basis.half)
    left[excluded] = 0.0
    filter_ = matched_filter(target, sharp, kernel)
    score, sigma = _score(left, noise, (filter_, kernel, target), excluded)
    empty = _empty(excluded, science.frame, model)
    spread = _mad(score[empty])
    white = target.shared * noise[0] + _squares(cells) * noise[1]
    variance = (white * spread**2).astype(np.float32)
    # In cells, as noise is told less well where flats or amplifiers differ.
    factor = _local_spread(score, excluded)
    return Difference(
        pixels=(left * np.float32(unit)).astype(np.float32),
        variance=variance * np.float32(unit**2),
        score=(score * math.copysign(1.0, unit) / factor).astype(np.float32),
        flux_noise=(sigma * factor * abs(unit)).astype(np.float32),
        excluded=excluded,
        psf=target.psf,
        spread=spread,
        place_noise=_place_noise(left, variance, target.psf, empty),
        flux_scale=1.0 / scale if is_sharper else scale,
        template=(reference.frame.pixels / np.float32(scale) if is_sharper else model),
    )


def _sides(science: Side, other: Side) -> tuple[Wide, Side, bool]:
    """The one that is kept, the one that is convolved, and whether that is the frame."""
    ways = (science, other), (other, science)
    sigmas = [softening(wide.psf, narrow.psf) for wide, narrow in ways]
    is_sharper = sigmas[1] < SHARPER * sigmas[0]
    (wide, sharp), sigma = ways[is_sharper], sigmas[is_sharper]
    pixels, soft = wide.frame.pixels, gaussian(sigma)
    if sigma:  # what a dead pixel holds counts as sky
        lost = (wide.frame.mask & np.uint16(Bit.BAD)) != 0
        pixels = filtered(np.where(lost, np.float32(0), pixels), soft)
    return Wide(wide.frame, softened(wide.psf, sigma), pixels, soft), sharp, is_sharper


def matched_filter(target: Wide, sharp: Side, kernel: Kernel) -> Floats:
    """The filter that finds a point source best in noise of both frames, each convolved.

    Its transform is the PSF's, by the noise's power: that of either is the square of what it was
    convolved with (Zackay, Ofek & Gal-Yam 2016, ApJ 830, 27).
    """
    shape, size = target.frame.shape, 64
    middle = shape[1] / 2, shape[0] / 2
    flat = float(np.median(target.frame.variance[::8, ::8]))
    other = float(np.median(sharp.frame.variance[::8, ::8][sharp.frame.variance[::8, ::8] > 0]))
    psf = np.fft.rfft2(embedded(target.psf.at(*middle), size))
    own, power = (
        np.abs(np.fft.rfft2(embedded(one, size))) ** 2 for one in (target.soft, kernel.at(*middle))
    )
    own = np.maximum(own, POWER_MIN)
    filter_ = np.fft.fftshift(np.fft.irfft2(psf / (flat * own + other * power), (size, size)))
    half = min(target.psf.half + 3, size // 2 - 1)
    part = filter_[size // 2 - half : size // 2 + half + 1, size // 2 - half : size // 2 + half + 1]
    return np.asarray(part / np.abs(part).sum())


def _squares(cells: Pixels) -> float:
    """The sum of the kernel's squares, the median of the cells'."""
    return float(np.median((cells**2).sum(axis=(2, 3))))


def _noise(target: Wide, sharp: Side, model: Pixels, kernel: Kernel) -> tuple[Pixels, Pixels]:
    """Variances of both frames' pixels before they were softened or convolved.

    A star's photons are counted by the model's light, not by its own pixel, whose fluctuations
    would make a bright pixel's noise too large and a faint one's too small. What stars leave in the
    difference is taken for noise that was softened with the target, so that neighbours share it.
    """
    scatter = max(kernel.scatter, STAR_SCATTER_MIN)
    light = np.maximum(model, 0.0)
    own = target.frame.background_variance + light / np.float32(target.frame.facts.gain)
    down, across = np.gradient(light)
    stars = (np.float32(scatter) * light) ** 2
    stars += np.float32(PLACE_PIXELS_MIN) ** 2 * (down**2 + across**2)
    side = 2 * target.psf.half + 1
    wings = max(WINGS_MIN, WINGS_OF_SCATTER * kernel.scatter)
    stars += (np.float32(wings) * np.maximum(filtered(light, np.ones((side, side))), 0.0)) ** 2
    return (own + stars / np.float32(target.shared)).astype(np.float32), sharp.frame.variance


def _excluded(
    bad: NDArray[np.bool_], science: Frame, reference: Frame, half: int
) -> NDArray[np.bool_]:
    saturated = ((science.mask | reference.mask) & np.uint16(Bit.SATURATED)) != 0
    edge = np.zeros(science.shape, np.bool_)
    edge[:half], edge[-half:], edge[:, :half], edge[:, -half:] = True, True, True, True
    lost = (reference.mask & np.uint16(Bit.EDGE)) != 0
    return grown(bad, 1) | grown(saturated, half) | grown(lost, half) | edge


def _score(
    left: Pixels,
    noise: tuple[Pixels, Pixels],
    filters: tuple[Floats, Kernel, Wide],
    excluded: NDArray[np.bool_],
) -> tuple[Pixels, Pixels]:
    """The score and one sigma of a point source's flux, both in the target's counts."""
    filter_, kernel, target = filters
    turned = filter_[::-1, ::-1]  # a correlation
    found = filtered(left, turned)
    own = np.where(excluded, np.float32(0), noise[0])
    variance = filtered(own, both(turned, target.soft) ** 2)
    cells = np.array([
        [both(turned, one) ** 2 for one in line] for line in kernel.cells(NOISE_CELL_PIXELS)
    ])  # fmt: skip
    variance += convolved(noise[1], cells.astype(np.float32), NOISE_CELL_PIXELS)
    sigma = np.sqrt(np.maximum(variance, 1e-12))
    rows, columns = target.psf.shape
    norm = np.float32(_overlap(filter_, target.psf.at(columns / 2, rows / 2)))
    score = np.where(excluded, np.float32(0), found / sigma).astype(np.float32)
    return score, (sigma / norm).astype(np.float32)


def _overlap(filter_: Floats, psf: Floats) -> float:
    """What the filter makes of a point source of flux 1."""
    half = min(filter_.shape[0], psf.shape[0]) // 2
    a, b = filter_.shape[0] // 2, psf.shape[0] // 2
    return float(
        np.sum(
            filter_[a - half : a + half + 1, a - half : a + half + 1]
            * psf[b - half : b + half + 1, b - half : b + half + 1]
        )
    )


def _empty(excluded: NDArray[np.bool_], science: Frame, model: Pixels) -> NDArray[np.bool_]:
    """Where neither frame has a source; where that is nearly nowhere, all that is not excluded."""
    level = 1.5 * float(np.sqrt(np.median(science.variance[::8, ::8])))
    empty = ~grown((model > level) | excluded, 3)
    return empty if empty.sum() >= EMPTY_MIN else ~excluded


def _place_noise(
    left: Pixels, variance: Pixels, psf: Psf, empty: NDArray[np.bool_]
) -> tuple[float, float]:
    """What the PSF's slopes make of noise, by what they would if its pixels were independent.

    A source's place is fitted through the PSF's slopes. Noise that interpolation or convolution has
    smoothed is weaker in these than it is in the PSF itself, by which fluxes are fitted.
    """
    rows, columns = left.shape
    half = PLACE_PIXELS_MAX // 2
    part = np.s_[
        max(rows // 2 - half, 0) : rows // 2 + half,
        max(columns // 2 - half, 0) : columns // 2 + half,
    ]
    image, there = psf.at(psf.shape[1] / 2, psf.shape[0] / 2), empty[part]
    sigma = np.sqrt(np.maximum(variance[part], np.float32(1e-12)))
    found = []
    for axis in (1, 0):
        along = slope(image, axis)
        values = np.asarray(filtered(left[part], along[::-1, ::-1]) / sigma, np.float32)[there]
        found.append(_mad(values) / math.sqrt(float((along**2).sum())))
    return found[0], found[1]


def _local_spread(score: Pixels, excluded: NDArray[np.bool_]) -> Pixels:
    """The score's scatter by cells, drawn towards the whole frame's where a cell is small."""
    rows, columns = score.shape
    whole = _mad(score[~excluded])
    step = NOISE_CELL_PIXELS
    factor = np.empty(score.shape, np.float32)
    for row in range(0, rows, step):
        for column in range(0, columns, step):
            part = np.s_[row : row + step, column : column + step]
            values = score[part][~excluded[part]]
            share = len(values) / (len(values) + step * step / 8)
            factor[part] = share * _mad(values) + (1 - share) * whole if len(values) else whole
    return factor


def _mad(values: Pixels) -> float:
    some = values[:: max(len(values) // 400_000, 1)]
    return float(1.4826 * np.median(np.abs(some - np.median(some)))) if len(some) else 1.0
