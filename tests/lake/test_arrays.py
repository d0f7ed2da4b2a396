"""Tables of other times put side by side: what one lacks says so as its column's kind does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.arrays import conformed, joined_schema, table_of, values_of
from lake.layout import PLAIN, alert_files
from lake.reading import Lake
from schemas.columns import COLUMNS, KINDS
from schemas.dust import DUST, extinction_ebv
from tests.lake.held import nights, written

PRESENT = pa.schema([("there", pa.int64())])
"""Of a table that has nothing that is asked for."""


@pytest.mark.parametrize("name", PLAIN)
def test_a_column_of_the_table_that_is_not_there_holds_its_kinds_value_of_none(name: str) -> None:
    kind = COLUMNS[name].kind
    full = table_of({name: np.array(["", "ab"] if kind.dtype is np.str_ else [0, 1], kind.dtype)})
    joined = conformed(pa.table({"there": [1, 2, 3]}, PRESENT), full.schema)
    np.testing.assert_array_equal(values_of(joined.column(name)), [kind.none] * 3)
    assert joined.schema == full.schema


def test_every_kind_of_column_is_tried() -> None:
    assert {COLUMNS[name].kind for name in PLAIN} >= {*KINDS.values()} - {COLUMNS["night"].kind}


@pytest.mark.parametrize(
    ("kind", "none"),
    [
        (pa.float32(), np.nan),
        (pa.int64(), -1),
        (pa.bool_(), False),
        (pa.string(), ""),
        (pa.list_(pa.string()), []),
    ],
)
def test_another_column_that_is_not_there_says_so_as_its_type_can(
    kind: pa.DataType, none: object
) -> None:
    joined = conformed(pa.table({"there": [1]}, PRESENT), pa.schema([("another", kind)]))
    (value,) = joined.column("another").to_pylist()
    np.testing.assert_equal(value, none)


def test_dust_is_worked_out_where_the_position_is_known() -> None:
    table = table_of({"ra_deg": np.array([10.0, 200.0]), "dec_deg": np.array([-5.0, 60.0])})
    schema = joined_schema([table.schema, pa.schema([(DUST, pa.float64())])])
    found = values_of(conformed(table, schema).column(DUST))
    np.testing.assert_array_equal(found, extinction_ebv(*(values_of(c) for c in table.columns)))
    assert np.isfinite(found).all()


def test_a_night_of_before_a_column_is_archived_again_and_reads_as_before(tmp_path: Path) -> None:
    """Of every column at once: as the part was read alone, so it is read once it was joined."""
    old, new = nights(0, 0, 0, 0, 0), nights(0, 0, first=5)
    written(tmp_path / "lake", old)
    (file,) = alert_files(tmp_path / "lake")
    table = pq.read_table(file)
    late = [n for n in PLAIN if n not in {"survey", "alert_id", "object_id", "ra_deg", "dec_deg"}]
    meta = pq.read_metadata(file).metadata
    pq.write_table(table.drop_columns(late).replace_schema_metadata(meta), file)
    before = {name: column_of(Lake(tmp_path / "lake"), name) for name in late}
    written(tmp_path / "lake", new)
    after = Lake(tmp_path / "lake")
    known = np.isin(column_of(after, "alert_id"), old.alert_id)
    assert known.sum() == 5
    for name in late:
        np.testing.assert_array_equal(column_of(after, name)[known], before[name], err_msg=name)


def column_of(lake: Lake, name: str) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
    """Of all its alerts."""
    return np.concatenate([rows.column(name) for rows in lake.tables()])
