"""What befalls a night beside the workers' dooms: Kafka dies, networks fail, workers are away.

A stranger adds one more kind as one more method of `Troubles` that is named in `Plan.troubles`;
one of a network's as one more of `tests/chaos/proxy.py`.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Generator, Iterator, Sequence

from kafka_node.jars import HELD
from kafka_node.node import FEATURES
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
        rng = random.Random(f"{self._seed} {self._begun}")
        course: Course = (
            self._network_fails(rng, Cut(name)) if name in set(Cut) else getattr(self, name)(rng)
        )
        return course

    def kafka_killed(self, _: random.Random) -> Course:
        """Ours dies by `kill -9` and comes back."""
        self._site.ours.kill()
        self._site.ours.restart()
        yield

    def kafka_upgraded(self, _: random.Random) -> Course:
        """Ours ends in order and goes on with its data as the newest; then that is made final."""
        self._site.ours.restart(HELD[-1])
        yield
        minor = HELD[-1].rpartition(".")[0]
        self._site.ours.tool(FEATURES, "upgrade", "--release-version", minor)

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

    def _network_fails(self, rng: random.Random, how: Cut) -> Course:
        """That to one of the Kafkas, for less than a session or for longer."""
        network = rng.choice(self._site.networks)
        return _cut(network, how, rng.uniform(*rng.choice((BRIEF_S, LONG_S))))

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
