"""A real alert's stamps opened for drawing: what a source or an artefact is drawn onto."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SCIENCE, TEMPLATE, DIFFERENCE = range(3)
"""Places among the planes, as in `schemas.batch.PLANES`."""


@dataclass(frozen=True)
class Ground:
    """One alert's planes, and what drawing on them has to know.

    The difference is positive where a detection is: science minus template where `sign` is 1,
    template minus science where it is -1. Whatever is added to the science plane, times `sign`,
    is added to the difference; whatever to the template, times -`sign`.
    """

    planes: NDArray[np.float32]
    """(3, side, side) in counts, NaN where there is no pixel."""
    fwhm_pixels: float
    """Of the science plane's point-spread function, measured on the stamp or on its field-night."""
    sky: NDArray[np.float64]
    """(3,) median of each plane, counts."""
    noise: NDArray[np.float64]
    """(3,) of each plane's sky, counts a pixel, from the median absolute deviation."""
    sign: int
    """1 or -1: the convention above."""

    @property
    def side(self) -> int:
        """Pixels."""
        return self.planes.shape[-1]
