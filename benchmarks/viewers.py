"""`python -m benchmarks.viewers`: the portal's live stream under load, and the broker beside it.

A sender and a read_committed reader in this process, a worker in another, a real Kafka; the portal
and who follows its stream in two more. Said is how long an alert took from its publication to a
viewer's socket, what that cost, and whether the broker's own latency knows of it: laps without a
portal, with viewers, and with more who never read, in turn.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from statistics import median
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import numpy as np
from rich.table import Table

from benchmarks.cases import Case
from benchmarks.cores import cores, pin
from benchmarks.latency import HANDED_ALERTS, WARM_ALERTS, Kind, Reader, at_work, send
from benchmarks.night import night
from benchmarks.page import PORTAL, Part, add_option
from benchmarks.processes import cpu_s, resident_mb
from broker.kafka import Connection
from broker.portal_settings import PortalSection
from broker.settings import Settings
from gueststar.filtering.place import Place
from gueststar.portal.server import Server
from gueststar.portal.service import opened
from kafka_node.node import KafkaNode

TITLE: Final = (
    "From sent to read and from published to visible, ms (goals: visible p50 300, p99 1,000; a"
    " quarter of a core)"
)
EVENT: Final = b"event: alerts\ndata: "
READ_BYTES: Final = 1 << 16
SETTLE_S: Final = 3.0
"""Once the portal listens, until it has found the stream, and once all were sent."""
SILENT_BUFFER_BYTES: Final = 1 << 14


class Crowd(NamedTuple):
    """Who follows."""

    name: str
    readers: int
    silent: int
    """They never read."""


class Lap(NamedTuple):
    """One stream of alerts."""

    broker_ms: tuple[float, float]
    """p50 and p99, from sent to read."""
    visible_ms: tuple[float, float] = (np.nan, np.nan)
    rows: int = 0
    """Alerts that were timed at viewers, each at each."""
    cpu: float = 0.0
    """Of the portal, in cores."""
    grown_mb: float = 0.0


def portal(settings: Settings, told: Pipe) -> None:
    """The portal, in a process of its own; it ends with its parent."""

    class Telling(Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup(None)
            told.send(self.address)

    place = Place(settings, Connection(settings.kafka.bootstrap))
    with opened(place) as backend:
        Telling(backend, host="127.0.0.1", port=0, is_told=False).run()


def follow(address: str, crowd: Crowd, told: Pipe) -> None:
    """Viewers of a portal until something is said; tells how late each row came to each, s."""
    told.send(asyncio.run(_followed(address, crowd, told)))


async def _followed(address: str, crowd: Crowd, told: Pipe) -> list[float]:
    late_s = list[float]()
    silent = [await _connected(address) for _ in range(crowd.silent)]
    tasks = [asyncio.create_task(_read(address, late_s)) for _ in range(crowd.readers)]
    await asyncio.to_thread(told.recv)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for _, writer in silent:
        writer.close()
    return late_s


async def _connected(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """One who asked for the stream; its reader holds no more than a little before it is read."""
    host, port = urlsplit(address).hostname, urlsplit(address).port
    reader, writer = await asyncio.open_connection(host, port, limit=SILENT_BUFFER_BYTES)
    writer.write(f"GET /api/v1/stream HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    await writer.drain()
    return reader, writer


async def _read(address: str, late_s: list[float]) -> None:
    reader, _ = await _connected(address)
    waiting = b""
    while came := await reader.read(READ_BYTES):
        now_s = time.time()
        *whole, waiting = (waiting + came).split(b"\n\n")
        for each in whole:
            if (at := each.find(EVENT)) >= 0:
                rows = json.loads(each[at + len(EVENT) :])["rows"]
                late_s += [now_s - row["published_unix_s"] for row in rows]


class Taken(NamedTuple):
    """What a process took so far."""

    at_s: float
    cpu_s: float
    resident_mb: float


class Watched(NamedTuple):
    """A portal with its crowd."""

    pid: int
    crowd: Pipe

    def taken(self) -> Taken:
        return Taken(time.monotonic(), cpu_s(self.pid), resident_mb(self.pid))

    def since(self, before: Taken) -> tuple[float, float]:
        """Of a core, and by how many MB it grew."""
        now = self.taken()
        return (now.cpu_s - before.cpu_s) / (now.at_s - before.at_s), now.resident_mb - before[2]

    def late_s(self) -> list[float]:
        """Ends the crowd."""
        self.crowd.send("")
        found: list[float] = self.crowd.recv()
        return found


@contextmanager
def watched(settings: Settings, crowd: Crowd) -> Iterator[Watched]:
    """A portal over what a worker publishes, and its viewers."""
    spawn = get_context("spawn")
    ours, portals = spawn.Pipe()
    serving = spawn.Process(target=portal, args=(settings, portals), daemon=True)
    serving.start()
    address = ours.recv()
    end, viewers = spawn.Pipe()
    following = spawn.Process(target=follow, args=(address, crowd, viewers), daemon=True)
    following.start()
    time.sleep(SETTLE_S)
    assert serving.pid is not None
    try:
        yield Watched(serving.pid, end)
    finally:
        for process in (following, serving):
            process.terminate()
            process.join()


def lap(case: Case, bootstrap: str, prefix: str, crowd: Crowd, sent: tuple[int, float]) -> Lap:
    """So many alerts at such a rate."""
    case = case._replace(survey=f"{case.survey}-{prefix}")
    alerts, alerts_per_s = sent
    packets = list(islice(cycle(case.packets), alerts))
    followed = case.settings(bootstrap, prefix)
    section = PortalSection(start="latest", viewers_max=crowd.readers + crowd.silent + 1)
    with at_work(case, bootstrap, Kind("ours", None), prefix) as reader:
        send(bootstrap, case.topic, packets[:WARM_ALERTS], alerts_per_s)
        reader.wait(WARM_ALERTS)
        if not crowd.readers:
            return Lap(_told(reader, bootstrap, case.topic, packets, alerts_per_s))
        with watched(replace(followed, portal=section), crowd) as portal_:
            before = portal_.taken()
            broker_ms = _told(reader, bootstrap, case.topic, packets, alerts_per_s)
            cpu, grown_mb = portal_.since(before)
            time.sleep(SETTLE_S)
            late_s = portal_.late_s()
    return Lap(broker_ms, _quantiles_ms(late_s), len(late_s), cpu, grown_mb)


def _told(
    reader: Reader, bootstrap: str, topic: str, packets: Sequence[bytes], alerts_per_s: float
) -> tuple[float, float]:
    """Send all; from sent to read, ms."""
    sent_s = send(bootstrap, topic, packets, alerts_per_s)
    reader.wait(WARM_ALERTS + len(packets))
    return _quantiles_ms(np.subtract(reader.came_s[WARM_ALERTS:], sent_s).tolist())


def _quantiles_ms(seconds: Sequence[float]) -> tuple[float, float]:
    """p50 and p99; NaN of nothing."""
    if not seconds:
        return np.nan, np.nan
    p50, p99 = np.percentile(seconds, (50, 99)) * 1e3
    return float(p50), float(p99)


def table(found: dict[Crowd, list[Lap]]) -> Table:
    """Medians over the laps."""
    shown = Table(title=TITLE, title_justify="left")
    for column in (
        *("viewers", "read p50", "p99", "visible p50", "p99"),
        *("rows timed", "portal's cores", "grew by MB"),
    ):
        shown.add_column(column, justify="right")
    for crowd, laps in found.items():
        values = np.array([(*one.broker_ms, *one.visible_ms, *one[2:]) for one in laps])
        middle = [median(column) for column in values.T]
        formats = ("{:,.0f}",) * 5 + ("{:.2f}", "{:.0f}")
        shown.add_row(crowd.name, *(f.format(v) for f, v in zip(formats, middle, strict=True)))
    return shown


def tell(part: Part, laps: int, sent: tuple[int, float], crowds: Sequence[Crowd]) -> None:
    """Measure and print."""
    packets, origin = night(HANDED_ALERTS)
    case = Case("ZTF", packets, 0.0, None, "lite")
    part.say(f"{origin}, {sent[0]:,} at {sent[1]:g} a second, {laps} laps; worker alone: {cores()}")
    pin(cores().server)
    found: dict[Crowd, list[Lap]] = {crowd: [] for crowd in crowds}
    with KafkaNode() as node:
        for number in range(laps):
            for at, crowd in enumerate(crowds):
                prefix = f"viewers-{number}-{at}-"
                found[crowd].append(lap(case, node.address, prefix, crowd, sent))
                sys.stderr.write(f"{crowd.name}: {found[crowd][-1]}\n")
    part.show(table(found))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.viewers", description=__doc__)
    options.add_argument("--laps", type=int, default=3, help="of each crowd, in turn")
    options.add_argument("--rate", type=float, default=333.0, help="alerts a second")
    options.add_argument("--alerts", type=int, default=5_000, help="a lap")
    options.add_argument("--viewers", type=int, default=50)
    options.add_argument("--silent", type=int, default=100, help="more who never read")
    add_option(options)
    chosen = options.parse_args()
    crowds = (
        Crowd("no portal", 0, 0),
        Crowd(f"{chosen.viewers}", chosen.viewers, 0),
        Crowd(
            f"{chosen.viewers} and {chosen.silent} who never read", chosen.viewers, chosen.silent
        ),
    )
    with Part("viewers", written=chosen.page, page=PORTAL) as part:
        tell(part, chosen.laps, (chosen.alerts, chosen.rate), crowds)


if __name__ == "__main__":
    main()
