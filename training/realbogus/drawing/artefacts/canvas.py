"""Puts what is drawn into an alert's three planes as the survey's own subtraction would have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats
from training.realbogus.drawing.ground import DIFFERENCE, SCIENCE, TEMPLATE, Ground

Stamps = NDArray[np.float32]
Spectrum = NDArray[np.complex128]
Transfer = Callable[[Floats, Floats], Floats | Spectrum]
"""A filter by its Fourier transform, of the angular frequencies along y and x (radians a pixel)."""

NOISE_MIN = 1e-3
"""Counts a pixel; a plane of equal or of no pixels has no noise of its own."""
SIGMA_PER_FWHM = 0.4247
"""Of a Gaussian."""
STAR_SIGMA_MAX = 1e5
"""Of the sky's noise: stars do not reach it, and a pixel of 1e38 counts is no star."""
FADE_SIGMA = (1.0, 4.0)
"""Between these, pixels above the sky pass from noise to star."""
REACH_PIXELS = 5
"""Half the side of the middle, in which an artefact's strength is measured."""
SHARED_ZTF_FWHM_PIXELS = 3.2
"""Below it a stamp is undersampled and subtracted as ZTF's are, above it as Rubin's."""
UNFILTERED_SHARE = 0.25
"""Assumed; the dead pixels of ZTF's MJD 58849 look the same in science and difference."""
WANDER_SIDES = 0.2
"""Of the side: how far, at most, a ground is moved along each axis."""
MARGIN = (4, 5)
"""Pixels around a stamp while it is filtered; 63 becomes 72, which transforms fast."""


def faced(ground: Ground, sign: int) -> Ground:
    """The same ground as a brightening (sign 1) or a fading (-1) would show it."""
    if ground.sign == sign:
        return ground
    planes, sky = ground.planes.copy(), ground.sky.copy()
    planes[DIFFERENCE] *= -1
    sky[DIFFERENCE] *= -1
    return replace(ground, planes=planes, sky=sky, sign=sign)


def wandered(ground: Ground, random: np.random.Generator) -> Ground:
    """The same moved by whole pixels, mirrored where something has to move in.

    Most alerts are centred on a star; what falls from the sky or sits in the detector is not.
    """
    width = max(1, int(WANDER_SIDES * ground.side))
    top, left = random.integers(0, 2 * width + 1, 2)
    wider = np.pad(ground.planes, ((0, 0), (width, width), (width, width)), mode="symmetric")
    side = ground.side
    return replace(ground, planes=wider[:, top : top + side, left : left + side].copy())


def laid(
    ground: Ground,
    random: np.random.Generator,
    *,
    science: Floats | None = None,
    sharp: Floats | None = None,
    template: Floats | None = None,
    cancelling: tuple[Floats, Floats] | None = None,
    residual: Floats | None = None,
) -> Stamps:
    """The ground's planes with images (side, side) in counts added, each with its photon noise.

    `science` and `template` are light that one plane alone has, and so the difference. `sharp` is
    what arose in science's detector, narrower than starlight: the survey's subtraction changes
    it. `cancelling` are a star's two images, which leave only photon noise in the difference, and
    `residual` is what the subtraction did wrong besides, positive where the difference is to be.
    Images of zeros change no pixel; a pixel that is NaN stays so.
    """
    added = np.zeros(ground.planes.shape)
    if science is not None:
        light = science + photon_noise(science, ground.gain, random)
        added[SCIENCE] += light
        added[DIFFERENCE] += ground.sign * light
    if cancelling is not None:
        grain = photon_noise(cancelling[0], ground.gain, random)
        added[SCIENCE] += cancelling[0] + grain
        added[TEMPLATE] += cancelling[1]
        added[DIFFERENCE] += ground.sign * grain
    if sharp is not None:
        added[SCIENCE] += sharp
        added[DIFFERENCE] += ground.sign * filtered(sharp, subtraction(ground, random))
    if template is not None:
        added[TEMPLATE] += template
        added[DIFFERENCE] -= ground.sign * template
    if residual is not None:
        added[DIFFERENCE] += residual
    with np.errstate(over="ignore"):  # beyond float32 a pixel is infinite, as in a survey's own
        return (ground.planes + added).astype(np.float32)


def subtraction(ground: Ground, random: np.random.Generator) -> Transfer:
    """What a subtraction does to something sharp in the science plane.

    Proper subtraction (Zackay, Ofek and Gal-Yam 2016, ApJ 830, 27) and decorrelated
    Alard-Lupton subtraction (Reiss and Lupton 2016, DMTN-021) both divide by the root of the sum
    of two noise spectra, r being the share of the second and `spread` the difference of the two
    squared widths. Fitted to 45 sharp hits of ZTF (MJD 58312), most have r from 0.004 to 0.15, a
    spread of 0.3 to 0.9 square pixels and shifts near 0.08 pixels, and keep their flux to a few
    per cent. Rubin's r and spread are assumed, not measured.
    """
    if random.uniform() < UNFILTERED_SHARE:
        return _unchanged
    dy = dx = 0.0
    if ground.fwhm_pixels < SHARED_ZTF_FWHM_PIXELS:
        ratio, spread = log_uniform(random, 0.004, 0.15), random.uniform(0.25, 0.9)
        dy, dx = random.normal(0, 0.08, 2)
    else:
        ratio = log_uniform(random, 0.01, 0.3)
        spread = -random.uniform(0.0, 0.1) * ground.fwhm_pixels**2

    def transfer(ky: Floats, kx: Floats) -> Spectrum:
        squared = ky**2 + kx**2
        root = np.sqrt((1 + ratio) / (1 + ratio * np.exp(squared * spread)))
        shift: Spectrum = np.exp(-1j * (ky * dy + kx * dx))
        return root * shift

    return transfer


def _unchanged(ky: Floats, kx: Floats) -> Floats:
    return np.ones((ky + kx).shape)


def blur(sigma: float) -> Transfer:
    """Convolution with a Gaussian of this width, pixels."""
    return lambda ky, kx: np.exp(-0.5 * sigma**2 * (ky**2 + kx**2))


def filtered(image: Floats, transfer: Transfer) -> Floats:
    """The image (side, side) through a filter, its border carried on beyond the edges."""
    padded = np.pad(image, MARGIN, mode="edge")
    spectrum = np.fft.rfft2(padded) * transfer(*_frequencies(padded.shape[0]))
    middle = slice(MARGIN[0], -MARGIN[1])
    return np.asarray(np.fft.irfft2(spectrum, padded.shape)[middle, middle])


@lru_cache(maxsize=64)
def _frequencies(side: int) -> tuple[Floats, Floats]:
    """Angular, radians a pixel: (side, 1) and (1, side // 2 + 1)."""
    along_y = np.asarray(2 * np.pi * np.fft.fftfreq(side), np.float64)
    along_x = np.asarray(2 * np.pi * np.fft.rfftfreq(side), np.float64)
    return along_y[:, None], along_x[None]


def scaled(image: Floats, ground: Ground, snr: float) -> Floats:
    """The image times what gives it this S/N in the difference.

    Of a PSF-matched filter, at its highest near the middle; an image of nothing there stays.
    """
    sigma = SIGMA_PER_FWHM * ground.fwhm_pixels
    middle = slice(max(0, ground.side // 2 - REACH_PIXELS), ground.side // 2 + REACH_PIXELS + 1)
    best = float(np.abs(filtered(image, blur(sigma))[middle, middle]).max())
    if best < np.finfo(np.float64).eps * float(np.abs(image).max(initial=1.0)):
        return image * 0.0
    factor = snr * noise(ground, DIFFERENCE) / (best * np.sqrt(4 * np.pi) * sigma)
    return image * float(factor)


def noise(ground: Ground, plane: int) -> float:
    """Of that plane's sky, counts a pixel; never zero."""
    return max(NOISE_MIN, float(np.nan_to_num(ground.noise[plane])))


def photon_noise(image: Floats, gain: float, random: np.random.Generator) -> Floats:
    """The noise of so many counts, none where there are none; `gain` in electrons a count."""
    return np.asarray(random.standard_normal(image.shape) * np.sqrt(np.abs(image) / gain))


def stars(ground: Ground) -> Floats:
    """What the science plane holds above its sky, (side, side) in counts; noise taken for zero."""
    sigma = noise(ground, SCIENCE)
    height = np.nan_to_num((ground.planes[SCIENCE] - ground.sky[SCIENCE]) / sigma, posinf=np.inf)
    height = np.where(np.abs(height) < STAR_SIGMA_MAX, height, 0.0)
    low, high = FADE_SIGMA
    return sigma * height * np.clip((height - low) / (high - low), 0.0, 1.0)


def log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    """Equally likely in each octave between two positive bounds."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def either(random: np.random.Generator) -> int:
    """1 or -1."""
    return 1 if random.uniform() < 0.5 else -1
