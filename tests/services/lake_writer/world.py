"""A topic of small alerts in memory, a writer of its lake that dies anywhere, and what it kept."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from broker.clock import ManualClock
from broker.memory import MemoryKafka, MemorySource
from broker.observer import Observers
from broker.runner import RunLimits
from broker.settings import LakeSection
from filters.handmade import Epoch, handmade
from lake.flush import Beside
from lake.live import LiveLake
from lake.reading import Lake
from lake.recovery import read_log
from schemas.batch import AlertBatch, Reason, Rejected
from schemas.nights import NONE
from services.lake_writer.assembly import (
    LakeWorker,
    Listeners,
    make_compaction,
    make_worker,
    over_gaps_of,
)
from services.lake_writer.compaction import Compaction
from services.lake_writer.job import Kept, published
from services.lake_writer.store import LakePositions
from tests.killed import Doom, Killed

TOPIC = "enriched"
FIRST_NIGHT = 20_260_301
LIMITS = RunLimits(poll_messages_max=4, poll_wait_s=0)
SECTION = LakeSection(parts_max=3, quiet_s=100, retired_s=50, flush_s=1, start="earliest")
STEPS = ("link", "fsync", "replace", "unlink")
"""Of the module os, behind all that changes a lake."""


class Where(NamedTuple):
    """A message's place in the topic."""

    partition: int
    offset: int


class Inline(Executor):
    """Does what is asked at once: a kill in a compaction is then a kill of the whole process."""

    def submit(self, call: Callable[..., Any], /, *args: object, **named: object) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(call(*args, **named))
        except Exception as error:
            done.set_exception(error)
        return done


def message(number: int, night: int = FIRST_NIGHT) -> bytes:
    """An alert; of night NONE one that has none."""
    return json.dumps({"id": number, "night": night}).encode()


JUNK = b"no alert"


def _ra_deg(number: int) -> float:
    """All over the sky, so that no order of places is that of messages; some have none."""
    return float("nan") if number % 7 == 6 else 97.3 * number % 360


def decode(packets: Sequence[bytes]) -> tuple[AlertBatch, Beside]:
    """Small alerts as columns: the number is the id, the light curve's times, and the packet."""
    good = [index for index, packet in enumerate(packets) if packet != JUNK]
    told = [json.loads(packets[index]) for index in good]
    batch = handmade(
        rows=len(told),
        alert_id=[each["id"] for each in told],
        object_id=[f"object {each['id']}" for each in told],
        night=[each["night"] for each in told],
        ra_deg=[_ra_deg(each["id"]) for each in told],
        dec_deg=[37.0 * each["id"] % 180 - 90 for each in told],
        light_curve=[[Epoch(each["id"], "r", 1.0)] * (each["id"] % 3) for each in told],
    )
    batch = replace(
        batch,
        packets=[packets[index] for index in good],
        source_index=np.array(good, np.int64),
        rejected=tuple(
            Rejected(index, Reason.NOT_AN_ALERT, "junk")
            for index, packet in enumerate(packets)
            if packet == JUNK
        ),
    )
    return batch, published([{"filters": ("bright",)}] * len(told))


class World:
    """One topic, one lake, and one process after another that writes it."""

    def __init__(self, lake: Path, *, partitions: int = 2, section: LakeSection = SECTION) -> None:
        self.lake = lake
        self.section = section
        self.clock = ManualClock()
        self.kafka = MemoryKafka(self.clock)
        self.kafka.create_topic(TOPIC, partitions=partitions)
        self.sent: dict[Where, bytes] = {}
        self._open: LiveLake | None = None
        self.worker: LakeWorker | None = None
        self.compaction: Compaction | None = None

    def send(self, value: bytes, partition: int | None = None) -> None:
        came = self.kafka.publish(TOPIC, value, partition=partition)
        self.sent[Where(came.partition, came.offset)] = value

    def start(self, *, over_gaps: bool = False) -> LakeWorker:
        """A new process; raises what keeps it from starting."""
        self._open = LiveLake(self.lake, version="test")
        compaction = make_compaction(
            self._open, self.section, version="test", clock=self.clock, executor=Inline()
        )
        source = MemorySource(
            self.kafka,
            group=None,
            topics=[TOPIC],
            start=self.section.start,
            rewind=over_gaps_of([TOPIC]) if over_gaps else None,
            positions=LakePositions(self._open, decode([])[0]),
        )
        self.compaction = compaction
        self.worker = make_worker(
            self._open,
            source,
            compaction,
            self.section,
            decode=decode,
            clock=self.clock,
            listeners=Listeners(Observers[Kept]()),
            limits=LIMITS,
        )
        self.worker.runner.start()
        return self.worker

    def step(self) -> None:
        """One poll and what comes of it, started first where need be."""
        (self.worker or self.start()).runner.step()

    def kill(self) -> None:
        """The process is gone, and the system takes its lock."""
        if self._open is not None:
            self._open.close()
        self._open = self.worker = self.compaction = None

    def step_until_killed(self, steps: int) -> bool:
        """As `step`, but the process dies after so many changes of the disk; whether it did."""
        with dying_after(steps):
            try:
                self.step()
            except Killed:
                pass
            else:
                return False
        self.kill()
        return True

    def drain(self) -> None:
        """Until all is read, and small parts are joined."""
        for _ in range(200):
            self.step()
            self.clock.advance(1)
            if sum(one.consumed for one in read_log(self.lake).stretches) == len(self.sent):
                break
        else:
            raise AssertionError("the writer does not come to the end")
        for _ in range(4):
            self.clock.advance(self.section.quiet_s)
            self.step()

    def rows(self) -> dict[Where, bytes]:
        """What a reader finds, each row once, with its own light curve and packet."""
        found: dict[Where, bytes] = {}
        for table in Lake(self.lake).tables() if any(self.lake.glob("alerts/*/*.parquet")) else ():
            curves, packets = table.light_curve, table.packets
            for row in range(len(table)):
                number = int(table.column("alert_id")[row])
                assert curves.of(row).mjd.tolist() == [number] * (number % 3)
                assert json.loads(packets[row]) == {
                    "id": number,
                    "night": int(table.column("night")[row]),
                }
                where = Where(
                    *(int(table.column(f"topic_{name}")[row]) for name in ("partition", "offset"))
                )
                assert where not in found, "each message is one row"
                found[where] = packets[row]
        return found

    def unread(self) -> dict[Where, bytes]:
        """The messages that were left unread."""
        import pyarrow.parquet as pq

        found: dict[Where, bytes] = {}
        for one in read_log(self.lake).unread:
            for row in pq.read_table(one.path).to_pylist():
                where = Where(row["topic_partition"], row["topic_offset"])
                assert where not in found
                found[where] = row["value"]
        return found

    def check_log(self) -> None:
        """What stands is what the log says, no more and no less, whatever happened before."""
        covered = {
            Where(one.source.partition, offset)
            for one in read_log(self.lake).stretches
            for offset in range(one.start, one.end)
        }
        held = self.rows() | self.unread()
        assert held == {where: value for where, value in self.sent.items() if where in covered}

    def check_law(self) -> None:
        """All that was sent is there, once, and nothing else; other tools find the same."""
        self.check_log()
        good = {where: value for where, value in self.sent.items() if is_good(value)}
        assert self.rows() == good
        assert self.unread() == {w: v for w, v in self.sent.items() if w not in good}
        assert foreign_rows(self.lake) == Counter(
            json.loads(value)["id"] for value in good.values()
        )


def is_good(value: bytes) -> bool:
    return value != JUNK and json.loads(value)["night"] != NONE


def foreign_rows(lake: Path) -> Counter[int]:
    """The ids that pyarrow's dataset finds; light curves are as many."""
    import pyarrow.dataset as ds

    if not any(lake.glob("alerts/*/*.parquet")):
        return Counter()
    alerts, curves = (
        ds.dataset(lake / name, format="parquet", partitioning="hive").to_table()
        for name in ("alerts", "light_curves")
    )
    found = Counter(alerts.column("alert_id").to_pylist())
    assert found == Counter(curves.column("alert_id").to_pylist())
    return found


@contextmanager
def dying_after(steps: int) -> Iterator[None]:
    """After so many changes of the disk every further one ends the process."""
    doom = Doom(steps)
    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, doom.before(getattr(os, name)))
        removing = shutil.rmtree

        def remove(folder: Path, *, ignore_errors: bool = False) -> None:
            if not doom.has_struck:
                removing(folder, ignore_errors=ignore_errors)

        patch.setattr(shutil, "rmtree", remove)
        yield
