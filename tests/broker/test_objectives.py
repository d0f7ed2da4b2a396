"""What is promised, held to a real Prometheus and Alertmanager by a worker that falls behind."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pytest

from broker.clock import ManualClock
from kafka_node.node import KafkaNode
from replay.endless import endless
from tests.broker.test_health import Working, working
from tests.monitoring import (
    Receiver,
    alertmanager_of,
    asked,
    check_dashboard,
    prometheus_of,
    receiving,
)
from tests.prometheus_rules import RULES
from tests.running import until

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus]

ALERTS = 20
ON_TIME_S, LATE_S = 2.0, 62.0
"""How old alerts are as they are sent."""
HUNG_S = 6.0
"""For so long the worker stands still; 5 s are promised."""
BOTH = ("GueststarLateFromExposure", "GueststarLateFromIngest")
SECONDS = {"m": 1, "h": 60, "d": 1_440}


def hastened(rules: str) -> str:
    """The same rules for a minute in place of an hour, so that they can be watched."""

    def seconds(found: re.Match[str]) -> str:
        return f"{found[1]}{int(found[2]) * SECONDS[found[3]]}s{found[4]}"

    return re.sub(r"(\[|for: )(\d+)([mhd])(\]|\n)", seconds, rules)


def send(one: Working, age_s: float) -> None:
    """The survey sends alerts that were exposed so long ago."""
    exposed = ManualClock(time.time() - age_s)
    packets = list(islice(endless(("ztf",), exposed, seed=1), ALERTS))
    one.cluster.publish(one.settings.topics.input[0], packets)


def test_a_worker_that_falls_behind_is_told_of_and_no_more_once_it_has_caught_up(
    kafka: KafkaNode, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(hastened(RULES.read_text()))
    with ExitStack() as held:
        one = held.enter_context(working(kafka, tmp_path, patience_s=60, hung_s=60))
        receiver = held.enter_context(receiving())
        manager = held.enter_context(alertmanager_of(tmp_path, receiver.url))
        port = one.settings.metrics.port
        prometheus = held.enter_context(prometheus_of(tmp_path, port, rules=rules, manager=manager))
        asked(prometheus, "gueststar:late_from_ingest:ratio_rate5m")
        send(one, ON_TIME_S)
        until(one.published(ALERTS))
        until(
            lambda: 0.0 in asked(prometheus, "gueststar:late_from_exposure:ratio_rate5m").values()
        )
        assert receiver.names == set()
        fall_behind(one, tmp_path / "hang")
        until(lambda: all(receiver.has(alert, "firing") for alert in BOTH))
        check_dashboard(prometheus, "objectives.json")
        recover(one, receiver)
        assert receiver.names <= {*BOTH, *(f"{alert}Slowly" for alert in BOTH)}


def fall_behind(one: Working, hang: Path) -> None:
    """The worker stands still for longer than is promised, while alerts come."""
    hang.touch()
    send(one, LATE_S)
    time.sleep(HUNG_S)
    hang.unlink()
    until(one.published(2 * ALERTS))


def recover(one: Working, receiver: Receiver) -> None:
    """Alerts are on time again, until nobody complains."""
    while not all(receiver.has(alert, "resolved") for alert in BOTH):
        send(one, ON_TIME_S)
        time.sleep(1)
