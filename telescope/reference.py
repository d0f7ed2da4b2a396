"""References: several frames of one field as one, deeper than any, with its variance.

Each is brought onto the first's pixels and flux, and weighed by what it says of a point source:
its throughput squared by its noise and its PSF's area (after Zackay & Ofek 2017, ApJ 836, 187, of
whose sum of matched filters this is the best that keeps pixels an image).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from telescope.align import aligned
from telescope.camera import Camera
from telescope.fits_files import Image, read_images, write_image
from telescope.frame import PIXELS_MAX, UNUSABLE, Frame, FrameError, Pixels, frame_of, read_frame
from telescope.pipeline import Prepared, prepared, throughputs

MARK = "GSREF"
"""The header word of files made here."""
CLIP_SIGMA = 5.0
BITS = {"0": "bad", "1": "saturated", "2": "edge"}


def read_reference(path: Path, camera: Camera) -> Frame:
    """A reference: a file made here, or any frame of the camera. Raises FrameError."""
    try:
        own = read_images(path, 0, "MASK", "VARIANCE", PIXELS_MAX)
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return read_frame(path, camera)
    if not own.header.get(MARK):
        return read_frame(path, camera)
    plain = replace(camera, mask_bits=BITS, detector=type(camera.detector)(), keywords={}, facts={})
    return frame_of(own, plain, path.name)


def combine(paths: Sequence[Path], camera: Camera) -> Image:
    """Frames of one field as one image on the first's pixels, the sky taken out.

    Those that cannot be brought there are left out. Raises FrameError where the first cannot be
    read.
    """
    first = prepared(read_frame(paths[0], camera))
    planes = [_plane(first, first)]
    for path in paths[1:]:
        try:
            planes.append(_plane(prepared(read_frame(path, camera)), first))
        except FrameError:
            continue
    return _summed(planes, paths[0], first)


def _plane(one: Prepared, first: Prepared) -> tuple[Pixels, Pixels, Pixels]:
    """On the first's pixels and flux: light, variance and weight (0 where it says nothing)."""
    if one is first:
        frame, ratio = one.frame, 1.0
    else:
        onto = aligned(first.frame, first.found, one.frame, one.found)
        frame = onto.frame
        found = throughputs(first, onto, one)
        if len(found) < 5:
            raise FrameError(f"{one.frame.facts.name} shares too few stars")
        ratio = float(np.median(found[:, 2]))
        exposures = first.frame.facts.exposure_s / one.frame.facts.exposure_s
        ratio *= exposures if math.isfinite(exposures) else 1.0
    noise = float(np.median(frame.variance[frame.variance > 0])) * ratio**2
    weight = np.where(frame.unusable, 0.0, 1.0 / (noise * one.psf.fwhm**2))
    return (
        (frame.pixels * np.float32(ratio)).astype(np.float32),
        (frame.variance * np.float32(ratio**2)).astype(np.float32),
        weight.astype(np.float32),
    )


def _summed(planes: list[tuple[Pixels, Pixels, Pixels]], path: Path, first: Prepared) -> Image:
    light, noise, weight = (np.stack(one) for one in zip(*planes, strict=True))
    if len(planes) > 2:  # rays and trails are in one frame alone
        middle = np.median(light, axis=0)
        off = np.abs(light - middle) > CLIP_SIGMA * np.sqrt(noise) + 0.1 * np.abs(middle)
        weight = np.where(off, 0.0, weight)
    total = weight.sum(axis=0)
    seen = total > 0
    share = np.where(seen, weight / np.where(seen, total, 1.0), 0.0)
    pixels = (share * light).sum(axis=0).astype(np.float32)
    variance = (share**2 * noise).sum(axis=0).astype(np.float32)
    bits = first.frame.mask & UNUSABLE
    mask = np.where(seen, bits & np.uint16(2), np.uint16(1)).astype(np.int16)
    facts = first.frame.facts
    # So that a file's own header says what the camera's settings said of its frames.
    said = {
        "MJD-OBS": facts.mjd, "EXPTIME": facts.exposure_s, "FILTER": facts.band,
        "GAIN": facts.gain * len(planes), "RDNOISE": facts.read_noise_e,
        "SATURATE": facts.saturation, "MAGZP": facts.zero_point, MARK: len(planes),
    }  # fmt: skip
    header = {**_wcs(path, first), **{k: v for k, v in said.items() if v == v}}  # noqa: PLR0124
    return Image(pixels, header, mask, np.maximum(variance, np.float32(1e-12)))


def _wcs(path: Path, first: Prepared) -> dict[str, object]:
    camera = first.frame.camera
    header = read_images(path, camera.extension, None, None, PIXELS_MAX).header
    words = (
        "CTYPE",
        "CRVAL",
        "CRPIX",
        "CD",
        "PC",
        "CUNIT",
        "CDELT",
        "PV",
        "A_",
        "B_",
        "AP_",
        "BP_",
    )
    more = ("RADESYS", "EQUINOX", "LONPOLE", "LATPOLE", "WCSAXES")
    return {
        name: header[name]
        for name in header
        if (name.startswith(words) or name in more) and name not in ("CDELTM", "")
    }


def write_reference(paths: Sequence[Path], camera: Camera, to: Path) -> int:
    """Combine frames into a file; how many are in it."""
    image = combine(paths, camera)
    write_image(to, image)
    return int(str(image.header[MARK]))
