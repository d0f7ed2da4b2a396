"""The door to FITS files: images with their headers, of any extension, compressed or not."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from sky.fits_bounds import require_bounds, unpacked

Header = Mapping[str, Any]
Pixels = NDArray[np.float32]
Place = int | str | None
PIXEL_BYTES_MAX = 64
"""Of a file unpacked, by pixel that an image may have: image, mask and variance at their widest."""


class Image(NamedTuple):
    """What stands in a file."""

    pixels: Pixels
    header: Header
    """The image's own, and of the primary one what that lacks."""
    mask: NDArray[Any] | None = None
    variance: Pixels | None = None
    more: Mapping[str, NDArray[Any]] = {}
    """Other planes by the name of their extension; written, not read."""


def read_images(path: Path, place: Place, mask: Place, variance: Place, pixels_max: int) -> Image:
    """The image of an extension (None: the first of two axes), its mask and variance where named.

    A mask "FILE" is a file's beside it, whose name has `sciimg` or `image` replaced by `mskimg` or
    `mask`. Raises OSError or ValueError for what cannot be read.
    """
    try:
        return _read(path, place, mask, variance, pixels_max)
    except (OSError, ValueError):
        raise
    except Exception as error:  # of a file that is broken astropy raises anything
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _read(path: Path, place: Place, mask: Place, variance: Place, pixels_max: int) -> Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a header's small faults are no reason to refuse a frame
        with _opened(path, pixels_max) as units:
            unit = units[place] if place is not None else _first(units)
            _check(unit, pixels_max)
            header = _readable(units[0].header)
            header.update(_readable(unit.header))
            pixels = np.asarray(unit.data, np.float32)
            found = _mask(path, units, mask, pixels_max)
            noise = None
            if variance is not None:
                _check(units[variance], pixels_max)
                noise = np.asarray(units[variance].data, np.float32)
    return Image(pixels, header, found, noise)


def _opened(path: Path, pixels_max: int) -> Any:  # noqa: ANN401 - astropy is not typed
    """A file's units, in memory: of a broken file astropy leaves open what it opened itself."""
    content = unpacked(path.read_bytes(), pixels_max * PIXEL_BYTES_MAX)
    require_bounds(content)
    return fits.open(BytesIO(content), memmap=False)


def write_image(path: Path, image: Image) -> None:
    """A file of float32, mask and variance as extensions MASK and VARIANCE. Appears at once."""
    header = fits.Header(dict(image.header))
    units = [fits.PrimaryHDU(image.pixels, header)]
    if image.mask is not None:
        units.append(fits.ImageHDU(image.mask.astype(np.int16), name="MASK"))
    if image.variance is not None:
        units.append(fits.ImageHDU(image.variance, name="VARIANCE"))
    units += [fits.ImageHDU(one.astype(np.int16), name=name) for name, one in image.more.items()]
    part = path.with_name(f".{path.name}.part")
    fits.HDUList(units).writeto(part, overwrite=True)
    part.replace(path)


def _readable(header: Any) -> Any:  # noqa: ANN401 - astropy is not typed
    """A header without the cards that say nothing which can be read."""
    readable = fits.Header()
    for card in header.cards:
        with suppress(fits.VerifyError, ValueError):
            readable.append((card.keyword, card.value, card.comment))
    return readable


def _first(units: Any) -> Any:  # noqa: ANN401 - astropy is not typed
    for unit in units:
        if unit.header.get("NAXIS") == 2 and unit.is_image:
            return unit
    raise ValueError("no image of two axes in it")


def _check(unit: Any, pixels_max: int) -> None:  # noqa: ANN401
    sides = unit.header.get("NAXIS1", 0), unit.header.get("NAXIS2", 0)
    if unit.header.get("NAXIS") != 2 or not 0 < sides[0] * sides[1] <= pixels_max:
        raise ValueError(f"extension {unit.name or 0} is no image of up to {pixels_max} pixels")


def _mask(path: Path, units: Any, mask: Place, pixels_max: int) -> NDArray[Any] | None:  # noqa: ANN401
    if mask is None:
        return None
    if mask != "FILE":
        _check(units[mask], pixels_max)
        return np.asarray(units[mask].data)
    name = path.name.replace("sciimg", "mskimg").replace("image", "mask")
    beside = path.with_name(name)
    if beside == path or not beside.is_file():
        raise OSError(f"there is no mask {name} beside it")
    with _opened(beside, pixels_max) as others:
        unit = _first(others)
        _check(unit, pixels_max)
        return np.asarray(unit.data)
