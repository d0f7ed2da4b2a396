"""`python -m benchmarks.model_swap`: a model deployed, promoted and rolled back under load.

A sender and a read_committed reader in this process, a worker in another, a real Kafka. Said is
what became of each alert: none lost, none without a version, each file's in one unbroken row, what
the shadow said once of each; how soon a promotion and a rollback took hold; and what each phase
took from sending to reading.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import cycle, groupby, islice
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from pathlib import Path
from threading import Thread
from typing import Final, NamedTuple

import numpy as np
from rich.table import Table

from benchmarks.cases import ENRICHED, Case
from benchmarks.comparing import read_record
from benchmarks.cores import cores, pin
from benchmarks.latency import Kind, Reader, send, serve
from benchmarks.night import night
from benchmarks.page import Part, add_option
from benchmarks.whole_path import values
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.models.limits import ModelsSection
from broker.settings import Settings
from classifiers.classifier import Scoring
from classifiers.realbogus import WEIGHTS, RealBogus
from gueststar.audit import Cluster, audit
from gueststar.modelling import deployment
from gueststar.modelling.listing import comparison_lines
from gueststar.modelling.place import ModelPlace
from gueststar.modelling.promotion import comparison_of, promote
from gueststar.modelling.spread import keep, make_reference
from gueststar.subscription import reader as opened_source
from kafka_node.node import KafkaNode

NAME: Final = "realbogus"
PREFIX: Final = "swap-"
PHASES: Final = ("alone", "with a shadow", "promoted", "rolled back")
HANDED_ALERTS: Final = 2_000
WARM_ALERTS: Final = 50
BY: Final = "benchmark"


class Moment(NamedTuple):
    """When a record was written, and how many alerts were read by then."""

    what: str
    unix_s: float
    alerts: int


def settings_of(case: Case, bootstrap: str) -> Settings:
    """Those of a worker with all networks, in which models may be deployed."""
    chosen = case.settings(bootstrap, PREFIX)
    return replace(chosen, models=ModelsSection(live="models", comparisons="comparisons"))


class How(NamedTuple):
    """One trial."""

    rate: float
    phase_s: float
    kills: bool

    @property
    def alerts(self) -> int:
        """More than all phases take, if nothing is killed."""
        return round(4 * self.phase_s * self.rate * (1.5 if self.kills else 1.2)) + WARM_ALERTS


class Workers:
    """One worker in a process of its own, and another of its name once it was killed."""

    def __init__(self, settings: Settings) -> None:
        spawn = get_context("spawn")
        self._stop = spawn.Event()
        arguments = (settings, Kind("ours", None), PREFIX, self._stop)
        self._process = partial(spawn.Process, target=serve, args=arguments)
        self._running = self._started()

    def kill(self) -> None:
        """As `kill -9` does, and start it anew."""
        self._running.kill()
        self._running.join()
        self._running = self._started()

    def stop(self) -> None:
        self._stop.set()
        self._running.join()

    def _started(self) -> SpawnProcess:
        process = self._process()
        process.start()
        return process


def swap(
    place: ModelPlace, reader: Reader, candidate: Path, phase_s: float, between: Callable[[], None]
) -> Iterator[Moment]:
    """Deploy, promote and roll back, a phase between; when each was written.

    `between` is called in the middle of each phase but the first.
    """
    time.sleep(phase_s)
    with place.opened() as records:
        found = deployment.identity_of(candidate, NAME)
        yield Moment("deployed", time.monotonic(), len(reader.came_s))
        deployment.deploy(records, found, path=candidate, card="none", reference=None, by=BY)
        _halves(phase_s, between)
        yield Moment("promoted", time.monotonic(), len(reader.came_s))
        forced = "a trial of the swap itself"
        promote(place, records, NAME, None, None, hours=1, forced=forced, reason="", by=BY)
        _halves(phase_s, between)
        yield Moment("rolled back", time.monotonic(), len(reader.came_s))
        deployment.roll_back(records, NAME, reason="a trial", by=BY)
        _halves(phase_s, between)


def _halves(phase_s: float, between: Callable[[], None]) -> None:
    time.sleep(phase_s / 2)
    between()
    time.sleep(phase_s / 2)


class Served(NamedTuple):
    """What the topic of all alerts says."""

    ids: list[int]
    versions: list[tuple[str, str]]
    """Of each alert, the version and sha256 beside its score; empty texts where there is none."""


def served(bootstrap: str) -> Served:
    """All of it, in order."""
    ids, versions = list[int](), list[tuple[str, str]]()
    for record in map(read_record, values(bootstrap, PREFIX + ENRICHED)):
        models = {each["name"]: each for each in record["gueststar"]["models"]}
        mine = models.get(NAME, {"version": "", "sha256": ""})
        ids.append(record["candid"])
        versions.append((mine["version"], mine["sha256"]))
    return Served(ids, versions)


def runs(versions: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
    """Alerts in a row that one file scored: its version and sha256, and how many."""
    return [
        (f"{version} ({sha256[:12]})", len(list(some)))
        for (version, sha256), some in groupby(versions)
    ]


def latencies(sent_s: Sequence[float], came_s: Sequence[float], moments: Sequence[Moment]) -> Table:
    """By phase, from sending to reading."""
    table = Table(title="From sent to read, ms", title_justify="left")
    for column in ("phase", "alerts", "p50", "p99", "most"):
        table.add_column(column, justify="right")
    took = np.array(came_s) - np.array(sent_s)
    edges = [0, *(np.searchsorted(sent_s, each.unix_s) for each in moments), len(took)]
    for phase, begin, end in zip(PHASES, edges[:-1], edges[1:], strict=True):
        part = took[begin:end] * 1e3
        shown = [f"{value:,.0f}" for value in (*np.percentile(part, (50, 99)), part.max())]
        table.add_row(phase, f"{len(part):,}", *shown)
    return table


def held_after(
    versions: Sequence[tuple[str, str]], came_s: Sequence[float], moments: Sequence[Moment]
) -> Iterator[str]:
    """How long after its record a change was first read."""
    changes = [at for at in range(1, len(versions)) if versions[at] != versions[at - 1]]
    for at, moment in zip(changes, moments[1:], strict=False):
        yield f"{moment.what}: first read {came_s[at] - moment.unix_s:.2f} s after it was asked for"


def tell(part: Part, how: How, candidate: Path | None) -> bool:
    """Measure and print; whether all held."""
    packets, origin = night(HANDED_ALERTS)
    case = Case("ZTF", packets, 0.0, None, "lite")
    killed = ", the worker killed in three of four" if how.kills else ""
    part.say(
        f"{origin}, {how.rate:g} alerts a second, {how.phase_s:g} s a phase{killed}; {cores()}"
    )
    pin(cores().server)
    with tempfile.TemporaryDirectory() as folder, KafkaNode() as node:
        file = candidate or remembered(Path(folder))
        settings = settings_of(case, node.address)
        admin = KafkaAdmin(Connection(node.address))
        admin.create([TopicSettings(each) for each in (case.topic, PREFIX + ENRICHED)])
        place = ModelPlace(settings, Connection(node.address))
        return _lap(part, case, place, file, how)


def remembered(folder: Path) -> Path:
    """The same network in another file: one that carries its reference."""
    packets = folder / "packets"
    packets.mkdir()
    for number, packet in enumerate(night(500).packets):
        (packets / f"{number}.avro").write_bytes(packet)
    scoring, to = Scoring(RealBogus()), folder / "realbogus.onnx"
    keep(make_reference(scoring, packets), scoring, WEIGHTS, to)
    return to


def _lap(part: Part, case: Case, place: ModelPlace, file: Path, how: How) -> bool:
    bootstrap, workers = place.connection.bootstrap, Workers(place.settings)
    reader = Reader(bootstrap, PREFIX + ENRICHED)
    reader.start()
    sent_s = list[float]()
    stream = list(islice(cycle(case.packets), how.alerts))

    def send_all() -> None:
        sent_s.extend(send(bootstrap, case.topic, stream, how.rate))

    try:
        send(bootstrap, case.topic, stream[:WARM_ALERTS], how.rate)
        reader.wait(WARM_ALERTS)
        sender = Thread(target=send_all)
        sender.start()
        between = workers.kill if how.kills else lambda: None
        moments = list(swap(place, reader, file, how.phase_s, between))
        sender.join()
        reader.wait(WARM_ALERTS + how.alerts)
    finally:
        workers.stop()
        reader.is_over = True
        reader.join()
    return _judge(part, place, (sent_s, reader.came_s[WARM_ALERTS:]), moments)


def balanced(place: ModelPlace) -> bool:
    """Whether the ledger does."""
    topics = KafkaAdmin(place.connection).partitions()
    cluster = Cluster(
        lambda topic: opened_source(place.connection, topic, start="earliest"), topics
    )
    return not audit(cluster, place.settings.topics.ledger).imbalances


def _judge(
    part: Part,
    place: ModelPlace,
    times_s: tuple[Sequence[float], Sequence[float]],
    moments: Sequence[Moment],
) -> bool:
    sent_s, came_s = times_s
    found = served(place.connection.bootstrap)
    versions = found.versions[WARM_ALERTS:]
    part.show(latencies(sent_s, came_s, moments))
    for line in held_after(versions, came_s, moments):
        part.say(line)
    lost, bare = len(sent_s) - len(versions), sum(not each for _, each in versions)
    part.say(f"{len(sent_s):,} alerts sent, {lost} lost or doubled, {bare} without a version")
    part.say("; then ".join(f"{count:,} by {file}" for file, count in runs(versions)))
    register = place.register()
    version, compared = comparison_of(place, register, NAME, 1, None, hours=1)
    messages = place.compared(NAME, 1)
    rows = sum(map(len, messages))
    if compared:
        for line in comparison_lines(version, compared):
            part.say(line)
    part.say(f"{rows:,} alerts on the topic of comparisons, in {len(messages):,} messages")
    balances = balanced(place)
    part.say(f"the ledger {'balances' if balances else 'does NOT balance'}")
    held = not lost and not bare and len(runs(versions)) == len(moments) and balances
    part.say("all held" if held else "something did NOT hold")
    return held


def main() -> None:
    """Measure and print; exit status 1 where something did not hold."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.model_swap", description=__doc__)
    options.add_argument("--rate", type=float, default=333.0, help="alerts a second")
    options.add_argument("--phase", type=float, default=15.0, help="seconds a phase")
    options.add_argument("--candidate", type=Path, help="another file of realbogus")
    options.add_argument("--kill", action="store_true", help="kill the worker in each phase")
    add_option(options)
    chosen = options.parse_args()
    with Part("model-swap", written=chosen.page) as part:
        held = tell(part, How(chosen.rate, chosen.phase, chosen.kill), chosen.candidate)
    raise SystemExit(0 if held else 1)


if __name__ == "__main__":
    main()
