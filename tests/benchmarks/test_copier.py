"""Kafka's own copier: what its lines are worth, and that it copies all of a topic."""

from __future__ import annotations

import pytest

from benchmarks.cases import Case
from benchmarks.copier import KINDS, Progress, measure_copies, second_half, transaction_alerts
from kafka_node.node import KafkaNode

SAID = [
    Progress(0, 1.0, 1.0, 10.0),
    Progress(40, 9.0, 5.0, 11.0),
    Progress(50, 10.0, 6.0, 12.0),
    Progress(75, 11.0, 6.5, 12.5),
    Progress(100, 12.0, 7.0, 13.0),
    Progress(100, 99.0, 9.0, 19.0),
]


def test_the_first_half_and_the_waiting_at_the_end_are_left_out() -> None:
    lap = second_half(SAID, 100)
    assert (lap.alerts, lap.seconds, lap.cpu_seconds, lap.server_cpu_seconds) == (50, 2.0, 1.0, 1.0)


def test_a_transaction_is_what_was_done_between_two_lines() -> None:
    assert transaction_alerts(SAID) == 25


@pytest.mark.kafka
def test_all_kinds_copy_every_message_of_a_real_kafka(kafka: KafkaNode) -> None:
    case = Case("ZTF", [b"x" * (60_000 + number) for number in range(900)], 0.0, None, "lite")
    copies = measure_copies(case, kafka, laps=1)
    assert {kind: len(laps) for kind, laps in copies.laps.items()} == dict.fromkeys(KINDS, 1)
    assert copies.survey == "ZTF"
