"""The real alerts that a network learns from, as columns; where they are read is another file's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.arrays import Columns, Floats, Ints, Mask

LOW_SCORE = 0.1
"""Below this, the teacher calls an alert bogus."""
HIGH_SCORE = 0.5
"""From this up, the teacher calls an alert real; in between it does not know."""
ASTEROID_ARCSEC = 1.5
"""Within this of a known asteroid, an alert is that asteroid: a pixel and a half of ZTF."""


@dataclass(frozen=True)
class Examples(Columns):
    """n alerts with what they are judged by. A missing number is NaN, a missing name is empty."""

    survey: NDArray[np.str_]
    """ztf or lsst."""
    stamps: NDArray[np.float32]
    """(n, 3, 63, 63): science, template, difference as a network reads them; NaN where there is no
    pixel."""
    native: NDArray[np.object_]
    """(n,) of float32 (3, side, side): the same before resampling, edge-cut planes squared; what
    only drawing needs, and no file keeps."""
    alert_id: Ints
    object_id: NDArray[np.str_]
    night: Ints
    """MJD of the UTC day in which the night ends (ZTF) or begins (Rubin, whose day_obs it is)."""
    field: Ints
    """ZTF's number of the pointing; Rubin's of the visit. -1 where there is none."""
    teacher: Floats
    """ZTF's drb (Duev et al. 2019, MNRAS 489, 3582): another network's score, not the truth."""
    survey_score: Floats
    """The survey's own: drb, or Rubin's reliability."""
    rb: Floats
    """ZTF's older score, of a random forest on catalogue features."""
    magnitude: Floats
    """AB, of the absolute difference flux."""
    snr: Floats
    """Absolute difference flux in its own errors."""
    asteroid_distance_arcsec: Floats
    """To the nearest known one; +inf where there is none."""
    negative: Mask
    """Fainter than the template, so that the difference stamp is template minus science.

    As the adapter has it: Rubin's isNegative is false for every dipole, whatever the sign of the
    flux at its middle.
    """
    psf_fwhm_pixels: Floats
    """Of the science stamp's point-spread function, native pixels, where the packet tells it."""
    simbad: NDArray[np.str_]
    """Class of the SIMBAD object at the place: a hint, which says nothing of the subtraction."""
    spectroscopic: NDArray[np.str_]
    """The object's class from a spectrum."""
    dipole: Mask
    """Rubin's flag; so are the next two."""
    cosmic_ray: Mask
    streak: Mask
    scalars: Floats
    """(n, len(ZTF_SCALARS)): what a network must beat; NaN for Rubin."""

    def __len__(self) -> int:
        return len(self.teacher)

    @property
    def low(self) -> Mask:
        """Which the teacher calls bogus."""
        return self.teacher < LOW_SCORE

    @property
    def high(self) -> Mask:
        """Which the teacher calls real."""
        return self.teacher >= HIGH_SCORE

    @property
    def sky(self) -> Floats:
        """The science stamp's median in the survey's units: what a network must not have learnt."""
        return np.nanmedian(self.stamps[:, 0].reshape(len(self), -1), axis=1).astype(np.float64)

    @property
    def asteroid(self) -> Mask:
        return self.asteroid_distance_arcsec < ASTEROID_ARCSEC

    @property
    def known_real(self) -> Mask:
        """Which are real by evidence that owes nothing to a score of the stamps."""
        known: Mask = self.asteroid | (self.spectroscopic != "")
        return known

    def sha256(self) -> str:
        """Of ids, teacher's scores and pixels, in order: what exactly was learnt from."""
        digest = hashlib.sha256()
        for column in (self.alert_id, self.teacher, self.stamps):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()


def joined(parts: Sequence[Examples]) -> Examples:
    """All of them, each alert once, by survey and rising alert id.

    A copy without a class takes it from another copy of the alert, or alert of the object.
    """
    together = Examples.joined(parts)
    together.simbad[:] = _shared(together.alert_id, together.simbad)
    together.spectroscopic[:] = _shared(together.object_id, together.spectroscopic)
    alerts = np.rec.fromarrays([together.survey, together.alert_id])
    return together.take(np.unique(alerts, return_index=True)[1])


def _shared(keys: NDArray[Any], names: NDArray[np.str_]) -> NDArray[np.str_]:
    """Each row's name, or where it has none the last of its key's."""
    given = names != ""
    by_key = dict(zip(keys[given].tolist(), names[given].tolist(), strict=True))
    empty = [by_key.get(key, "") for key in keys.tolist()]
    return np.where(given, names, np.array(empty, names.dtype))
