"""NumPy columns to Arrow's and back, without a copy where the memory is the same."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lake.layout import CURVES, CURVES_KEY, PLACE, POINTS
from schemas.batch import AlertBatch, LightCurves
from schemas.columns import COLUMNS
from schemas.dust import DUST, extinction_ebv

Texts = Sequence[Sequence[str]]
"""Lists of text, one a row."""


def on_one_thread() -> None:
    """Have Arrow use one thread from now on."""
    import pyarrow as pa

    pa.set_cpu_count(1)


def table_of(columns: Mapping[str, NDArray[Any] | Texts]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """An Arrow table in which nothing is null."""
    return _table({name: _array(values) for name, values in columns.items()})


def curves_table(batch: AlertBatch) -> Any:  # noqa: ANN401
    """Light curves as an Arrow table of lists: a row each, by kind and what a point holds.

    The alerts' keys stand beside them.
    """
    arrays = {name: _array(batch.column(name)) for name in CURVES_KEY}
    for kind in CURVES:
        arrays |= {f"{kind}.{name}": _lists(getattr(batch, kind), name) for name in POINTS}
    return _table(arrays)


def joined_schema(schemas: Sequence[Any]) -> Any:  # noqa: ANN401
    """The columns of several tables: where two have one, the last's kind."""
    import pyarrow as pa

    fields = {field.name: field for schema in schemas for field in schema}
    return pa.schema(list(fields.values()))


def conformed(table: Any, schema: Any) -> Any:  # noqa: ANN401
    """A table with the columns of a schema.

    One that it lacks holds in each row what its kind has for none, as `Part.column` gives it, or
    what the position alone says, where the table has that.
    """
    import pyarrow as pa

    if table.schema.equals(schema):
        return table
    return pa.Table.from_arrays([_column(table, field) for field in schema], schema=schema)


def _column(table: Any, field: Any) -> Any:  # noqa: ANN401
    import pyarrow as pa

    if field.name in table.column_names:
        return table.column(field.name).cast(field.type)
    if field.name == DUST and {*PLACE} <= {*table.column_names}:
        return pa.array(extinction_ebv(*(values_of(table.column(name)) for name in PLACE)))
    return _nothing(field, len(table))


def with_texts(table: Any, names: Iterable[str]) -> Any:  # noqa: ANN401
    """A table in which text that is places in a dictionary is text."""
    import pyarrow as pa

    for name in names:
        at = table.schema.get_field_index(name)
        texts = [chunk.dictionary_decode() for chunk in table.column(at).chunks]
        field = table.field(at).with_type(pa.string())
        table = table.set_column(at, field, pa.chunked_array(texts, pa.string()))
    return table


def values_of(column: Any) -> NDArray[Any]:  # noqa: ANN401
    """A plain Arrow column (chunked) as NumPy's."""
    import pyarrow as pa

    whole = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if pa.types.is_list(whole.type):
        lists = np.empty(len(whole), object)
        lists[:] = whole.to_pylist()
        return lists
    if pa.types.is_string(whole.type):
        return np.array(whole.to_pylist(), dtype=np.str_)
    found: NDArray[Any] = whole.to_numpy(zero_copy_only=whole.type != pa.bool_())
    return found


def curves_of(table: Any, kind: str) -> LightCurves:  # noqa: ANN401
    """The light curves of a kind, from an Arrow table of lists."""
    whole = [table.column(f"{kind}.{name}").combine_chunks() for name in POINTS]
    offsets = whole[0].offsets.to_numpy().astype(np.int64)
    # A slice of a table keeps the points of its neighbours: flatten leaves them out.
    columns = [each.flatten().to_numpy(zero_copy_only=False) for each in whole]
    return LightCurves(offsets - offsets[0], *columns)


def _table(arrays: Mapping[str, Any]) -> Any:  # noqa: ANN401
    import pyarrow as pa

    named = [pa.field(name, array.type, nullable=False) for name, array in arrays.items()]
    return pa.Table.from_arrays([*arrays.values()], schema=pa.schema(named))


def _nothing(field: Any, rows: int) -> Any:  # noqa: ANN401
    """What a column of the table has for none; of others NaN, -1 of no place, no text, no."""
    import pyarrow as pa

    types, kind = pa.types, field.type
    if field.name in COLUMNS:
        return pa.array([COLUMNS[field.name].kind.none] * rows, kind)
    if types.is_list(kind):
        return pa.array([[]] * rows, kind)
    value = math.nan if types.is_floating(kind) else "" if types.is_string(kind) else -1
    return pa.array([False if types.is_boolean(kind) else value] * rows, kind)


def _array(values: NDArray[Any] | Texts) -> Any:  # noqa: ANN401
    import pyarrow as pa

    if not isinstance(values, np.ndarray):
        return pa.array(values, pa.list_(pa.field("element", pa.string(), nullable=False)))
    return pa.array(values.tolist(), pa.string()) if values.dtype.kind == "U" else pa.array(values)


def _lists(curves: LightCurves, name: str) -> Any:  # noqa: ANN401
    import pyarrow as pa

    points = _array(getattr(curves, name))
    kind = pa.list_(pa.field("element", points.type, nullable=False))
    return pa.ListArray.from_arrays(curves.offsets.astype(np.int32), points, type=kind)
