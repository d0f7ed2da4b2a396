"""A frame as arrays with a mask, a variance and facts, and how any FITS file becomes one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.errors import GueststarError
from schemas.photometry import DAY_S, UNIX_EPOCH_MJD_DAYS
from telescope.calibration import calibrated
from telescope.camera import Camera
from telescope.fits_files import Header, Image, read_images
from telescope.sky_grid import Sky, sky_of

Pixels = NDArray[np.float32]
Bits = NDArray[np.uint16]
PIXELS_MAX = 200_000_000
"""Of one image: a frame that claims more is not read."""
PIXEL_MAX = float(np.finfo(np.float32).max)
MASK_MAX = 2.0**53
"""A mask that is written in floating point holds whole numbers below."""
SIDE_MIN = 32


class Bit(IntFlag):
    """What is wrong with a pixel."""

    BAD = 1
    """Dead, hot, noisy, of a bad column, or not finite."""
    SATURATED = 2
    EDGE = 4
    """The frame does not reach there."""
    RAY = 8
    TRAIL = 16
    INTERPOLATED = 32
    """The camera's own pipeline put a value there."""


UNUSABLE = np.uint16(Bit.BAD | Bit.SATURATED | Bit.EDGE)
MEANINGS = {one.name.lower(): one for one in Bit if one.name}


class FrameError(GueststarError):
    """A frame that cannot be used, and why."""


class Facts(NamedTuple):
    """What a frame's header and camera say; NaN where neither does."""

    name: str
    mjd: float
    """UTC, the start of the exposure."""
    exposure_s: float
    band: str
    gain: float
    """Electrons a count."""
    read_noise_e: float
    saturation: float
    """Counts."""
    zero_point: float
    """AB magnitude of one count in this exposure, as the header says."""


@dataclass(frozen=True)
class Frame:
    """One exposure. Rows are y, columns x; a pixel's centre is at whole numbers from 0."""

    pixels: Pixels
    """Counts; the sky is still in, until `sources.levelled` has taken it out."""
    mask: Bits
    """`Bit` of each pixel."""
    variance: Pixels
    """Counts squared; NaN where nothing is said of it yet."""
    sky: Sky | None
    """Where it lies on the sky; None without a WCS."""
    facts: Facts
    camera: Camera

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.pixels.shape
        return rows, columns

    @property
    def unusable(self) -> NDArray[np.bool_]:
        """Pixels that say nothing of the sky."""
        unusable: NDArray[np.bool_] = (self.mask & UNUSABLE) != 0
        return unusable

    @property
    def background_variance(self) -> Pixels:
        """The variance less that of the photons of what stands on the sky; above 0."""
        own = self.variance - np.maximum(self.pixels, 0) / np.float32(self.facts.gain)
        return np.asarray(np.maximum(own, 1e-3 * np.median(self.variance)), np.float32)


def read_frame(path: Path, camera: Camera) -> Frame:
    """A file's frame. Raises FrameError, one line with the reason, for whatever cannot be used."""
    try:
        found = read_images(
            path, camera.extension, camera.mask_extension, camera.variance_extension, PIXELS_MAX
        )
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise FrameError(f"{path.name} cannot be read: {reason}") from error
    return frame_of(found, camera, path.name)


def frame_of(found: Image, camera: Camera, name: str) -> Frame:
    """A frame of what stood in a file."""
    facts = _facts(found.header, camera, name)
    pixels, saturated = calibrated(found.pixels, camera, facts.exposure_s, facts.saturation)
    if min(pixels.shape) < SIDE_MIN:
        raise FrameError(f"{name} has only {pixels.shape[1]} x {pixels.shape[0]} pixels")
    if not np.isfinite(pixels).mean() > 0.5:
        raise FrameError(f"{name} has no number in most of its pixels")
    mask = _mask(found.mask, camera, pixels.shape, name)
    mask[saturated] |= np.uint16(Bit.SATURATED)
    mask[~np.isfinite(pixels)] |= np.uint16(Bit.BAD)
    pixels = np.where(np.isfinite(pixels), pixels, np.float32(np.nanmedian(pixels)))
    variance = np.full(pixels.shape, np.nan, np.float32)
    if found.variance is not None and found.variance.shape == pixels.shape:
        variance = found.variance.astype(np.float32)
        mask[~(variance > 0)] |= np.uint16(Bit.BAD)
    sky = sky_of(found.header, pixels.shape)
    return Frame(np.ascontiguousarray(pixels), mask, variance, sky, facts, camera)


def _facts(header: Header, camera: Camera, name: str) -> Facts:
    def said(fact: str) -> Any:  # noqa: ANN401 - headers hold what they hold
        if fact in camera.facts:
            return camera.facts[fact]
        words = (word for word in camera.words(fact) if header.get(word) not in (None, ""))
        word = next(words, None)
        return None if word is None else header[word]

    band = str(said("band") or "")
    return Facts(
        name,
        _mjd(said("mjd"), said("date")),
        _number(said("exposure_s")),
        camera.bands.get(band, band[:1]),
        _positive(said("gain")),
        _number(said("read_noise_e")),
        _positive(said("saturation")),
        _positive(said("zero_point")),
    )


def _mjd(mjd: object, date: object) -> float:
    value = _number(mjd)
    if math.isfinite(value) and value > 0:
        return value
    try:
        seen = datetime.fromisoformat(f"{str(date).rstrip('Z')}+00:00")
    except ValueError:
        return math.nan
    return seen.timestamp() / DAY_S + UNIX_EPOCH_MJD_DAYS


def _number(value: object) -> float:
    """NaN for what is no number, or none that a pixel holds."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan
    return number if abs(number) <= PIXEL_MAX else math.nan


def _positive(value: object) -> float:
    number = _number(value)
    return number if number > 0 else math.nan


def _mask(said: NDArray[Any] | None, camera: Camera, shape: tuple[int, ...], name: str) -> Bits:
    mask = np.zeros(shape, np.uint16)
    if said is None:
        return mask
    if said.shape != shape:
        raise FrameError(f"{name} has a mask of {said.shape} pixels for an image of {shape}")
    if said.dtype.kind == "f" and not np.all((np.rint(said) == said) & (np.abs(said) < MASK_MAX)):
        raise FrameError(f"{name} has a mask of other than whole numbers, which name no bits")
    whole = said.astype(np.int64)
    for number, meaning in camera.mask_bits.items():
        if meaning not in MEANINGS:
            raise FrameError(f"mask bit {number} means {meaning!r}; it may be {sorted(MEANINGS)}")
        mask[(whole >> int(number)) & 1 != 0] |= np.uint16(MEANINGS[meaning])
    return mask
