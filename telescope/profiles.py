"""Light profiles on pixels: Moffat's for stars, Sersic's for galaxies, summed by hand."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
OVERSAMPLED = 3
MOFFAT_BETA = 3.5


def moffat(
    fwhm: float,
    off: tuple[float, float],
    half: int,
    *,
    ellipticity: float = 0.0,
    angle_deg: float = 0.0,
    defocus: float = 0.0,
) -> Floats:
    """A star of unit flux, its centre off the middle by (x, y); Moffat 1969, A&A 3, 455.

    defocus: the radius of a ring in place of the peak, pixels.
    """
    alpha = fwhm / (2 * math.sqrt(2 ** (1 / MOFFAT_BETA) - 1))
    steps = (np.arange((2 * half + 1) * OVERSAMPLED) + 0.5) / OVERSAMPLED - 0.5 - half
    u, v = np.meshgrid(steps - off[0], steps - off[1])
    turn, ratio = math.radians(angle_deg), 1 - ellipticity
    long = (u * math.cos(turn) + v * math.sin(turn)) * math.sqrt(ratio)
    short = (-u * math.sin(turn) + v * math.cos(turn)) / math.sqrt(ratio)
    radius = np.abs(np.hypot(long, short) - defocus)
    fine = (1 + (radius / alpha) ** 2) ** -MOFFAT_BETA
    whole = math.pi * alpha**2 / (MOFFAT_BETA - 1) * OVERSAMPLED**2
    return np.asarray(_binned(fine) / (fine.sum() if defocus else whole))


def sersic(radius: float, index: float, ratio: float, angle: float, half: int) -> Floats:
    """A galaxy of unit flux in the middle; b_n by Ciotti & Bertin 1999, A&A 352, 447."""
    b = 2 * index - 1 / 3 + 4 / (405 * index)
    steps = (np.arange((2 * half + 1) * OVERSAMPLED) + 0.5) / OVERSAMPLED - 0.5 - half
    u, v = np.meshgrid(steps, steps)
    long = u * math.cos(angle) + v * math.sin(angle)
    short = (-u * math.sin(angle) + v * math.cos(angle)) / ratio
    away = np.maximum(np.hypot(long, short) / radius, 0.05)
    image = _binned(np.exp(-b * (away ** (1 / index) - 1)))
    return np.asarray(image / image.sum())


def blurred(image: Floats, psf: Floats) -> Floats:
    """The convolution of two stamps of one size, the PSF's centre kept."""
    size = 2 * image.shape[0]
    whole = np.fft.irfft2(np.fft.rfft2(image, (size, size)) * np.fft.rfft2(psf, (size, size)))
    half = image.shape[0] // 2
    return np.asarray(whole[half : half + image.shape[0], half : half + image.shape[1]])


def add(light: Floats, stamp: Floats, x: float, y: float, half: int) -> None:
    """Put a stamp where its middle is nearest to a place, cut at the edges."""
    row, column = round(y) - half, round(x) - half
    top, left = max(row, 0), max(column, 0)
    bottom = min(row + 2 * half + 1, light.shape[0])
    right = min(column + 2 * half + 1, light.shape[1])
    if top < bottom and left < right:
        light[top:bottom, left:right] += stamp[
            top - row : bottom - row, left - column : right - column
        ]


def _binned(fine: Floats) -> Floats:
    side = fine.shape[0] // OVERSAMPLED
    return np.asarray(fine.reshape(side, OVERSAMPLED, side, OVERSAMPLED).sum(axis=(1, 3)))
