"""A ceiling that is not ours: Kafka's own copier of messages in transactions, beside handing on.

It copies text, so both copy letters, as many as packets have bytes. It takes what one fetch brings
into a transaction, and cannot be told otherwise: handing on is measured with so few, too.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from benchmarks.cases import Case
from benchmarks.pass_through import handed_on
from benchmarks.processes import cpu_clock
from benchmarks.whole_path import Lap, Stopwatch, fill, messages
from broker.kafka import Connection, KafkaAdmin, TopicSettings
from broker.ports import Output
from broker.settings import Settings
from kafka_node.jars import fetch_jars
from kafka_node.node import KafkaNode

TOOL: Final = "org.apache.kafka.tools.TransactionalMessageCopier"
TRANSACTION_ALERTS_MAX: Final = 500
HEAP_MB: Final = 512
COPIED, FEW, MANY = "Kafka's copier", "handed on, so few at once", "handed on, as ours does"
KINDS: Final = (COPIED, FEW, MANY)


class Progress(NamedTuple):
    """What the copier had done when it said so, between transactions."""

    alerts: int
    wall_s: float
    cpu_s: float
    server_s: float


def copy(node: KafkaNode, topic: str, into: str, group: str) -> list[Progress]:
    """Copy a topic of one partition to its end. What the copier says, in order."""
    asked = {
        "--broker-list": node.address,
        "--input-topic": topic,
        "--input-partition": "0",
        "--output-topic": into,
        "--consumer-group": group,
        "--transactional-id": group,
        "--transaction-size": str(TRANSACTION_ALERTS_MAX),
    }
    java = ["java", f"-Xmx{HEAP_MB}m", "-cp", f"{fetch_jars()}/*", TOOL, "--use-group-metadata"]
    command = [*java, *(word for pair in asked.items() for word in pair)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said = list(_heard(process, node))
    assert process.returncode == 0, f"Kafka's copier ended with {process.returncode}"
    return said


def _heard(process: subprocess.Popen[str], node: KafkaNode) -> Iterator[Progress]:
    own, server = cpu_clock(process.pid), cpu_clock(node.pid)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{") and "totalProcessed" in (told := json.loads(line)):
            yield Progress(told["totalProcessed"], time.perf_counter(), own(), server())


def second_half(said: Sequence[Progress], alerts: int) -> Lap:
    """Of so many alerts: the first half is Java's start, and compiling what it runs."""
    later = [one for one in said if 2 * one.alerts >= alerts]
    first, last = later[0], next(one for one in later if one.alerts == later[-1].alerts)
    assert last.alerts == alerts, f"Kafka's copier copied {last.alerts} of {alerts}"
    assert last.alerts > first.alerts, "the second half came at once; use more alerts"
    return Lap(
        last.alerts - first.alerts,
        last.wall_s - first.wall_s,
        last.cpu_s - first.cpu_s,
        {},
        last.server_s - first.server_s,
    )


def transaction_alerts(said: Sequence[Progress]) -> int:
    """How many messages the copier has in a transaction, by the median."""
    done = [after.alerts - before.alerts for before, after in pairwise(said)]
    return round(median(each for each in done if each))


class Copies(NamedTuple):
    """What was measured on packets as long as a survey's."""

    survey: str
    laps: dict[str, list[Lap]]
    """By kind."""
    at_once: dict[str, int]
    """Alerts in a transaction, by kind."""


def measure_copies(case: Case, node: KafkaNode, laps: int) -> Copies:
    """All kinds in turn, so many times, over letters as long as a case's packets."""
    case = case._replace(
        survey=f"{case.survey}-letters", packets=[b"a" * len(packet) for packet in case.packets]
    )
    fill(node.address, case.packets, [], topic=case.topic)
    into = f"copied-{case.topic}"
    KafkaAdmin(Connection(node.address)).create([TopicSettings(into)])
    found: dict[str, list[Lap]] = {kind: [] for kind in KINDS}
    few = many = 0
    for lap in range(laps):
        said = copy(node, case.topic, into, f"{lap}-{into}")
        found[COPIED].append(second_half(said, len(case.packets)))
        few = transaction_alerts(said)
        found[FEW].append(_handed_on(case, node, f"{lap}-few-", few)[0])
        lap_of_many, many = _handed_on(case, node, f"{lap}-many-", None)
        found[MANY].append(lap_of_many)
    _require(node, into, laps * len(case.packets))
    survey = case.survey.removesuffix("-letters")
    return Copies(survey, found, {COPIED: few, FEW: few, MANY: many})


def _handed_on(case: Case, node: KafkaNode, prefix: str, at_once: int | None) -> tuple[Lap, int]:
    """A lap, and how many alerts its transactions were of, by the median."""
    chosen = case.settings(node.address, prefix + case.prefix)
    if at_once is not None:
        chosen = _with_few(chosen, at_once)
    what = {case.topic: [Output(case.topic, b"", packet) for packet in case.packets]}
    watch = Stopwatch(len(case.packets), server_s=cpu_clock(node.pid))
    lap = handed_on(chosen, what, watch, prefix).lap()
    _require(node, prefix + case.topic, len(case.packets))
    return lap, round(median(watch.alerts))


def _with_few(settings: Settings, at_once: int) -> Settings:
    return replace(settings, limits=replace(settings.limits, poll_messages_max=at_once))


def _require(node: KafkaNode, topic: str, alerts: int) -> None:
    count = sum(1 for _ in messages(node.address, topic))
    assert count == alerts, f"{topic} has {count} messages of {alerts}"
