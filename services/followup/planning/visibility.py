"""What a site can see when: altitude, twilight, moon, hour angle and horizon, slot by slot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broker.followup_settings import Site
from services.followup.planning import ephemeris
from services.followup.planning.ephemeris import Floats, Place

REASONS: Final = (
    "the sun is up",
    "it is below the horizon",
    "it is too low",
    "it is too high for the mount",
    "it is beyond the hour angle",
    "the moon is too near",
)
"""Why a slot is none, in the order asked: the first that holds is said."""
SEEN: Final = len(REASONS)


class Limits(NamedTuple):
    """What a programme asks beyond what a site can do."""

    airmass_max: float = 2.5
    moon_min_deg: float = 20.0


@dataclass(frozen=True)
class Night:
    """A site's sky at the middles of slots, (slots,), and what it sees of targets, (n, slots)."""

    site: Site
    unix_s: Floats
    """Middles of slots."""
    ra_deg: Floats
    dec_deg: Floats

    @cached_property
    def _local(self) -> Floats:
        return ephemeris.sidereal(self.unix_s, self.site.longitude_deg)

    @cached_property
    def _targets(self) -> Place:
        place = ephemeris.precessed(self.ra_deg, self.dec_deg, float(np.mean(self.unix_s)))
        return Place(place.ra[:, None], place.dec[:, None])

    @cached_property
    def targets(self) -> ephemeris.Horizontal:
        """Of each target."""
        return ephemeris.seen(self._targets, self._local, self.site.latitude_deg)

    @cached_property
    def sun_altitude(self) -> Floats:
        """Degrees."""
        place = ephemeris.sun(self.unix_s)
        return ephemeris.seen(place, self._local, self.site.latitude_deg).altitude

    @cached_property
    def moon_altitude(self) -> Floats:
        """Degrees, from the ground."""
        place, distance_km = ephemeris.moon(self.unix_s)
        high = ephemeris.seen(place, self._local, self.site.latitude_deg).altitude
        return ephemeris.lowered(high, distance_km)

    @cached_property
    def moon_lit(self) -> Floats:
        """The share of its disc, 0 to 1."""
        place, _ = ephemeris.moon(self.unix_s)
        elongation = ephemeris.apart_deg(place, ephemeris.sun(self.unix_s))
        return (1.0 - np.cos(np.radians(elongation))) / 2.0

    @cached_property
    def moon_apart(self) -> Floats:
        """Degrees from each target."""
        place, _ = ephemeris.moon(self.unix_s)
        return ephemeris.apart_deg(self._targets, place)

    @cached_property
    def airmass(self) -> Floats:
        """Of each target (Pickering 2002, DIO 12, 20); inf below the horizon."""
        altitude = self.targets.altitude
        above = np.maximum(altitude, 0.1)
        found = 1.0 / np.sin(np.radians(above + 244.0 / (165.0 + 47.0 * above**1.1)))
        return np.where(altitude > 0, found, np.inf)

    @cached_property
    def horizon(self) -> Floats:
        """The site's, at each target's azimuth, degrees."""
        if not self.site.horizon:
            return np.zeros_like(self.targets.azimuth)
        azimuths, altitudes = np.array(self.site.horizon, np.float64).T
        found: Floats = np.interp(self.targets.azimuth, azimuths, altitudes, period=360.0)
        return found

    def verdicts(self, limits: Limits) -> NDArray[np.int8]:
        """For each target and slot the first of REASONS that holds, or SEEN."""
        site, here = self.site, self.targets
        too_low = (here.altitude < site.altitude_min_deg) | (self.airmass > limits.airmass_max)
        near = (self.moon_apart < limits.moon_min_deg) & (self.moon_altitude > 0)
        holds = (
            np.broadcast_to(self.sun_altitude > site.sun_max_deg, here.altitude.shape),
            here.altitude < self.horizon,
            too_low,
            here.altitude > site.altitude_max_deg,
            np.abs(here.hour_angle) > site.hour_angle_max_h * 15.0,
            near,
        )
        found = np.full(here.altitude.shape, SEEN, np.int8)
        for number in reversed(range(len(holds))):
            found[holds[number]] = number
        return found


def middles(begin_unix_s: float, slots: int, slot_s: float) -> Floats:
    """The middles of slots that begin there."""
    return begin_unix_s + (np.arange(slots, dtype=np.float64) + 0.5) * slot_s


def why_not(verdicts: NDArray[np.int8]) -> str:
    """Of one target's slots the reason that most of the night's have; empty where one is seen."""
    if (verdicts == SEEN).any():
        return ""
    dark = verdicts[verdicts > 0]
    return REASONS[int(np.bincount(dark).argmax())] if len(dark) else "there is no night"
