"""Packets sent to a Kafka in memory: every one once, whatever the sink goes through."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
from rich.console import Console

from broker.clock import ManualClock
from broker.errors import ProducerFenced, TransactionAborted
from broker.ports import Output, Partition
from lake.archives import Archive
from replay.invention import invent
from replay.pacing import steady
from replay.sender import ATTEMPTS_MAX, Sent, send, send_archive
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


@pytest.mark.parametrize("terminal", [True, False])
def test_an_archive_is_sent_with_a_bar_on_a_terminal_only_and_says_what_it_passed_over(
    tmp_path: Path, terminal: bool
) -> None:
    for number, packet in enumerate(packets()):
        (tmp_path / f"{number}.avro").write_bytes(packet)
    (tmp_path / "notes.txt").write_text("seeing was [bad]")
    screen, sink = io.StringIO(), FragileSink()
    sent = send_archive(
        Archive(tmp_path),
        sink=sink,
        topic=TOPIC,
        clock=ManualClock(),
        console=Console(file=screen, force_terminal=terminal, width=200),
        rate_per_s=1e6,
    )
    assert sink.values == list(packets())
    assert sent.packets == len(packets())
    assert "notes.txt" in screen.getvalue()
    assert ("100%" in screen.getvalue()) == terminal
