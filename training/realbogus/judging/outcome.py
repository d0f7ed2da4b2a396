"""What an evaluation scored and how: everything that tables, card and pictures are made from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """n real alerts, each scored by networks that saw nothing of its night nor of its object."""

    ours: Floats
    """(seeds, n, 5) calibrated probabilities, columns as `labels.LABELS`."""
    taught_by_drb: Floats
    """(seeds, n) P(real) of the same network taught by drb alone."""
    scalars: Floats
    """(n,) P(real) of trees on the packet's own numbers, out of fold; NaN where it has none."""
    survey: NDArray[np.str_]
    """(n,) "ztf" or "lsst"."""
    alert_id: NDArray[np.int64]
    night: NDArray[np.int64]
    """(n,) whole days of the MJD."""
    field_night: NDArray[np.int64]
    """(n,) the number of its (night, field): what a bootstrap draws."""
    drb: Floats
    """(n,) NaN where there is none."""
    rb: Floats
    magnitude: Floats
    snr: Floats
    """(n,) |flux| over its error."""
    sky: Floats
    """(n,) median of the science stamp, counts."""
    negative: NDArray[np.bool_]
    asteroid: NDArray[np.bool_]
    """(n,) a known one within 1.5 arcsec."""
    spectroscopic: NDArray[np.str_]
    """(n,) class of its object from a spectrum, "" where none."""
    simbad: NDArray[np.str_]
    """(n,) SIMBAD's class, "" where none: near, which does not prove a good subtraction."""
    dipole: NDArray[np.bool_]
    """(n,) Rubin's flag."""
    cosmic_ray: NDArray[np.bool_]
    streak: NDArray[np.bool_]


@dataclass(frozen=True)
class Exam:
    """m simulated stamps, drawn by other code than the training's onto stamps of unseen nights."""

    ours: Floats
    """(seeds, m, 5)."""
    label: NDArray[np.int64]
    """(m,) index into LABELS: what was drawn."""
    snr: Floats
    """(m,) of what was drawn, in the difference."""
    negative: NDArray[np.bool_]
    survey: NDArray[np.str_]
    field_night: NDArray[np.int64]
    """(m,) of the stamp that it was drawn onto: what a bootstrap draws; numbered apart."""


@dataclass(frozen=True)
class Outcome:
    """One evaluation."""

    scored: Scored
    exam: Exam

    def save(self, path: Path) -> None:
        """Write it as one .npz."""
        arrays = {
            f"{part}.{name}": column
            for part in ("scored", "exam")
            for name, column in vars(getattr(self, part)).items()
        }
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> Outcome:
        """Read what `save` wrote."""
        with np.load(path) as arrays:
            return cls(_part(Scored, "scored", arrays), _part(Exam, "exam", arrays))


def _part(kind: Any, name: str, arrays: Any) -> Any:  # noqa: ANN401 - of two kinds of columns
    return kind(**{one.name: arrays[f"{name}.{one.name}"] for one in fields(kind)})
