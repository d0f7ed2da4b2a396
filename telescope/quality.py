"""How good a frame is, 0 to 100, and what is wrong with it.

The score is 100 times the effective exposure time: the share of the exposure that a frame of the
camera's nominal seeing, sky and throughput would have needed to be as deep (Neilsen et al. 2016,
FERMILAB-TM-2610, DES's t_eff). So it predicts depth: 1.25 log10(score / 100) magnitudes. What is
wrong stands beside it as flags and is never mixed in.
"""

from __future__ import annotations

import math
from enum import IntFlag
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telescope.camera import Nominal
from telescope.frame import Bit, Frame, Pixels
from telescope.psf import Psf
from telescope.sources import Levelled, Sources, stars
from telescope.trails import trail_strength
from telescope.transparency import Transparency, transparency

Floats = NDArray[np.float64]
CLOUD_MAG = 0.2
PATCHY_MAG = 0.12
SEEING_RATIO = 1.25
ELLIPTICITY_MAX = 0.25
GRADIENT_NOISE = 4.0
"""The sky's range over the frame by a pixel's noise."""
SATURATED_SHARE = 0.005
HOT_SHARE, COLUMNS_MAX = 6e-5, 1
TRAIL_SIGMA = 8.0
AMPLIFIER_SIGMA = 0.2
"""A step between halves of the frame by a pixel's noise."""
RING_RATIO = 0.8
"""Of a PSF's centre by its brightest pixel: below, light is in a ring."""
LIMIT_SIGMA = 5.0


class Flag(IntFlag):
    """What is wrong with a frame."""

    CLOUDS = 1
    PATCHY = 2
    SEEING = 4
    ELONGATED = 8
    FOCUS = 16
    GRADIENT = 32
    HOT_PIXELS = 64
    BAD_COLUMNS = 128
    TRAIL = 256
    SATURATED = 512
    AMPLIFIER = 1024
    GAIN_GUESSED = 2048


class Quality(NamedTuple):
    """A frame's worth."""

    score: float
    """0 to 100; NaN where there is nothing nominal to compare with."""
    flags: Flag
    fwhm: float
    ellipticity: float
    sky_level: float
    sky_rms: float
    throughput: float
    """Against the nominal, the field's mean; NaN where unknown."""
    zero_point: float
    """Calibrated by the reference's; NaN where that has none."""
    limit_mag: float
    """Of a point source at five sigma; NaN without a zero point."""
    measured: dict[str, float]
    """What each flag goes by."""
    air: Transparency

    @property
    def names(self) -> list[str]:
        """The flags' names."""
        return [one.name.lower() for one in Flag if one in self.flags and one.name]


def judged(
    level: Levelled,
    found: Sources,
    psf: Psf,
    nominal: Nominal,
    *,
    throughputs: Floats,
    zero_point: float,
    exposed: float = 1.0,
) -> Quality:
    """A frame's quality.

    throughputs: its stars' x, y, light by the reference's and its relative error, (n, 4).
    zero_point: the reference's, AB magnitude of a count. exposed: how long by the reference.
    """
    frame = level.frame
    air = transparency(throughputs, frame.shape)
    light = float(np.mean(10 ** (-0.4 * air.mesh())))
    calibrated = zero_point + 2.5 * math.log10(light)
    if nominal.zero_point is not None and math.isfinite(zero_point):
        light = 10 ** (0.4 * (calibrated - nominal.zero_point))
    throughput = light / exposed
    rows = stars(frame, found)
    shape = float(np.median(found.ellipticity[rows])) if len(rows) else math.nan
    measured = {
        "clouds": -2.5 * math.log10(throughput),
        "patchy": _patchiness(air),
        "seeing": psf.fwhm / nominal.fwhm_pixels if nominal.fwhm_pixels else math.nan,
        "elongated": shape,
        "focus": _ring(psf),
        "gradient": level.gradient,
        "hot_pixels": _hot(frame),
        "bad_columns": _columns(frame),
        "trail": trail_strength(frame),
        "saturated": float(np.mean((frame.mask & np.uint16(Bit.SATURATED)) != 0)),
        "amplifier": _step(frame, level.sky_rms),
    }  # fmt: skip
    flags = _flags(measured) | (Flag.GAIN_GUESSED if level.gain_guessed else Flag(0))
    middle = psf.at(frame.shape[1] / 2, frame.shape[0] / 2)
    noise = level.sky_rms / math.sqrt(float((middle**2).sum()))
    return Quality(
        100.0 * min(_effective(psf.fwhm, level.sky_rms, light, nominal), 1.0),
        flags, psf.fwhm, shape, level.sky_level, level.sky_rms, throughput, calibrated,
        calibrated - 2.5 * math.log10(LIMIT_SIGMA * noise), measured, air,
    )  # fmt: skip


def _effective(fwhm: float, rms: float, light: float, nominal: Nominal) -> float:
    if not (nominal.fwhm_pixels and nominal.sky_rms):
        return math.nan
    return (nominal.fwhm_pixels / fwhm) ** 2 * light**2 * (nominal.sky_rms / rms) ** 2


def _flags(measured: dict[str, float]) -> Flag:
    said = {
        Flag.CLOUDS: measured["clouds"] > CLOUD_MAG,
        Flag.PATCHY: measured["patchy"] > PATCHY_MAG,
        Flag.SEEING: measured["seeing"] > SEEING_RATIO,
        Flag.ELONGATED: measured["elongated"] > ELLIPTICITY_MAX,
        Flag.FOCUS: measured["focus"] < RING_RATIO,
        Flag.GRADIENT: measured["gradient"] > GRADIENT_NOISE,
        Flag.HOT_PIXELS: measured["hot_pixels"] > HOT_SHARE,
        Flag.BAD_COLUMNS: measured["bad_columns"] >= COLUMNS_MAX,
        # A step between amplifiers is a line, too.
        Flag.TRAIL: measured["trail"] > TRAIL_SIGMA and measured["amplifier"] <= AMPLIFIER_SIGMA,
        Flag.SATURATED: measured["saturated"] > SATURATED_SHARE,
        Flag.AMPLIFIER: measured["amplifier"] > AMPLIFIER_SIGMA,
    }
    flags = Flag(0)
    for flag, holds in said.items():
        flags |= flag if holds else Flag(0)
    return flags


def _patchiness(air: Transparency) -> float:
    """How much the throughput changes over the frame (10 to 90 %), magnitudes; NaN of few stars."""
    low, high = np.percentile(air.mesh(), [10, 90])
    return float(high - low) if len(air.stars) else math.nan


def _ring(psf: Psf) -> float:
    """The PSF's centre by its brightest pixel; 1 where that is the centre."""
    image, half = psf.terms[0], psf.half
    return float(image[half - 1 : half + 2, half - 1 : half + 2].mean() / _smooth(image).max())


def _smooth(image: Floats) -> Floats:
    side = image.shape[0]
    return np.asarray(
        sum(image[a : side - 2 + a, b : side - 2 + b] for a in range(3) for b in range(3)) / 9
    )


def _hot(frame: Frame) -> float:
    """The share of pixels that stand alone: far above their noise, their neighbours not.

    A star of an undersampled frame has neighbours that stand out, too.
    """
    score = frame.pixels / np.sqrt(np.maximum(frame.variance, 1e-12))
    middle = score[1:-1, 1:-1]
    around = np.maximum(
        np.maximum(score[:-2, 1:-1], score[2:, 1:-1]), np.maximum(score[1:-1, :-2], score[1:-1, 2:])
    )
    usable = ~frame.unusable[1:-1, 1:-1]
    return float(np.mean((middle > 8.0) & (around < 4.0) & usable))


def _columns(frame: Frame) -> float:
    """How many columns stand off their neighbours along the whole frame."""
    if frame.shape[0] < 2:
        return 0.0
    pixels = np.where(frame.unusable, np.float32(np.nan), frame.pixels)[::2]
    middle = np.nanmedian(pixels, axis=0) if np.isfinite(pixels).any() else np.zeros(1)
    near = np.median(np.stack([np.roll(middle, k) for k in (-3, -2, 2, 3)]), axis=0)
    off = middle - near
    noise = 1.4826 * np.nanmedian(np.abs(off - np.nanmedian(off)))
    rms = float(np.sqrt(np.median(frame.variance[::8, ::8])))
    return float(np.sum(np.abs(off) > max(10 * float(noise), 0.7 * rms)))


def _step(frame: Frame, rms: float) -> float:
    """A step in the sky across the frame's middle columns, by a pixel's noise."""
    edges = frame.camera.detector.amplifier_columns or (frame.shape[1] // 2,)
    pixels: Pixels = np.where(frame.unusable, np.float32(np.nan), frame.pixels)
    steps = []
    for edge in edges:
        left, right = pixels[:, max(edge - 16, 0) : edge - 1], pixels[:, edge + 1 : edge + 16]
        steps.append(abs(float(np.nanmedian(right) - np.nanmedian(left))) / rms)
    return max(steps)
