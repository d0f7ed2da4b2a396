"""A camera as its TOML file says: where its facts stand in a header, and what its best nights are.

Every name has a default, so a camera whose headers use the common words needs a name alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from broker.errors import SettingsError

KEYWORDS: Mapping[str, tuple[str, ...]] = {
    "mjd": ("MJD-OBS", "OBSMJD", "MJD"),
    "date": ("DATE-OBS", "DATE-BEG", "DATE"),
    "exposure_s": ("EXPTIME", "EXPOSURE"),
    "gain": ("GAIN", "EGAIN"),
    "read_noise_e": ("RDNOISE", "READNOI", "READNOIS"),
    "saturation": ("SATURATE", "SATURATA", "SATLEVEL"),
    "band": ("FILTER", "FILTNAM", "FILTERS"),
    "zero_point": ("MAGZP", "MAGZPT", "MAGZERO"),
}
"""The header words that are tried for each fact, in order, where a camera names none."""


@dataclass(frozen=True)
class Nominal:
    """The camera's own best: what a frame of score 100 has. None: taken from the reference."""

    fwhm_pixels: float | None = None
    sky_rms: float | None = None
    """Of a pixel, counts, for the camera's usual exposure."""
    zero_point: float | None = None
    """AB magnitude of one count on a clear night, in an exposure as long as the reference's."""


@dataclass(frozen=True)
class Detector:
    """What is to be done to raw frames. Sections are [first row, end row, first column, end]."""

    overscan: tuple[int, ...] = ()
    trim: tuple[int, ...] = ()
    bias: str = ""
    dark: str = ""
    flat: str = ""
    amplifier_columns: tuple[int, ...] = ()
    """Where an amplifier's part ends and the next begins, columns after trimming."""


@dataclass(frozen=True)
class Camera:
    """One camera. `facts` are said here in place of the header, `keywords` say where they stand."""

    name: str
    pixel_arcsec: float = 1.0
    """Where a frame has no WCS."""
    extension: int | str | None = None
    """Of the image; None: the first of two axes."""
    mask_extension: int | str | None = None
    variance_extension: int | str | None = None
    mask_bits: Mapping[str, str] = field(default_factory=dict)
    """Of the mask's bits, by number: what they mean, of `frame.MEANINGS`."""
    keywords: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, float | str] = field(default_factory=dict)
    bands: Mapping[str, str] = field(default_factory=dict)
    """A header's filter name to the band's letter; another's first letter is taken."""
    nominal: Nominal = field(default_factory=Nominal)
    detector: Detector = field(default_factory=Detector)
    folder: Path = Path()
    """What paths in it are relative to."""

    def words(self, fact: str) -> tuple[str, ...]:
        """The header words to look for."""
        return (self.keywords[fact],) if fact in self.keywords else KEYWORDS[fact]


def read_camera(path: Path) -> Camera:
    """A camera's file, or [camera] of a telescope's. Raises SettingsError, which names the key."""
    said = read_toml(path)
    within = said.get("camera", said)
    if isinstance(within, str):
        return read_camera(path.parent / within)
    place = str(path) if within is said else f"[camera] of {path}"
    return camera_of(within, place, path.parent)


def read_toml(path: Path) -> dict[str, Any]:
    """A file's tables. Raises SettingsError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error


def camera_of(said: Mapping[str, Any], place: str, folder: Path = Path()) -> Camera:
    """A camera from a table of settings."""
    parts = dict(said)
    nominal = _section(Nominal, parts.pop("nominal", {}), f"[nominal] of {place}")
    detector = _section(Detector, parts.pop("detector", {}), f"[detector] of {place}")
    for name in ("keywords", "facts"):
        check_known(parts.get(name, {}), KEYWORDS, f"[{name}] of {place}")
    if not parts.get("name"):
        raise SettingsError(f'{place} names no camera; begin it with name = "..."')
    rest = {"nominal": nominal, "detector": detector, "folder": folder}
    check_known(parts, {one.name for one in fields(Camera)} - set(rest), place)
    return Camera(**parts, **rest)


def _section(kind: Any, said: Mapping[str, Any], place: str) -> Any:  # noqa: ANN401
    check_known(said, {one.name for one in fields(kind)}, place)
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in said.items()})


def check_known(said: Any, names: Any, place: str) -> None:  # noqa: ANN401 - what TOML holds
    """Raises SettingsError for a key that is none of the names."""
    if not isinstance(said, Mapping):
        raise SettingsError(f"{place} is no table")
    for name in said:
        if name not in names:
            raise SettingsError(f"{name!r} in {place} is not known; it may be {sorted(names)}")
