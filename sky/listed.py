"""A watchlist or region as a text that fits a record, and opened again without a file."""

from __future__ import annotations

import base64
import hashlib
import zlib
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.errors import FilterError
from sky.catalogues import CatalogueIdentity
from sky.index import PositionIndex
from sky.position_files import read_positions
from sky.positions import Positions, RadiusRule, check
from sky.regions import CONES, MocRegion, moc_ranges
from sky.watchlists import CIRCLES, PositionList

ROWS_MAX = 25_000
"""A record of Kafka's has a megabyte by default, and a row takes up to 32 bytes of it."""

Kind = Literal["watchlist", "region"]
Shape = Literal["circles", "cells"]


class Packed(NamedTuple):
    """What a record holds of a list."""

    shape: Shape
    """Circles, or ranges of HEALPix cells at order 29."""
    rows: int
    sha256: str
    """Of the numbers."""
    data: str


def packed(path: Path, kind: Kind) -> Packed:
    """A file's list. Raises FilterError where it cannot be used, or is too long for a record."""
    if kind == "region" and path.suffix.lower() != ".csv":
        return _packed("cells", moc_ranges(path))
    columns = read_positions(path, rule_of(kind))
    return _packed("circles", np.stack(columns).T)


def rule_of(kind: Kind) -> RadiusRule:
    """What radii it may have."""
    return CIRCLES if kind == "watchlist" else CONES


def _packed(shape: Shape, rows: NDArray[np.float64] | NDArray[np.uint64]) -> Packed:
    if len(rows) > ROWS_MAX:
        raise FilterError(
            f"it has {len(rows):,} rows, and {ROWS_MAX:,} is the most that is deployed; name the"
            " file in [filters.watchlists] or [filters.regions] of CONFIG.toml"
        )
    # By columns: neighbours are alike, so they pack better.
    plain = np.ascontiguousarray(rows.T).astype(rows.dtype.newbyteorder("<")).tobytes()
    sha256 = hashlib.sha256(plain).hexdigest()
    return Packed(shape, len(rows), sha256, base64.b85encode(zlib.compress(plain, 6)).decode())


def _unpacked(packed: Packed) -> bytes:
    """Raises FilterError where it is not what its hash says."""
    most = packed.rows * 3 * 8
    try:
        plain = zlib.decompressobj().decompress(base64.b85decode(packed.data), most + 1)
    except (ValueError, zlib.error) as error:
        raise FilterError(f"it cannot be unpacked: {error}; deploy it again") from error
    if hashlib.sha256(plain).hexdigest() != packed.sha256 or packed.rows > ROWS_MAX:
        raise FilterError("it is not what its sha256 says; deploy it again")
    return plain


def positions_of(packed: Packed, kind: Kind) -> Positions:
    """The circles of a list. Raises FilterError."""
    columns = np.frombuffer(_unpacked(packed), dtype="<f8").astype(np.float64)
    if columns.size != 3 * packed.rows:
        raise FilterError("it has another number of rows than it says; deploy it again")
    positions = Positions(*columns.reshape(3, -1))
    check(positions, rule_of(kind))
    return positions


def ranges_of(packed: Packed) -> NDArray[np.uint64]:
    """The ranges of cells of a region at order 29, (n, 2). Raises FilterError."""
    cells = np.frombuffer(_unpacked(packed), dtype="<u8").astype(np.uint64)
    if cells.size != 2 * packed.rows:
        raise FilterError("it has another number of rows than it says; deploy it again")
    return np.ascontiguousarray(cells.reshape(2, -1).T)


def unpacked(name: str, kind: Kind, packed: Packed) -> PositionList | MocRegion:
    """A list ready to be asked. Raises FilterError where it cannot be."""
    identity = CatalogueIdentity(name, packed.sha256)
    if packed.shape == "circles":
        return PositionList(identity, PositionIndex(positions_of(packed, kind)))
    if kind != "region":
        raise FilterError("cells are a region, no watchlist")
    return MocRegion(identity, ranges_of(packed))
