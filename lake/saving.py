"""Answers in memory as files that other tools open."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from lake.arrays import table_of
from lake.disk import make
from lake.streams import to_disk
from schemas.columns import COLUMNS
from schemas.errors import QuestionError


def arrow_table(columns: Mapping[str, NDArray[Any]]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Columns as an Arrow table."""
    return table_of({name: np.ascontiguousarray(each) for name, each in columns.items()})


def in_rising(table: Any, name: str) -> Any:  # noqa: ANN401
    """A table's rows by rising values of a column; of equal ones in their order."""
    return table.take(np.argsort(table.column(name).to_numpy(), kind="stable"))


def save_parquet(table: Any, path: Path, *, with_units: bool) -> None:  # noqa: ANN401
    """With what each column means and its unit in the fields' metadata. Raises QuestionError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [field.with_metadata(said(field.name) if with_units else {}) for field in table.schema]
    try:
        pq.write_table(table.cast(pa.schema(fields)), path, compression="zstd")
    except (OSError, pa.ArrowException) as error:
        raise QuestionError(f"{path} cannot be written: {error}") from error


def replace_parquet(table: Any, path: Path) -> None:  # noqa: ANN401
    """A table as it is, in place of the one before: readers see one or the other, always whole."""
    import pyarrow.parquet as pq

    make(path.parent)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(table, fresh, compression="zstd")
    to_disk(fresh)
    fresh.replace(path)
    to_disk(path.parent)


def save_arrow(table: Any, path: Path, *, with_units: bool) -> None:  # noqa: ANN401
    """An Arrow file (IPC), likewise. Raises QuestionError."""
    import pyarrow as pa

    fields = [field.with_metadata(said(field.name) if with_units else {}) for field in table.schema]
    schema = pa.schema(fields)
    try:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
            writer.write_table(table.cast(schema))
    except (OSError, pa.ArrowException) as error:
        raise QuestionError(f"{path} cannot be written: {error}") from error


def save_csv(table: Any, path: Path) -> None:  # noqa: ANN401
    """Raises QuestionError, where a column is of lists, too."""
    try:
        with path.open("wb") as file:
            write_csv(table, file)
    except OSError as error:
        raise QuestionError(f"{path} cannot be written: {error}") from error


def write_csv(table: Any, file: IO[bytes]) -> None:  # noqa: ANN401
    """Raises QuestionError where a column is of lists."""
    import pyarrow as pa
    from pyarrow import csv

    try:
        csv.write_csv(table, file)
    except pa.ArrowException as error:
        raise QuestionError(f"it cannot be CSV: {error}; write it --to a .parquet") from error


def said(name: str) -> dict[str, str]:
    """What is said of a column: a sentence and a unit, where it has them."""
    if name not in COLUMNS:
        return {}
    about = COLUMNS[name].about
    facts = {"description": about.sentence, "unit": about.unit}
    return {key: value for key, value in facts.items() if value}
