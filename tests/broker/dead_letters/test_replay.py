"""Letters are sent again once each, whatever ends a replay and whoever replays beside it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest

from broker.clock import ManualClock
from broker.dead_letters import DeadLetter, replay
from broker.dead_letters.replay import Choice, Replay, Replayed, marks
from broker.errors import (
    KafkaUnavailable,
    OffsetGap,
    ProducerFenced,
    TooManyAborts,
    TransactionAborted,
)
from broker.memory import Fault, MemoryKafka, MemorySink
from broker.memory.faults import Call
from broker.ports import Message, Output, Partition, Sink
from schemas.errors import BrokerError
from tests.killed import Killed

SEEDS = 60
RUNS_MAX = 40
SURVEY, LETTERS, REPLAYED = "survey", "letters", "replayed"
REASONS = ("unknown schema", "truncated")
ROOM = {True: 100_000, False: 0}


@dataclass
class Beside:
    """A sink before whose nth call of some kind something else happens."""

    sink: MemorySink
    at: str
    nth: int
    happens: Callable[[], None]
    calls: Counter[str] = field(default_factory=Counter)

    def _count(self, call: str) -> None:
        self.calls[call] += 1
        if call == self.at and self.calls[call] == self.nth:
            self.happens()

    def rebuild(self) -> None:
        self._count("rebuild")
        self.sink.rebuild()

    def begin(self) -> None:
        self._count("begin")
        self.sink.begin()

    def produce(self, outputs: Sequence[Output]) -> None:
        self._count("produce")
        self.sink.produce(outputs)

    def commit(self) -> None:
        self._count("commit")
        self.sink.commit()
        self._count("committed")

    def abort(self) -> None:
        self._count("abort")
        self.sink.abort()

    def send_offsets(self, offsets: Mapping[Partition, int], group: object) -> None:
        pytest.fail("a replay consumes nothing")

    def bytes_max(self, topic: str) -> int:
        return self.sink.bytes_max(topic)

    def close(self) -> None:
        self.sink.close()

    def kill(self) -> None:
        self.sink.kill()


class Night:
    """A survey's topic, and the letters of what died of it."""

    def __init__(self, *, faults: tuple[Fault, ...] = ()) -> None:
        self.clock = ManualClock()
        self.kafka = MemoryKafka(self.clock, faults=faults)
        for topic in (SURVEY, LETTERS, REPLAYED):
            self.kafka.create_topic(topic, partitions=2)

    def dies(self, packet: bytes, *, held: bool = True, reason: str = REASONS[0]) -> Message:
        """A packet that died; `held`: its letter holds it."""
        headers = (("producer_timestamp", b"1700"),)
        message = self.kafka.publish(SURVEY, packet, key=packet[:3], headers=headers)
        letter = DeadLetter(reason, "schema id 1200", message)
        self.kafka.publish(LETTERS, letter.encode(ROOM[held]), key=letter.key)
        return message

    def replay(self, sink: Sink | None = None, *, withheld: bool = False) -> Replay:
        """One operator's."""
        return Replay(
            read_all=lambda: self.kafka.read(LETTERS),
            fetch=self.fetch,
            sink=sink or self.sink(),
            letters_topic=LETTERS,
            to=REPLAYED,
            by="ada@observatory",
            clock=self.clock,
            withheld=withheld,
        )

    def sink(self) -> MemorySink:
        return MemorySink(self.kafka, name=f"{LETTERS}-replay")

    def fetch(self, partition: Partition, offset: int) -> Message | None:
        if not self.kafka.holds(partition):
            return None
        try:
            found = self.kafka.log(partition).read(offset, 1, 2**62).messages
        except OffsetGap:
            return None
        return found[0] if found and found[0].offset == offset else None

    def sent(self) -> list[bytes]:
        """What a reader of committed messages finds."""
        return [message.value for message in self.kafka.read(REPLAYED)]


def test_each_letter_is_sent_as_it_came_and_marked() -> None:
    night = Night()
    died = [night.dies(f"{n:03} packet".encode(), held=n % 2 == 0) for n in range(250)]
    assert night.replay().run(Choice()) == Replayed(sent=250)
    sent = night.kafka.read(REPLAYED)
    assert {each[4:] for each in sent} == {each[4:] for each in died}
    assert len(sent) == 250
    found = marks(night.kafka.read(LETTERS))
    assert {(each.to, each.by) for each in found.values()} == {(REPLAYED, "ada@observatory")}
    assert len(found) == 250


def test_a_second_replay_sends_nothing() -> None:
    night = Night()
    night.dies(b"one")
    night.replay().run(Choice())
    night.dies(b"two")
    assert night.replay().run(Choice()) == Replayed(sent=1, sent_before=1)
    assert night.replay().run(Choice()) == Replayed(sent_before=2)
    assert sorted(night.sent()) == [b"one", b"two"]


def test_a_mark_stands_in_its_letters_partition_behind_it() -> None:
    night = Night()
    for n in range(40):
        night.dies(f"{n:03}".encode())
    night.replay().run(Choice())
    places = {each.key: (each.partition, each.offset) for each in night.kafka.read(LETTERS)}
    for key, (partition, offset) in places.items():
        if key is not None and not key.startswith(b"replayed "):
            mark = places[b"replayed " + key]
            assert mark[0] == partition
            assert mark[1] > offset


def test_only_what_is_chosen_is_sent_and_the_rest_may_be_later() -> None:
    night = Night()
    began_ms = int(night.clock.now_s() * 1e3)
    for n in range(20):
        night.dies(f"{n:03}".encode(), reason=REASONS[n % 2])
        night.clock.advance(1)
    chosen = Choice(reasons=("truncated",), since_ms=began_ms + 10_000)
    assert night.replay().run(chosen, limit=2).sent == 2
    assert set(night.sent()) < {b"011", b"013", b"015", b"017", b"019"}
    assert night.replay().run(chosen, limit=100) == Replayed(sent=3, sent_before=2)
    assert night.replay().run(Choice(reasons=("unknown schema: schema id",))).sent == 10
    assert night.replay().run(Choice(topic="another")) == Replayed()
    assert night.replay().run(Choice(until_ms=began_ms + 4000)) == Replayed(sent=2, sent_before=2)
    assert night.replay().run(Choice()).sent == 3
    assert Counter(night.sent()) == Counter(f"{n:03}".encode() for n in range(20))


def test_what_retention_forgot_is_said_and_nothing_else_is_sent_for_it() -> None:
    night = Night()
    gone, kept = night.dies(b"gone", held=False), night.dies(b"kept", held=True)
    night.kafka.forget(Partition(SURVEY, gone.partition), before=gone.offset + 1)
    done = night.replay().run(Choice())
    assert done.sent == 1
    assert [(each.letter.offset, each.why) for each in done.missed] == [
        (gone.offset, replay.FORGOTTEN)
    ]
    assert night.sent() == [kept.value]


def test_another_packet_at_that_place_of_a_topic_made_anew_is_not_taken_for_it() -> None:
    night = Night()
    night.dies(b"one", held=False)
    night.kafka.remake_topic(SURVEY, partitions=2)
    night.kafka.publish(SURVEY, b"another", key=b"one")
    done = night.replay().run(Choice())
    assert (done.sent, len(done.missed)) == (0, 1)
    night.dies(b"one more", held=True)
    assert night.replay().run(Choice()).sent == 1


def test_what_not_everybody_may_see_goes_only_where_that_is_asked_for() -> None:
    night = Night()
    seen = night.dies(b"public")
    for reason in ("truncated", "withheld"):
        message = night.kafka.publish(SURVEY, reason.encode())
        letter = DeadLetter(reason, "programid 2", message, without_packet=True)
        night.kafka.publish(LETTERS, letter.encode(ROOM[True]), key=letter.key)
    done = night.replay().run(Choice())
    assert [(each.letter.reason, each.why) for each in done.missed] == [
        ("truncated", replay.WITHHELD)
    ]
    assert night.sent() == [seen.value]
    assert night.replay(withheld=True).run(Choice()) == Replayed(sent=1, sent_before=1)
    assert night.replay(withheld=True).run(Choice(reasons=("withheld",))).sent == 1
    assert Counter(night.sent()) == Counter([b"public", b"truncated", b"withheld"])


def test_a_packet_that_its_topic_does_not_take_is_said() -> None:
    night = Night()
    night.dies(b"x" * 5000)
    night.kafka.limit(REPLAYED, 1000)
    done = night.replay().run(Choice())
    assert [each.why for each in done.missed] == [f"it is larger than {REPLAYED} takes"]


def test_a_letter_that_was_written_twice_is_one() -> None:
    night = Night()
    night.dies(b"one")
    (letter,) = night.kafka.read(LETTERS)
    night.kafka.publish(LETTERS, letter.value, key=letter.key)
    night.kafka.publish(LETTERS, b"no letter")
    assert night.replay().run(Choice()) == Replayed(sent=1)
    assert night.replay().run(Choice()) == Replayed(sent_before=1)


def test_who_begins_later_takes_over() -> None:
    night = Night()
    for n in range(250):
        night.dies(f"{n:03}".encode())

    def another() -> None:
        assert night.replay().run(Choice()) == Replayed(sent=150, sent_before=100)

    with pytest.raises(BrokerError, match="another replay of letters began"):
        night.replay(Beside(night.sink(), "produce", 2, another)).run(Choice())
    assert Counter(night.sent()) == Counter(f"{n:03}".encode() for n in range(250))


def test_a_kafka_that_commits_nothing_ends_it_with_a_line() -> None:
    faults = tuple(Fault("commit", n, TransactionAborted) for n in range(1, 30))
    night = Night(faults=faults)
    night.dies(b"one")
    with pytest.raises(TooManyAborts, match="transactions in a row were aborted"):
        night.replay().run(Choice())
    assert night.sent() == []


CALLS: tuple[Call, ...] = ("rebuild", "begin", "produce", "commit", "abort")
ERRORS = (TransactionAborted, ProducerFenced, KafkaUnavailable)


def drawn_faults(rng: random.Random) -> tuple[Fault, ...]:
    """Calls that fail, of all operators together; of a commit, the answer alone may be lost."""
    return tuple(drawn_fault(rng) for _ in range(rng.randint(0, 6)))


def drawn_fault(rng: random.Random) -> Fault:
    error, nth = rng.choice(ERRORS), rng.randint(1, 15)
    lost = error is not TransactionAborted and rng.random() < 0.5
    return Fault(rng.choice(CALLS), nth, error, applied=lost)


def operator(night: Night, rng: random.Random, depth: int) -> bool:
    """One replay that may be killed or overtaken anywhere; whether it went through."""

    def killed() -> None:
        raise Killed

    def overtaken() -> None:
        operator(night, rng, depth + 1)

    happens = rng.choice((killed, overtaken)) if depth < 3 else killed
    at = rng.choice((*CALLS, "committed"))
    sink = Beside(night.sink(), at, rng.randint(1, 6), happens)
    try:
        night.replay(sink).run(Choice(), limit=rng.choice((None, None, 7)))
    except Killed:
        sink.kill()
        night.clock.advance(rng.choice((0.0, 3.0, 11.0)))
        return False
    except BrokerError:
        sink.kill()
        return False
    return True


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_ends_replays_each_letter_is_sent_once(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(replay, "BATCH_LETTERS_MAX", rng.choice((1, 3, 8)))
    night = Night(faults=drawn_faults(rng))
    packets = [f"{n:03}".encode() for n in range(30)]
    for packet in packets:
        night.dies(packet, held=rng.random() < 0.7)
    for _ in range(rng.randint(1, 6)):
        operator(night, rng, 0)
        assert max(Counter(night.sent()).values(), default=0) <= 1
    for attempt in count():
        assert attempt < RUNS_MAX
        try:
            done = night.replay().run(Choice())
        except BrokerError:
            continue
        break
    assert done.sent + done.sent_before == len(packets)
    assert Counter(night.sent()) == Counter(packets)
