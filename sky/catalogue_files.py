"""A catalogue's positions and columns out of a Parquet file or a folder of them, HATS included."""

# ruff: noqa: PLC0415 - a broker without catalogues does not wait for pyarrow
from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.errors import FilterError
from schemas.suggestion import nearest
from sky.catalogues import Degrees
from sky.column_names import choose
from sky.files import in_one_line, sha256_of

CATALOGUE_ROWS_MAX = 50_000_000
"""What one worker holds in memory beside the networks, at some 40 bytes a row and 8 a column."""

EXACT_MAX = 2**53
"""Whole numbers beyond it have no float64 of their own."""

HIDDEN = ("_", ".")
"""How names begin of what is no data, as all readers of Parquet folders have it."""


class Table(NamedTuple):
    """A catalogue in memory."""

    ra_deg: Degrees
    """ICRS, float64 (n,)."""
    dec_deg: Degrees
    columns: dict[str, NDArray[Any]]
    """Numbers, (n,) each, as the files have them."""
    sha256: str
    """Of the file; of a folder's, of their names and hashes."""


def read_catalogue(path: Path, columns: Sequence[str]) -> Table:
    """Positions are found by name (`column_names.RA`, `DEC`), in degrees; other columns are named.

    Raises FilterError naming file, column and remedy.
    """
    files = _files(path)
    parts = [_read(file, columns) for file in files]
    rows = sum(len(part[0]) for part in parts)
    if rows > CATALOGUE_ROWS_MAX:
        raise FilterError(f"{path}: {rows:,} rows are over {CATALOGUE_ROWS_MAX:,}; leave some out")
    ra, dec, *carried = (np.concatenate(column) for column in zip(*parts, strict=True))
    by_name = dict(zip(columns, carried, strict=True))
    return Table(ra.astype(np.float64), dec.astype(np.float64), by_name, _sha256(path, files))


def column_names(path: Path) -> list[str]:
    """Of the file, or of a folder's first one. Raises FilterError naming it."""
    from pyarrow import parquet

    first = _files(path)[0]
    try:
        names: list[str] = parquet.read_schema(first).names
    except Exception as error:  # pyarrow's are of many kinds
        raise FilterError(f"{first}: it cannot be read: {in_one_line(error)}") from error
    return names


def _files(path: Path) -> list[Path]:
    """The file, or those of a folder in the order of their names."""
    if not path.is_dir():
        return [path]
    found = [
        each
        for each in sorted(path.rglob("*.parquet"))
        if not any(name.startswith(HIDDEN) for name in each.relative_to(path).parts)
    ]
    if not found:
        raise FilterError(f"{path}: there is no Parquet file in the folder")
    return found


def _read(path: Path, columns: Sequence[str]) -> list[NDArray[Any]]:
    """Right ascension, declination, and the columns."""
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            chosen = choose(names)
            for column in columns:
                if column not in names:
                    raise FilterError(f"it has no column {column!r}{nearest(column, names)}")
            wanted = [chosen.ra, chosen.dec, *columns]
            table = file.read(columns=wanted, use_threads=False)
        return [_numbers(name, table[name]) for name in wanted]
    except FilterError as error:
        raise FilterError(f"{path}: {error}") from error
    except Exception as error:  # pyarrow's are of many kinds
        raise FilterError(f"{path}: it cannot be read: {in_one_line(error)}") from error


def _numbers(name: str, column: Any) -> NDArray[Any]:  # noqa: ANN401 - a column of pyarrow
    values: NDArray[Any] = column.to_numpy()
    if values.dtype == np.bool_:
        return values.astype(np.float32)
    if values.dtype == object and set(map(type, values)) <= {bool, type(None)}:
        return np.array([np.nan if one is None else one for one in values], dtype=np.float32)
    if not np.issubdtype(values.dtype, np.number):
        raise FilterError(f"column {name!r} is no number; leave it out")
    if np.issubdtype(values.dtype, np.integer) and _is_inexact(values):
        raise FilterError(f"column {name!r} has numbers beyond 2**53, no values; leave it out")
    return values


def _is_inexact(values: NDArray[Any]) -> bool:
    return bool(len(values)) and max(int(values.max()), -int(values.min())) > EXACT_MAX


def _sha256(path: Path, files: Sequence[Path]) -> str:
    if files == [path]:
        return sha256_of(path)
    lines = (f"{each.relative_to(path).as_posix()} {sha256_of(each)}\n" for each in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
