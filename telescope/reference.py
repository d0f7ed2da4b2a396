"""Fused frames as files: references, deep images, and what disagreed in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from telescope.camera import Camera
from telescope.fits_files import Image, read_images, write_image
from telescope.frame import PIXELS_MAX, Frame, frame_of, read_frame
from telescope.fuse import Fused, fused

MARK = "GSREF"
"""The header word of files made here: how many frames are in one."""
DISAGREES = "DISAGREES"
"""The extension that says which frame disagrees, by the number in the header's words GSFRnnn."""
BITS = {"1": "saturated", "2": "edge"}
WCS_WORDS = ("CTYPE", "CRVAL", "CRPIX", "CD", "PC", "CUNIT", "PV", "A_", "B_", "AP_", "BP_")
WCS_MORE = ("RADESYS", "EQUINOX", "LONPOLE", "LATPOLE", "WCSAXES")


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


def write_fused(paths: Sequence[Path], cameras: Sequence[Camera], to: Path) -> Fused:
    """Fuse the frames of one field, each of its camera, into a file on the first's pixels.

    Raises FrameError where one cannot be read, or the first not be used.
    """
    frames = [read_reference(path, camera) for path, camera in zip(paths, cameras, strict=True)]
    found = fused(frames)
    write_image(to, _file(found, _wcs(paths[0], cameras[0])))
    return found


def _file(found: Fused, wcs: dict[str, object]) -> Image:
    """So that the header itself says what the camera's settings said of its frames."""
    frame, facts = found.frame, found.frame.facts
    said = {
        "MJD-OBS": facts.mjd, "EXPTIME": facts.exposure_s, "FILTER": facts.band,
        "GAIN": facts.gain, "RDNOISE": facts.read_noise_e, "SATURATE": facts.saturation,
        "MAGZP": facts.zero_point, MARK: len(found.names),
    }  # fmt: skip
    names = {f"GSFR{number:03}": name for number, name in enumerate(found.names, 1)}
    known = {word: one for word, one in said.items() if one not in (None, float("inf"))}
    header = {**wcs, **{word: one for word, one in known.items() if one == one}, **names}  # noqa: PLR0124
    more = {DISAGREES: found.disagreement}
    return Image(frame.pixels, header, frame.mask, frame.variance, more)


def _wcs(path: Path, camera: Camera) -> dict[str, object]:
    header = read_images(path, camera.extension, None, None, PIXELS_MAX).header
    return {name: header[name] for name in header if name.startswith(WCS_WORDS) or name in WCS_MORE}
