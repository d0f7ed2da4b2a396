"""A light-curve network that is told a redshift, where one is known, and says that it was.

"lightcurve" reads it with its error beside the light curve, as it was taught. "supernova" was
taught none; what it says of types is brought to the luminosity that the redshift gives. Without a
redshift both say what they always say. `told_redshift.md` beside this file is the card.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import Scoring
from classifiers.embedding import vector_of
from classifiers.lightcurve import LightCurveClassifier
from classifiers.luminosities import Luminosities
from classifiers.luminosity import PECULIAR
from classifiers.observations.layout import CONTEXT, CONTEXT_BEGIN
from classifiers.observations.shared import told
from schemas.batch import AlertBatch
from schemas.columns import BANDS, SYSTEMS
from schemas.distances import distance_modulus
from schemas.dust_law import OF_A_BAND
from schemas.learned import Given

READS = "redshift"
"""The stage that is asked."""
SUFFIX = "_redshift"
"""Of the values' name, after the network's."""
GIVES = ("source", "redshift", "redshift_err")
"""What was read, as the stage of redshifts calls it; NaN where nothing was, or nothing scored."""
ERR_MIN = 0.005
"""As small as photometric errors come in what "lightcurve" was taught."""
Z_MIN = 1e-3
BY_LUMINOSITY = "ztf"
"""The system of the network that was taught no redshift."""
PEAK_FLUX, DAYS_DETECTED = (
    CONTEXT_BEGIN + CONTEXT.index(name) for name in ("peak_flux", "days_detected")
)
ZERO_POINT_MAG = 31.4
DUST = float(np.mean([OF_A_BAND[SYSTEMS.index("ztf"), BANDS.index(band)] for band in ("g", "r")]))
"""Magnitudes by E(B-V): a row does not say in which of the two bands its brightest point is."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ToldRedshift(Scoring):
    """A network as a stage that reads what the stage of redshifts found."""

    classifier: LightCurveClassifier
    embedded: bool = False
    """Whether it gives its last hidden layer, too."""
    luminosities: Luminosities = field(default_factory=Luminosities.read)

    @property
    def reads(self) -> tuple[str, ...]:
        return (*super().reads, "extinction_ebv", f"learned.{READS}")

    @property
    def gives(self) -> tuple[Given, ...]:
        """Probabilities at the prior; the layer, if wanted; what was read of the redshift."""
        vector = (vector_of(self.classifier),) if self.embedded else ()
        return (*super().gives, *vector, Given(f"{self.identity.name}{SUFFIX}", "values", GIVES))

    def run(self, batch: AlertBatch) -> tuple[NDArray[np.floating], ...]:
        """In the order of `gives`."""
        read = _read(batch)
        by_luminosity = self.classifier.system == BY_LUMINOSITY
        scores, layers = self.classifier.learn(batch, None if by_luminosity else _cells(read))
        read[np.isnan(scores[:, 0])] = np.nan
        if by_luminosity:
            scores = self._updated(batch, scores, read)
        vector = (layers,) if self.embedded else ()
        return (self.at_prior(scores), *vector, read)

    def _updated(
        self, batch: AlertBatch, scores: NDArray[np.float32], read: Floats
    ) -> NDArray[np.float32]:
        rows = np.flatnonzero(np.isfinite(read[:, 1]))
        if not len(rows):
            return scores
        row = told(batch, self.classifier.system).rows[rows].astype(np.float64)
        apparent = ZERO_POINT_MAG - 2.5 * np.log10(np.maximum(row[:, PEAK_FLUX], 1.0))
        dust = DUST * np.nan_to_num(batch.extinction_ebv[rows])
        modulus, error = moduli(read[rows, 1], read[rows, 2])
        likely = self.luminosities.likelihoods(
            apparent - dust - modulus, error, row[:, DAYS_DETECTED]
        )
        found = scores.copy()
        found[rows] = self.luminosities.updated(self.classifier.labels, scores[rows], likely)
        return found


def moduli(redshift: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Distance moduli and their errors, peculiar velocities of 300 km/s among them, (n,) each."""
    spread = np.hypot(error, PECULIAR)
    near, far = (distance_modulus(np.maximum(redshift + sign * spread, Z_MIN)) for sign in (-1, 1))
    return distance_modulus(np.maximum(redshift, Z_MIN)), (far - near) / 2


def _read(batch: AlertBatch) -> Floats:
    """(n, GIVES)."""
    said = batch.learned[READS]
    found = np.column_stack([said.column(name) for name in GIVES]).astype(np.float64)
    known = (found[:, 1] > 0) & (found[:, 2] > 0)
    found[~known] = np.nan
    return found


def _cells(read: Floats) -> Floats:
    """Redshift, error and distance modulus as a row has them, (n, 3), NaN where there is none."""
    z = read[:, 1]
    return np.column_stack((z, np.maximum(read[:, 2], ERR_MIN), distance_modulus(z)))
