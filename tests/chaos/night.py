"""A chaotic night: alerts flow, two workers are killed and spoilt in turn, and troubles come."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from confluent_kafka import Producer

from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.observer import Phase
from tests.chaos.doom import Doom, Event, Spoiler
from tests.chaos.lives import Death, Worker
from tests.chaos.sites import Site
from tests.chaos.troubles import Course, Troubles

PHASES = (Phase.POLLING, Phase.SCORING, Phase.OPEN, Phase.OFFSETS_SENT, Phase.COMMITTING)
AIM = {Phase.SCORING: 0.003, Phase.COMMITTING: 0.002}
"""At most so many seconds after entering a phase; at once in the phases that pass at once, and in
the first round, as on a loaded machine a phase may be over by then."""

LIFE_S_MAX = 1.5
"""How long a worker may work before it is killed."""
SPOILT_S = 2.0
"""What a spoilt transaction takes at the most, with the pause after it and but for the stall."""
IN_FLIGHT_MAX = 2_000
PARTITIONS = 4
TICK_S = 0.02
TRANSACTION_TIMEOUT_MS = 2_000
STALL_S = 13.0
"""Kafka looks for transactions that have timed out every 10 s. To have it look more often is no
way out: a node that looks before it has loaded its topics takes them for deleted, and leaves what
was open in them open for ever (seen with 4.3 after a `kill -9` of the server)."""

NIGHT_S_MAX = 600.0
KILL_S_MAX = 6.0
TROUBLE_S_MAX = 12.0
"""How long a night may be at the most: itself, and so much more by each kill and each trouble."""


@dataclass
class Record:
    """What was done to the workers, and what they did."""

    deaths: list[Death] = field(default_factory=list)
    events: dict[str, list[Event]] = field(default_factory=dict)
    troubles: Counter[str] = field(default_factory=Counter)
    """By name."""
    given_up: int = 0
    """How often a worker's patience with Kafka was over, and it was started anew."""

    def by_phase(self) -> Counter[str]:
        """Kills by the phase that the dead process had recorded."""
        return Counter(str(death.phase) for death in self.deaths)

    def aborts(self) -> Counter[str]:
        """Given-up transactions by their error."""
        events = (event for diary in self.events.values() for event in diary)
        return Counter(event.what.split(":")[0] for event in events if event.kind == "aborted")

    def recoveries_s(self) -> list[float]:
        """For each kill, the time until the same worker published again."""
        return [
            min(after) - death.killed_unix_s
            for death in self.deaths
            if (after := self._published_after(death))
        ]

    def recovery_s_median(self) -> float:
        """Of all kills."""
        return statistics.median(self.recoveries_s())

    def _published_after(self, death: Death) -> list[float]:
        return [
            event.unix_s
            for event in self.events[death.worker]
            if event.kind == "published" and event.unix_s > death.killed_unix_s
        ]


@dataclass(frozen=True)
class Plan:
    """How chaotic the night shall be. Everything else follows from the seed."""

    kills: int
    spoilt_lives: int
    """Lives in each of which transactions are made to fail, as each `Spoiler` in turn."""
    spoilt_each: int
    seed: int
    troubles: Mapping[str, int] = field(default_factory=dict)
    """How many of each kind, by the names of the methods of `Troubles`."""

    def drawn(self) -> list[str]:
        """The troubles' names, in an order of chance."""
        names = [name for name, times in self.troubles.items() for _ in range(times)]
        random.Random(self.seed).shuffle(names)
        return names

    @property
    def night_s_max(self) -> float:
        """After how long something must be wrong, however busy the machine is."""
        troubles = sum(self.troubles.values())
        return NIGHT_S_MAX + KILL_S_MAX * self.kills + TROUBLE_S_MAX * troubles

    def dooms(self) -> list[Doom]:
        """The workers' lives, in the order in which they are handed out."""
        rng = random.Random(self.seed)
        rounds = [divmod(number, len(PHASES)) for number in range(self.kills)]
        lives = [_death(rng, PHASES[at], at_once=turn == 0) for turn, at in rounds]
        spoilers = [each for each in Spoiler if each is not Spoiler.NONE]
        for number, at in enumerate(rng.sample(range(len(lives)), self.spoilt_lives)):
            lives[at] = _spoilt(lives[at], spoilers[number % len(spoilers)], self.spoilt_each)
        return lives


def _death(rng: random.Random, phase: Phase, *, at_once: bool) -> Doom:
    return Doom(
        phase=phase,
        after_s=rng.uniform(0, LIFE_S_MAX),
        delay_s=rng.uniform(0, AIM[phase]) if phase in AIM and not at_once else 0.0,
    )


def _spoilt(doom: Doom, spoiler: Spoiler, times: int) -> Doom:
    """The same end, but its first transactions fail before it."""
    stalled_s = times * (SPOILT_S + (STALL_S if spoiler is Spoiler.TIME_OUT else 0.0))
    return replace(
        doom,
        after_s=doom.after_s + stalled_s,
        spoiler=spoiler,
        times=times,
        stall_s=STALL_S,
    )


class Feed:
    """Sends packets at a steady pace while the workers keep up, so that alerts flow all night."""

    def __init__(self, bootstrap: str, packets: Sequence[bytes], *, alerts_per_s: float) -> None:
        self._alerts_per_s = alerts_per_s
        self._producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
        self._packets = packets
        self._sent = 0
        self._due = 0.0
        self._asked_s = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Everything was sent."""
        return self._sent == len(self._packets)

    def keep_up(self, behind: int) -> None:
        """Send what is due, unless many are on their way; the last third ever slower.

        So there are always some to come: a worker may be doomed to die over an alert.
        """
        now_s, left = time.monotonic(), 1 - self._sent / len(self._packets)
        alerts_per_s = self._alerts_per_s * min(1.0, 3 * left)
        self._due = min(self._due + alerts_per_s * (now_s - self._asked_s), IN_FLIGHT_MAX - behind)
        self._asked_s = now_s
        while self._due >= 1 and not self.is_over:
            self._send()
            self._due -= 1

    def _send(self) -> None:
        value = self._packets[self._sent]
        self._producer.produce("survey", value=value, partition=self._sent % PARTITIONS)
        self._producer.poll(0)
        self._sent += 1

    def finish(self) -> None:
        """Send the rest at once, and wait until Kafka has it all."""
        while not self.is_over:
            self._send()
        assert self._producer.flush(60) == 0, "Kafka did not take every alert"


class Night:
    """Two workers, their dooms, the feed, and where all of this happens."""

    def __init__(self, site: Site, folder: Path, feed: Feed, plan: Plan) -> None:
        config = folder / "chaos.toml"
        config.write_text(site.config)
        self._feed = feed
        self._plan = plan
        self._dooms = plan.dooms()
        self._workers = [Worker(name, config, folder) for name in ("one", "two")]
        self._troubles = Troubles(site, self._workers, plan.seed)
        self._to_come = list(zip(_spread(plan.drawn(), plan.kills), plan.drawn(), strict=True))
        self._courses: list[Course] = []
        self._backlog = site.backlog()
        self.record = Record()

    def run(self) -> Record:
        """Until every doom is met, every alert is sent, and the workers have nothing left."""
        deadline_s = time.monotonic() + self._plan.night_s_max
        try:
            self._kill_and_spoil(deadline_s)
            self._feed.finish()
            self._finish(deadline_s)
        finally:
            self._backlog.close()
            for worker in self._workers:
                worker.end()
        return self.record

    def _kill_and_spoil(self, deadline_s: float) -> None:
        for worker in self._workers:
            worker.start(self._next())
        while len(self.record.deaths) < self._plan.kills or self._courses:
            self._require_time(deadline_s)
            self._feed.keep_up(self._backlog.lately())
            self._tend()
            self._trouble()
            time.sleep(TICK_S)

    def _require_time(self, deadline_s: float) -> None:
        if time.monotonic() > deadline_s:
            accounts = "\n".join(worker.account() for worker in self._workers)
            raise AssertionError(
                f"the night is too long, {self._backlog.lately()} alerts are to come:"
                f" {self.record}\n{accounts}"
            )

    def _next(self) -> Doom:
        return self._dooms.pop(0) if self._dooms else Doom()

    def _tend(self) -> None:
        for worker in self._workers:
            if not worker.has_died() or worker.is_away:
                continue
            if worker.gave_up():
                self.record.given_up += 1
                worker.start(worker.doom)
            else:
                self.record.deaths.append(worker.bury())
                worker.start(self._next())

    def _trouble(self) -> None:
        """Begin what is due, and go on with what has begun."""
        while self._to_come and len(self.record.deaths) >= self._to_come[0][0]:
            _, name = self._to_come.pop(0)
            self._courses.append(self._troubles.begun(name))
            self.record.troubles[name] += 1
        self._courses = [course for course in self._courses if _goes_on(course)]

    def _finish(self, deadline_s: float) -> None:
        while self._backlog.messages():
            self._require_time(deadline_s)
            self._tend()
            time.sleep(TICK_S)
        for worker in self._workers:
            worker.stop()
            self.record.events[worker.name] = worker.events()


def _goes_on(course: Course) -> bool:
    over = object()
    return next(course, over) is not over


def provide_survey_topic(bootstrap: str) -> None:
    """The topic that the night's alerts come on."""
    KafkaAdmin(Connection(bootstrap)).create([TopicSettings("survey", PARTITIONS)])


def _spread(what: Sequence[str], over: int) -> list[int]:
    """At which numbers of deaths, evenly over the night."""
    return [over * (number + 1) // (len(what) + 1) for number in range(len(what))]
