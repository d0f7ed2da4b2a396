"""What `gueststar subscribe` shows: lines of JSON that any program reads, or a table."""

from __future__ import annotations

import io
import json
import math
from contextlib import closing
from dataclasses import replace
from threading import Event

import pytest
from rich.console import Console, Group

from broker.memory import MemoryKafka, MemorySource, PlainMemorySink
from gueststar.alert import Alert
from gueststar.subscribe_command import Screen, json_line, plain, show_lines, show_table
from gueststar.subscription import Subscription
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
    (version,) = document["selected_by"]
    assert version == {
        "filter": "young",
        "version": "3",
        "sha256": "abc",
        "catalogues": [{"name": "galaxies", "sha256": "def"}],
    }


@pytest.mark.parametrize(
    ("value", "shown"), [(math.nan, None), (math.inf, None), (1.5, 1.5), ("ztf", "ztf"), (3, 3)]
)
def test_what_is_not_a_number_is_null(value: object, shown: object) -> None:
    assert plain(value) == shown


def test_a_distance_has_one_type_and_says_where_nothing_is_near(alerts: list[Alert]) -> None:
    alone = replace(alerts[0], star_distance_arcsec=math.inf, asteroid_distance_arcsec=math.nan)
    document = json.loads(json_line(alone))
    assert (document["star_distance_arcsec"], document["asteroid_distance_arcsec"]) == (None, None)
    assert document["nothing_near"] == ["star_distance_arcsec"]


def test_an_id_keeps_its_digits_in_programs_that_know_doubles_alone(alerts: list[Alert]) -> None:
    large = replace(alerts[0], alert_id=170055002004914266)
    document = json.loads(json_line(large), parse_int=float)
    assert document["alert_id_text"] == "170055002004914266"
    assert int(document["alert_id"]) != 170055002004914266


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


@pytest.mark.parametrize(("height", "shown"), [(60, True), (30, False)])
def test_where_there_is_room_the_newest_alert_is_shown_at_a_closer_look(
    alerts: list[Alert], height: int, shown: bool
) -> None:
    console = Console(
        file=io.StringIO(), width=120, height=height, force_terminal=True, color_system="truecolor"
    )
    screen = Screen(console, TOPIC)
    for alert in alerts:
        screen.add(alert)
    with console.capture() as capture:
        console.print(screen.rendered())
    assert ("template" in capture.get()) == shown
    assert len(capture.get().splitlines()) <= height


def test_a_closer_look_is_drawn_once_for_an_alert(alerts: list[Alert]) -> None:
    console = Console(file=io.StringIO(), width=120, height=60, color_system="truecolor")
    screen = Screen(console, TOPIC)
    screen.add(alerts[0])
    first, again = screen.rendered(), screen.rendered()
    assert isinstance(first, Group) and isinstance(again, Group)
    assert first.renderables[-1] is again.renderables[-1]


def test_a_limit_is_kept_and_the_last_alert_counts_as_dealt_with(memory: MemoryKafka) -> None:
    read = []
    for _ in range(2):
        source = MemorySource(memory, group="own", topics=[TOPIC])
        subscription = Subscription(source, PlainMemorySink(memory, name="own"))
        with closing(subscription):
            read += [alert.alert_id for alert in subscription.until(lambda: False, limit=2)]
    assert len(set(read)) == 4


def test_nothing_is_shown_once_told_to_stop(memory: MemoryKafka) -> None:
    stop = Event()
    subscription = Subscription(MemorySource(memory, group="own", topics=[TOPIC]), None)
    arriving = subscription.until(stop.is_set)
    next(arriving)
    stop.set()
    assert list(arriving) == []
