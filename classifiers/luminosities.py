"""What a distance says of a type: how bright supernovae of each are, by the days they were seen.

Of a redshift and the brightest magnitude so far follows an absolute magnitude, and by Bayes'
theorem the chance of each type is multiplied by how often it is so bright. `told_redshift.md`
beside this file says what that buys, and what a wrong redshift does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ModelError

FILE = Path(__file__).with_suffix(".json")
ELSE_SHARE = 0.04
"""Of redshifts that are another galaxy's: as many as `benchmarks.hosts` found."""
ELSE_MAG, ELSE_WIDTH_MAG = -18.5, 2.5
"""What a supernova would then seem to be, and of types unlike those that were taught."""
ROOT_TWO_PI = float(np.sqrt(2 * np.pi))

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Luminosities:
    """Absolute magnitudes of types: normal, of a mean that goes by the logarithm of days seen."""

    labels: tuple[str, ...]
    mean: Floats
    """(labels,), mag, on the day of the first detection."""
    slope: Floats
    """(labels,), mag by ln(1 + days)."""
    width: Floats
    """(labels,), mag."""

    @classmethod
    def read(cls, path: Path = FILE) -> Luminosities:
        """What `document` wrote. Raises ModelError where it is none."""
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            columns = (np.array(said[one], np.float64) for one in ("mean", "slope", "width"))
            return cls(tuple(said["labels"]), *columns)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{path}: no luminosities of types ({error}); make it again"
            ) from error

    def document(self) -> str:
        """As a file."""
        columns = {one: getattr(self, one).round(4).tolist() for one in ("mean", "slope", "width")}
        return json.dumps({"labels": list(self.labels), **columns}, indent=1)

    def likelihoods(self, absolute: Floats, error: Floats, days: Floats) -> Floats:
        """How often each type is so bright, 1/mag, (n, labels).

        absolute, error (n,): magnitude of the brightest point so far, and the error of its distance
        modulus; days (n,): from the first detection to the last.
        """
        mean = self.mean + self.slope * np.log1p(np.maximum(days, 0.0))[:, None]
        width = np.hypot(self.width, error[:, None])
        otherwise = _normal(absolute - ELSE_MAG, np.hypot(ELSE_WIDTH_MAG, error))
        own = _normal(absolute[:, None] - mean, width)
        return (1 - ELSE_SHARE) * own + ELSE_SHARE * otherwise[:, None]

    def updated(
        self, labels: tuple[str, ...], scores: NDArray[np.floating], likelihoods: Floats
    ) -> NDArray[np.float32]:
        """Scores (n, labels) at even odds, with what was likely known.

        The types' share of all stays what it was: nothing was learnt of how bright others are.
        """
        places = [labels.index(one) for one in self.labels]
        types = scores[:, places].astype(np.float64)
        weighed = types * likelihoods
        total = weighed.sum(axis=1, keepdims=True)
        found = np.array(scores, np.float32)
        found[:, places] = weighed * (types.sum(axis=1, keepdims=True) / np.maximum(total, 1e-300))
        return found


def _normal(off: Floats, width: Floats) -> Floats:
    return np.exp(-0.5 * (off / width) ** 2) / (width * ROOT_TWO_PI)
