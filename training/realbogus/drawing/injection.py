"""Injected sources: new stars drawn at the centre of real stamps, with those stamps' own blur."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.arrays import Floats
from training.realbogus.drawing.ground import (
    DIFFERENCE,
    NOISE_MIN,
    SCIENCE,
    TEMPLATE,
    Ground,
)
from training.realbogus.drawing.point_sources import Psf, sampled

INVERSE_POWER = (0.05, 0.35)
"""1 / power of the Moffat profiles drawn, evenly: powers from 2.9 to 20. Stacked asteroids of
ZTF's night 58451 are nearly Gaussian, bright transients of other nights have a power of 3."""
REGISTRATION_PIXELS = 0.05
"""One sigma an axis, of the source's place in the difference about that in science. Measured
on isolated sources, science minus difference: 0.04 on night 58451 about a mean of 0.09, 0.014 on
the other nights about 0.04."""
WIDTH_JITTER = 0.015
"""One sigma, relative, of its width in the difference about that in science. The profiles were
found alike: flux ratio 1.000 +- 0.009 (ZTF, 56 asteroids) and 0.997 +- 0.007 (LSSTCam, 44
sources), profile ratio within 0.03 inside one FWHM, scatter 0.03 to 0.04 an object."""
HOST_WIDTH_JITTER = 0.15
"""The same where a host has all the light at the centre, in proportion where it has a part: a
variable star is subtracted with its own mismatch. Measured: widths in the difference scatter by 0.2
to 0.25 on hosts of 30 to 200 sigma, by 0.14 on empty sky."""
SOURCE_WIDTH_JITTER = 0.12
ELLIPTICITY_JITTER = 0.12
"""One sigma of a source's width (relative) and of either component of its ellipticity, about those
of the stars, which are not known better, and asteroids move. Measured in the difference, S/N 20
to 40 on empty sky: widths scatter by 0.13; the median ellipticity is 0.22, and 0.12 of sources
drawn with a jitter of 0.05."""
ELLIPTICITY_MAX = 0.5
"""Of either component: no source is drawn as a line."""
TEMPLATE_WIDTH = (0.65, 1.35)
"""Width of a template's stars over science's, drawn evenly: a template has a blur of its own.
Measured: 0.5 to 1.2, median 0.64 (LSSTCam), 0.94 (DECam), 0.75 to 1.44, median 1.22 (ZTF)."""
SNR_MIN, SNR_MAX = 5.0, 300.0
"""In the difference: Rubin's threshold, and where ZTF's brightest transients end."""
SNR_SLOPE = 0.9
"""Power of the number of sources above an S/N. Percentiles 10, 50 and 90, measured as `inject`
counts S/N: 10, 22 and 67 for ZTF's high-drb alerts but those of night 60235, 9, 14 and 36 for the
asteroids of night 58451; LSSTCam's own S/N: 5, 11 and 128. Here: 6, 14 and 110."""
EVEN_SHARE = 0.3
"""Of the draws, evenly spread in the logarithm: bright sources are rare, but must be known."""


def draw_snr(random: np.random.Generator) -> float:
    """An S/N from SNR_MIN to SNR_MAX: most are faint, as in a survey."""
    part = random.uniform()
    if random.uniform() < EVEN_SHARE:
        return float(SNR_MIN * (SNR_MAX / SNR_MIN) ** part)
    rest = (SNR_MAX / SNR_MIN) ** -SNR_SLOPE
    return float(SNR_MIN * (1 - part * (1 - rest)) ** (-1 / SNR_SLOPE))


def inject(
    ground: Ground,
    random: np.random.Generator,
    snr: float,
    offset_pixels: tuple[float, float] = (0.0, 0.0),
    negative: bool = False,
) -> NDArray[np.float32]:
    """Stamps (3, side, side) with a point source at their middle plus (down, right) pixels.

    `snr` is that of a fit of the point-spread function in the difference, sky and photon noise
    counted; 0 gives the ground's own pixels. Its photon noise is that of `Ground.gain`, the same
    in science and in the difference. A `negative` one is in the template, as wide as the template's
    stars may be and without photon noise, and gone from science; the difference is turned over
    where that is not the ground's own sign, so it is positive at the centre either way. NaN stays
    NaN. The ground's sky and noise have to be finite.
    """
    planes = ground.planes.copy()
    if ground.sign != (-1 if negative else 1):
        planes[DIFFERENCE] *= -1
    if snr == 0:
        return planes
    middle = (ground.side - 1) / 2
    place = (middle + offset_pixels[0], middle + offset_pixels[1])
    shape = _Shape(ground, random)
    profile = shape.sampled(place, 1.0)
    counts = _counts(ground, profile, snr)
    grain = _grain(counts * profile, np.inf if negative else ground.gain, random)
    parent = shape.sampled(place, random.uniform(*TEMPLATE_WIDTH)) if negative else profile
    moved = (place + random.normal(0.0, REGISTRATION_PIXELS, 2)).tolist()
    jitter = WIDTH_JITTER + HOST_WIDTH_JITTER * _host_share(ground, counts * profile)
    seen = shape.sampled(moved, float(np.exp(random.normal(0.0, jitter))))
    planes[TEMPLATE if negative else SCIENCE] += (counts * parent + grain).astype(np.float32)
    planes[DIFFERENCE] += (counts * seen + grain).astype(np.float32)
    return planes


class _Shape:
    """One profile, drawn once, that a source has in all planes but for its width."""

    def __init__(self, ground: Ground, random: np.random.Generator) -> None:
        width = ground.fwhm_pixels * np.exp(random.normal(0.0, SOURCE_WIDTH_JITTER))
        elongation = random.normal((ground.along, ground.across), ELLIPTICITY_JITTER)
        self._psf = Psf(width, *np.clip(elongation, -ELLIPTICITY_MAX, ELLIPTICITY_MAX).tolist())
        self._side = ground.side
        self._inverse_power = random.uniform(*INVERSE_POWER)

    def sampled(self, place: Sequence[float], width: float) -> Floats:
        """A source of flux 1 at (row, column), `width` times as wide as in science."""
        psf = self._psf._replace(fwhm_pixels=width * self._psf.fwhm_pixels)
        return sampled(psf, self._side, place, self._inverse_power)


def _grain(light: Floats, gain: float, random: np.random.Generator) -> Floats:
    """The photon noise of `light`, counts; none where a template has averaged it away."""
    if np.isinf(gain):
        return np.zeros_like(light)
    return np.asarray(random.poisson(light * gain) / gain - light)


def _host_share(ground: Ground, light: Floats) -> float:
    """How much of the light at a source's brightest pixel is the template's, 0 to 1."""
    peak = np.unravel_index(light.argmax(), light.shape)
    return float(ground.light[peak] / (ground.light[peak] + light[peak] + NOISE_MIN))


def _counts(ground: Ground, profile: Floats, snr: float) -> float:
    """The flux whose fit has this S/N: `snr` is the root of flux^2 / (sky's + its own variance)."""
    variance = ground.noise[DIFFERENCE] ** 2 + ground.light / ground.gain
    weight = profile**2 / (profile**2).sum()
    sky = (variance * weight).sum() / (profile**2).sum()
    own = snr**2 * (weight * profile).sum() / (profile**2).sum() / ground.gain
    return float((own + np.sqrt(own**2 + 4 * snr**2 * sky)) / 2)
