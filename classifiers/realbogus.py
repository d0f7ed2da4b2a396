"""Real or bogus: is there a source in the difference image, or an artefact, and of which kind?

`realbogus.md` beside this file is the model's card: its data, figures and limits.
`docs/realbogus.md` shows what the network does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.classifier import ModelIdentity
from classifiers.reference import Table
from classifiers.session import Session
from classifiers.stamp_layer import tell
from schemas import resampling
from schemas.batch import PLANES, AlertBatch

WEIGHTS = Path(__file__).with_suffix(".onnx")
STAMP_PIXELS = 63
"""The side of a stamp as the network reads it, ZTF's own."""
READOUT = "Conv"
"""What the last of the network's layers is."""
MIDDLE = (0.16, 0.5, 0.84)


class RealBogus:
    """Scores an alert by its three stamps. All scaling is inside the model file."""

    reads = ("stamps",)

    def __init__(self, path: Path = WEIGHTS) -> None:
        """Open the weights. Raises ModelError where they cannot be served."""
        shape = (len(PLANES), STAMP_PIXELS, STAMP_PIXELS)
        self._session = Session(path, shape, hidden=True, readout=READOUT)
        self.identity: ModelIdentity = self._session.identity
        self.labels: tuple[str, ...] = self._session.labels
        """"real", and the kinds of artefact: that an alert is bogus is the sum of all these."""

    @property
    def said(self) -> Mapping[str, str]:
        """The file's metadata."""
        return self._session.said

    def inputs(self, batch: AlertBatch, rows: NDArray[np.int64], /) -> Table:
        """What drift is watched of, of some rows: each plane's level and spread.

        The median and half the range of the middle 68 % of every eighth pixel each way, in the
        survey's own units; NaN where there is none of them.
        """
        stamps = batch.stamps.resampled(STAMP_PIXELS)[rows][:, :, ::8, ::8]
        # NaN is sorted behind all numbers; NumPy's own quantile takes a hundred times as long.
        pixels = np.sort(stamps.reshape(len(rows), len(PLANES), -1).astype(np.float64), axis=2)
        last = np.maximum(np.count_nonzero(~np.isnan(pixels), axis=2) - 1, 0)
        places = np.rint(np.multiply.outer(MIDDLE, last)).astype(np.int64)
        low, median, high = (
            np.take_along_axis(pixels, each[:, :, np.newaxis], axis=2)[:, :, 0] for each in places
        )
        return {
            **{f"{name}_median": median[:, each] for each, name in enumerate(PLANES)},
            **{f"{name}_spread": (high - low)[:, each] / 2 for each, name in enumerate(PLANES)},
        }

    def score(self, batch: AlertBatch) -> NDArray[np.float32]:
        """Probabilities, float32 (n, labels), rows summing to 1.

        A NaN row where one of the three planes is missing, unreadable or without a single finite
        pixel: the network was taught on three, and a guess from two would look like a score.
        """
        stamps = batch.stamps.resampled(STAMP_PIXELS)
        probabilities, layer = self._session.run_both(stamps)
        tell(batch, self.identity.sha256, layer)
        return _seen(probabilities, stamps)

    def score_stamps(self, stamps: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same for stamps float32 (n, 3, STAMP_PIXELS, STAMP_PIXELS).

        Planes as in `PLANES`, in the survey's own units, the difference positive where the
        detection is; NaN where there is no pixel.
        """
        return _seen(self._session.run(stamps), stamps)

    def warm_up(self) -> None:
        """Do once what the first call would pay for: the compiling of resampling too."""
        resampling.warm_up(STAMP_PIXELS)
        self._session.warm_up()


def _seen(probabilities: NDArray[np.float32], stamps: NDArray[np.float32]) -> NDArray[np.float32]:
    """With NaN rows where nothing was to be seen."""
    probabilities[_blind_rows(stamps)] = np.nan
    return probabilities


def _blind_rows(stamps: NDArray[np.float32]) -> NDArray[np.int64]:
    """The rows that have a plane without a finite pixel."""
    # A few pixels clear nearly every row; looking at all of them costs as much as a layer.
    doubtful = np.flatnonzero(_blind(stamps[:, :, ::8, ::8]))
    return doubtful[_blind(stamps[doubtful])]


def _blind(stamps: NDArray[np.float32]) -> NDArray[np.bool_]:
    """By row: whether one of the planes has no finite pixel among these."""
    seen = np.any(np.isfinite(stamps), axis=(2, 3))
    blind: NDArray[np.bool_] = ~np.all(seen, axis=1)
    return blind
