"""CI's share of the nights at one Kafka and between two, by the run's seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.kafka_nights import one_kafka_night, two_kafkas_night
from tests.chaos.kafka_versions import kafka_versions_night
from tests.chaos.nights import Asked
from tests.seeds import run_seed

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(1_500)]


def test_kills_and_spoilt_transactions_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    one_kafka_night(Asked(run_seed(), False, tmp_path))


def test_between_two_kafkas_faults_of_networks_and_hand_overs_do_neither(tmp_path: Path) -> None:
    two_kafkas_night(Asked(run_seed(), False, tmp_path))


def test_at_an_older_kafka_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    kafka_versions_night(Asked(run_seed(), False, tmp_path))
