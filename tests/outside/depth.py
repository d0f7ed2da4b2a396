"""A stage as a stranger's package has it: how far an alert stands above its image's limit."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.batch import AlertBatch
from schemas.learned import Given
from schemas.stage import Identity


class Depth:
    """Magnitudes between the image's limit and the alert; NaN where either is not measured."""

    identity = Identity("depth", "1.0", hashlib.sha256(Path(__file__).read_bytes()).hexdigest())
    reads: tuple[str, ...] = ("magnitude", "limit_mag")
    gives = (Given("depth", "values", ("above_limit_mag",)),)

    def run(self, batch: AlertBatch) -> tuple[NDArray[np.float64]]:
        return ((batch.limit_mag - batch.magnitude)[:, np.newaxis],)

    def warm_up(self) -> None:
        """Nothing to do."""
