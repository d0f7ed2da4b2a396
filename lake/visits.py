"""A survey's own count of its alerts by visit, as a table that a user gives."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from schemas.errors import ArchiveError

VISIT, COUNT = "visit", "count"
PARQUET: Final = ".parquet"


def read_visits(path: Path) -> Mapping[int, int]:
    """Alerts by visit, of CSV or Parquet with these two columns. Raises ArchiveError."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import csv

    try:
        table = pq.read_table(path) if path.suffix == PARQUET else csv.read_csv(path)
        numbers = (table.column(name).cast(pa.int64()).to_pylist() for name in (VISIT, COUNT))
        found = dict(zip(*numbers, strict=True))
    except (OSError, KeyError, pa.ArrowException) as error:
        why = " ".join(str(error).split())
        raise ArchiveError(
            f"{path} is no table of visits ({why}); give it two columns of whole numbers,"
            f" {VISIT} and {COUNT}"
        ) from error
    if len(found) != len(table):
        raise ArchiveError(f"{path} names a visit twice; give each one line")
    return found
