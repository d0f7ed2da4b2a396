"""PLAsTiCC's files as Kaggle and Zenodo have them: CSV, compressed or not, never whole in memory.

Columns are described by the PLAsTiCC team (2018, arXiv:1810.00001), the zero point of FLUXCAL by
Kessler et al. (2019, arXiv:1903.11756).
"""

# pyarrow is imported where it is used: `gueststar --help` shall not load it.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lake.simulated.curves import CurveRows
from schemas.errors import ArchiveError
from schemas.photometry import NJY_PER_FLUXCAL

BLOCK_BYTES = 4 * 2**20
"""Of text that is parsed at once."""
HEADER_BYTES_MAX = 2**16
ENDINGS = (".csv", ".csv.gz")
CURVE_COLUMNS = {"object_id", "mjd", "passband", "flux", "flux_err"}
DETECTED = ("detected_bool", "detected")
OBJECT_COLUMNS = {"object_id", "ra", "decl"}
PASSBANDS = 6


def is_csv(path: Path) -> bool:
    """Whether a name is one of these files'."""
    return path.name.lower().endswith(ENDINGS)


def columns_of(file: Path) -> frozenset[str]:
    """The names in a file's first line. Raises ArchiveError where it cannot be read."""
    import pyarrow as pa

    try:
        with pa.input_stream(str(file), compression="detect") as text:
            first, _, _ = text.read(HEADER_BYTES_MAX).partition(b"\n")
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(f"{file} cannot be read: {' '.join(str(error).split())}") from error
    return frozenset(name.strip() for name in first.decode("utf-8", "replace").split(","))


def curve_rows(files: Sequence[Path]) -> Iterator[CurveRows]:
    """The points of light-curve files, in their order. Raises ArchiveError."""
    for file in files:
        names = columns_of(file)
        detected = next(name for name in DETECTED if name in names)
        for batch in _batches(file, (*sorted(CURVE_COLUMNS), detected)):
            yield _curve_rows(file, batch, detected)


def objects(files: Sequence[Path]) -> Iterator[tuple[Any, Any, Any]]:
    """Of metadata files: object ids, right ascensions and declinations, degrees."""
    for file in files:
        for batch in _batches(file, ("object_id", "ra", "decl")):
            ids = batch["object_id"].to_numpy(zero_copy_only=False).astype(np.int64)
            places = (batch[name].to_numpy(zero_copy_only=False) for name in ("ra", "decl"))
            yield (ids, *(values.astype(np.float64) for values in places))


def _curve_rows(file: Path, batch: Any, detected: str) -> CurveRows:  # noqa: ANN401
    def column(name: str) -> Any:  # noqa: ANN401 - pyarrow has no types
        return batch[name].to_numpy(zero_copy_only=False)

    bands = column("passband")
    if len(bands) and not (bands.min() >= 0 and bands.max() < PASSBANDS):
        raise ArchiveError(f"{file} has a passband that is none of 0 to {PASSBANDS - 1} (ugrizy)")
    return CurveRows(
        column("object_id").astype(np.int64),
        column("mjd").astype(np.float64),
        bands.astype(np.int8),
        (column("flux") * NJY_PER_FLUXCAL).astype(np.float32),
        (column("flux_err") * NJY_PER_FLUXCAL).astype(np.float32),
        column(detected).astype(np.int64) == 1,
    )


def _batches(file: Path, names: Sequence[str]) -> Iterator[Any]:
    import pyarrow as pa

    try:
        yield from _reader(file, names)
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(f"{file} cannot be read: {' '.join(str(error).split())}") from error


def _reader(file: Path, names: Sequence[str] = ()) -> Any:  # noqa: ANN401
    import pyarrow as pa
    from pyarrow import csv

    whole = {name: pa.int64() for name in ("object_id", "passband", *DETECTED)}
    real = dict.fromkeys(("mjd", "flux", "flux_err", "ra", "decl"), pa.float64())
    try:
        return csv.open_csv(
            file,
            read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
            convert_options=csv.ConvertOptions(
                column_types={**whole, **real}, include_columns=list(names) or None
            ),
        )
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(f"{file} cannot be read: {' '.join(str(error).split())}") from error
