"""The events that filters ask of now, and what each alert is to them.

They change between batches, never within one: whoever looks after them calls `replace`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sky.catalogues import EVENT_COLUMNS, AskedOf, Degrees
from sky.messengers.localisation import (
    Distances,
    Floats,
    Localisation,
    Places,
    known_places,
)
from sky.messengers.rates import ChanceRate

DAYS_AFTER: Final = 14.0
"""So long after an event an alert may be of it, where the event is not named."""

SR_DEG2: Final = (np.pi / 180.0) ** 2


@dataclass(frozen=True)
class Event:
    """An event that is known and was not retracted."""

    name: str
    aliases: tuple[str, ...]
    mjd: float
    """UTC; NaN where it is not known."""
    where: Localisation | None
    open: bool
    """Whether it counts without being named: significant, and no mock."""
    chance: ChanceRate | None = None
    days_after: float = DAYS_AFTER


@dataclass(frozen=True)
class _Asked:
    """Alerts with a place on the sky."""

    places: Places
    mjd: Floats
    distance_mpc: Floats


Known = tuple[NDArray[np.int64], Places]
"""The rows that are on the sky, and their places."""


class LiveEvents:
    """A holder of them."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.replace(events)
        self._last: tuple[Degrees | None, Degrees | None, Known | None] = None, None, None

    def replace(self, events: Iterable[Event]) -> None:
        """Have these from now on; the last of a name wins."""
        self._events = {each.name: each for each in events}
        # One alias may be of two events, as of two instruments: that with a place has it.
        by_place = sorted(self._events.values(), key=lambda each: each.where is not None)
        aliased = {alias: each for each in by_place for alias in each.aliases}
        self._named: Mapping[str, Event] = aliased | self._events

    def __len__(self) -> int:
        return len(self._events)

    @property
    def names(self) -> list[str]:
        return [*self._events]

    def knows(self, event: str) -> bool:
        """Whether one of that name or alias is live."""
        return event in self._named

    def value(self, event: str, column: str, asked: AskedOf) -> Floats:
        """One of EVENT_COLUMNS, (n,), by an event's name or alias; NaN where it is not live.

        An event that is not known yet, or not any more, is no fault of who asks for it.
        """
        found = np.full(len(asked.mjd), np.nan)
        named = self._named.get(event)
        if named is not None:
            rows, known = self._known(asked)
            found[rows] = _VALUES[column](named, known)
        return found

    def probability(self, asked: AskedOf) -> Floats:
        """Of all open events within their days, the most probable: 1 - credible level, (n,).

        It is the share of the event's probability at places less probable than the alert's: 0.5
        and more in its 50 % region, 0 where there is no event. NaN where the alert has no place.
        """
        found = np.full(len(asked.mjd), np.nan)
        rows, known = self._known(asked)
        best = np.zeros(len(rows))
        for event in self._events.values():
            if not event.open or event.where is None:
                continue
            since = known.mjd - event.mjd
            in_time = (since >= 0.0) & (since <= event.days_after)
            if in_time.any():
                level = event.where.at(known.places).credible_level
                best = np.where(in_time, np.maximum(best, 1.0 - level), best)
        found[rows] = best
        return found

    def _known(self, asked: AskedOf) -> tuple[NDArray[np.int64], _Asked]:
        """The rows with a place, and these; their cells are worked out once for all filters."""
        ra_deg, dec_deg, found = self._last
        if ra_deg is not asked.ra_deg or dec_deg is not asked.dec_deg or found is None:
            found = known_places(asked.ra_deg, asked.dec_deg)
            self._last = asked.ra_deg, asked.dec_deg, found
        rows, places = found
        return rows, _Asked(places, asked.mjd[rows], asked.distance_mpc[rows])


def _days_since(event: Event, asked: _Asked) -> Floats:
    return asked.mjd - event.mjd


def _density(event: Event, asked: _Asked) -> Floats:
    return _nothing(asked) if event.where is None else event.where.at(asked.places)[0]


def _level(event: Event, asked: _Asked) -> Floats:
    return _nothing(asked) if event.where is None else event.where.at(asked.places)[1]


def _chance(event: Event, asked: _Asked) -> Floats:
    if event.where is None or event.chance is None:
        return _nothing(asked)
    return event.chance.of_places(event.where, asked.places)


def _distance_weight(event: Event, asked: _Asked) -> Floats:
    """The map's density of distances at the host's over the greatest on that line of sight."""
    far = event.where.distances(asked.places) if event.where else None
    if far is None:
        return _nothing(asked)
    peak = (far.mean_mpc + np.sqrt(far.mean_mpc**2 + 8.0 * far.width_mpc**2)) / 2.0
    with np.errstate(all="ignore"):
        weight = _radial(far, asked.distance_mpc) / _radial(far, peak)
    return np.where(np.isfinite(weight), weight, np.nan)


def _density_per_mpc3(event: Event, asked: _Asked) -> Floats:
    """Probability a cubic megaparsec at the host (Singer et al. 2016, equation 3)."""
    far = event.where.distances(asked.places) if event.where else None
    if event.where is None or far is None:
        return _nothing(asked)
    per_sr = event.where.at(asked.places).density_per_deg2 / SR_DEG2
    with np.errstate(all="ignore"):
        found = per_sr * far.norm_per_mpc2 * _gauss(far, asked.distance_mpc)
    return np.where(np.isfinite(found), found, np.nan)


def _radial(far: Distances, distance_mpc: Floats) -> Floats:
    found: Floats = distance_mpc**2 * _gauss(far, distance_mpc)
    return found


def _gauss(far: Distances, distance_mpc: Floats) -> Floats:
    off = (distance_mpc - far.mean_mpc) / far.width_mpc
    found: Floats = np.exp(-off * off / 2.0) / (np.sqrt(2.0 * np.pi) * far.width_mpc)
    return found


def _nothing(asked: _Asked) -> Floats:
    return np.full(len(asked.places), np.nan)


_VALUES: Final[Mapping[str, Callable[[Event, _Asked], Floats]]] = {
    "density_per_deg2": _density,
    "credible_level": _level,
    "days_since": _days_since,
    "distance_weight": _distance_weight,
    "density_per_mpc3": _density_per_mpc3,
    "chance_per_night": _chance,
}
assert _VALUES.keys() == {*EVENT_COLUMNS}
