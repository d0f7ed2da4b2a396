"""Galaxies with magnitudes and a redshift by their spectra, each sample with what it is judged by.

MGS is SDSS's main sample with errors, SDSS another draw of it and fainter ones without; galaxies of
the second that look like one of the first's test are left out of what is learnt. BOSS are luminous
red galaxies; DC2 is Rubin's sky as simulated (LSST DESC 2021, ApJS 253, 31).
"""

from __future__ import annotations

import lzma
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import h5py
import numpy as np
from numpy.typing import NDArray

from classifiers.redshift import BANDS, LSST, SDSS, photometry_rows
from training.arrays import Columns, Floats, Ints, Mask, Singles

NAMES = ("MGS", "SDSS", "BOSS", "DC2")
SAME_REDSHIFT, SAME_COLOUR_MAG = 3e-6, 0.15
"""Within which two entries are taken for one galaxy: colours differ by dust and by aperture."""
TEST_FIFTH = 5
"""Of SDSS's every fifth is judged by, drawn by a hash of its numbers."""
BOSS_TAUGHT = ("0", "1", "2", "3", "colorCuts")
BOSS_TEST = ("eval0", "eval1")


@dataclass(frozen=True)
class Galaxies(Columns):
    """n of them."""

    rows: Singles
    """(n, PHOTOMETRY), as the network reads them."""
    redshift: Floats
    sample: Ints
    """Place in NAMES."""
    is_test: Mask


def read_samples(folder: Path) -> Galaxies:
    """All samples of the folder `photoz` of the data."""
    there = folder / "photoz"
    mgs, boss, dc2 = _mgs(there), _boss(there), _dc2(there)
    return Galaxies.joined([mgs, _sdss(there, mgs), boss, dc2])


def _mgs(folder: Path) -> Galaxies:
    taught = _text(folder / "SDSS_MGS.train.xz", None)
    test = _text(folder / "SDSS_MGS.test.xz", None)
    both = np.concatenate([taught, test])
    # The header of the first lacks a name, not a column: u, g, r, i, z, four colours, then errors.
    return _galaxies(
        both[:, 1:6], both[:, 10:15], both[:, 0], "MGS", np.arange(len(both)) >= len(taught)
    )


def _sdss(folder: Path, mgs: Galaxies) -> Galaxies:
    table = np.load(folder / "sdss_galaxy_colors.npy")
    table = table[table["spec_class"] == b"GALAXY"]
    mags = np.column_stack([table[band] for band in "ugriz"]).astype(np.float64)
    redshift = table["redshift"].astype(np.float64)
    numbers = [f"{z:.7f}" for z in redshift]
    is_test = np.array([crc32(one.encode()) % TEST_FIFTH == 0 for one in numbers])
    fine = (redshift > 0) & ~(_seen(mags, redshift, mgs) & ~is_test)
    nothing = np.full(mags.shape, np.nan)
    return _galaxies(mags[fine], nothing[fine], redshift[fine], "SDSS", is_test[fine])


def _seen(mags: Floats, redshift: Floats, mgs: Galaxies) -> Mask:
    """Which look like one of MGS's test, (n,)."""
    test = mgs.take(mgs.is_test)
    order = np.argsort(test.redshift)
    z, colours = test.redshift[order], np.diff(test.rows[order, :5], axis=1)
    low, high = (np.searchsorted(z, redshift + each) for each in (-SAME_REDSHIFT, SAME_REDSHIFT))
    seen = np.zeros(len(mags), np.bool_)
    for row in np.flatnonzero(high > low):
        apart = np.abs(colours[low[row] : high[row]] - np.diff(mags[row])).max(axis=1)
        seen[row] = apart.min() < SAME_COLOUR_MAG
    return seen


def _boss(folder: Path) -> Galaxies:
    parts = {one: _text(folder / f"boss_dr10_{one}.csv.xz", ",") for one in BOSS_TAUGHT + BOSS_TEST}
    # Some stand in two of the files that are taught.
    taught = np.unique(np.concatenate([parts[one] for one in BOSS_TAUGHT]), axis=0)
    both = np.concatenate([taught, *(parts[one] for one in BOSS_TEST)])
    is_test = np.arange(len(both)) >= len(taught)
    return _galaxies(both[:, 0:10:2], both[:, 1:10:2], both[:, 10], "BOSS", is_test)


def _dc2(folder: Path) -> Galaxies:
    parts = []
    for one in ("training", "validation"):
        with h5py.File(folder / f"test_dc2_{one}_9816.hdf5") as file:
            table = file["photometry"]
            mags = [table[f"mag_{band}_lsst"][:] for band in BANDS]
            errors = [table[f"mag_err_{band}_lsst"][:] for band in BANDS]
            parts.append(np.column_stack([*mags, *errors, table["redshift"][:]]))
    both = np.concatenate(parts).astype(np.float64)
    is_test = np.arange(len(both)) >= len(parts[0])
    return _galaxies(both[:, :6], both[:, 6:12], both[:, 12], "DC2", is_test)


def _text(path: Path, delimiter: str | None) -> Floats:
    with lzma.open(path, "rt") as file:
        return np.loadtxt(file, delimiter=delimiter, comments="#")


def _galaxies(
    mags: NDArray[Any], errors: NDArray[Any], redshift: Floats, name: str, is_test: Mask
) -> Galaxies:
    system = LSST if name == "DC2" else SDSS
    rows = photometry_rows(mags, errors, np.full(len(mags), system))
    return Galaxies(rows, redshift, np.full(len(mags), NAMES.index(name)), is_test)
