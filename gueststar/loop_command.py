"""`gueststar loop`: a test stream without an end, on a Kafka of its own or on any other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice

from rich.console import Console

from broker.clock import SystemClock
from broker.embedded import embedded_kafka
from broker.errors import SettingsError
from broker.kafka import AtLeastOnceSink, Connection
from gueststar.replay_command import USUAL_RATE_PER_S, pace_of, provide, registered
from replay.endless import HEADERS, endless
from replay.pacing import Due, bursts, steady
from replay.progress import told
from replay.replaying import WINDOW_S, Pace
from replay.sender import send

SURVEYS = ("ztf", "lsst")


@dataclass(frozen=True)
class Loop:
    """What is sent, and where."""

    topic: str
    surveys: tuple[str, ...]
    pace: Pace
    bootstrap: str | None
    """None for a Kafka within this process."""
    partitions: int
    registry: str | None
    limit: int | None
    seed: int


def loop_of(
    topic: str,
    survey: str,
    *,
    rate: float | None,
    bursts: str | None,
    every: float,
    bootstrap: str | None,
    partitions: int,
    registry: str | None,
    limit: int | None,
    seed: int,
) -> Loop:
    """What was asked for. Raises SettingsError for a survey that nobody invents."""
    surveys = SURVEYS if survey == "both" else (survey,)
    if not set(surveys) <= set(SURVEYS):
        raise SettingsError(f"--survey {survey}: there is {', '.join(SURVEYS)}, and both")
    pace = pace_of(rate=rate, factor=None, bursts=bursts, every=every, free=False)
    return Loop(topic, surveys, pace, bootstrap, partitions, registry, limit, seed)


def loop(wanted: Loop, console: Console | None = None) -> None:
    """Send until interrupted, or up to the limit."""
    console, clock = console or Console(), SystemClock()
    with _kafka(wanted, console) as sink:
        sink.rebuild()
        packets = endless(wanted.surveys, clock, seed=wanted.seed, schema_id=_registered(wanted))
        with told(console, wanted.topic, wanted.limit or float("inf")) as advance:
            sent = send(
                _dues(islice(packets, wanted.limit), wanted.pace),
                sink=sink,
                topic=wanted.topic,
                clock=clock,
                window_s=WINDOW_S,
                on_sent=lambda so_far: advance(so_far.packets, so_far.packets),
                headers=HEADERS,
            )
    console.print(f"sent {sent.packets:,} packets; {sent.clock.sentence()}", highlight=False)


def _dues(packets: Iterator[bytes], pace: Pace) -> Iterator[Due[bytes]]:
    if pace.burst_sizes:
        return bursts(packets, sizes=pace.burst_sizes, every_s=pace.every_s)
    return steady(packets, rate_per_s=pace.rate_per_s or USUAL_RATE_PER_S)


@contextmanager
def _kafka(wanted: Loop, console: Console) -> Iterator[AtLeastOnceSink]:
    """A producer to the Kafka that was named, or to one that ends with this."""
    if wanted.bootstrap is not None:
        connection = Connection.configured(wanted.bootstrap)
        provide(wanted.topic, wanted.partitions, connection, console)
        with closing(AtLeastOnceSink(connection, topics=[wanted.topic])) as sink:
            yield sink
        return
    with embedded_kafka([wanted.topic], partitions=wanted.partitions) as kafka:
        console.print(
            f"a Kafka at {kafka.address}, topic {wanted.topic} of {kafka.partitions} partitions,"
            " until this ends",
            highlight=False,
        )
        connection = Connection(kafka.address, topic_ids=False)
        with closing(AtLeastOnceSink(connection, topics=[wanted.topic], ask_limits=False)) as sink:
            yield sink


def _registered(wanted: Loop) -> int | None:
    """Rubin's schema at the registry; None where none was named."""
    if wanted.registry is None or "lsst" not in wanted.surveys:
        return None
    return registered(wanted.registry)
