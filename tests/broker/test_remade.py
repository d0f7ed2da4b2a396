"""The law under hypothesis where topics come and go: each life of a topic is read whole, or ends.

A stranger adds a way in which a topic may change as one more of `CHANGES`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.errors import ProducerFenced, TransactionAborted
from broker.memory import Fault, MemoryKafka
from broker.observer import Phase
from broker.ports import Partition, PartitionLife
from tests.broker.fakes import packet
from tests.broker.world import WORKING, Setup, Worker, World, killed

INPUTS = ("survey", "second")
WORKERS = ("one", "two")
SESSION_S = 5.0
TURNS_MAX = 600

Change = Callable[[MemoryKafka, str, int], None]


def remake(kafka: MemoryKafka, topic: str, partitions: int) -> None:
    """In one breath."""
    if topic in kafka.topics:
        kafka.remake_topic(topic, partitions=partitions)


def remake_twice(kafka: MemoryKafka, topic: str, partitions: int) -> None:
    """In one breath, with a life between that nobody ever saw."""
    for _ in range(2):
        remake(kafka, topic, partitions)


def delete(kafka: MemoryKafka, topic: str, _: int) -> None:
    """Until it is made anew."""
    if topic in kafka.topics:
        kafka.delete_topic(topic)


def create(kafka: MemoryKafka, topic: str, partitions: int) -> None:
    """Where it is not."""
    if topic not in kafka.topics:
        kafka.create_topic(topic, partitions=partitions)


def grow(kafka: MemoryKafka, topic: str, partitions: int) -> None:
    """More partitions."""
    if topic in kafka.topics:
        kafka.add_partitions(topic, partitions)


CHANGES = (remake, remake_twice, delete, create, grow)


class Sent(NamedTuple):
    """Where an alert was put, and in which life of the topic."""

    where: PartitionLife
    offset: int


class Night:
    """Two workers, two topics, and what was sent to each life of them."""

    def __init__(self, faults: list[Fault], topics: tuple[str, ...]) -> None:
        self.world = World(faults=faults, session_s=SESSION_S, setup=Setup(topics=topics))
        self.world.kafka.create_topic("second", partitions=1)
        self.sent: dict[int, Sent] = {}

    def send(self, topic: str, count: int) -> None:
        """So many more alerts, where the topic is."""
        kafka = self.world.kafka
        for number in range(len(self.sent), len(self.sent) + count * (topic in kafka.topics)):
            message = kafka.publish(topic, packet(number))
            life = kafka.topic_id(topic)
            assert life
            where = PartitionLife(topic, message.partition, life)
            self.sent[number] = Sent(where, message.offset)

    def worker(self, name: str) -> Worker:
        """The living process of a name."""
        known = self.world.workers.get(name)
        return known if known is not None and known.alive else self.world.worker(name)

    def step(self, name: str) -> None:
        """One turn of a worker's loop."""
        self.worker(name).step()

    def meet(self, name: str, phase: Phase, happening: Callable[[Worker], None]) -> None:
        """Let it happen as the worker next enters the phase."""
        self.worker(name).at[phase] = happening

    def change(self, change: Change, topic: str, partitions: int) -> None:
        """A topic changes; some alerts come to it at once."""
        change(self.world.kafka, topic, partitions)
        self.send(topic, 5 * partitions)

    def drain(self) -> None:
        """Let both go on until all that the topics hold now is consumed."""
        for name in INPUTS:
            create(self.world.kafka, name, 1)
        for worker in self.world.workers.values():
            worker.at.clear()
        for _ in range(TURNS_MAX):
            if self.is_consumed():
                return self.world.settle()
            for name in WORKERS:
                self.worker(name).step()
            self.world.clock.advance(0.5)
        raise AssertionError("the workers do not come to the ends of the topics")

    def is_consumed(self) -> bool:
        """Whether the group has committed all of the present lives."""
        committed = self.world.kafka.committed["g"]
        return all(
            (known := committed.get(Partition(*each.where[:2]))) is not None
            and known.life == each.where.life
            and known.offset > each.offset
            for each in self.living()
        )

    def living(self) -> list[Sent]:
        """What was sent to the present lives."""
        present = {name: self.world.kafka.topic_id(name) for name in INPUTS}
        return [each for each in self.sent.values() if each.where.life == present[each.where.topic]]

    def counted(self) -> Counter[Sent]:
        """What the ledger says was consumed."""
        return Counter(
            Sent(PartitionLife(part.topic, part.partition, part.life), offset)
            for entry in self.world.ledger()
            for part in entry.ranges
            for offset in range(part.start, part.end)
            if not any(gap.start <= offset < gap.end for gap in part.gaps)
        )

    def check(self) -> None:
        """All of the present lives, and of those that are over what the ledger says: once each."""
        published = Counter(self.world.enriched())
        assert published == Counter(set(published)), "nothing is published twice"
        counted = self.counted()
        assert counted == Counter(self.sent[number] for number in published)
        assert set(self.living()) <= set(counted), "the present lives are read whole"
        sums = self.world.balance()
        assert sums.imbalances == ()
        assert sums.consumed == sums.published == len(published)
        assert sums.uncounted <= len(self.sent) - len(published)


Action = Callable[[Night], None]


def sends(topic: str, count: int) -> Action:
    """The survey sends so many alerts."""
    return lambda night: night.send(topic, count)


def steps(name: str) -> Action:
    """A worker's turn."""
    return lambda night: night.step(name)


def kills(name: str, phase: Phase) -> Action:
    """A worker is killed as it next enters a phase."""
    return lambda night: night.meet(name, phase, killed)


def waits(seconds: float) -> Action:
    """Time passes."""
    return lambda night: night.world.clock.advance(seconds)


def changes(change: Change, topic: str, partitions: int) -> Action:
    """A topic changes, and alerts come to it, between two turns."""
    return lambda night: night.change(change, topic, partitions)


def changes_within(change: Change, topic: str, partitions: int, name: str, phase: Phase) -> Action:
    """The same as a worker next enters a phase."""
    return lambda night: night.meet(name, phase, lambda _: night.change(change, topic, partitions))


INPUT, WORKER = st.sampled_from(INPUTS), st.sampled_from(WORKERS)
CHANGE, PARTITIONS = st.sampled_from(CHANGES), st.integers(1, 3)
ACTIONS = st.one_of(
    *[st.builds(steps, WORKER)] * 4,
    st.builds(sends, INPUT, st.integers(1, 12)),
    st.builds(kills, WORKER, st.sampled_from(WORKING)),
    st.builds(waits, st.sampled_from([1.0, 8.0, 40.0])),
    st.builds(changes, CHANGE, INPUT, PARTITIONS),
    st.builds(changes_within, CHANGE, INPUT, PARTITIONS, WORKER, st.sampled_from(WORKING)),
)
CALL = st.sampled_from(["begin", "produce", "send_offsets", "commit"])
FAULTS = st.one_of(
    st.builds(Fault, at=CALL, nth=st.integers(1, 12), error=st.just(TransactionAborted)),
    st.builds(
        Fault,
        at=CALL,
        nth=st.integers(1, 12),
        error=st.just(ProducerFenced),
        applied=st.booleans(),
    ),
)


@settings(max_examples=200)
@given(
    st.lists(ACTIONS, min_size=10, max_size=60),
    st.lists(FAULTS, max_size=4),
    st.sampled_from([INPUTS, ("^s",)]),
)
def test_each_life_of_a_topic_is_read_whole_or_is_over(
    actions: list[Action], faults: list[Fault], topics: tuple[str, ...]
) -> None:
    night = Night(faults, topics)
    for action in actions:
        action(night)
    night.drain()
    night.check()


def test_what_a_dead_worker_left_open_hides_nothing_in_the_end() -> None:
    night = Night([], INPUTS)
    actions = [
        steps("two"),
        *[steps("one")] * 4,
        kills("two", Phase.OFFSETS_SENT),
        changes(remake, "second", 2),
        changes_within(remake, "second", 1, "one", Phase.POLLING),
        steps("two"),
        steps("one"),
    ]
    for action in actions:
        action(night)
    night.drain()
    night.check()
