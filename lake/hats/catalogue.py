"""One version of a collection written: its alerts by cell, the margins, and what readers go by."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.arrays import values_of
from lake.hats.cells import ORDER_MAX, ROWS_A_CELL_MAX, SMALLEST, Cell, Division, cells
from lake.hats.fresh import Fresh
from lake.hats.leaves import Dataset, Leaf, Leaves
from lake.hats.margins import REACH_ARCSEC, margins
from lake.layout import INDEX
from sky.cells import DEPTH_MAX, parents

RA, DEC = "ra_deg", "dec_deg"
ALERTS: Final = "alerts"
MARGIN: Final = "margin"


class Increment(NamedTuple):
    """What a version adds to the one before."""

    number: int
    fresh: Fresh
    nights: frozenset[int]
    """Those that come, whole."""
    dropped: frozenset[int]
    """Those of them of which the version before had rows, which are left out."""


class Catalogues(NamedTuple):
    """The files of a version."""

    alerts: Leaves
    margin: Leaves


NOTHING: Final = Catalogues({}, {})


def write_catalogues(
    base: Path | None, before: Catalogues, folder: Path, increment: Increment
) -> Catalogues:
    """Write the files of a version into its folder, from those of the version before.

    Raises OSError, pyarrow's errors.
    """
    number, fresh = increment.number, increment.fresh
    alerts, margin = (
        Dataset(base and base / name, folder / name, number, fresh.schema, increment.dropped)
        for name in (ALERTS, MARGIN)
    )
    made = _write_alerts(alerts, before.alerts, fresh)
    division = Division(alerts.leaves)
    made = [cell for cell in made if cell in alerts.leaves]
    coming = margins(alerts, division, made, increment.nights)
    for cell in division.cells:
        kept = () if cell in made else before.margin.get(cell, ())
        margin.carry(cell, kept, coming.get(cell, fresh.schema.empty_table()))
    return Catalogues(alerts.leaves, margin.leaves)


def _write_alerts(dataset: Dataset, before: Leaves, fresh: Fresh) -> list[Cell]:
    """Have every cell of the version before with what comes to it; which cells were made."""
    import pyarrow as pa

    standing = Division(before)
    coming = fresh.counts(standing)
    full = {
        cell
        for cell, more in zip(standing.cells, coming.tolist(), strict=False)
        if more and rows_of(before[cell]) + more > ROWS_A_CELL_MAX and cell.order < ORDER_MAX
    }
    kept = [cell for cell in standing.cells if cell not in full]
    for cell in kept:
        dataset.carry(cell, before[cell], fresh.within(cell))
    made = cells(_counts(dataset, before, full, fresh, Division(kept)), kept)
    whole = lru_cache(maxsize=1)(lambda parent: dataset.before(parent, before[parent]))
    for cell in made:
        own = [_within(whole(parent), cell) for parent in full if parent.meets(cell)]
        dataset.write(cell, pa.concat_tables([*own, fresh.within(cell)]))
    return made


def _counts(
    dataset: Dataset, before: Leaves, full: Iterable[Cell], fresh: Fresh, kept: Division
) -> NDArray[np.int64]:
    """How many rows of each of the smallest cells are to have a cell of their own."""
    found = np.zeros(SMALLEST, np.int64)
    coming = (index[kept.places(index) < 0] for index in fresh.indices)
    there = (dataset.before(cell, before[cell], [INDEX]) for cell in full)
    for index in (*coming, *(values_of(table.column(INDEX)) for table in there)):
        found += np.bincount(parents(index, ORDER_MAX), minlength=SMALLEST)
    return found


def rows_of(leaves: Sequence[Leaf]) -> int:
    return sum(leaf.rows for leaf in leaves)


def _within(table: Any, cell: Cell) -> Any:  # noqa: ANN401
    index = values_of(table.column(INDEX))
    return table.take(np.flatnonzero((index >= cell.ends[0]) & (index < cell.ends[1])))


def describe(folder: Path, name: str, found: Catalogues, schema: Any, version: str) -> None:  # noqa: ANN401
    """Write what readers go by beside the files of a version; `version` is gueststar's."""
    facts = {"obs_collection": name, "dataproduct_type": "source"}
    _describe(folder / ALERTS, found.alerts, schema, _facts(found.alerts, version) | facts)
    if found.margin:
        facts = {
            "obs_collection": f"{name}_{MARGIN}",
            "dataproduct_type": "margin",
            "hats_primary_table_url": ALERTS,
            "hats_margin_threshold": f"{REACH_ARCSEC:g}",
        }
        _describe(folder / MARGIN, found.margin, schema, _facts(found.margin, version) | facts)


def _describe(folder: Path, leaves: Leaves, schema: Any, facts: Mapping[str, object]) -> None:  # noqa: ANN401
    import pyarrow.parquet as pq

    pq.write_metadata(schema, folder / "dataset" / "_common_metadata")
    listed = [f"{cell.order},{cell.number}" for cell in Division(leaves).cells]
    (folder / "partition_info.csv").write_text("\n".join(["Norder,Npix", *listed, ""]))
    size = sum(file.stat().st_size for file in folder.rglob("*.parquet"))
    properties(folder / "hats.properties", {**facts, "hats_estsize": size // 1000})


def _facts(leaves: Leaves, version: str) -> dict[str, object]:
    return {
        "hats_nrows": sum(map(rows_of, leaves.values())),
        "hats_col_ra": RA,
        "hats_col_dec": DEC,
        "hats_col_healpix": INDEX,
        "hats_col_healpix_order": DEPTH_MAX,
        "hats_npix_suffix": "/",
        "hats_max_rows": ROWS_A_CELL_MAX,
        "hats_order": max(cell.order for cell in leaves),
        "hats_builder": f"gueststar {version}",
        "hats_creation_date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MUTC"),
        "hats_version": "v1.0",
        "moc_sky_fraction": round(sum(1 / (12 * 4**cell.order) for cell in leaves), 5),
    }


def properties(path: Path, facts: Mapping[str, object]) -> None:
    """Write a file of a fact a line."""
    lines = [f"{key}={value}" for key, value in facts.items()]
    path.write_text("\n".join(["#HATS", *lines, ""]))
