"""A frame made a little wider than it is, where the other is the wider one along some direction.

A kernel only widens. Of two elongated frames each may be the sharper one along a direction of its
own: then neither can be made the other, and bright stars leave a tenth of their light. What one is
compared with is therefore widened first, by as little as lets a kernel be found; the filter
that searches the difference knows of it, so that next to nothing is lost of a source.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from telescope.convolving import filtered
from telescope.kernel import WIDTH_MIN
from telescope.psf import Psf

Floats = NDArray[np.float64]
PLACES = (0.05, 0.5, 0.95)
"""Of the frame along each axis, where the two PSFs are compared."""
REACH = 4.0
"""Half the side of what widens, in its sigmas."""


def softening(target: Psf, sharp: Psf) -> float:
    """Sigma in pixels of the Gaussian by which `target` is at least WIDTH_MIN the wider one.

    In every direction and at PLACES; 0 where it is so already.
    """
    rows, columns = target.shape
    lacking = [
        WIDTH_MIN**2 - np.linalg.eigvalsh(spread(target.at(x, y)) - spread(sharp.at(x, y)))[0]
        for x in np.multiply(PLACES, columns)
        for y in np.multiply(PLACES, rows)
    ]
    return math.sqrt(max(float(max(lacking)), 0.0))


def spread(image: Floats) -> Floats:
    """Second moments (2, 2) of a PSF's core, pixels squared: a Gaussian's own.

    Weighed by the image itself, by which wings count little and moments are half as large.
    """
    half = image.shape[0] // 2
    weight = np.maximum(image, 0.0) ** 2
    weight /= weight.sum()
    places = np.stack([one.ravel() for one in np.mgrid[-half : half + 1, -half : half + 1]][::-1])
    return np.asarray(2.0 * np.cov(places, aweights=weight.ravel(), bias=True))


def gaussian(sigma: float) -> Floats:
    """A round Gaussian of sum 1 and odd side; of sigma 0 a single pixel."""
    half = math.ceil(REACH * sigma)
    steps = np.arange(-half, half + 1)
    bell = np.exp(-0.5 * (steps / sigma) ** 2) if half else np.ones(1)
    return np.asarray(np.outer(bell, bell) / bell.sum() ** 2)


def softened(psf: Psf, sigma: float) -> Psf:
    """A PSF after a round Gaussian, on as many pixels."""
    kernel = gaussian(sigma)
    terms = np.array([filtered(one.astype(np.float32), kernel) for one in psf.terms], np.float64)
    return replace(psf, terms=terms, fwhm=math.hypot(psf.fwhm, 2.355 * sigma))
