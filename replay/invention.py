"""An invented night: ZTF packets of sources whose nature is known, drawn from a seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay.exposures_invented import (
    ALERTS_PER_EXPOSURE,
    QUADRANTS,
    Exposure,
    exposure,
    visits,
)
from replay.kinds import MIX, Kind, Truth
from replay.lightcurves_invented import change
from replay.scenes_invented import target
from replay.stamps_invented import draw, photometry
from replay.ztf_packet import Sighting, packet
from schemas.errors import ArchiveError

NIGHT_JD = 2461000.65
"""When the night begins, unless said otherwise: in November 2025."""

MAGNITUDE_MIN = 13.5
"""Brighter sources saturate ZTF's detector."""

DEPTH_MAG_MEAN = 1.2
"""Alerts lie this far above the limiting magnitude, on the mean."""


class Invented(NamedTuple):
    """A packet as ZTF would send it, and what is true of it."""

    packet: bytes
    truth: Truth


def invent(
    alerts: int,
    *,
    seed: int,
    mix: Mapping[Kind, float] = MIX,
    night_jd: float = NIGHT_JD,
) -> Iterator[Invented]:
    """Packets of a night in the order of time. `mix` holds a share by kind; any sum will do.

    An alert depends on the seed, the mix, the night and its number only: a shorter night is the
    beginning of a longer one. Raises ArchiveError where the mix has no share above nought.
    """
    for sighting, flux, rng in sightings(alerts, seed=seed, mix=mix, night_jd=night_jd):
        candid, object_id, data = packet(sighting, rng)
        yield Invented(data, Truth(candid, object_id, sighting.kind, flux))


def sightings(
    alerts: int, *, seed: int, mix: Mapping[Kind, float], night_jd: float
) -> Iterator[tuple[Sighting, float, np.random.Generator]]:
    """What was drawn for each alert of `invent`, its `Truth.flux_dn`, and what draws the rest."""
    kinds, shares = list(mix), np.array(list(mix.values()), dtype=np.float64)
    if not kinds or not (shares.sum() > 0 and shares.min() >= 0):
        raise ArchiveError("an invented night needs a mix with a share above nought for a kind")
    bounds = np.cumsum(shares) / shares.sum()
    for number in range(alerts):
        rng = np.random.default_rng([seed, 0, number])
        kind = kinds[int(np.searchsorted(bounds, rng.random(), side="right"))]
        seen = exposure(seed, number // ALERTS_PER_EXPOSURE, night_jd)
        yield (*_sighting(kind, number, rng, seen), rng)


def _sighting(
    kind: Kind, number: int, rng: np.random.Generator, seen: Exposure
) -> tuple[Sighting, float]:
    earlier = visits(rng, seen)
    days = np.append(earlier.jd - seen.jd, 0.0)
    curve = change(kind, rng, days)
    flux = math.copysign(_brightness(rng, seen), _side(kind, rng, curve))
    steady = abs(flux / curve[-1])
    view = target(kind, rng, seen, flux, steady)
    planes = draw(view.scene, seen, rng)
    sighting = Sighting(
        number=number,
        kind=kind,
        seen=seen,
        quadrant=number % ALERTS_PER_EXPOSURE % QUADRANTS,
        row=number % ALERTS_PER_EXPOSURE // QUADRANTS + 1,
        target=view,
        planes=planes,
        measured=photometry(planes, seen),
        earlier=earlier,
        earlier_flux_dn=(curve * (flux / curve[-1]))[:-1],
    )
    starlike = kind not in (Kind.COSMIC_RAY, Kind.BAD_SUBTRACTION)
    return sighting, flux if starlike else math.nan


def _brightness(rng: np.random.Generator, seen: Exposure) -> float:
    magnitude = max(seen.limit_mag - rng.exponential(DEPTH_MAG_MEAN), MAGNITUDE_MIN)
    return float(10 ** (0.4 * (seen.zero_point_mag - magnitude)))


def _side(kind: Kind, rng: np.random.Generator, curve: NDArray[np.float64]) -> float:
    """The sign of the present difference: a bad subtraction has both, one at the centre."""
    if kind is Kind.BAD_SUBTRACTION:
        return float(rng.random() - 0.5)
    return float(curve[-1])
