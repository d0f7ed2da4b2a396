"""What is true of simulated objects or invented alerts: a table beside them, never in an alert."""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lake.simulated import snana
from lake.simulated.plasticc import is_csv
from lake.simulated.season import simulation_at
from schemas.errors import ArchiveError

KEYS = ("alert_id", "object_id")
"""By which a row is found; the first that a table has."""
CLASSES = ("class", "true_target", "target", "SIM_TYPE_NAME", "GENTYPE", "SNTYPE")
"""Columns that say what a row is, the first that a table has."""
PLASTICC_CLASSES = {
    6: "microlensing (one lens)",
    15: "tidal disruption",
    16: "eclipsing binary",
    42: "supernova II",
    52: "supernova Iax",
    53: "Mira",
    62: "supernova Ibc",
    64: "kilonova",
    65: "M-dwarf flare",
    67: "supernova Ia-91bg",
    88: "active galaxy",
    90: "supernova Ia",
    92: "RR Lyrae",
    95: "superluminous supernova",
    991: "microlensing (binary)",
    992: "intermediate-luminosity transient",
    993: "calcium-rich transient",
    994: "pair-instability supernova",
    995: "microlensing (cosmic string)",
}
"""The codes of `target` and `true_target` (Kessler et al. 2019, arXiv:1903.11756, Table 2)."""

ROWS_TOGETHER = 2**16

Ints = NDArray[np.int64]


class Truth(NamedTuple):
    """What rows are, found by their key."""

    key: str
    """One of KEYS, and a column of alerts."""
    keys: NDArray[np.bytes_]
    """Sorted."""
    codes: Ints
    """By row, the place of its class in `classes`."""
    classes: tuple[str, ...]

    def rows(self, values: NDArray[Any]) -> Ints:
        """The row of each of these keys; -1 where nothing is known."""
        wanted = _as_keys(values)
        at = np.minimum(np.searchsorted(self.keys, wanted), max(len(self.keys) - 1, 0))
        return np.where(self.keys[at] == wanted, at, -1) if len(self.keys) else at - 1


def read_truth(path: Path) -> Truth:
    """The truth in a table (Parquet, CSV, SNANA's HEAD.FITS), or beside a simulation's alerts.

    Raises ArchiveError where there is no such file, or it does not say what is what.
    """
    columns = truth_columns(path)
    key = next((name for name in KEYS if name in columns), None)
    named = next((name for name in CLASSES if name in columns), None)
    if key is None or named is None:
        raise ArchiveError(
            f"{path} says of nothing what it is: it needs a column {' or '.join(KEYS)}, and one of"
            f" {', '.join(CLASSES)}"
        )
    keys = _as_keys(columns[key])
    order = np.argsort(keys, kind="stable")
    if (again := np.flatnonzero(keys[order][1:] == keys[order][:-1])).size:
        raise ArchiveError(f"{path} has {key} {keys[order][again[0]].decode()} twice")
    found, codes = np.unique(columns[named], return_inverse=True)
    classes = tuple(map(_class_name, found.tolist()))
    return Truth(key, keys[order], codes[order].astype(np.int64), classes)


def write_truth(columns: Mapping[str, Any], path: Path) -> None:
    """Columns as a Parquet table. Raises ArchiveError."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        parquet.write_table(pa.table(dict(columns)), path, compression="zstd")
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(f"the table {path} cannot be written: {error}") from error


def truth_columns(path: Path) -> dict[str, NDArray[Any]]:
    """All that is known of the objects of a simulation, or stands in a table, by column.

    A simulation's file of points stands for what is beside it.
    """
    if not path.exists():
        raise ArchiveError(f"there is no file or folder {path}")
    files = simulation_at(path)
    parts = [_columns(file) for file in (files.about if files else (path,))]
    shared = [name for name in parts[0] if all(name in part for part in parts)]
    return {name: np.concatenate([part[name] for part in parts]) for name in shared}


def _columns(file: Path) -> dict[str, NDArray[Any]]:
    if snana.is_head(file):
        (columns,) = snana.truths([file])
        return {name: np.array(values) for name, values in columns.items()}
    table = _table(file)
    return {name: table[name].to_numpy() for name in table.column_names}


def _table(file: Path) -> Any:  # noqa: ANN401 - pyarrow has no types
    import pyarrow as pa
    from pyarrow import csv, parquet

    try:
        return csv.read_csv(file) if is_csv(file) else parquet.read_table(file)
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(f"{file} cannot be read: {' '.join(str(error).split())}") from error


def _as_keys(values: NDArray[Any]) -> NDArray[np.bytes_]:
    return np.char.encode(values.astype(str), "utf-8") if len(values) else np.zeros(0, "S1")


def _class_name(value: object) -> str:
    return PLASTICC_CLASSES.get(value, str(value)) if isinstance(value, int) else str(value)


class TruthTable:
    """The truth of alerts, written as they come: alert_id, object_id, class, flux_dn."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[tuple[int, str, str, float]] = []
        self._writer: Any = None

    def __enter__(self) -> TruthTable:
        return self

    def __exit__(self, *_: object) -> None:
        self._write()
        self._writer.close()

    def add(self, alert_id: int, object_id: str, kind: str, flux_dn: float) -> None:
        """An alert, what it is, and the flux that was put there. Raises ArchiveError."""
        self._rows.append((alert_id, object_id, str(kind), flux_dn))
        if len(self._rows) == ROWS_TOGETHER:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        types = (pa.int64(), pa.string(), pa.string(), pa.float64())
        names = ("alert_id", "object_id", "class", "flux_dn")
        schema = pa.schema(list(zip(names, types, strict=True)))
        columns = [[row[place] for row in self._rows] for place in range(len(names))]
        try:
            if self._writer is None:
                self._writer = parquet.ParquetWriter(self._path, schema, compression="zstd")
            self._writer.write_table(pa.table(columns, schema=schema))
        except (OSError, pa.ArrowException) as error:
            raise ArchiveError(f"the table {self._path} cannot be written: {error}") from error
        self._rows = []
