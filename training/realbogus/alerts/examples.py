"""The real alerts that a network learns from, as columns; where they are read is another file's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
LOW_SCORE = 0.1
"""Below this, the teacher calls an alert bogus."""
HIGH_SCORE = 0.5
"""From this up, the teacher calls an alert real; in between it does not know."""
ASTEROID_ARCSEC = 1.5
"""Within this of a known asteroid, an alert is that asteroid: a pixel and a half of ZTF."""
SCALARS = (
    "fwhm",
    "elong",
    "aimage",
    "bimage",
    "aimagerat",
    "bimagerat",
    "sigmapsf",
    "chipsf",
    "classtar",
    "nneg",
    "nbad",
    "sumrat",
    "magdiff",
    "magfromlim",
    "scorr",
    "seeratio",
    "distnr",
    "chinr",
    "sharpnr",
    "mindtoedge",
)
"""Numbers about one detection that every ZTF packet has, from schema 1.7 on."""


@dataclass(frozen=True)
class Examples:
    """n alerts with what they are judged by. A missing number is NaN, a missing name is empty."""

    survey: NDArray[np.str_]
    """ztf or lsst."""
    stamps: NDArray[np.float32]
    """(n, 3, 63, 63): science, template, difference as a network reads them; NaN where there is no
    pixel."""
    native: NDArray[np.object_]
    """(n,) of float32 (3, side, side): the same before resampling, edge-cut planes squared."""
    alert_id: NDArray[np.int64]
    object_id: NDArray[np.str_]
    night: NDArray[np.int64]
    """MJD of the UTC day in which the night ends (ZTF) or begins (Rubin, whose day_obs it is)."""
    field: NDArray[np.int64]
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
    """(n, len(SCALARS)): what a network must beat; NaN for Rubin."""

    def __len__(self) -> int:
        """How many alerts."""
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
        """Which are known asteroids."""
        return self.asteroid_distance_arcsec < ASTEROID_ARCSEC

    @property
    def known_real(self) -> Mask:
        """Which are real by evidence that owes nothing to a score of the stamps."""
        known: Mask = self.asteroid | (self.spectroscopic != "")
        return known

    @property
    def unchosen_asteroids(self) -> Mask:
        """Known asteroids of ZTF that the teacher never scored, so neither did it choose them."""
        unchosen: Mask = self.asteroid & np.isnan(self.teacher) & (self.survey == "ztf")
        return unchosen

    def take(self, rows: NDArray[np.int64] | Mask) -> Examples:
        """Some of them."""
        return Examples(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

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
    together = Examples(
        **{
            one.name: np.concatenate([getattr(part, one.name) for part in parts])
            for one in fields(Examples)
        }
    )
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
