"""Master bias, dark and flat frames, made of a night's own by the camera's settings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from telescope.calibration import combined
from telescope.camera import Camera, Detector
from telescope.fits_files import Image, write_image
from telescope.frame import FrameError, Pixels, read_frame


class Kind(StrEnum):
    """What a master frame is of."""

    BIAS = "bias"
    DARK = "dark"
    """Counts a second."""
    FLAT = "flat"
    """Of median 1."""


def _before(kind: Kind, detector: Detector) -> Detector:
    """What is taken off the frames that a master is made of: the steps before its own."""
    if kind is Kind.BIAS:
        return replace(detector, bias="", dark="", flat="")
    return replace(detector, dark="" if kind is Kind.DARK else detector.dark, flat="")


def write_master(kind: Kind, paths: Sequence[Path], camera: Camera, to: Path) -> None:
    """Combine raw frames into a master that the camera's `detector` may name.

    Overscan and trim are done, a dark's bias and a flat's bias and dark taken off, where the
    settings name them. Raises FrameError for a frame that cannot be read or has no exposure time.
    """
    before = replace(camera, detector=_before(kind, camera.detector))
    pixels = combined([_scaled(kind, path, before) for path in paths])
    write_image(to, Image(pixels, {"IMAGETYP": kind.value, "NCOMBINE": len(paths)}))


def _scaled(kind: Kind, path: Path, camera: Camera) -> Pixels:
    frame = read_frame(path, camera)
    if kind is Kind.BIAS:
        return frame.pixels
    if kind is Kind.FLAT:
        return frame.pixels / np.float32(np.median(frame.pixels))
    exposure_s = frame.facts.exposure_s
    if not (math.isfinite(exposure_s) and exposure_s > 0):
        raise FrameError(f"{path.name} says no exposure time, which a dark is divided by")
    return frame.pixels / np.float32(exposure_s)
