"""What an evaluation scored and how: everything that tables, card and pictures are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.arrays import Columns, Floats, Ints, Mask


@dataclass(frozen=True)
class Scored(Columns):
    """n real alerts, each scored by networks that saw nothing of its night nor of its object."""

    ours: Floats
    """(seeds, n, 5) calibrated probabilities, columns as `labels.LABELS`."""
    taught_by_drb: Floats
    """(seeds, n) P(real) of the same network taught by drb alone."""
    scalars: Floats
    """(n,) P(real) of trees on the packet's own numbers, out of fold; NaN where it has none."""
    survey: NDArray[np.str_]
    """(n,) "ztf" or "lsst"."""
    alert_id: Ints
    night: Ints
    """(n,) whole days of the MJD."""
    fold: Ints
    """(n,) of those who scored it, none was taught with this."""
    field_night: Ints
    """(n,) the number of its (night, field): what a bootstrap draws."""
    drb: Floats
    """(n,) NaN where there is none."""
    rb: Floats
    magnitude: Floats
    snr: Floats
    """(n,) |flux| over its error."""
    sky: Floats
    """(n,) median of the science stamp, counts."""
    negative: Mask
    asteroid: Mask
    """(n,) a known one within 1.5 arcsec."""
    spectroscopic: NDArray[np.str_]
    """(n,) class of its object from a spectrum, "" where none."""
    simbad: NDArray[np.str_]
    """(n,) SIMBAD's class, "" where none: near, which does not prove a good subtraction."""
    dipole: Mask
    """(n,) Rubin's flag."""
    cosmic_ray: Mask
    streak: Mask


@dataclass(frozen=True)
class Exam(Columns):
    """m simulated stamps, drawn by other code than the training's onto stamps of unseen nights."""

    ours: Floats
    """(seeds, m, 5)."""
    label: Ints
    """(m,) index into LABELS: what was drawn."""
    snr: Floats
    """(m,) of what was drawn, in the difference."""
    negative: Mask
    survey: NDArray[np.str_]
    field_night: Ints
    """(m,) of the stamp that it was drawn onto: what a bootstrap draws; numbered apart."""


@dataclass(frozen=True)
class Outcome(Columns):
    """One evaluation."""

    scored: Scored
    exam: Exam
