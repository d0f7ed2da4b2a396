"""PLAsTiCC's alerts in a lake held to its CSV files, with nothing of the product between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lake.reading import Lake, LakeRows
from schemas.batch import LightCurves

LETTERS = "ugrizy"
NJY = 10 ** (0.4 * (31.4 - 27.5))
"""Of a flux of 1 at the zero point 27.5."""
SINGLE = 2e-7
"""Rubin's fluxes are of single precision."""

Ints = NDArray[np.int64]


class Points(NamedTuple):
    """A simulation's points by object and time, (n,) each."""

    object_id: Ints
    mjd: NDArray[np.float64]
    band: Ints
    flux_njy: NDArray[np.float64]
    flux_err_njy: NDArray[np.float64]
    detected: NDArray[np.bool_]


class Season:
    """The points of PLAsTiCC's training set and the places of its objects."""

    def __init__(self, folder: Path) -> None:
        table = pd.read_csv(folder / "plasticc_train_lightcurves.csv.gz", skipinitialspace=True)
        table = table.sort_values(["object_id", "mjd"], kind="stable")
        self.points = Points(
            table["object_id"].to_numpy(),
            table["mjd"].to_numpy(),
            table["passband"].to_numpy(),
            table["flux"].to_numpy() * NJY,
            table["flux_err"].to_numpy() * NJY,
            table["detected_bool"].to_numpy() == 1,
        )
        about = pd.read_csv(folder / "plasticc_train_metadata.csv.gz", skipinitialspace=True)
        self._places = about.set_index("object_id")[["ra", "decl"]]
        self.detections = np.flatnonzero(self.points.detected)

    def compared(self, lake: Path, *, limit: int | None = None) -> int:
        """How many alerts of the lake are each a detection of its own, all that are meant."""
        left = self.detections[np.argsort(self.points.mjd[self.detections], kind="stable")][:limit]
        found = [self._held(rows) for rows in Lake(lake).tables()]
        numbers = np.concatenate([np.zeros(0, np.int64), *found])
        assert len(np.unique(numbers)) == len(numbers)
        times = np.sort(self.points.mjd[numbers])
        np.testing.assert_array_equal(times, np.sort(self.points.mjd[left]))
        return len(numbers)

    def _held(self, rows: LakeRows) -> Ints:
        """Rows held to their points; these points' numbers."""
        names = rows.column("object_id")
        simulated = [
            row for row, name in enumerate(names.tolist()) if self._is_ours(rows, row, name)
        ]
        rows = rows.take(np.array(simulated, np.int64))
        objects = rows.column("object_id").astype(np.int64)
        numbers = np.array([*self._numbers(objects, rows.column("mjd"), rows.column("band"))], int)
        where = self._places.loc[objects]
        np.testing.assert_array_equal(rows.column("ra_deg"), where["ra"])
        np.testing.assert_array_equal(rows.column("dec_deg"), where["decl"])
        for name in ("flux_njy", "flux_err_njy"):
            expected = getattr(self.points, name)[numbers]
            np.testing.assert_allclose(rows.column(name), expected, rtol=SINGLE)
        begins = np.searchsorted(self.points.object_id, objects)
        for row, (begin, number) in enumerate(zip(begins.tolist(), numbers.tolist(), strict=True)):
            earlier = np.arange(begin, number)
            earlier = earlier[self.points.mjd[earlier] < self.points.mjd[number]]
            seen = earlier[self.points.detected[earlier]]
            self._assert_curve(rows.forced_photometry.of(row), earlier)
            self._assert_curve(rows.light_curve.of(row), np.append(seen, number))
        return numbers

    def _is_ours(self, rows: LakeRows, row: int, name: str) -> bool:
        """Whether an alert is the simulation's: its objects' ids are small numbers."""
        return name.isdecimal() and int(name) in self._places.index

    def _numbers(
        self, objects: Ints, mjd: NDArray[np.float64], band: NDArray[np.int8]
    ) -> Iterator[int]:
        """The one detection of an object at that time in that band."""
        begins = np.searchsorted(self.points.object_id, objects)
        ends = np.searchsorted(self.points.object_id, objects, side="right")
        for begin, end, time, letter in zip(begins, ends, mjd, band, strict=True):
            own = slice(begin, end)
            here = (self.points.mjd[own] == time) & (self.points.band[own] == letter)
            (at,) = np.flatnonzero(here & self.points.detected[own])
            yield int(begin + at)

    def _assert_curve(self, curve: LightCurves, numbers: Ints) -> None:
        np.testing.assert_array_equal(curve.mjd, self.points.mjd[numbers])
        np.testing.assert_array_equal(curve.band, self.points.band[numbers])
        np.testing.assert_allclose(curve.flux_njy, self.points.flux_njy[numbers], rtol=SINGLE)
        errors = self.points.flux_err_njy[numbers]
        np.testing.assert_allclose(curve.flux_err_njy, errors, rtol=SINGLE)
