"""The law under hypothesis: whatever is drawn, every message ends once and the ledger balances."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from broker.errors import KafkaUnavailable, ProducerFenced, TransactionAborted
from broker.memory import Fault
from broker.observer import Phase
from broker.publishing import Publishing
from tests.broker.beside import AtOnce, AtRelease, AtTheEnd
from tests.broker.jobs import ALERTS, SHARED, WORDS, Job
from tests.broker.world import WORKING, Setup, Worker, World, killed, stopped, succeeded

Action = tuple[str, str, Phase] | tuple[str, str, float]

WORKERS = st.sampled_from(["one", "two", "three"])
ACTIONS = st.one_of(
    st.tuples(st.just("send"), st.sampled_from(["good", "bad", "large", "huge"]), st.just(0.0)),
    *[st.tuples(st.just("step"), WORKERS, st.just(0.0))] * 4,
    st.tuples(st.just("kill"), WORKERS, st.sampled_from(WORKING)),
    st.tuples(st.just("stop"), WORKERS, st.sampled_from(WORKING)),
    st.tuples(st.just("namesake"), WORKERS, st.sampled_from(WORKING)),
    st.tuples(st.just("succeed"), WORKERS, st.sampled_from(WORKING)),
    st.tuples(st.just("restart"), st.just(""), st.just(0.0)),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from([1.0, 12.0, 40.0])),
)
FAULTS = st.builds(
    Fault,
    at=st.sampled_from(["begin", "produce", "send_offsets", "commit", "abort"]),
    nth=st.integers(1, 12),
    error=st.sampled_from([TransactionAborted, ProducerFenced, KafkaUnavailable]),
)
LOST_ANSWERS = st.builds(
    Fault,
    at=st.just("commit"),
    nth=st.integers(1, 12),
    error=st.sampled_from([ProducerFenced, KafkaUnavailable]),
    applied=st.just(True),
)
"""A commit that was carried out. Kafka never answers it with an abort."""


class Night:
    """Does what hypothesis has drawn to a world."""

    def __init__(self, faults: list[Fault], session_s: float, setup: Setup) -> None:
        self.world = World(faults=faults, session_s=session_s, setup=setup)
        for kind in ("good", "bad", "good", "large", "huge", "good"):
            self.do(("send", kind, 0.0))

    def do(self, action: Action) -> None:
        """One action. What happens to a worker happens as it next enters a phase."""
        what, which, how = action
        if isinstance(how, Phase):
            self.worker(which).at[how] = self.happening(what, which)
        elif what == "send":
            for number in range(len(self.world.sent), len(self.world.sent) + 5):
                self.world.send(self.world.setup.job.message(number, which))
        elif what == "wait":
            self.world.clock.advance(how)
        elif what == "restart":
            self.world.kafka.restart()
            self.world.survey.restart()
        else:
            self.step(which)

    def happening(self, what: str, which: str) -> Callable[[Worker], None]:
        """For `Worker.at`."""
        if what == "kill":
            return killed
        if what == "stop":
            return stopped(15, self.step_all)
        if what == "succeed":
            return succeeded
        return lambda _: self.namesake(which)

    def namesake(self, name: str) -> None:
        """Another process of the name starts while the first is at work."""
        self.world.worker(name).step()

    def worker(self, name: str) -> Worker:
        """The living process of a name."""
        known = self.world.workers.get(name)
        return known if known is not None and known.alive else self.world.worker(name)

    def step_all(self) -> None:
        """One turn of each loop."""
        for name in ("one", "two", "three"):
            self.step(name)

    def step(self, name: str) -> None:
        """One turn of its loop."""
        self.worker(name).step()


@pytest.mark.parametrize("job", [ALERTS, SHARED, WORDS], ids=["alerts", "shared", "words"])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["same", "elsewhere"])
@settings(max_examples=200)
@given(
    st.lists(ACTIONS, min_size=10, max_size=60),
    st.lists(st.one_of(FAULTS, LOST_ANSWERS), max_size=8),
    st.sampled_from([5.0, 20.0]),
)
@example(
    [
        *[("send", "good", 0.0)] * 6,
        ("step", "one", 0.0),
        ("namesake", "one", Phase.OFFSETS_SENT),
        ("step", "one", 0.0),
        ("step", "two", 0.0),
    ],
    # Partitions are given back, and what says so is neither written nor aborted.
    [
        Fault("commit", 1, ProducerFenced, applied=True),
        Fault("produce", 9, TransactionAborted),
        Fault("abort", 1, KafkaUnavailable),
    ],
    5.0,
)
def test_the_law_holds_whatever_happens(
    job: Job, elsewhere: bool, actions: list[Action], faults: list[Fault], session_s: float
) -> None:
    uphold(Night(faults, session_s, Setup(elsewhere=elsewhere, job=job)), actions)


@pytest.mark.parametrize("publishing", [AtOnce, AtTheEnd, AtRelease])
@settings(max_examples=200)
@given(
    st.lists(ACTIONS, min_size=10, max_size=60),
    st.lists(st.one_of(FAULTS, LOST_ANSWERS), max_size=8),
    st.sampled_from([5.0, 20.0]),
    st.sampled_from([ALERTS, SHARED]),
)
def test_the_law_holds_while_the_next_batch_is_processed(
    publishing: type[Publishing],
    actions: list[Action],
    faults: list[Fault],
    session_s: float,
    job: Job,
) -> None:
    uphold(Night(faults, session_s, Setup(publishing=publishing, job=job)), actions)


def uphold(night: Night, actions: list[Action]) -> None:
    """Do all of that, let the night end, and look at what came of it."""
    for action in actions:
        night.do(action)
    for worker in night.world.workers.values():
        worker.at.clear()
    night.world.drain(["one", "two", "three"])
    night.world.check_law()
