"""Packets sent to a topic as they are due, with a bar on a terminal and a count at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from broker.errors import ProducerFenced, TransactionAborted
from broker.ports import Clock, Output, Sink
from lake.archives import Archive
from replay.pacing import Due, in_time, steady
from schemas.errors import BrokerError

TOGETHER_MAX = 500
"""Packets sent in one transaction when they are late."""

ATTEMPTS_MAX = 5
"""How often a transaction that Kafka aborted is tried again."""


@dataclass
class Sent:
    """What became of the packets so far."""

    packets: int = 0
    bytes: int = 0
    too_large: int = 0
    """Passed over, because the client or the topic takes no message of that size."""


def send(
    packets: Iterable[Due[bytes]],
    *,
    sink: Sink,
    topic: str,
    clock: Clock,
    together_max: int = TOGETHER_MAX,
    on_sent: Callable[[Sent], None] = lambda _: None,
) -> Sent:
    """Send each packet when it is due; `on_sent` hears the counts after each transaction.

    The sink has its producer (`Sink.rebuild`). Packets have no keys: Kafka spreads them over the
    topic's partitions. Raises BrokerError where Kafka aborted a transaction ATTEMPTS_MAX times,
    and what the sink raises besides.
    """
    sent = Sent()
    for group in in_time(packets, clock, together_max=together_max):
        fitting = [packet for packet in group if len(packet) <= sink.bytes_max(topic)]
        _publish([Output(topic, None, packet) for packet in fitting], sink)
        sent.packets += len(fitting)
        sent.bytes += sum(map(len, fitting))
        sent.too_large += len(group) - len(fitting)
        on_sent(sent)
    return sent


def _publish(outputs: list[Output], sink: Sink) -> None:
    for _ in range(ATTEMPTS_MAX):
        try:
            sink.begin()
            sink.produce(outputs)
            sink.commit()
        except TransactionAborted as error:
            last: BrokerError = error
            sink.abort()
        except ProducerFenced as error:
            last = error
            sink.rebuild()
        else:
            return
    raise BrokerError(f"Kafka aborted the same transaction {ATTEMPTS_MAX} times: {last}") from last


def send_archive(
    archive: Archive,
    *,
    sink: Sink,
    topic: str,
    clock: Clock,
    console: Console,
    rate_per_s: float,
) -> Sent:
    """Send the packets at a path, and say at the end what was passed over."""
    dues = steady((packet.data for packet in archive), rate_per_s=rate_per_s)
    with bar(console, archive.path.name, archive.bytes_total) as advance:
        sent = send(
            dues,
            sink=sink,
            topic=topic,
            clock=clock,
            on_sent=lambda so_far: advance(archive.bytes_read, so_far.packets),
        )
    for name, reason in archive.unreadable:
        console.print(f"passed over {name}: {reason}", markup=False, highlight=False)
    return sent


@contextmanager
def bar(console: Console, title: str, total: float) -> Iterator[Callable[[float, int], None]]:
    """A progress bar where there is a terminal; what it gives takes (done, packets so far)."""
    columns: list[ProgressColumn] = [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[packets]:,} packets"),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total, packets=0)
        yield lambda done, packets: progress.update(task, completed=done, packets=packets)
