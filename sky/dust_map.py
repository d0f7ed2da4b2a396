"""`python -m sky.dust_map MAP.fits`: makes schemas/dust.npz out of SFD's map in HEALPix.

schemas/dust.md says where that map is to be had, and how good ours is.
"""

# ruff: noqa: PLC0415 - whoever looks a position up waits for no astropy
from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.dust import FILE, SIDE

BITS = 6
"""Of a value: rounding it costs 1.6 % at most, a fifth of what the width of a pixel does, and lets
the file be packed into 50 kB."""


def read(path: Path) -> NDArray[np.float64]:
    """E(B-V), mag, (49152,), of a table with one pixel a row; below 0, as UNSEEN is, NaN.

    Raises ValueError for pixels of another size or order.
    """
    from astropy.io import fits

    with fits.open(path) as file:
        header, table = file[1].header, file[1].data
        if (header["NSIDE"], header["ORDERING"].strip()) != (SIDE, "RING"):
            raise ValueError(f"{path} must be of nside {SIDE}, ordering RING")
        ebv_mag = np.ravel(table.field(0)).astype(np.float64)
    return np.where(ebv_mag >= 0, ebv_mag, np.nan)


def rounded(values: NDArray[np.float64]) -> NDArray[np.float16]:
    """The same in BITS binary digits."""
    digits, exponent = np.frexp(values)
    kept: NDArray[np.float64] = np.ldexp(np.round(digits * 2**BITS) / 2**BITS, exponent)
    return kept.astype(np.float16)


def write(path: Path, ebv_mag: NDArray[np.float64]) -> None:
    """The file that `schemas.dust` reads."""
    np.savez_compressed(path, ebv_mag=rounded(ebv_mag))


if __name__ == "__main__":
    write(FILE, read(Path(sys.argv[1])))
