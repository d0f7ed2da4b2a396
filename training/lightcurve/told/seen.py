"""How bright supernovae with a redshift were on the windows that ZTF's network was asked about."""

from __future__ import annotations

import csv
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from classifiers.observations.layout import CONTEXT, CONTEXT_BEGIN
from classifiers.observations.rows import rows as rows_of
from classifiers.told_redshift import DUST, ZERO_POINT_MAG
from schemas.errors import ModelError
from training.arrays import Columns, Floats
from training.lightcurve.answers import FOLDER, PACKED_WELL
from training.lightcurve.judging.outcome import WINDOWS
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.supernovae import read_supernovae
from training.lightcurve.objects.windows import newest_after, nth_detection, windows

FILE = FOLDER / "told_redshift.parquet"
SURVEY = "hosts/ZTFBTS_TransientTable.csv.xz"
"""The Bright Transient Survey's table (Perley et al. 2020, ApJ 904, 35): redshifts, dust A_V."""
STEPS = {"magnitude": 0.01, "days": 0.01, "redshift": 1e-5}
"""To which numbers are kept."""
E_OF_A_V = 1 / 2.742
"""E(B-V) on the scale of SFD by A_V (Schlafly & Finkbeiner 2011, table 6, Landolt's V)."""


@dataclass(frozen=True)
class Seen(Columns):
    """n windows."""

    name: NDArray[np.str_]
    asked: NDArray[np.str_]
    """One of WINDOWS."""
    magnitude: Floats
    """AB, of the brightest point so far, less our Galaxy's dust."""
    days: Floats
    """From the window's first detection to its last."""
    redshift: Floats

    def keep(self, path: Path = FILE) -> None:
        """Small: whole steps."""
        columns = {name: np.round(getattr(self, name) / step) for name, step in STEPS.items()}
        whole = {name: pa.array(column.astype(np.int32)) for name, column in columns.items()}
        words = {name: pa.array(getattr(self, name)).dictionary_encode() for name in WORDS}
        table = pa.table(words | whole)
        pq.write_table(table, path, compression="brotli", compression_level=PACKED_WELL)

    @classmethod
    def kept(cls, path: Path = FILE) -> Seen:
        """What `keep` wrote."""
        table = pq.read_table(path)
        name, asked = (np.array(table[one].to_pylist(), np.str_) for one in WORDS)
        numbers = (table[one].to_numpy() * step for one, step in STEPS.items())
        return cls(name, asked, *numbers)


WORDS = ("name", "asked")


def read_seen(data: Path) -> Seen:
    """Of all supernovae of the archive that the survey has a redshift of. Raises ModelError."""
    known = dict(_survey(data / SURVEY))
    whole = read_supernovae(data)
    whole = whole.take(np.flatnonzero(np.isin(whole.name, list(known))))
    ends = (nth_detection(whole, 3), newest_after(whole, 20.0), newest_after(whole, 40.0))
    cut = [windows(whole, end).objects for end in ends]
    return Seen.joined(
        [_of_window(some, name, known) for some, name in zip(cut, WINDOWS, strict=True)]
    )


def _of_window(some: Objects, window: str, known: dict[str, tuple[float, float]]) -> Seen:
    told = rows_of(some.curves, np.full((len(some), 3), np.nan)).astype(np.float64)
    flux, days = (
        told[:, CONTEXT_BEGIN + CONTEXT.index(name)] for name in ("peak_flux", "days_detected")
    )
    redshift, dust = np.array([known[name] for name in some.name.tolist()]).T
    magnitude = ZERO_POINT_MAG - 2.5 * np.log10(flux) - DUST * dust
    return Seen(some.name, np.full(len(some), window), magnitude, days, redshift)


def _survey(path: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    """Name, redshift and E(B-V)."""
    if not path.exists():
        raise ModelError(f"{path}: not there; name the folder of the real data")
    with lzma.open(path, "rt", newline="") as file:
        for line in csv.DictReader(file):
            if line["redshift"] not in {"", "-"} and float(line["redshift"]) > 0:
                dust = float(line["A_V"] or 0) * E_OF_A_V
                yield line["ZTFID"], (float(line["redshift"]), dust)
