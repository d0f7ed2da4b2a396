"""What is it like? 64 numbers an alert, of light curve, stamps and context together.

Alerts that are alike lie close to one another, whatever they are called. `embedding.md` beside this
file is the network's card: data, figures and limits.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.embedding_layout import (
    CONTEXT,
    LABELS,
    LAYOUT,
    NAME,
    ROW_WIDTH,
    STAMPS_BEGIN,
    SYSTEMS,
)
from classifiers.observations.gathering import history
from classifiers.observations.layout import REDSHIFT, ROW
from classifiers.observations.shared import told
from classifiers.realbogus import READOUT, STAMP_PIXELS
from classifiers.realbogus import WEIGHTS as STAMP_WEIGHTS
from classifiers.session import Session
from classifiers.stamp_layer import told as told_layer
from schemas.batch import PLANES, AlertBatch
from schemas.columns import SYSTEMS as KNOWN_SYSTEMS
from schemas.learned import Given
from schemas.stage import Identity

WEIGHTS = Path(__file__).with_name(f"{NAME}.onnx")
FAR_ARCSEC = 100.0
"""In place of a star that was looked for and not found."""
MIDDLE = 1
"""Place of the source among the 3 x 3 of the stamps' layer."""
REDSHIFT_WIDTH = 1 + len(REDSHIFT)

Singles = NDArray[np.float32]


class StampReader:
    """The real/bogus network's last hidden layer."""

    def __init__(self, path: Path = STAMP_WEIGHTS) -> None:
        """Open its file. Raises ModelError where it cannot be served."""
        shape = (len(PLANES), STAMP_PIXELS, STAMP_PIXELS)
        self._session = Session(path, shape, hidden=True, readout=READOUT)
        self.sha256: str = self._session.identity.sha256

    def read(self, stamps: Singles) -> Singles:
        """(n, STAMPS) of stamps as the real/bogus network reads them; NaN where one is missing."""
        return said(self._session.run_both(stamps)[1], stamps)

    def of(self, batch: AlertBatch) -> Singles:
        """The same of a batch, which the real/bogus stage has asked already where it ran before."""
        stamps, layer = batch.stamps.resampled(STAMP_PIXELS), told_layer(batch, self.sha256)
        return self.read(stamps) if layer is None else said(layer, stamps)


def said(layer: Singles, stamps: Singles) -> Singles:
    """(n, STAMPS) of the layer."""
    found = np.concatenate([layer[:, :, MIDDLE, MIDDLE], layer.mean(axis=(2, 3))], axis=1)
    blind = np.asarray(np.isnan(stamps[:, :, ::8, ::8]).all(axis=(2, 3)))
    found[blind.any(axis=1)] = np.nan
    return found


class AlertEmbedding:
    """A vector of length 1 for each alert, as a `schemas.stage.Stage`."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        """Open the weights. Raises ModelError where they cannot be served.

        They were taught what one real/bogus file says of stamps, and are served beside that alone.
        """
        self._stamps = StampReader()
        agreed = {"layout": LAYOUT, "stamps": self._stamps.sha256}
        self._session = Session(path, (ROW_WIDTH,), agreed)
        self.identity: Identity = self._session.identity
        self.gives = (Given(NAME, "vector", LABELS),)
        self.reads: tuple[str, ...] = (
            *("photometric_system", "mjd", "light_curve", "forced_photometry", "stamps"),
            *("age_days", "detections", *REDSHIFT, *CONTEXT),
        )

    def run(self, batch: AlertBatch) -> tuple[Singles]:
        """(n, WIDTH), NaN rows for photometric systems that were not taught."""
        found = np.full((len(batch), len(LABELS)), np.nan, np.float32)
        known = is_taught(batch)
        found[known] = self.embedded(rows_of(batch, self._stamps)[known])
        return (found,)

    def embedded(self, rows: Singles) -> Singles:
        """(n, WIDTH) of rows (n, ROW_WIDTH)."""
        return self._session.run(rows)

    def warm_up(self) -> None:
        """Do once what the first call would pay for."""
        self._session.warm_up()


def is_taught(batch: AlertBatch) -> NDArray[np.bool_]:
    """Which alerts, (n,), are of a photometric system that was taught."""
    codes = [KNOWN_SYSTEMS.index(one) for one in SYSTEMS]
    return np.isin(batch.photometric_system, codes)


def rows_of(batch: AlertBatch, stamps: StampReader) -> Singles:
    """(n, ROW_WIDTH), as `embedding_layout` says; no redshift is told."""
    return np.concatenate([light_rows_of(batch), stamps.of(batch), _context(batch)], axis=1)


def light_rows_of(batch: AlertBatch) -> Singles:
    """(n, STAMPS_BEGIN): the first of the same, what is told of light curves."""
    found = np.zeros((len(batch), STAMPS_BEGIN), np.float32)
    for place, system in enumerate(SYSTEMS):
        own = batch.photometric_system == KNOWN_SYSTEMS.index(system)
        if own.any():
            curves, rows = told(batch, system)
            found[own, :ROW] = rows[own]
            found[own, ROW : STAMPS_BEGIN - 1] = history(batch, curves)[own]
            found[own, STAMPS_BEGIN - 1] = place
    found[:, :REDSHIFT_WIDTH] = 0
    return found


def _context(batch: AlertBatch) -> Singles:
    columns = np.column_stack([getattr(batch, name) for name in CONTEXT]).astype(np.float32)
    columns[np.isposinf(columns)] = FAR_ARCSEC
    return np.where(np.isfinite(columns), columns, np.nan).astype(np.float32)
