"""Objects with light curves and known classes: what every training and every rival reads."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from schemas.batch import LightCurves
from training.arrays import Columns, Floats, Ints

CURVE_COLUMNS = tuple(one.name for one in fields(LightCurves))


@dataclass(frozen=True)
class Objects(Columns):
    """n objects. A copy made from an object has that object's name, label and place in a split."""

    name: NDArray[np.str_]
    label: Ints
    """Place in the labels of the network that learns from these."""
    curves: LightCurves
    """Difference fluxes in nJy, by rising time; a limit is a NaN flux with a limit_mag."""
    redshift: Floats
    """(n, 3): host photo-z, its error, distance modulus; NaN where unknown."""

    def __len__(self) -> int:
        return len(self.name)


def joined(parts: list[Objects]) -> Objects:
    """Several tables one after another."""
    lengths = np.concatenate([np.diff(one.curves.offsets) for one in parts])
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    columns = [
        np.concatenate([getattr(one.curves, name) for one in parts]) for name in CURVE_COLUMNS[1:]
    ]
    return Objects(
        np.concatenate([one.name for one in parts]),
        np.concatenate([one.label for one in parts]),
        LightCurves(offsets, *columns),
        np.concatenate([one.redshift for one in parts]),
    )
