"""A lake's writer under fire: alerts flow, and it is killed, at times as it joins parts.

`gueststar lake write` itself runs, in a process of its own; what is drawn comes from the seed.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from broker.errors import ProducerFenced, TransactionAborted
from broker.kafka import Connection, KafkaAdmin, KafkaSink, TopicSettings
from broker.ports import Output
from lake.compaction import STAGING
from lake.reading import Lake
from lake.recovery import read_log
from replay.invention import invent
from schemas.annotation import Annotations
from schemas.decode import Decoder
from schemas.enriched import Enricher

TOPIC = "enriched"
PARTITIONS = 4
TOGETHER = 40
"""Alerts of a transaction."""
ABORTED_EVERY, JUNK_EVERY = 9, 211
"""Each so-manieth transaction is given up, and each so-manieth message is no alert."""

CONFIG = """
[kafka]
bootstrap = "{address}"
[topics]
input = ["survey"]
enriched = "enriched"
[metrics]
port = 21500
ports_max = 400
[lake]
path = "lake"
flush_s = 0.7
flush_alerts_max = 400
parts_max = 4
retired_s = 2.0
"""

LIFE_S_MAX = 6.0
"""How long a writer may work before it is killed, from its first change of the lake on."""
COMPACTION_S_MAX = 0.03
"""Within this time of the beginning of a compaction one is killed in it."""
WAIT_S_MAX = 240.0
LOOK_S = 0.002
ABOVE_ZERO_S = 1.0


@dataclass
class Record:
    """What was done."""

    kills: int = 0
    in_compaction: int = 0
    """Of them, while files of one were being written or put in place."""
    starts_s: list[float] = field(default_factory=list)
    """From the start of each process to its first change of the lake."""
    reads: int = 0
    """Times that the lake was read meanwhile; it never shrank."""


class Feed:
    """A thread that publishes enriched alerts in transactions, some of which are given up."""

    def __init__(self, address: str, alerts: int, *, seed: int, alerts_per_s: float) -> None:
        connection = Connection(address)
        KafkaAdmin(connection).create([TopicSettings(TOPIC, PARTITIONS)])
        self._sink = KafkaSink(connection, group="feed", worker="feed", topics=[TOPIC])
        self._sink.rebuild()
        self._alerts, self._seed, self._rate = alerts, seed, alerts_per_s
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._guarded, daemon=True)
        self._thread.start()

    @property
    def alerts(self) -> int:
        """How many of its messages are some, at the least."""
        return self._alerts - self._alerts // JUNK_EVERY

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def close(self) -> None:
        """Wait until all is published. Raises what kept it from that."""
        self._thread.join()
        self._sink.close()
        if self._failure is not None:
            raise self._failure

    def _guarded(self) -> None:
        try:
            self._run()
        except BaseException as failure:
            self._failure = failure

    def _run(self) -> None:
        began_s, sent = time.monotonic(), 0
        for number, some in enumerate(_enriched(self._alerts, self._seed)):
            if number % ABORTED_EVERY == ABORTED_EVERY - 1:
                self._publish(some, sent, keep=False)
            self._publish(some, sent, keep=True)
            sent += len(some)
            time.sleep(max(0.0, sent / self._rate - (time.monotonic() - began_s)))

    def _publish(self, values: Sequence[bytes], first: int, *, keep: bool) -> None:
        """Again where Kafka gave the transaction up: it may time out where many wait for a core."""
        while True:
            try:
                self._transact(values, first, keep=keep)
            except TransactionAborted:
                self._sink.abort()
            except ProducerFenced:
                self._sink.rebuild()
            else:
                return

    def _transact(self, values: Sequence[bytes], first: int, *, keep: bool) -> None:
        self._sink.begin()
        keyed = enumerate(values, start=first)
        self._sink.produce([Output(TOPIC, b"%d" % number, value) for number, value in keyed])
        if keep:
            self._sink.commit()
        else:
            self._sink.abort()


def _enriched(alerts: int, seed: int) -> Iterator[list[bytes]]:
    """Lite records, a transaction's at a time, with some that are none."""
    decoder, enricher, came = Decoder(), Enricher(), invent(alerts, seed=seed)
    number = 0
    while some := [each.packet for each in islice(came, TOGETHER)]:
        batch = decoder.decode(some)
        none = Annotations("chaos", [], np.zeros(len(batch), np.int64), 0)
        found = enricher.encode(batch, none)
        for place in range(len(found)):
            number += 1
            if number % JUNK_EVERY == 0:
                found[place] = b"no alert %d" % number
        yield found


class Night:
    """The writer's lives."""

    def __init__(self, address: str, folder: Path, feed: Feed, *, seed: int) -> None:
        self._config = folder / "chaos.toml"
        self._config.write_text(CONFIG.format(address=address))
        self.lake = folder / "lake"
        self._log = folder / "writer.log"
        self._feed = feed
        self._random = random.Random(seed)
        self._process: subprocess.Popen[bytes] | None = None
        self._rows = 0
        self.record = Record()

    def run(self, kills: int, in_compaction: int) -> Record:
        """Kill it so many times, so many of them in a compaction, then let it come to the end."""
        try:
            for number in range(kills):
                is_due = number % (kills // in_compaction) == 0
                self._live(in_compaction=is_due and self.record.in_compaction < in_compaction)
                self._look()
            self._finish()
        finally:
            self.end()
        return self.record

    def end(self) -> None:
        """Make sure that nothing of it is left."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        command = "from gueststar.command import main; main()"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", command, "lake", "write", str(self._config)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        return self._process

    def _live(self, *, in_compaction: bool) -> None:
        """One life, and its end."""
        began_s, before = time.monotonic(), self._newest()
        process = self._start()
        self._wait(lambda: self._newest() != before or self._feed.is_over, process)
        self.record.starts_s.append(time.monotonic() - began_s)
        if in_compaction:
            self._wait(self._is_compacting, process)
            time.sleep(self._random.uniform(0, COMPACTION_S_MAX))
        else:
            time.sleep(self._random.uniform(0, LIFE_S_MAX))
        process.send_signal(signal.SIGSTOP)
        self.record.in_compaction += self._is_compacting()
        process.kill()
        assert process.wait() == -signal.SIGKILL, self._last()
        self.record.kills += 1

    def _finish(self) -> None:
        process = self._start()
        self._feed.close()
        self._wait(lambda: self._look() >= self._feed.alerts, process)
        rows, since_s = -1, time.monotonic()
        while time.monotonic() < since_s + 10 * ABOVE_ZERO_S:
            assert process.poll() is None, self._last()
            if (now := self._look()) != rows:
                rows, since_s = now, time.monotonic()
            time.sleep(ABOVE_ZERO_S / 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S_MAX) == 0, self._last()

    def _look(self) -> int:
        """Read the lake as others would meanwhile: it never has fewer alerts than before."""
        if any(self.lake.glob("alerts/*/*.parquet")):
            rows = len(Lake(self.lake))
            assert rows >= self._rows, "alerts that were in the lake are not"
            self._rows = rows
            self.record.reads += 1
        return self._rows

    def _wait(self, is_so: object, process: subprocess.Popen[bytes]) -> None:
        assert callable(is_so)
        deadline_s = time.monotonic() + WAIT_S_MAX
        while not is_so():
            assert process.poll() is None, self._last()
            assert time.monotonic() < deadline_s, f"nothing happens:\n{self._last()}"
            time.sleep(LOOK_S)

    def _newest(self) -> float:
        """When a part was last put in place."""
        folders = [self.lake / "_unread", *self.lake.glob("alerts/*")]
        return max((one.stat().st_mtime for one in folders if one.exists()), default=0.0)

    def _is_compacting(self) -> bool:
        return (self.lake / STAGING).exists()

    def _last(self) -> str:
        return self._log.read_text(errors="replace")[-4_000:]


def consumed(lake: Path) -> int:
    """How many messages the lake's log has."""
    return sum(one.consumed for one in read_log(lake).stretches)
