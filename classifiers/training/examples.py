"""The real alerts that a network learns from, as columns; where they are read is another file's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LOW_SCORE = 0.5
"""Below this, the teacher calls an alert bogus."""


@dataclass(frozen=True)
class Examples:
    """n alerts with what they are judged by."""

    stamps: NDArray[np.float32]
    """(n, 3, 63, 63): science, template, difference; counts as sent, NaN where there is none."""
    teacher: Floats
    """ZTF's drb (Duev et al. 2019, MNRAS 489, 3582): another network's score, not the truth. NaN
    where the survey sent none."""
    rb: Floats
    """ZTF's older score, of a random forest on catalogue features."""
    magnitude: Floats
    asteroid_distance_arcsec: Floats
    """To the nearest known one; +inf where there is none."""
    negative: NDArray[np.bool_]
    """Fainter than the template."""
    alert_id: NDArray[np.int64]
    object_id: NDArray[np.str_]
    night: NDArray[np.int64]
    """Whole days of the MJD in UTC; no night at Palomar crosses one."""
    field: NDArray[np.int64]
    """ZTF's number of the pointing."""

    def __len__(self) -> int:
        """How many alerts."""
        return len(self.teacher)

    @property
    def low(self) -> NDArray[np.bool_]:
        """Which the teacher calls bogus."""
        return self.teacher < LOW_SCORE

    @property
    def sky(self) -> Floats:
        """The science stamp's median in counts: what a network must not have learnt."""
        return np.nanmedian(self.stamps[:, 0].reshape(len(self), -1), axis=1).astype(np.float64)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Examples:
        """Some of them."""
        return Examples(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    def sha256(self) -> str:
        """Of ids, teacher's scores and pixels, in order: what exactly was learnt from."""
        digest = hashlib.sha256()
        for column in (self.alert_id, self.teacher, self.stamps):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()


def joined(parts: Sequence[Examples]) -> Examples:
    """All of them, each alert once, by rising alert id."""
    together = Examples(
        **{
            one.name: np.concatenate([getattr(part, one.name) for part in parts])
            for one in fields(Examples)
        }
    )
    return together.take(np.unique(together.alert_id, return_index=True)[1])
