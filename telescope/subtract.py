"""Frame less reference, and the score: how many sigmas of a point source each pixel says.

The score is the difference through the filter that finds a point source in its noise, divided by
that noise, which is summed from the variances of both frames before any of them was interpolated
or convolved: so noise that those steps have made alike from pixel to pixel is counted as it is.
What is left is put right by the scatter of the score itself in empty sky, and told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from telescope.align import Aligned
from telescope.compiled import convolve_cells, grown
from telescope.frame import Bit, Frame, Pixels
from telescope.kernel import Kernel, fitted_kernel
from telescope.psf import Psf, slope

Floats = NDArray[np.float64]
CELL_PIXELS = 128
NOISE_CELL_PIXELS = 256
STAR_SCATTER_MIN = 0.01
"""Of a star's pixels: flat fields and PSFs are known no better."""
PLACE_PIXELS_MIN = 0.02
"""Likewise where a star is, by which its flanks leave something."""
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


def subtracted(
    science: Side, reference: Aligned, reference_psf: Psf, stars_x: Floats, stars_y: Floats
) -> Difference:
    """Frame less reference, on the frame's pixels; stars are where the kernel is fitted.

    The sharper of the two is convolved. Raises FrameError where too few stars are sound.
    """
    other = Side(reference.frame, reference_psf)
    is_sharper = science.psf.fwhm < 0.97 * reference_psf.fwhm
    target, sharp = (other, science) if is_sharper else (science, other)
    bad = science.frame.unusable | reference.frame.unusable
    width = math.sqrt(max(target.psf.fwhm**2 - sharp.psf.fwhm**2, 0.0)) / 2.355
    kernel = fitted_kernel(
        target.frame.pixels, sharp.frame.pixels, target.frame.variance + sharp.frame.variance,
        bad=bad, x=stars_x, y=stars_y, width=width,
    )  # fmt: skip
    cells = kernel.cells(CELL_PIXELS)
    model = convolved(sharp.frame.pixels, cells, CELL_PIXELS)
    left = target.frame.pixels - model - kernel.sky()
    shape = science.frame.shape
    scale = float(kernel.at(shape[1] / 2, shape[0] / 2).sum())
    unit = -1.0 / scale if is_sharper else 1.0
    noise = _noise(target, sharp, model, kernel)
    excluded = _excluded(bad, science.frame, reference.frame, kernel.basis.half)
    left[excluded] = 0.0
    filter_ = matched_filter(target, sharp, kernel)
    score, sigma = _score(left, noise, (filter_, kernel, target.psf), excluded)
    empty = _empty(excluded, science.frame, model)
    spread = _mad(score[empty])
    variance = ((noise[0] + noise[1] * _squares(cells)) * spread**2).astype(np.float32)
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


def matched_filter(target: Side, sharp: Side, kernel: Kernel) -> Floats:
    """The filter that finds a point source best in noise of both frames, one of them convolved.

    Its transform is the PSF's, by the noise's power: that of the one is flat, that of the other the
    kernel's (Zackay, Ofek & Gal-Yam 2016, ApJ 830, 27, where only one is convolved).
    """
    shape, size = target.frame.shape, 64
    middle = shape[1] / 2, shape[0] / 2
    flat = float(np.median(target.frame.variance[::8, ::8]))
    other = float(np.median(sharp.frame.variance[::8, ::8][sharp.frame.variance[::8, ::8] > 0]))
    psf = np.fft.rfft2(embedded(target.psf.at(*middle), size))
    power = np.abs(np.fft.rfft2(embedded(kernel.at(*middle), size))) ** 2
    filter_ = np.fft.fftshift(np.fft.irfft2(psf / (flat + other * power), (size, size)))
    half = min(target.psf.half + 3, size // 2 - 1)
    part = filter_[size // 2 - half : size // 2 + half + 1, size // 2 - half : size // 2 + half + 1]
    return np.asarray(part / np.abs(part).sum())


def embedded(image: NDArray[Any], size: int) -> Floats:
    """A small image on a square of zeros, its middle at the corner (0, 0)."""
    whole = np.zeros((size, size))
    side = image.shape[0]
    whole[:side, :side] = image
    return np.roll(whole, (-(side // 2), -(side // 2)), (0, 1))


def convolved(image: Pixels, cells: Pixels, cell: int) -> Pixels:
    """See `convolve_cells`."""
    out = np.empty_like(image)
    convolve_cells(image, np.ascontiguousarray(cells), cell, out)
    return out


def filtered(image: Pixels, kernel: Floats) -> Pixels:
    """Convolution with one kernel; beyond the image there is nothing."""
    rows, columns = (_fast(side + kernel.shape[0]) for side in image.shape)
    spectrum = np.fft.rfft2(image, (rows, columns))
    spectrum *= np.fft.rfft2(kernel.astype(np.float32), (rows, columns))
    half = kernel.shape[0] // 2
    whole = np.fft.irfft2(spectrum, (rows, columns))
    part = whole[half : half + image.shape[0], half : half + image.shape[1]]
    return np.ascontiguousarray(part, np.float32)


def _fast(least: int) -> int:
    """The next length whose transform is quick: 2, 3 and 5 alone divide it."""
    length = least
    while True:
        left = length
        for prime in (2, 3, 5):
            while left % prime == 0:
                left //= prime
        if left == 1:
            return length
        length += 1


def _squares(cells: Pixels) -> float:
    """The sum of the kernel's squares, the median of the cells'."""
    return float(np.median((cells**2).sum(axis=(2, 3))))


def _noise(target: Side, sharp: Side, model: Pixels, kernel: Kernel) -> tuple[Pixels, Pixels]:
    """Variances of the target's pixels, with what stars leave, and of the sharp frame's.

    A star's photons are counted by the model's light, not by its own pixel, whose fluctuations
    would make a bright pixel's noise too large and a faint one's too small.
    """
    gain = target.frame.facts.gain
    scatter = max(kernel.scatter, STAR_SCATTER_MIN)
    light = np.maximum(model, 0.0)
    own = target.frame.background_variance + light / np.float32(gain)
    down, across = np.gradient(light)
    own += (np.float32(scatter) * light) ** 2
    own += np.float32(PLACE_PIXELS_MIN) ** 2 * (down**2 + across**2)
    side = 2 * target.psf.half + 1
    wings = max(WINGS_MIN, WINGS_OF_SCATTER * kernel.scatter)
    own += (np.float32(wings) * np.maximum(filtered(light, np.ones((side, side))), 0.0)) ** 2
    return own.astype(np.float32), sharp.frame.variance


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
    filters: tuple[Floats, Kernel, Psf],
    excluded: NDArray[np.bool_],
) -> tuple[Pixels, Pixels]:
    """The score and one sigma of a point source's flux, both in the target's counts."""
    filter_, kernel, psf = filters
    turned = filter_[::-1, ::-1]  # a correlation
    found = filtered(left, turned)
    own = np.where(excluded, np.float32(0), noise[0])
    variance = filtered(own, turned**2)
    cells = np.array([
        [_both(turned, one) ** 2 for one in line] for line in kernel.cells(NOISE_CELL_PIXELS)
    ])  # fmt: skip
    variance += convolved(noise[1], cells.astype(np.float32), NOISE_CELL_PIXELS)
    sigma = np.sqrt(np.maximum(variance, 1e-12))
    middle = psf.at(psf.shape[1] / 2, psf.shape[0] / 2)
    norm = np.float32(_overlap(filter_, middle))
    score = np.where(excluded, np.float32(0), found / sigma).astype(np.float32)
    return score, (sigma / norm).astype(np.float32)


def _both(filter_: Floats, kernel: NDArray[Any]) -> Floats:
    """Two kernels as one, of the filter's side and a little more."""
    size = 64
    spectrum: NDArray[np.complex128] = np.fft.rfft2(embedded(filter_, size))
    spectrum = np.multiply(spectrum, np.fft.rfft2(embedded(kernel, size)))
    whole = np.fft.irfft2(spectrum, (size, size))
    half = min(filter_.shape[0] // 2 + 3, size // 2 - 1)
    middle = np.fft.fftshift(whole)
    return np.asarray(
        middle[size // 2 - half : size // 2 + half + 1, size // 2 - half : size // 2 + half + 1]
    )


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
