"""The benchmark's whole path, small: both pipelines through a real Kafka, and the same outputs."""

from __future__ import annotations

import pytest

from benchmarks.night import night
from benchmarks.textbook import Textbook
from benchmarks.whole_path import Stopwatch, compare, fill, outputs, run_ours, run_textbook
from classifiers.realbogus import WEIGHTS
from kafka_node.node import KafkaNode

ALERTS = 40


@pytest.mark.kafka
def test_both_pipelines_publish_the_same_values_through_kafka(kafka: KafkaNode) -> None:
    fill(kafka.address, night(ALERTS).packets, outputs("their."))
    ours = run_ours(kafka.address, ALERTS, "our.")
    theirs = run_textbook(kafka.address, Textbook(WEIGHTS), ALERTS, "their.")
    assert sum(ours.alerts) == sum(theirs.alerts) == ALERTS
    compared, found = compare(kafka.address, "our.", "their.")
    assert found == []
    assert compared > ALERTS


def test_a_lap_leaves_out_the_first_batch_which_pays_for_the_start() -> None:
    watch = Stopwatch(10)
    watch.alerts, watch.walls, watch.cpus = [4, 5, 1], [1.0, 3.0, 4.5], [0.5, 1.0, 2.0]
    watch.steps = [{"decode": 9.0}, {"decode": 1.0}, {"decode": 0.5}]
    watch.servers = [7.0, 7.5, 9.0]
    assert watch.is_done
    assert watch.lap() == (6, 3.5, 1.5, {"decode": 1.5}, 2.0, 2)
