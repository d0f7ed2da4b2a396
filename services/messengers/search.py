"""Back in time: the alerts of a lake in an event's region, and how many would be by chance.

For a notice that came late, or was updated: the answer is made anew of the whole lake each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts, Table
from lake.reading import Lake
from lake.sky_rates import rates_of
from schemas.columns import CODES
from schemas.errors import QuestionError
from sky.catalogues import EVENT_COLUMNS, Sky
from sky.messengers.events import Event, LiveEvents
from sky.messengers.rates import ChanceRate

LEVEL: Final = 0.9
"""Of the region that is searched where nothing is said: the usual 90 %."""

CARRIED: Final = (
    *("object_id", "alert_id", "mjd", "ra_deg", "dec_deg", "magnitude", "magnitude_err"),
    *("band", "survey"),
)
"""What of each alert the answer has, beside EVENT_COLUMNS."""

Picked = Callable[[Table], NDArray[np.bool_]]


class Region(NamedTuple):
    """What is searched."""

    level: float = LEVEL
    """The event's smallest region with so much of its probability."""
    days: float = 14.0
    """After the event."""

    def check(self) -> None:
        """Raises QuestionError where it is none."""
        if not 0 < self.level <= 1:
            raise QuestionError(f"a credible level of {self.level:g}; it is over 0 and up to 1")
        if not self.days > 0:
            raise QuestionError(f"{self.days:g} days after the event; it is over 0")


class Candidates(NamedTuple):
    """What was found."""

    columns: Mapping[str, NDArray[Any]]
    """CARRIED and EVENT_COLUMNS, (n,) each, the most probable first."""
    looked_at: int
    """Alerts of the lake that were picked, in all nights."""
    nights: int
    expected_per_night: float
    """Of such alerts in the region, by chance: by the rate of all nights, where they are."""

    def __len__(self) -> int:
        return len(self.columns["mjd"])


def search(
    lake: Lake, event: Event, region: Region | None = None, picked: Picked | None = None
) -> Candidates:
    """The alerts of an event in a lake. Raises QuestionError, ArchiveError.

    picked: which alerts are looked at, and counted for what stands there by chance; all by default.
    """
    region = region or Region()
    region.check()
    if event.where is None:
        raise QuestionError(f"event {event.name!r} has neither a map nor a circle to search in")
    if np.isnan(event.mjd):
        raise QuestionError(f"event {event.name!r} has no time to search from")
    rates = rates_of(lake, picked)
    chance = ChanceRate.of(event.where, rates)
    sky = Sky(events=LiveEvents([replace(event, chance=chance)]))
    found = [_within(table, event.name, sky, region, picked) for table in lake.tables()]
    columns = _joined([one for one in found if one is not None])
    return Candidates(
        columns,
        int(rates.counts.sum()),
        len(rates.nights),
        float(chance.at(np.array([region.level]))[0]),
    )


def _within(
    table: Table, event: str, sky: Sky, region: Region, picked: Picked | None
) -> dict[str, NDArray[Any]] | None:
    """What a table has there; None where it has nothing."""
    alerts = Alerts(table, sky)
    since = alerts.messenger(event, "days_since")
    rows = np.flatnonzero((since >= 0) & (since <= region.days))
    if len(rows):
        level = Alerts(table.take(rows), sky).messenger(event, "credible_level")
        rows = rows[level <= region.level]
    if len(rows) and picked is not None:
        rows = rows[picked(table.take(rows))]
    if not len(rows):
        return None
    own = table.take(rows)
    found = {name: own.column(name) for name in CARRIED}
    asked = Alerts(own, sky)
    return found | {name: asked.messenger(event, name) for name in EVENT_COLUMNS}


def _joined(found: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    nothing = {name: np.zeros(0) for name in (*CARRIED, *EVENT_COLUMNS)}
    nothing |= {name: np.zeros(0, np.str_) for name in ("object_id", "survey")}
    parts = found or [nothing]
    columns = {name: np.concatenate([one[name] for one in parts]) for name in nothing}
    names = np.array([*CODES["band"], ""])
    columns["band"] = names[columns["band"].astype(np.int64)]
    order = np.lexsort((columns["mjd"], columns["credible_level"]))
    return {name: values[order] for name, values in columns.items()}
