"""Raw frames made flat: overscan, bias, dark and flat frames, where a camera names them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broker.errors import SettingsError
from telescope.camera import Camera
from telescope.fits_files import read_images

Pixels = NDArray[np.float32]
CLIP_SIGMA = 4.0
FLAT_MIN = 0.2
"""Of the flat's median: a pixel that takes less light is dead."""
FILE_PIXELS_MAX = 200_000_000


def calibrated(
    raw: Pixels, camera: Camera, exposure_s: float, saturation: float
) -> tuple[Pixels, NDArray[np.bool_]]:
    """A frame in counts above bias, flat, NaN where the flat says nothing; and what is saturated.

    Saturation is judged before anything is taken off. Raises SettingsError for a calibration frame
    that cannot be read or does not fit.
    """
    detector, pixels = camera.detector, raw.astype(np.float32)
    saturated = pixels >= saturation if saturation > 0 else np.zeros(raw.shape, np.bool_)
    if detector.overscan:
        pixels = pixels - _overscan(pixels, detector.overscan)
    if detector.trim:
        rows, columns = _section(detector.trim)
        pixels, saturated = pixels[rows, columns], saturated[rows, columns]
    if detector.bias:
        pixels = pixels - _fitting(camera, detector.bias, pixels.shape)
    if detector.dark:
        pixels = pixels - exposure_s * _fitting(camera, detector.dark, pixels.shape)
    if detector.flat:
        flat = _fitting(camera, detector.flat, pixels.shape)
        flat = flat / np.float32(np.nanmedian(flat))
        pixels = np.where(flat > FLAT_MIN, pixels / np.maximum(flat, FLAT_MIN), np.nan)
    return pixels.astype(np.float32), saturated


def combined(frames: list[Pixels]) -> Pixels:
    """The mean of frames without what is CLIP_SIGMA off their median: a master (`masters`)."""
    cube = np.stack(frames)
    middle = np.median(cube, axis=0)
    spread = 1.4826 * np.median(np.abs(cube - middle), axis=0)
    off = np.abs(cube - middle) > CLIP_SIGMA * np.maximum(spread, 1e-6)
    mean: Pixels = np.ma.masked_array(cube, off).mean(axis=0).filled(np.nan).astype(np.float32)
    return mean


def _overscan(pixels: Pixels, section: tuple[int, ...]) -> Pixels:
    rows, columns = _section(section)
    part = pixels[rows, columns]
    if part.shape[0] == pixels.shape[0]:
        return np.median(part, axis=1, keepdims=True)
    return (
        np.median(part, axis=0, keepdims=True)
        if part.shape[1] == pixels.shape[1]
        else (np.full((1, 1), np.median(part), np.float32))
    )


def _section(said: tuple[int, ...]) -> tuple[slice, slice]:
    if len(said) != 4:
        raise SettingsError(f"section {said} is to be [first row, end row, first column, end]")
    return slice(said[0], said[1]), slice(said[2], said[3])


def _fitting(camera: Camera, name: str, shape: tuple[int, ...]) -> Pixels:
    path = camera.folder / name
    try:
        found = _read(path)
    except (OSError, ValueError) as error:
        raise SettingsError(f"calibration frame {path} cannot be read: {error}") from error
    if found.shape != shape:
        raise SettingsError(f"calibration frame {path} is {found.shape}, its frames {shape}")
    return found


@lru_cache(maxsize=6)
def _read(path: Path) -> Pixels:
    return read_images(path, None, None, None, FILE_PIXELS_MAX).pixels
