"""What kind of thing is it? A light curve's class, by two networks of one architecture.

"lightcurve" reads six bands to Rubin's depth and knows fourteen classes; "supernova" reads ZTF's
30 days, is told how long and how often the object was seen before, and knows five types of
supernova and three of what is none. Each reads fluxes of the photometric system that it was
taught and declines all others. `lightcurve.md` and `supernova.md` beside this file are their cards:
data, figures and limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import ModelIdentity
from classifiers.observations.gathering import detected_days, history, history_of
from classifiers.observations.layout import (
    CONTEXT,
    CONTEXT_BEGIN,
    HISTORY,
    HISTORY_LAYOUT,
    LAYOUT,
    REDSHIFT,
    ROW,
)
from classifiers.observations.rows import rows, with_history, with_redshift
from classifiers.observations.shared import told
from classifiers.reference import Table
from classifiers.session import Session
from schemas.batch import AlertBatch, Floats, LightCurves
from schemas.errors import ModelError

LIGHTCURVE = Path(__file__).with_name("lightcurve.onnx")
SUPERNOVA = Path(__file__).with_name("supernova.onnx")
NIGHTS_APART_DAYS = 0.5
"""Detections of one night are no further apart; by one night alone every source is an AGN."""
DETECTIONS = CONTEXT_BEGIN + CONTEXT.index("detected")
"""Where a row says how many of its points were detections."""


class LightCurveClassifier:
    """Scores an alert by its light curve. All scaling is inside the model file."""

    reads: tuple[str, ...] = (
        "photometric_system",
        "mjd",
        "light_curve",
        "forced_photometry",
        *REDSHIFT,
    )

    def __init__(
        self, path: Path, system: str, *, days_min: float = 0.0, history: bool = False
    ) -> None:
        """Open weights that were taught fluxes of one of `schemas.batch.SYSTEMS`.

        days_min: from the first detection to the last; what spans less is declined. history:
        whether they are told what was before the packet (`layout.HISTORY`).

        Raises ModelError where the file cannot be served, was taught another system, or reads
        rows of another layout than `classifiers.observations` writes.
        """
        self.system = system
        """Photometric, that it was taught."""
        self._days_min = days_min
        self._history = history
        if history:
            self.reads = (*self.reads, "age_days", "detections")
        width, layout = (ROW + len(HISTORY), HISTORY_LAYOUT) if history else (ROW, LAYOUT)
        self._session = Session(path, (width,), {"layout": layout, "system": system}, hidden=True)
        self.identity: ModelIdentity = self._session.identity
        self.labels: tuple[str, ...] = self._session.labels
        self.width = self._session.width
        """Of the last hidden layer."""
        self.detections_min = _detections_min(path, self._session.said.get("detections_min", ""))

    @property
    def said(self) -> Mapping[str, str]:
        """The file's metadata."""
        return self._session.said

    def inputs(self, batch: AlertBatch, chosen: NDArray[np.int64], /) -> Table:
        """What drift is watched of, of some rows: CONTEXT, and HISTORY where it is told it."""
        part = batch.take(chosen)
        curves, told_rows = told(part, self.system)
        found = {name: told_rows[:, CONTEXT_BEGIN + place] for place, name in enumerate(CONTEXT)}
        if self._history:
            found.update(zip(HISTORY, history(part, curves).T, strict=True))
        return found

    def score(self, batch: AlertBatch) -> NDArray[np.float32]:
        """Probabilities, float32 (n, labels), rows summing to 1.

        A NaN row where the alert's fluxes are of another photometric system, or where its light
        curve has fewer than `detections_min` detections, or all of them in too short a time.
        """
        return self.learn(batch)[0]

    def learn(
        self, batch: AlertBatch, redshift: Floats | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The same, and the last hidden layer, float32 (n, width), of the same run.

        redshift (n, 3): read in place of the packet's own, where it is known; as `rows` has it.
        """
        curves, told_rows = told(batch, self.system)
        if redshift is not None:
            told_rows = with_redshift(told_rows, redshift)
        return self._learn(curves, told_rows, history(batch, curves) if self._history else None)

    def score_light_curves(
        self, curves: LightCurves, redshift: Floats, *, before: Floats | None = None
    ) -> NDArray[np.float32]:
        """The scores of light curves of the system that the network was taught.

        They end at the moment that is asked about, and name each exposure once, as `gathered`
        does. redshift (n, 3): the host's photometric redshift, its error and its distance
        modulus; NaN where unknown. before (n, 2), as `layout.HISTORY` says: NaN, or None for all,
        where nothing is known beside the light curve.
        """
        told_rows = rows(curves, redshift)
        if not self._history:
            return self._learn(curves, told_rows, None)[0]
        said = np.full((len(curves), len(HISTORY)), np.nan) if before is None else before
        return self._learn(curves, told_rows, history_of(curves, *said.T))[0]

    def _learn(
        self, curves: LightCurves, told_rows: NDArray[np.float32], before: Floats | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if before is not None:
            told_rows = with_history(told_rows, before)
        fine = told_rows[:, DETECTIONS] >= self.detections_min
        if self._days_min:
            fine &= detected_days(curves) >= self._days_min
        if fine.all():
            return self._session.run_both(told_rows)
        scores = np.full((len(curves), len(self.labels)), np.nan, np.float32)
        layers = np.full((len(curves), self.width), np.nan, np.float32)
        scores[fine], layers[fine] = self._session.run_both(told_rows[fine])
        return scores, layers

    def warm_up(self) -> None:
        """Do once what the first call would pay for: the compiling of rows too."""
        rows(_one_point(), np.full((1, len(REDSHIFT)), np.nan))
        self._session.warm_up()


def lightcurve(path: Path = LIGHTCURVE) -> LightCurveClassifier:
    """The classifier of six-band light curves. Raises ModelError."""
    return LightCurveClassifier(path, "lsst", days_min=NIGHTS_APART_DAYS)


def supernova(path: Path = SUPERNOVA) -> LightCurveClassifier:
    """The classifier of ZTF's supernovae. Raises ModelError."""
    return LightCurveClassifier(path, "ztf", history=True)


def _detections_min(path: Path, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ModelError(
            f"{path}: its detections_min is {text[:80]!r}, no whole number from 1 up; "
            "export the model again"
        )
    return int(text)


def _one_point() -> LightCurves:
    one = np.ones(1)
    return LightCurves(
        np.array([0, 1]), one, np.zeros(1, np.int8), one, one, one, np.ones(1, np.bool_)
    )
