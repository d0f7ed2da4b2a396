"""What `gueststar subscribe` shows: lines of JSON that any program reads, or a table."""

from __future__ import annotations

import io
import json
import math
from contextlib import closing
from threading import Event

import pytest
from rich.console import Console

from broker.memory import MemoryKafka, MemorySource
from gueststar.alert import Alert
from gueststar.subscription import Subscription
from gueststar.watching import json_line, plain, show_lines, show_table, until
from tests.gueststar.conftest import ALERTS, SCORES, TOPIC


@pytest.fixture
def alerts(memory: MemoryKafka) -> list[Alert]:
    """What a reader of the topic gets."""
    with closing(Subscription(MemorySource(memory, group="own", topics=[TOPIC]), None)) as reader:
        return reader.poll(1.0)


def test_a_line_of_json_holds_the_columns_the_scores_and_the_filters(alerts: list[Alert]) -> None:
    selected = next(alert for alert in alerts if alert.filters)
    document = json.loads(json_line(selected))
    assert document["object_id"] == selected.object_id
    assert document["alert_id"] == selected.alert_id
    assert document["scores"] == {"realbogus": SCORES}
    assert document["filters"] == ["young"]


@pytest.mark.parametrize(
    ("value", "shown"), [(math.nan, None), (math.inf, "inf"), (1.5, 1.5), ("ztf", "ztf"), (3, 3)]
)
def test_not_measured_is_null_and_nothing_near_is_inf(value: object, shown: object) -> None:
    assert plain(value) == shown


def test_no_line_holds_what_json_does_not_know(alerts: list[Alert]) -> None:
    for alert in alerts:
        json.loads(json_line(alert), parse_constant=lambda name: pytest.fail(f"holds {name}"))


@pytest.mark.parametrize("as_json", [True, False])
def test_each_alert_is_one_line(
    alerts: list[Alert], as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    show_lines(alerts, as_json=as_json)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == ALERTS
    assert all(alert.object_id in line for alert, line in zip(alerts, lines, strict=True))


def test_the_table_shows_the_alerts_and_how_many_came(alerts: list[Alert]) -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=120, height=40, force_terminal=True, color_system=None)
    show_table(alerts, console, TOPIC)
    assert f"{TOPIC}: {ALERTS} alerts" in screen.getvalue()
    assert all(alert.object_id in screen.getvalue() for alert in alerts)


def test_nothing_is_shown_once_told_to_stop(memory: MemoryKafka) -> None:
    stop = Event()
    subscription = Subscription(MemorySource(memory, group="own", topics=[TOPIC]), None)
    arriving = until(stop, subscription)
    next(arriving)
    stop.set()
    assert list(arriving) == []
