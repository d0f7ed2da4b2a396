"""Sky maps of FITS: HEALPix cells of many sizes (UNIQ), or one size, as observatories write them.

The form of the former is IGWN's, its distances those of Singer et al. (2016); flat maps are those
of healpy and of older events. What a map says of its event is in the notice, not read here.
"""

# ruff: noqa: PLC0415 - astropy takes a second to load, and only maps need it
from __future__ import annotations

import warnings
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.errors import NoticeError
from sky.cells import DEPTH_MAX
from sky.files import in_one_line
from sky.fits_bounds import require_bounds, unpacked
from sky.messengers.localisation import Distances, Floats
from sky.messengers.sky_map import Pixels, SkyMap

MAP_BYTES_MAX = 512 * 2**20
"""Of a map, unpacked: a flat one of nside 2048 with distances has 1.6 GB as float64, half so much
as float32; no observatory sends one in a notice."""

DENSITY = "PROBDENSITY"
PROBABILITIES = ("PROB", "PROBABILITY")
DISTANCES = ("DISTMU", "DISTSIGMA", "DISTNORM")
UNIQ_FIRST = 4 * 4 ** np.arange(DEPTH_MAX + 2, dtype=np.uint64)
"""The first UNIQ of each depth (IVOA MOC 2.0, section 4.3.1)."""


def read_map(content: bytes) -> SkyMap:
    """A FITS file's map, plain or gzipped. Raises NoticeError, one line."""
    try:
        header, columns = _table(unpacked(content, MAP_BYTES_MAX))
        pixels = _pixels(header, columns)
    except NoticeError:
        raise
    except Exception as error:  # of a file that is broken astropy raises anything
        raise NoticeError(f"the sky map is no FITS table: {in_one_line(error)}") from error
    return SkyMap(pixels)


def warm_up() -> None:
    """Load and compile before alerts flow what the first map would wait for."""
    from astropy.io import fits  # noqa: F401

    flat = Pixels(np.arange(12), np.zeros(12, np.int64), np.full(12, 1 / (4 * np.pi)))
    SkyMap(flat).rows(np.zeros(1, np.int64))


def _table(content: bytes) -> tuple[Mapping[str, Any], Mapping[str, NDArray[Any]]]:
    """The header and the columns of the first table."""
    from astropy.io import fits
    from astropy.utils.exceptions import AstropyWarning

    with warnings.catch_warnings():
        # A header may be odd and its map sound; what is not is seen by the map itself.
        warnings.simplefilter("ignore", AstropyWarning)
        require_bounds(content)
        with fits.open(BytesIO(content), memmap=False) as file:
            tables = [hdu for hdu in file[1:] if isinstance(hdu, fits.BinTableHDU)]
            if not tables:
                raise NoticeError("the sky map's file has no table")
            header, data = dict(tables[0].header), tables[0].data
            return header, {name.upper(): _flat(data[name]) for name in data.names}


def _flat(column: NDArray[Any]) -> NDArray[Any]:
    """One number a pixel, however many a row holds, of this machine's byte order."""
    return np.ascontiguousarray(column.ravel().astype(column.dtype.newbyteorder("=")))


def _pixels(header: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]) -> Pixels:
    system = str(header.get("COORDSYS", "C")).strip().upper()
    if system[:1] not in {"C", "I", ""}:  # celestial, ICRS
        raise NoticeError(f"the sky map's COORDSYS is {system!r}; only equatorial ones are read")
    if "UNIQ" in columns:
        return _of_many_sizes(columns)
    return _merged(_of_one_size(header, columns))


def _of_many_sizes(columns: Mapping[str, NDArray[Any]]) -> Pixels:
    if DENSITY not in columns:
        raise NoticeError(f"the sky map has no column {DENSITY}; a MOC alone is a region")
    uniq = columns["UNIQ"].astype(np.uint64)
    depth = np.searchsorted(UNIQ_FIRST, uniq, side="right") - 1
    if (depth < 0).any() or (depth > DEPTH_MAX).any():
        raise NoticeError("the sky map has a UNIQ that is no HEALPix cell")
    cell = (uniq - UNIQ_FIRST[depth]).astype(np.int64)
    density = columns[DENSITY].astype(np.float64)
    return Pixels(cell, depth.astype(np.int64), density, _distances(columns))


def _of_one_size(header: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]) -> Pixels:
    named = next((name for name in (DENSITY, *PROBABILITIES) if name in columns), None)
    if named is None:
        raise NoticeError(f"the sky map has neither {DENSITY} nor {' nor '.join(PROBABILITIES)}")
    values = columns[named].astype(np.float64)
    depth = _depth(header, columns, len(values))
    cell = next(
        (columns[name].astype(np.int64) for name in ("PIXEL", "PIX") if name in columns),
        np.arange(len(values), dtype=np.int64),
    )
    if str(header.get("ORDERING", "RING")).strip().upper() == "RING":
        from cdshealpix import from_ring

        cell = from_ring(cell, depth, num_threads=1).astype(np.int64)
    per_sr = values if named == DENSITY else values / (np.pi / 3.0 / 4.0**depth)
    return Pixels(cell, np.full(len(cell), depth), per_sr, _distances(columns))


def _depth(header: Mapping[str, Any], columns: Mapping[str, Any], rows: int) -> int:
    side = int(header.get("NSIDE", 0) or round(np.sqrt(rows / 12)))
    depth = side.bit_length() - 1
    if side != 1 << depth or depth > DEPTH_MAX:
        raise NoticeError(f"the sky map's NSIDE is {side}; it is a power of 2")
    explicit = "PIXEL" in columns or "PIX" in columns
    if not explicit and rows != 12 * side * side:
        raise NoticeError(f"the sky map has {rows:,} pixels; NSIDE {side} has {12 * side * side:,}")
    return depth


def _distances(columns: Mapping[str, NDArray[Any]]) -> Distances | None:
    if not all(name in columns for name in DISTANCES):
        return None
    return Distances(*(columns[name].astype(np.float64) for name in DISTANCES))


def _merged(pixels: Pixels) -> Pixels:
    """The same with four equal cells as the one that they make up, again and again.

    A flat map is mostly one of many sizes, written out.
    """
    done: list[Pixels] = []
    while len(pixels.cell) and pixels.depth[0] > 0:
        pixels = pixels.take(np.argsort(pixels.cell))
        begin = _whole_families(pixels)
        rest = np.ones(len(pixels.cell), np.bool_)
        rest[begin[:, None] + np.arange(4)] = False
        done.append(pixels.take(np.flatnonzero(rest)))
        parents = pixels.take(begin)
        pixels = Pixels(
            parents.cell >> 2, parents.depth - 1, parents.density_per_sr, parents.distance
        )
    return _joined([*done, pixels])


def _whole_families(pixels: Pixels) -> NDArray[np.int64]:
    """Where, among rising cells, four begin that are equal and have one parent."""
    cell = pixels.cell
    first = np.flatnonzero(cell % 4 == 0)
    first = first[first + 3 < len(cell)]
    first = first[cell[first + 3] == cell[first] + 3]
    for column in (pixels.density_per_sr, *(pixels.distance or ())):
        own = column[first]
        for other in (1, 2, 3):
            first, own = _where_equal(first, own, column, other)
    return first


def _where_equal(
    first: NDArray[np.int64], own: Floats, column: Floats, other: int
) -> tuple[NDArray[np.int64], Floats]:
    theirs = column[first + other]
    same = (own == theirs) | (np.isnan(own) & np.isnan(theirs))
    return first[same], own[same]


def _joined(parts: list[Pixels]) -> Pixels:
    far = None
    if parts[0].distance is not None:
        held = [each.distance for each in parts if each.distance is not None]
        far = Distances(*(np.concatenate(column) for column in zip(*held, strict=True)))
    return Pixels(
        np.concatenate([each.cell for each in parts]),
        np.concatenate([each.depth for each in parts]),
        np.concatenate([each.density_per_sr for each in parts]),
        far,
    )
