"""Lakes for the tests of HATS collections, and all that a collection holds, read plainly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from filters.handmade import handmade
from lake.hats.catalogue import ALERTS, MARGIN
from lake.hats.cells import Cell
from lake.hats.versions import folder, promoted, read_version
from lake.writing import LakeWriter

NIGHTS = (20260301, 20260302, 20260303)
ROWS = 300


def write_night(lake: Path, night: int, *, rows: int = ROWS, magnitude: float = 18.0) -> None:
    """A night: half of the alerts in one small field, one nowhere."""
    draw = np.random.default_rng(night)
    field = np.arange(rows) % 2 == 0
    ra = np.where(field, draw.uniform(150, 150.2, rows), draw.uniform(0, 360, rows))
    dec = np.where(field, draw.uniform(20, 20.2, rows), draw.uniform(-90, 90, rows))
    write_alerts(lake, night, ra, dec, magnitude)


def write_alerts(
    lake: Path,
    night: int,
    ra: Iterable[float],
    dec: Iterable[float],
    magnitude: float = 18.0,
    *,
    scored: bool = False,
) -> None:
    """Alerts of a night at some places, and one that is nowhere; scored by a network or by none."""
    ra, dec = [*ra], [*dec]
    count = len(ra) + 1
    batch = handmade(
        alert_id=[night * 1000 + number for number in range(count)],
        night=[night] * count,
        ra_deg=[*ra, np.nan],
        dec_deg=[*dec, np.nan],
        magnitude=[magnitude] * count,
        scores={"new": {"yes": [0.5] * count}} if scored else {},
    )
    with LakeWriter(lake, version="test", with_packets=False) as writer:
        writer.add(batch)


class Seen(NamedTuple):
    """What readers of a collection see."""

    alerts: dict[Cell, Any]
    margin: dict[Cell, Any]


def seen(collection: Path) -> Seen:
    """By cell, as the files say; each folder that is there is one that is listed."""
    number = promoted(collection)
    assert number is not None
    version, place = read_version(collection, number), folder(collection, number)
    found = Seen(*(dict(_cells(place / name)) for name in (ALERTS, MARGIN)))
    for listed, tables in zip(version.catalogues, found, strict=True):
        assert {cell: sum(leaf.rows for leaf in own) for cell, own in listed.items()} == {
            cell: len(table) for cell, table in tables.items()
        }
    return found


def _cells(catalogue: Path) -> Iterator[tuple[Cell, Any]]:
    for path in sorted((catalogue / "dataset").glob("Norder=*/Dir=*/Npix=*")):
        order, number = (int(path.parts[at].split("=")[1]) for at in (-3, -1))
        assert path.as_posix().endswith(Cell(order, number).folder)
        tables = [pq.read_table(file, partitioning=None) for file in sorted(path.iterdir())]
        yield Cell(order, number), pa.concat_tables(tables, promote_options="default")


def ids(tables: dict[Cell, Any]) -> list[int]:
    """Of the alerts of all cells, rising."""
    return sorted(one for table in tables.values() for one in table.column("alert_id").to_pylist())
