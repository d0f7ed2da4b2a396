"""Objects with light curves and known classes: what every training and every rival reads."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.batch import LightCurves

Floats = NDArray[np.float64]
CURVE_COLUMNS = tuple(one.name for one in fields(LightCurves))


@dataclass(frozen=True)
class Objects:
    """n objects. A copy made from an object has that object's name, label and place in a split."""

    name: NDArray[np.str_]
    label: NDArray[np.int64]
    """Place in the labels of the network that learns from these."""
    curves: LightCurves
    """Difference fluxes in nJy, by rising time; a limit is a NaN flux with a limit_mag."""
    redshift: Floats
    """(n, 3): host photo-z, its error, distance modulus; NaN where unknown."""

    def __len__(self) -> int:
        return len(self.name)

    def take(self, rows: NDArray[np.int64]) -> Objects:
        """Some objects, in the order given."""
        return Objects(
            self.name[rows], self.label[rows], self.curves.take(rows), self.redshift[rows]
        )

    def save(self, path: Path) -> None:
        """Write them as one file of arrays."""
        curves = {f"curves_{name}": getattr(self.curves, name) for name in CURVE_COLUMNS}
        np.savez(path, name=self.name, label=self.label, redshift=self.redshift, **curves)

    @classmethod
    def load(cls, path: Path) -> Objects:
        """What `save` wrote."""
        with np.load(path) as kept:
            curves = LightCurves(*(kept[f"curves_{name}"] for name in CURVE_COLUMNS))
            return cls(kept["name"], kept["label"], curves, kept["redshift"])


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
