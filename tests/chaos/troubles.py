"""What befalls a night beside the workers' dooms: Kafka dies, the network is cut, workers are away.

A stranger adds one more kind as one more method of `Troubles` that is named in `Plan.troubles`.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Generator, Iterator, Sequence

from tests.chaos.lives import Worker
from tests.chaos.proxy import Cut, Proxy
from tests.chaos.sites import SESSION_S, Site

Course = Iterator[None]
"""A trouble as it goes: one step with each tick of the night, until it is over."""

BRIEF_S = (0.3, SESSION_S - 2)
LONG_S = (SESSION_S + 1, SESSION_S + 5)
"""For so long: the group gives the partitions of who is not heard of to others."""


class Troubles:
    """All kinds, by the names of the methods; what chance decides in the n-th follows from n."""

    def __init__(self, site: Site, workers: Sequence[Worker], seed: int) -> None:
        self._site = site
        self._workers = workers
        self._seed = seed
        self._begun = 0

    def begun(self, name: str) -> Course:
        """One of that name."""
        self._begun += 1
        course: Course = getattr(self, name)(random.Random(f"{self._seed} {self._begun}"))
        return course

    def kafka_killed(self, _: random.Random) -> Course:
        """Ours dies by `kill -9` and comes back."""
        self._site.ours.kill()
        self._site.ours.restart()
        yield

    def ours_cut_briefly(self, rng: random.Random) -> Course:
        """The network to ours, for less than a session."""
        return self._cut(rng, self._site.ours_by, BRIEF_S)

    def ours_cut_for_long(self, rng: random.Random) -> Course:
        """The network to ours, for longer."""
        return self._cut(rng, self._site.ours_by, LONG_S)

    def survey_cut_briefly(self, rng: random.Random) -> Course:
        """The network to the survey's, for less than a session."""
        return self._cut(rng, self._site.survey_by, BRIEF_S)

    def survey_cut_for_long(self, rng: random.Random) -> Course:
        """The network to the survey's, for longer."""
        return self._cut(rng, self._site.survey_by, LONG_S)

    def worker_leaves_and_joins(self, rng: random.Random) -> Course:
        """One ends in order, its partitions go to the other, and it comes again."""
        return self._away(rng, signal.SIGTERM)

    def worker_vanishes_and_joins(self, rng: random.Random) -> Course:
        """The same, but it is killed."""
        return self._away(rng, signal.SIGKILL)

    def worker_stands_still(self, rng: random.Random) -> Course:
        """One is stopped while its partitions go to the other, and then goes on as it was."""
        for_s = rng.uniform(*LONG_S)
        worker = yield from self._found(rng)
        worker.is_away = True
        worker.signal(signal.SIGSTOP)
        yield from self._taken_over(worker, for_s)
        worker.goes_on()
        worker.is_away = False

    def _cut(
        self, rng: random.Random, network: Proxy | None, range_s: tuple[float, float]
    ) -> Course:
        assert network is not None, "no network can be cut here"
        how, for_s = rng.choice(list(Cut)), rng.uniform(*range_s)
        return _cut(network, how, for_s)

    def _away(self, rng: random.Random, sign: signal.Signals) -> Course:
        """It is started again for the doom that it had, after its partitions went."""
        for_s = rng.uniform(*LONG_S)
        while True:
            worker = yield from self._found(rng)
            worker.is_away = True
            worker.signal(sign)
            while not worker.has_died():
                yield
            if worker.has_left() or sign is signal.SIGKILL:
                break
            worker.is_away = False  # its doom came first: that was a death like others
        yield from self._taken_over(worker, for_s)
        worker.start(worker.doom)
        worker.is_away = False

    def _found(self, rng: random.Random) -> Generator[None, None, Worker]:
        """A worker that has published, by chance, once there is one and no other is away."""
        while any(each.is_away for each in self._workers) or not (
            there := [each for each in self._workers if each.hears() and each.published_of()]
        ):
            yield
        return rng.choice(there)

    def _taken_over(self, worker: Worker, for_s: float) -> Course:
        """For so long, and until another has published of the partitions that were its."""
        since_s, its = time.time(), worker.published_of()
        yield from _lasting(for_s)
        others = [each for each in self._workers if each is not worker]
        while not any(its & batch for each in others for batch in each.published_since(since_s)):
            yield


def _cut(network: Proxy, how: Cut, for_s: float) -> Course:
    while network.is_cut:
        yield
    network.cut(how)
    yield from _lasting(for_s)
    network.heal()


def _lasting(for_s: float) -> Course:
    until_s = time.monotonic() + for_s
    while time.monotonic() < until_s:
        yield
