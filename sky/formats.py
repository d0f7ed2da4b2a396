"""Columns of numbers out of CSV, Parquet, FITS and VOTable files."""

# ruff: noqa: PLC0415 - a broker without lists does not wait for the libraries that read them
from __future__ import annotations

import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.errors import FilterError
from sky.column_names import Chosen, choose
from sky.fits_bounds import require_bounds, unpacked
from sky.positions import check_rows

LIST_BYTES_MAX = 2**30
"""Of a FITS file of a list, unpacked."""
NO_NUMBER = "a position or a radius is no plain number; write decimal degrees"


class Column(NamedTuple):
    """Values float64 (n,), NaN where missing, and the unit that the file states, or ""."""

    values: NDArray[np.float64]
    unit: str = ""


Columns = dict[str, Column]
Reader = Callable[[Path], tuple[Chosen, Columns]]


def read_csv(path: Path) -> tuple[Chosen, Columns]:
    """A CSV file with a header line, by parts, so that one far too long is not held."""
    import pyarrow as pa
    from pyarrow import csv

    parsed = csv.ParseOptions(invalid_row_handler=_refuse_row)
    with csv.open_csv(path, parse_options=parsed) as peek:
        chosen = choose(peek.schema.names)
    wanted = csv.ConvertOptions(
        include_columns=chosen.names,
        column_types=dict.fromkeys(chosen.names, pa.float64()),
    )
    parts, rows = [], 0
    with csv.open_csv(path, parse_options=parsed, convert_options=wanted) as reader:
        for part in reader:
            parts.append(part)
            rows += part.num_rows
            check_rows(rows)
        table = pa.Table.from_batches(parts, schema=reader.schema)
    return chosen, {name: Column(_numbers(table[name])) for name in chosen.names}


def read_parquet(path: Path) -> tuple[Chosen, Columns]:
    """A Parquet file; only the columns that are needed are read."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        chosen = choose(file.schema_arrow.names)
        check_rows(file.metadata.num_rows)
        for name in chosen.names:  # A text of megabytes may stand for each of a million rows.
            _check_numbers(file.schema_arrow.field(name).type)
        table = file.read(columns=chosen.names, use_threads=False)
    return chosen, {name: Column(_numbers(table[name])) for name in chosen.names}


def read_fits(path: Path) -> tuple[Chosen, Columns]:
    """The first table of a FITS file."""
    from astropy.io import fits

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = unpacked(path.read_bytes(), LIST_BYTES_MAX)
        require_bounds(content)
        with fits.open(BytesIO(content), memmap=False) as units:
            table = next((one for one in units if isinstance(one, fits.BinTableHDU)), None)
            if table is None:
                raise FilterError("it holds no binary table")
            check_rows(int(table.header["NAXIS2"]))
            chosen = choose(table.columns.names)
            return chosen, {
                name: Column(_floats(table.data[name]), str(table.columns[name].unit or ""))
                for name in chosen.names
            }


def read_votable(path: Path) -> tuple[Chosen, Columns]:
    """The first table of a VOTable, of any of its serialisations."""
    from astropy.io import votable

    _require_whole(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = votable.parse(str(path), verify="ignore").get_first_table()
    fields = {field.name: field for field in table.fields}
    chosen = choose(fields)
    check_rows(len(table.array))
    return chosen, {
        name: Column(_floats(table.array[fields[name].ID]), str(fields[name].unit or ""))
        for name in chosen.names
    }


READERS: dict[str, Reader] = {
    ".csv": read_csv,
    ".fit": read_fits,
    ".fits": read_fits,
    ".parquet": read_parquet,
    ".vot": read_votable,
    ".votable": read_votable,
    ".xml": read_votable,
}
"""By the file name's ending; `.gz` after it is unpacked where the format is one that is packed."""

PACKED = {".csv", ".fits", ".fit"}


def reader_of(path: Path) -> Reader:
    """What reads the file, by its ending. Raises FilterError naming the endings."""
    endings = [ending.lower() for ending in path.suffixes]
    is_packed = endings[-1:] == [".gz"]
    ending = "".join(endings[-2:-1] if is_packed else endings[-1:])
    if ending not in (PACKED if is_packed else READERS):
        raise FilterError(f"what format it has is told by its ending, one of {', '.join(READERS)}")
    return READERS[ending]


def _require_whole(path: Path) -> None:
    """Raises FilterError for XML that would have astropy fetch what stands elsewhere."""
    from xml.parsers import expat

    def begun(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2].upper() in {"STREAM", "FITS"} and "href" in attributes:
            raise FilterError("its rows stand elsewhere (href), and nothing is fetched")

    def declared(*_: object) -> None:
        raise FilterError("it is XML that declares a document type; no VOTable needs one")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = begun, declared
    with path.open("rb") as file:
        parser.ParseFile(file)


def _check_numbers(kind: Any) -> None:  # noqa: ANN401 - a type of pyarrow
    from pyarrow import types

    kind = kind.value_type if types.is_dictionary(kind) else kind
    if not (types.is_integer(kind) or types.is_floating(kind)):
        raise FilterError(NO_NUMBER)


def _refuse_row(row: Any) -> str:  # noqa: ANN401 - pyarrow's own, which has no types
    return "error"


def _numbers(column: Any) -> NDArray[np.float64]:  # noqa: ANN401 - a column of pyarrow
    return _floats(column.to_numpy())


def _floats(values: Any) -> NDArray[np.float64]:  # noqa: ANN401 - plain or masked
    if not np.issubdtype(values.dtype, np.number) or values.ndim != 1:
        raise FilterError(NO_NUMBER)
    plain = np.asarray(np.ma.getdata(values), dtype=np.float64)
    return np.where(np.ma.getmaskarray(values), np.nan, plain)
