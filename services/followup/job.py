"""What a batch of enriched alerts becomes: requests that are wanted, each once.

A request's id is made of its programme and object, so an alert that is seen twice makes the request
that there is. A later alert of the object changes what is known of it: how bright, how much it is
worth; what has ended does not begin again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from broker.dead_letters import DeadLetter
from broker.followup_settings import FollowupSection
from broker.ledger import Counts
from broker.packets import packet_of
from broker.ports import Clock, Message
from broker.processor import Processed
from filters.alerts import Alerts
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.errors import FilterError
from schemas.learned import Given
from schemas.scored import noted, scored
from services.followup.others import LastAlerts
from services.followup.planning.brightness import foretold
from services.followup.planning.ephemeris import DAY_S
from services.followup.programme import Programme
from services.followup.requests import Request, Requests, State, id_of
from sky.catalogues import Sky
from sky.messengers.events import LiveEvents

LOG: Final = logging.getLogger("gueststar.followup")

JUDGED: Final = "followup-judged"
"""Where the job publishes, in the ledger: every alert is judged once. There is no such topic."""
FAINTEST: Final = 30.0
"""Taken where an alert has no magnitude."""
INSIDE: Final = 0.999
"""An event without a name in the programme is the alert's cause within this credible level."""


@dataclass(frozen=True)
class Judged:
    """What the job tells its observers of a batch."""

    requests: Sequence[Request]
    """Those that are new, and those of which more is known."""
    received_unix_s: np.ndarray
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Came:
    """A batch, by which filters each alert was selected, and where each lies."""

    batch: AlertBatch
    selected: Sequence[frozenset[str]]
    messages: Sequence[Message]

    def place(self, row: int) -> str:
        """topic-partition-offset"""
        message = self.messages[int(self.batch.source_index[row])]
        return f"{message.topic}-{message.partition}-{message.offset}"


class FollowupJob:
    """A `broker.processor.Processor`."""

    def __init__(
        self,
        section: FollowupSection,
        programmes: Callable[[], dict[str, tuple[int, Programme]]],
        requests: Callable[[], Requests],
        *,
        sky: Sky,
        decoder: Decoder,
        judged: str,
        dead_letters: str,
        letters_bytes_max: int,
        clock: Clock,
        last: LastAlerts | None = None,
    ) -> None:
        """programmes: those that are active now; requests: those that are known now; judged: what
        the ledger calls that an alert was judged; last: is told where each alert lies."""
        self._section = section
        self._programmes = programmes
        self._requests = requests
        self._sky = sky
        self._decoder = decoder
        self._judged = judged
        self._dead_letters = dead_letters
        self._letters_bytes_max = letters_bytes_max
        self._clock = clock
        self._last = last
        self._given: dict[str, Given] = {}
        self._refused: set[str] = set()

    def process(self, messages: Sequence[Message]) -> Processed[Judged]:
        """Each alert is judged once by every programme, or dies once."""
        batch = self._decoder.decode([packet_of(each) for each in messages])
        notes = noted(batch)
        self._given = dict(scored(batch, notes, given=self._given).given)
        came = Came(batch, [frozenset(note["filters"]) for note in notes], messages)
        if self._last is not None:
            for row, object_id in enumerate(batch.object_id.tolist()):
                self._last.see(object_id, came.place(row))
        wanted = dict[str, Request]()
        for version, programme in self._programmes().values():
            wanted |= {one.id: one for one in self._of(version, programme, came)}
        changed = [*filter(None, map(self._news, wanted.values()))]
        dead = [DeadLetter(str(why), said, messages[at]) for at, why, said in batch.rejected]
        letters = [one.output(self._dead_letters, self._letters_bytes_max) for one in dead]
        records = [one.output(self._section.requests) for one in changed]
        return Processed(
            outputs=[*records, *letters],
            dead=dead,
            counts=self._counts(len(batch), dead, changed),
            outcome=Judged(changed, _received(messages)),
        )

    def _of(self, version: int, programme: Programme, came: Came) -> Iterator[Request]:
        """What one programme wants of a batch, in its order."""
        batch = came.batch
        try:
            priority = programme.priorities(batch, self._sky, came.selected)
            rows = np.flatnonzero(np.isfinite(priority)).tolist()
            fades = programme.fading(batch, self._sky) if rows else priority
        except FilterError as error:
            if programme.name not in self._refused:
                self._refused.add(programme.name)
                LOG.warning("%s", error)
            return
        events = self._events(programme, batch) if rows else {}
        ahead = foretold(batch, programme.observe.bands[0]) if not programme.fades else {}
        for row in rows:
            made = self._made(programme, version, batch, row)
            points, rate = ahead.get(row, ((), float(fades[row])))
            yield replace(
                made,
                priority=float(priority[row]),
                ahead=points,
                fades_mag_per_day=rate,
                origin=came.place(row),
                events=events.get(row, programme.events),
            )

    def _made(self, programme: Programme, version: int, batch: AlertBatch, row: int) -> Request:
        now = self._clock.now_s()
        object_id, magnitude = str(batch.object_id[row]), float(batch.magnitude[row])
        return Request(
            id=id_of(programme.name, object_id, 1),
            programme=programme.name,
            version=version,
            object_id=object_id,
            alert_id=str(batch.alert_id[row]),
            ra_deg=float(batch.ra_deg[row]),
            dec_deg=float(batch.dec_deg[row]),
            mjd=float(batch.mjd[row]),
            magnitude=magnitude if np.isfinite(magnitude) else FAINTEST,
            fades_mag_per_day=0.0,
            priority=0.0,
            visit=1,
            events=(),
            wanted_unix_s=now,
            not_before_unix_s=now,
            until_unix_s=now + programme.observe.days * DAY_S,
            state=State.WANTED,
            reason=f"alert {batch.alert_id[row]}",
            changed_unix_s=now,
        )

    def _events(self, programme: Programme, batch: AlertBatch) -> dict[int, tuple[str, ...]]:
        """By row the live events that it may be of, where the programme asks of any of them."""
        live = self._sky.events
        if programme.events or not programme.asks_any_event or not isinstance(live, LiveEvents):
            return {}
        alerts = Alerts(batch, self._sky)
        found: dict[int, list[str]] = {row: [] for row in range(len(batch))}
        for name in live.names:
            inside = alerts.messenger(name, "credible_level") < INSIDE
            for row in np.flatnonzero(inside).tolist():
                found[row].append(name)
        return {row: tuple(names) for row, names in found.items()}

    def _news(self, wanted: Request) -> Request | None:
        """What is to be written: a new one that is worth it, or newer numbers of an open one."""
        programme = self._programmes()[wanted.programme][1]
        for visit in range(programme.observe.visits, 0, -1):
            known = self._requests().get(id_of(wanted.programme, wanted.object_id, visit))
            if known is not None:
                newer = not known.is_final and wanted.mjd > known.mjd
                return renewed(known, wanted) if newer else None
        room = len(self._requests().open) < self._section.requests_max
        return wanted if room and wanted.priority >= programme.limits.priority_min else None

    def _counts(
        self, judged: int, dead: Sequence[DeadLetter], changed: Sequence[Request]
    ) -> Counts:
        asked = Counter(one.programme for one in changed)
        published = {self._judged: judged} if judged else {}
        details: dict[str, Any] = {"requests": asked} if asked else {}
        return Counts(published, Counter(one.reason for one in dead), details)


def renewed(known: Request, wanted: Request) -> Request:
    """A request with what a later alert says of its object."""
    return replace(
        known,
        priority=wanted.priority,
        magnitude=wanted.magnitude,
        fades_mag_per_day=wanted.fades_mag_per_day,
        ahead=wanted.ahead,
        alert_id=wanted.alert_id,
        mjd=wanted.mjd,
        origin=wanted.origin,
        sequence=known.sequence + 1,
    )


def _received(messages: Sequence[Message]) -> np.ndarray:
    times_ms = np.array([each.timestamp_ms for each in messages], np.float64)
    return np.where(times_ms < 0, np.nan, times_ms / 1e3)
