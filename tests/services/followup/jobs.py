"""Thousands of requests through a tracker that is killed again and again, over a lossy network."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from broker.clock import ManualClock
from broker.memory import MemoryControlTopic, MemoryKafka, MemorySink
from broker.ports import Output
from services.followup.journal import SinkJournal
from services.followup.requests import Request, Requests, State, id_of
from services.followup.tracker import Patience, Tracker
from tests.killed import Doom, Killed
from tests.services.followup.portals import Lossy, Portal

TOPIC = "requests"
LOG = logging.getLogger("gueststar.followup.test")
LATE_S = 40.0
"""How long what is delayed takes; the tracker settles after SETTLE_S."""
SETTLE_S = 60.0
STEP_S = 20.0
SITES = ("north", "south", "east", "west")


class Fragile:
    """A telescope, or a journal, in whose calls the job may die: before it acts, or after."""

    def __init__(self, inner: object, doom: Doom) -> None:
        self._inner, self._doom = inner, doom

    def __getattr__(self, name: str) -> object:
        call = getattr(self._inner, name)

        def fragile(*arguments: object) -> object:
            self._doom()
            answer = call(*arguments)
            self._doom()
            return answer

        return fragile


@dataclass
class Told:
    """What is known at the end."""

    requests: dict[str, Request]
    observed: Counter[str]
    faults: Counter[str]
    kills: int
    records: int
    returned: Counter[str]


class World:
    """Kafka, four sites, a clock, and a seed that decides everything."""

    def __init__(self, wanted: int, kills: int, seed: int) -> None:
        self.draw = np.random.default_rng(seed)
        self.clock = ManualClock(now_s=1_800_000_000.0)
        self.kafka = MemoryKafka(self.clock)
        for topic in (TOPIC, "returned"):
            self.kafka.create_topic(topic)
        self.portals = {name: Portal() for name in SITES}
        self.sites = {
            name: Lossy(portal, self.draw, self.clock.now_s)
            for name, portal in self.portals.items()
        }
        self.wanted, self.kills = wanted, kills
        self.deaths = 0

    def run(self) -> Told:
        """Until every request has ended."""
        self._intend()
        each = max(2, 5 * self.wanted // max(self.kills, 1))
        while self.deaths < self.kills:
            try:
                self._live(Doom(int(self.draw.integers(1, each))))
            except Killed:
                self.deaths += 1
            else:
                break
        self._live(Doom(None))
        store = Requests()
        store.learn(MemoryControlTopic(self.kafka, TOPIC).present(), LOG)
        returned = Counter((one.key or b"").decode() for one in self.kafka.read("returned"))
        observed, faults = Counter[str](), Counter[str]()
        for name in SITES:
            observed += self.portals[name].observed
            faults += self.sites[name].faults
        records = len(self.kafka.read(TOPIC))
        return Told(dict(store.all), observed, faults, self.deaths, records, returned)

    def _intend(self) -> None:
        sink = MemorySink(self.kafka, name="followup")
        sink.rebuild()
        now = self.clock.now_s()
        SinkJournal(sink, TOPIC).write([wanted(number, now) for number in range(self.wanted)])

    def _live(self, doom: Doom) -> None:
        """One process: it takes the name, reads what there is, and goes on."""
        sink = MemorySink(self.kafka, name="followup")
        sink.rebuild()
        store = Requests()
        store.learn(MemoryControlTopic(self.kafka, TOPIC).present(), LOG)
        tracker = Tracker(
            store,
            {name: Fragile(site, doom) for name, site in self.sites.items()},  # type: ignore[misc]
            Fragile(SinkJournal(sink, TOPIC), doom),  # type: ignore[arg-type]
            Patience(poll_s=10.0, settle_s=SETTLE_S, attempts_max=12, calls_max=1_000),
            lambda request, _results: [Output("returned", request.id.encode(), b"{}")],
        )
        while store.open:
            self._night(store, tracker)

    def _night(self, store: Requests, tracker: Tracker) -> None:
        """A while: some are asked for, some withdrawn, some observed."""
        self.clock.sleep(STEP_S)
        now = self.clock.now_s()
        for site in self.sites.values():
            site.tick(LATE_S)
        ready = [one for one in store.open if one.state is State.WANTED]
        tracker.submit([self._planned(one, now) for one in ready[:300]], now)
        taken = [one for one in store.open if self.draw.random() < 0.02]
        tracker.withdraw(taken, "by chance", now, replan=bool(self.draw.random() < 0.7))
        self._observe()
        tracker.step(now)

    def _planned(self, one: Request, now: float) -> Request:
        left = [name for name in SITES if name not in one.barred] or [*SITES]
        site = left[int(self.draw.integers(len(left)))]
        return replace(one, site=site, begin_unix_s=now, end_unix_s=now + 300.0)

    def _observe(self) -> None:
        for portal in self.portals.values():
            portal.expire(self.clock.now_s())
            for group in portal.groups.values():
                if group.state is State.PENDING and self.draw.random() < 0.1:
                    portal.observe(group.reference)


def wanted(number: int, now: float, **changes: object) -> Request:
    """A request that a programme wants, as the job writes it first."""
    name = f"ZTF{number:06d}"
    found = Request(
        id=id_of("test", name, 1),
        programme="test",
        version=1,
        object_id=name,
        alert_id=str(number),
        ra_deg=150.0,
        dec_deg=-10.0,
        mjd=61_000.0,
        magnitude=18.5,
        fades_mag_per_day=0.0,
        priority=1.0,
        visit=1,
        events=(),
        wanted_unix_s=now,
        not_before_unix_s=now,
        until_unix_s=now + 864_000.0,
        state=State.WANTED,
        reason="wanted",
        changed_unix_s=now,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def faults_of(told: Told) -> Sequence[str]:
    """What breaks the promise: asked twice, forgotten, or told wrongly; none of a good run."""
    found = [
        f"{name} was observed {times} times" for name, times in told.observed.items() if times > 1
    ]
    for name, request in told.requests.items():
        done = request.state is State.COMPLETED
        if not request.is_final:
            found.append(f"{name} was forgotten at {request.state}")
        if done != (told.observed[name] == 1):
            found.append(f"{name} is {request.state}, and was observed {told.observed[name]} times")
        if done != (told.returned[name] == 1):
            found.append(f"what came back of {name} was published {told.returned[name]} times")
    return found
