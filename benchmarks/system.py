"""All of gueststar as its users run it, each command a process, over a Kafka of one node.

`gueststar replay` -> the survey's topic -> `gueststar run` -> the topics -> `gueststar lake write`;
then `ledger`, `lake verify` and `reconcile` say whether everything balances.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from confluent_kafka import Consumer, TopicPartition

from benchmarks.processes_watched import Watch
from broker.errors import LedgerError
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.ledger import Entry
from gueststar.accounts import cluster_at
from gueststar.audit import read_ledger
from kafka_node.node import KafkaNode
from lake.ranges import Stretch
from lake.recovery import read_log

SURVEY, ENRICHED, LEDGER, GROUP = "survey", "enriched", "ledger", "gueststar"
PARTITIONS: Final = 4
ANSWER_S_MAX: Final = 10.0
LOOK_S: Final = 0.5
END_S_MAX: Final = 180.0
STILL_S_MAX: Final = 600.0
"""Without an alert more."""

CONFIG: Final = """
[kafka]
bootstrap = "{address}"
group = "gueststar"
[topics]
input = ["survey"]
enriched = "enriched"
ledger = "ledger"
partitions = 1
{topics}
[enriched]
compression = "zstd"
[filters]
builtin = {filters}
[metrics]
port = 23500
ports_max = 100
[lake]
path = "lake"
packets = {packets}
quiet_s = {quiet_s}
{more}"""


@dataclass(frozen=True)
class Asked:
    """What runs."""

    filters: Sequence[str] = ()
    packets: bool = True
    """Whether the lake keeps them."""
    quiet_s: float = 3600.0
    """`[lake] quiet_s`."""
    more: str = ""
    """Of the configuration."""
    topics: str = ""
    """Of its section of that name."""
    survey: Mapping[str, str] = field(default_factory=dict)
    """Kafka's settings of the survey's topic."""


class System:
    """Kafka, a worker and a writer of a lake, which run."""

    def __init__(self, folder: Path, node: KafkaNode, watch: Watch) -> None:
        self.folder, self.address, self.watch = folder, node.address, watch
        self.config, self.lake = folder / "broker.toml", folder / "lake"
        self._consumer = Consumer({"bootstrap.servers": node.address, "group.id": GROUP})

    def ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return subprocess.run(command(*words), capture_output=True, text=True, check=False)

    def start(self, name: str, *words: str, **pipes: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """A command that goes on, watched."""
        process = subprocess.Popen(command(*words), **pipes)  # type: ignore[call-overload]
        self.watch.add(name, process.pid)
        assert isinstance(process, subprocess.Popen)
        return process

    def replay(self, path: Path, *words: str) -> int:
        """Send what is at a path as fast as Kafka takes it; how many packets that were."""
        to = ("--to", SURVEY, "--bootstrap", self.address, "--free")
        done = self.ask("replay", str(path), *to, *words)
        said = re.search(r"sent ([\d,]+) packets", done.stdout)
        assert said, done.stdout + done.stderr
        return int(said[1].replace(",", ""))

    def lag(self) -> int:
        """Offsets of the survey's topic that the worker has not passed yet."""
        parts = [TopicPartition(SURVEY, number) for number in range(PARTITIONS)]
        ends = [self._consumer.get_watermark_offsets(part, ANSWER_S_MAX)[1] for part in parts]
        done = self._consumer.committed(parts, ANSWER_S_MAX)
        return int(sum(ends) - sum(max(part.offset, 0) for part in done))

    def kept(self) -> list[Stretch]:
        """What the lake has read."""
        return list(read_log(self.lake).stretches) if self.lake.exists() else []

    def wait(self, sent: int) -> None:
        """Until the worker has done so many, and the lake has them. Raises TimeoutError."""
        self._until(lambda: sent - sum(one.consumed for one in self._entries()))
        published = sum(one.counts.published.get(ENRICHED, 0) for one in self._entries())
        self._until(lambda: published - sum(one.consumed for one in self.kept()))

    def _entries(self) -> list[Entry]:
        """The ledger so far."""
        connection = Connection(self.address)
        ours = cluster_at(connection, KafkaAdmin(connection).partitions())
        try:
            return read_ledger(ours, LEDGER)
        except LedgerError:
            return []

    def close(self) -> None:
        """Let go."""
        self._consumer.close()

    def _until(self, left: Callable[[], int]) -> None:
        before, moved_s = -1, time.monotonic()
        while (now := left()) > 0:
            if now != before:
                before, moved_s = now, time.monotonic()
            if time.monotonic() - moved_s > STILL_S_MAX:
                raise TimeoutError(f"{now:,} are left, and nothing moves")
            time.sleep(LOOK_S)


def command(*words: str) -> list[str]:
    """`gueststar` with this interpreter."""
    return [sys.executable, "-c", "from gueststar.command import main; main()", *words]


@contextmanager
def system(folder: Path, asked: Asked, server: Mapping[str, str] | None = None) -> Iterator[System]:
    """All of it, until it is over; what was read by then is in the lake."""
    watch = Watch()
    with KafkaNode(folder=folder / "kafka", settings=server) as node, watch.looking():
        watch.add("Kafka", node.pid)
        found = System(folder, node, watch)
        found.config.write_text(
            CONFIG.format(
                address=node.address,
                filters=[*asked.filters],
                packets=str(asked.packets).lower(),
                quiet_s=asked.quiet_s,
                more=asked.more,
                topics=asked.topics,
            )
        )
        forever = {"retention.bytes": "-1", "retention.ms": "-1"}
        KafkaAdmin(Connection(node.address)).create(
            [
                TopicSettings(SURVEY, PARTITIONS, settings=asked.survey),
                TopicSettings(ENRICHED, PARTITIONS, settings=forever),
            ]
        )
        running = [
            found.start("worker", "run", str(found.config), "--worker", "one"),
            found.start("lake writer", "lake", "write", str(found.config)),
        ]
        try:
            yield found
        finally:
            found.close()
            for process in running:
                process.terminate()
            for process in running:
                process.wait(END_S_MAX)
