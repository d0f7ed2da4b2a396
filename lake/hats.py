"""The alerts of a lake as a HATS catalogue: the sky in HEALPix cells, a Parquet file each.

Astronomers' tools (LSDB among them) open, cross-match and search such a folder, however large:

    CATALOGUE/hats.properties, partition_info.csv
    CATALOGUE/dataset/_metadata, _common_metadata, Norder=K/Dir=D/Npix=N.parquet

A cell of order K holds at most ROWS_A_CELL_MAX rows, or is of ORDER_MAX; its rows are sorted by
`_healpix_29`, their cell of order 29. Source: the IVOA note "HATS" 1.0 (ivoa.net/documents/Notes).
"""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.arrays import conformed, joined_schema, values_of
from lake.layout import INDEX, NOWHERE, PACKET
from lake.places import with_places
from lake.reading import Lake
from schemas.errors import ArchiveError
from sky.cells import DEPTH_MAX, parents

ROWS_A_CELL_MAX = 500_000
"""Rows of a file; over it a cell is four. So many are in memory together, some 500 bytes each."""

ORDER_MAX = 9
"""Of the smallest cells, 7 arcminutes wide: these hold what they must."""

CELLS_A_FOLDER = 10_000
RA, DEC = "ra_deg", "dec_deg"
SPILLED = "sorted.arrow"


class Cell(NamedTuple):
    """A part of the sky that is one file."""

    order: int
    number: int

    @property
    def ends(self) -> tuple[int, int]:
        """The first of its cells of order 29, and the one after the last."""
        deeper = 2 * (DEPTH_MAX - self.order)
        return self.number << deeper, (self.number + 1) << deeper

    @property
    def name(self) -> str:
        """Its file, from the dataset's folder."""
        folder = self.number // CELLS_A_FOLDER * CELLS_A_FOLDER
        return f"Norder={self.order}/Dir={folder}/Npix={self.number}.parquet"


class Written(NamedTuple):
    """What a catalogue came to."""

    alerts: int
    cells: int
    placeless: int
    """Alerts without a position, which have no cell and were left out."""


def write_hats(lake: Lake, catalogue: Path, *, version: str) -> Written:
    """Write the alerts of a lake as a catalogue, which is there whole or not at all.

    `version` is gueststar's. Raises ArchiveError where the folder is there already, or no alert has
    a position.
    """
    import pyarrow as pa

    if catalogue.exists():
        raise ArchiveError(f"{catalogue} is there already; name a folder that is not")
    staging = catalogue.with_name(f".{catalogue.name}-{secrets.token_hex(4)}")
    try:
        staging.mkdir(parents=True)
        counts, placeless = _spill(lake, staging / SPILLED)
        if not counts.sum():
            raise ArchiveError(f"no alert of {lake.path} has a position")
        found = cells(counts)
        _fill(staging, found)
        (staging / SPILLED).unlink()
        (staging / "partition_info.csv").write_text(
            "\n".join(["Norder,Npix", *(f"{cell.order},{cell.number}" for cell in found), ""])
        )
        total = int(counts.sum())
        _write_properties(staging, catalogue.name, found, total, version)
        staging.replace(catalogue)
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(f"the catalogue {catalogue} cannot be written: {error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Written(total, len(found), placeless)


def cells(counts: NDArray[np.int64]) -> list[Cell]:
    """The cells that are files, along the sky's order; `counts` has the rows of each of ORDER_MAX.

    The largest that hold at most ROWS_A_CELL_MAX rows, or else those of ORDER_MAX; none is empty.
    """
    found: list[Cell] = []
    covered = np.zeros(12, dtype=np.bool_)
    for order in range(ORDER_MAX + 1):
        own = counts.reshape(12 * 4**order, -1).sum(axis=1)
        few = (own <= ROWS_A_CELL_MAX) | (order == ORDER_MAX)
        numbers = np.flatnonzero(few & ~covered & (own > 0))
        found += [Cell(order, number) for number in numbers.tolist()]
        covered = np.repeat(covered | few, 4)
    return sorted(found, key=lambda cell: cell.ends)


def _spill(lake: Lake, path: Path) -> tuple[NDArray[np.int64], int]:
    """Each group of the lake, sorted by its cells, on disk; the rows of each cell of ORDER_MAX.

    And how many alerts have no position.
    """
    import pyarrow as pa

    schema = _schema(lake)
    counts, placeless = np.zeros(12 * 4**ORDER_MAX, dtype=np.int64), 0
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as file:
        for part in lake.parts:
            for table in part.tables():
                placed, index = _placed(table, int(part.night))
                placeless += len(table) - len(placed)
                counts += np.bincount(parents(index, ORDER_MAX), minlength=len(counts))
                file.write_table(conformed(placed, schema).combine_chunks())
    return counts, placeless


def _schema(lake: Lake) -> Any:  # noqa: ANN401 - pyarrow has no types
    """The columns of all parts, but for the places of packets, in front of them the index."""
    import pyarrow as pa

    joined = joined_schema([part.schema for part in lake.parts])
    first = [
        pa.field(INDEX, pa.int64(), nullable=False),
        pa.field("night", pa.int32(), nullable=False),
    ]
    return pa.schema([*first, *(field for field in joined if field.name not in {INDEX, *PACKET})])


def _placed(table: Any, night: int) -> tuple[Any, NDArray[np.int64]]:  # noqa: ANN401
    """The rows that have a position, sorted by their index, and that index."""
    import pyarrow as pa

    placed = with_places(table)
    index = values_of(placed.column(INDEX))
    order = np.argsort(index, kind="stable")
    order = order[index[order] < NOWHERE]
    dated = placed.append_column("night", pa.array([night] * len(placed), pa.int32()))
    return dated.take(order), index[order]


def _fill(staging: Path, found: list[Cell]) -> None:
    """The dataset: a file a cell, and their schema and footers beside them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    dataset, footers = staging / "dataset", list[Any]()
    with pa.memory_map(str(staging / SPILLED)) as source:
        spilled = pa.ipc.open_file(source)
        for cell, table in _tables(spilled, found):
            path = dataset / cell.name
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, path, compression="zstd", metadata_collector=footers)
            footers[-1].set_file_path(cell.name)
        pq.write_metadata(spilled.schema, dataset / "_common_metadata")
        pq.write_metadata(spilled.schema, dataset / "_metadata", metadata_collector=footers)


def _tables(spilled: Any, found: list[Cell]) -> Iterator[tuple[Cell, Any]]:  # noqa: ANN401
    """The rows of each cell, by their index."""
    import pyarrow as pa

    groups = [spilled.get_batch(number) for number in range(spilled.num_record_batches)]
    indices = [group.column(INDEX).to_numpy() for group in groups]
    for cell in found:
        spans = [np.searchsorted(index, cell.ends).tolist() for index in indices]
        pieces = [
            group.slice(begin, end - begin)
            for group, (begin, end) in zip(groups, spans, strict=True)
        ]
        table = pa.Table.from_batches(pieces, spilled.schema)
        yield cell, table.sort_by(INDEX)


def _write_properties(staging: Path, name: str, found: list[Cell], rows: int, version: str) -> None:
    size = sum(file.stat().st_size for file in staging.rglob("*") if file.is_file())
    facts = {
        "obs_collection": name,
        "dataproduct_type": "source",
        "hats_nrows": rows,
        "hats_col_ra": RA,
        "hats_col_dec": DEC,
        "hats_col_healpix": INDEX,
        "hats_col_healpix_order": DEPTH_MAX,
        "hats_npix_suffix": ".parquet",
        "hats_max_rows": ROWS_A_CELL_MAX,
        "hats_order": max(cell.order for cell in found),
        "hats_estsize": size // 1000,
        "hats_builder": f"gueststar {version}",
        "hats_creation_date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MUTC"),
        "hats_version": "v1.0",
        "moc_sky_fraction": round(sum(1 / (12 * 4**cell.order) for cell in found), 5),
    }
    lines = [f"{key}={value}" for key, value in facts.items()]
    (staging / "hats.properties").write_text("\n".join(["#HATS catalog", *lines, ""]))
