"""What an invented alert is an image of, and how often each kind comes in a night."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """The truth of an invented alert."""

    VARIABLE_STAR = "variable star"
    ACTIVE_GALAXY = "active galaxy"
    SUPERNOVA = "supernova"
    ASTEROID = "asteroid"
    COSMIC_RAY = "cosmic ray"
    BAD_SUBTRACTION = "bad subtraction"

    @property
    def is_real(self) -> bool:
        """Whether it stands in the sky, not in the camera or the software."""
        return self not in (Kind.COSMIC_RAY, Kind.BAD_SUBTRACTION)


MIX = {
    Kind.VARIABLE_STAR: 0.42,
    Kind.ACTIVE_GALAXY: 0.12,
    Kind.SUPERNOVA: 0.08,
    Kind.ASTEROID: 0.14,
    Kind.COSMIC_RAY: 0.08,
    Kind.BAD_SUBTRACTION: 0.16,
}
"""Shares of an invented night, by kind."""


class Truth(NamedTuple):
    """What is true of one invented alert."""

    alert_id: int
    object_id: str
    kind: Kind
    flux_dn: float
    """Put into the difference at the stamp's centre, DN, signed; NaN where nothing of the
    shape of a star was put there (cosmic rays, bad subtractions)."""
