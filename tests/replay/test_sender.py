"""Packets sent to a Kafka in memory: every one once, whatever the sink goes through."""

from __future__ import annotations

import io
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from broker.clock import ManualClock
from broker.errors import ProducerFenced, TransactionAborted
from broker.marked import ATTEMPTS_MAX
from broker.ports import Output, Partition
from lake.archives import Archive
from replay.invention import invent
from replay.pacing import steady
from replay.replaying import Pace, Source, replay
from replay.sender import Sent, send
from schemas.errors import BrokerError

TOPIC = "night"
BYTES_MAX = 200_000


@cache
def packets() -> tuple[bytes, ...]:
    """A few invented packets."""
    return tuple(one.packet for one in invent(9, seed=6))


class FragileSink:
    """Remembers what was committed; raises what it is told to, once each, at commit."""

    def __init__(self, *faults: Exception) -> None:
        self.committed: list[list[Output]] = []
        self.rebuilt = 0
        self._faults = list(faults)
        self._open: list[Output] | None = None

    def begin(self) -> None:
        assert self._open is None
        self._open = []

    def produce(self, outputs: Sequence[Output]) -> None:
        assert self._open is not None
        self._open += outputs

    def send_offsets(self, offsets: Mapping[Partition, int], group: object) -> None:
        raise AssertionError("nothing was consumed")

    def commit(self) -> None:
        assert self._open is not None
        if self._faults:
            raise self._faults.pop(0)
        self.committed.append(self._open)
        self._open = None

    def abort(self) -> None:
        self._open = None

    def rebuild(self) -> None:
        self.rebuilt += 1
        self._open = None

    def bytes_max(self, topic: str) -> int:
        assert topic == TOPIC
        return BYTES_MAX

    def close(self) -> None:
        self._open = None

    @property
    def values(self) -> list[bytes]:
        """What a reader gets."""
        return [output.value for group in self.committed for output in group]


def test_every_packet_is_sent_once_in_order_and_at_its_rate() -> None:
    sink, clock = FragileSink(), ManualClock()
    heard: list[int] = []
    sent = send(
        steady(packets(), rate_per_s=2),
        sink=sink,
        topic=TOPIC,
        clock=clock,
        on_sent=lambda so_far: heard.append(so_far.packets),
    )
    assert sink.values == list(packets())
    assert sent == Sent(len(packets()), sum(map(len, packets())), 0)
    assert heard == list(range(1, len(packets()) + 1))
    assert clock.monotonic_s() == pytest.approx((len(packets()) - 1) / 2)


def test_an_aborted_or_fenced_transaction_is_sent_again() -> None:
    sink = FragileSink(TransactionAborted("once"), ProducerFenced("then"))
    send(steady(packets(), rate_per_s=1e9), sink=sink, topic=TOPIC, clock=ManualClock())
    assert sink.values == list(packets())
    assert sink.rebuilt == 1


def test_a_transaction_that_is_always_aborted_ends_with_the_reason() -> None:
    sink = FragileSink(*[TransactionAborted("the disk is full")] * ATTEMPTS_MAX)
    with pytest.raises(BrokerError, match="the disk is full"):
        send(steady(packets(), rate_per_s=1), sink=sink, topic=TOPIC, clock=ManualClock())
    assert sink.committed == []


def test_a_packet_too_large_for_the_topic_is_counted_and_the_others_go_on() -> None:
    sink = FragileSink()
    stream = [packets()[0], bytes(BYTES_MAX + 1), packets()[1]]
    sent = send(steady(stream, rate_per_s=1e9), sink=sink, topic=TOPIC, clock=ManualClock())
    assert sink.values == [packets()[0], packets()[1]]
    assert sent.too_large == 1


class Marker:
    """A bookmark in memory: moved by what a sink commits."""

    group: object = "group"

    def __init__(self) -> None:
        self.taken = 0

    def offsets(self, taken: int) -> Mapping[Partition, int]:
        return {Partition(TOPIC, 0): taken}

    def read(self) -> int:
        return self.taken


class MarkedSink(FragileSink):
    """One that moves a bookmark with what it commits; may lose the answer, or the commit."""

    def __init__(self, marker: Marker, *faults: Exception, done: bool = False) -> None:
        super().__init__(*faults)
        self._marker = marker
        self._done = done
        self._end = 0

    def send_offsets(self, offsets: Mapping[Partition, int], group: object) -> None:
        assert group == "group"
        (self._end,) = offsets.values()

    def commit(self) -> None:
        if self._faults and self._done:
            assert self._open is not None
            self.committed.append(self._open)
            self._marker.taken = self._end
        super().commit()
        self._marker.taken = self._end


@pytest.mark.parametrize("done", [True, False])
def test_a_commit_whose_answer_was_lost_is_neither_lost_nor_doubled(done: bool) -> None:
    marker = Marker()
    sink = MarkedSink(marker, ProducerFenced("who knows"), done=done)
    send(
        steady(packets(), rate_per_s=1e9),
        sink=sink,
        topic=TOPIC,
        clock=ManualClock(),
        bookmark=marker,
    )
    assert sink.values == list(packets())
    assert marker.taken == len(packets())


def test_two_replays_of_one_source_end_the_older_with_the_reason() -> None:
    marker = Marker()
    marker.taken = 77
    sink = MarkedSink(marker, ProducerFenced("another"))
    with pytest.raises(BrokerError, match="another replay"):
        send(
            steady(packets(), rate_per_s=1e9),
            sink=sink,
            topic=TOPIC,
            clock=ManualClock(),
            bookmark=marker,
        )


@given(st.lists(st.integers(0, 9), max_size=4))
@settings(max_examples=20)
def test_whoever_is_killed_between_transactions_goes_on_where_the_bookmark_stands(
    kills: list[int],
) -> None:
    marker, sink = Marker(), FragileSink()
    for kill in [*kills, len(packets())]:
        marked = MarkedSink(marker)
        some = packets()[marker.taken : marker.taken + kill]
        send(
            steady(some, rate_per_s=1),
            sink=marked,
            topic=TOPIC,
            clock=ManualClock(),
            bookmark=marker,
            before=marker.taken,
        )
        sink.committed += marked.committed
    assert sink.values == list(packets())


class SlowSink(FragileSink):
    """Takes a while for each transaction."""

    def __init__(self, clock: ManualClock, seconds: float) -> None:
        super().__init__()
        self._clock, self._seconds = clock, seconds

    def commit(self) -> None:
        self._clock.advance(self._seconds)
        super().commit()


def test_it_says_whether_the_pace_or_kafka_was_the_limit() -> None:
    for seconds, said in ((0.001, "the pace was kept"), (3.0, "not the pace but Kafka was")):
        clock = ManualClock()
        sink = SlowSink(clock, seconds)
        sent = send(steady(packets(), rate_per_s=1), sink=sink, topic=TOPIC, clock=clock)
        assert said in sent.clock.sentence()


def test_slow_reading_is_called_so() -> None:
    clock = ManualClock()

    def slowly() -> Iterator[bytes]:
        for packet in packets():
            clock.advance(5)
            yield packet

    sent = send(steady(slowly(), rate_per_s=1), sink=FragileSink(), topic=TOPIC, clock=clock)
    assert "reading the packets was the limit" in sent.clock.sentence()


@pytest.mark.parametrize("terminal", [True, False])
def test_an_archive_is_sent_with_a_bar_on_a_terminal_only_and_says_what_it_passed_over(
    tmp_path: Path, terminal: bool
) -> None:
    for number, packet in enumerate(packets()):
        (tmp_path / f"{number}.avro").write_bytes(packet)
    (tmp_path / "notes.txt").write_text("seeing was [bad]")
    screen, sink = io.StringIO(), FragileSink()
    sent = replay(
        Source(Archive(tmp_path), Pace(), limit=None),
        sink=sink,
        topic=TOPIC,
        clock=ManualClock(),
        console=Console(file=screen, force_terminal=terminal, width=200),
    )
    assert sink.values == list(packets())
    assert sent.packets == len(packets())
    assert "notes.txt" in screen.getvalue()
    assert ("100%" in screen.getvalue()) == terminal


@pytest.mark.parametrize(
    "pace", [Pace(), Pace(rate_per_s=3), Pace(burst_sizes=(2, 1)), Pace(factor=100)]
)
@pytest.mark.parametrize("limit", [None, 5])
def test_every_pace_goes_on_where_it_was_left(
    tmp_path: Path, pace: Pace, limit: int | None
) -> None:
    nights = [one.packet for n in range(9) for one in invent(1, seed=n, night_jd=2461000.5 + n)]
    for number, packet in enumerate(reversed(nights)):
        (tmp_path / f"{number}.avro").write_bytes(packet)

    def sent(first: int) -> list[bytes]:
        source, sink = Source(Archive(tmp_path), pace, limit=limit), FragileSink()
        replay(
            source,
            sink=sink,
            topic=TOPIC,
            clock=ManualClock(),
            console=Console(file=io.StringIO()),
            first=first,
        )
        return sink.values

    whole = sent(0)
    assert len(whole) == (limit or len(nights))
    assert (whole == nights[:limit]) == (pace.factor is not None)  # by time, no other
    assert sent(2) == whole[2:]


@pytest.mark.parametrize(
    "pace", [Pace(), Pace(rate_per_s=3), Pace(burst_sizes=(2, 1)), Pace(factor=100)]
)
def test_of_an_archive_that_breaks_off_all_that_can_be_read_is_sent_and_it_is_said_why(
    tmp_path: Path, pace: Pace
) -> None:
    path = tmp_path / "night.tar"
    with tarfile.open(path, "w") as tar:
        for number, packet in enumerate(packets()):
            member = tarfile.TarInfo(f"{number}.avro")
            member.size = len(packet)
            tar.addfile(member, io.BytesIO(packet))
    path.write_bytes(path.read_bytes().rstrip(b"\0")[:-700])
    source, sink = Source(Archive(path), pace, limit=None), FragileSink()
    sent = replay(
        source,
        sink=sink,
        topic=TOPIC,
        clock=ManualClock(),
        console=Console(file=io.StringIO()),
    )
    assert Counter(sink.values) == Counter(packets()[:-1])
    assert sent.packets == len(packets()) - 1
    assert f"broken after {len(packets()) - 2}.avro" in str(source.broken)
