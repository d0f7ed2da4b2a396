"""Tables of FITS files, a stretch of rows at a time."""

# ruff: noqa: PLC0415 - astropy is loaded only where a file is of FITS
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ArchiveError

ROWS_TOGETHER = 2**18

Stretch = dict[str, NDArray[Any]]


def fits_table(path: Path) -> Iterator[Stretch]:
    """The columns of a file's first table by name in capitals, some rows at a time, native order.

    Raises ArchiveError where there is none, or the file is broken.
    """
    from astropy.io import fits

    try:
        with fits.open(path, memmap=True) as file:
            rows = next((one.data for one in file if isinstance(one, fits.BinTableHDU)), None)
            if rows is None:
                raise ArchiveError(f"{path} holds no FITS table")
            for begin in range(0, len(rows), ROWS_TOGETHER):
                yield _native(rows[begin : begin + ROWS_TOGETHER])
    except (OSError, ValueError, TypeError) as error:
        raise ArchiveError(f"{path} cannot be read: {' '.join(str(error).split())}") from error


def _native(rows: Any) -> Stretch:  # noqa: ANN401 - astropy has no types
    columns = {name.upper(): np.asarray(rows[name]) for name in rows.names}
    return {name: values.astype(values.dtype.newbyteorder("=")) for name, values in columns.items()}
