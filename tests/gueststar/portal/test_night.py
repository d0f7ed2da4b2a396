"""A day's sums, the newest alerts, and who follows them."""

from __future__ import annotations

import asyncio
import json
import math
from itertools import islice
from threading import Event

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gueststar.portal.backend import Backend
from gueststar.portal.ledger import Ledger
from gueststar.portal.night import DEPTH, HOUR_S, Night, rows_of, unix_s
from gueststar.portal.reading import follow_stream, started
from gueststar.portal.sky_map import HEIGHT, WIDTH, projected, sky_map
from gueststar.portal.viewers import QUEUE_MAX, TooManyViewersError, Viewer, Viewers
from gueststar.subscription import Arrived
from schemas.errors import ArchiveError, GueststarError
from tests.gueststar.conftest import ALERTS

NOW_S = 1_800_000_000.0


def test_a_night_counts_alerts_finds_and_cells(arrived: Arrived) -> None:
    night = Night(recent_max=100)
    night.add(arrived, now_unix_s=NOW_S)
    sums = night.sums()
    assert (sums.alerts, sums.selected, sums.finds) == (ALERTS, 1, {"young": 1})
    assert sum(sums.cells.values()) == ALERTS
    assert max(sums.cells) < 12 * 4**DEPTH
    assert [each.alert.filters for each in night.finds()] == [("young",)]
    assert night.rates_per_s(NOW_S + 10)[-1] == ALERTS / 10
    assert math.isnan(night.latency().p50_s)


def test_hours_of_the_day_before_are_forgotten(arrived: Arrived) -> None:
    night = Night(recent_max=100)
    night.add(arrived, now_unix_s=NOW_S)
    night.add(arrived, now_unix_s=NOW_S + 25 * HOUR_S)
    assert night.sums().alerts == ALERTS
    assert night.seen == 2 * ALERTS


def test_only_so_many_of_the_newest_are_kept(arrived: Arrived) -> None:
    night = Night(recent_max=2)
    night.add(arrived, now_unix_s=NOW_S)
    assert len(night.newer(0)) == 2
    assert [each.number for each in night.newer(0)] == [ALERTS - 1, ALERTS]


def test_a_row_of_the_stream_is_json(arrived: Arrived) -> None:
    night = Night(recent_max=100)
    night.add(arrived, now_unix_s=NOW_S)
    rows = json.loads(json.dumps(rows_of(night.newer(0)), allow_nan=False))
    assert all(isinstance(row["alert_id"], str) for row in rows)
    assert {*rows[0]} >= {"object_id", "magnitude", "filters", "real"}


def test_a_time_that_is_none_is_nan() -> None:
    assert unix_s(1_500_000) == 1.5
    for none in (None, -1, 0, "soon"):
        assert math.isnan(unix_s(none))


async def told(viewer: Viewer, messages: int) -> list[bytes]:
    """The first messages that a viewer is sent, the greeting left out."""
    found: list[bytes] = []
    async for each in viewer.messages():
        found.append(each)
        if len(found) > messages:
            break
    return found[1:]


def test_a_viewer_who_does_not_read_loses_the_oldest_and_is_told(arrived: Arrived) -> None:
    night = Night(recent_max=100)
    viewers = Viewers(night, viewers_max=1)
    with viewers.enter("") as viewer:
        for _ in range(QUEUE_MAX + 3):
            night.add(arrived, now_unix_s=NOW_S)
            viewers.tick()
        (message,) = asyncio.run(told(viewer, 1))
    assert message.count(b"event: alerts") == QUEUE_MAX
    lost = message.split(b"event: left_out\ndata: ")[1]
    assert json.loads(lost) == {"alerts": 3 * ALERTS}


def test_a_viewer_of_a_filter_is_told_of_its_finds_alone(arrived: Arrived) -> None:
    night = Night(recent_max=100)
    viewers = Viewers(night, viewers_max=2)
    with viewers.enter("young") as young, viewers.enter("nothing") as nothing:
        night.add(arrived, now_unix_s=NOW_S)
        viewers.tick()
        (message,) = asyncio.run(told(young, 1))
        assert message.count(b'"object_id"') == 1
        nothing.end()
        assert asyncio.run(told(nothing, 1)) == []


def test_one_viewer_too_many_is_refused_and_a_place_becomes_free() -> None:
    viewers = Viewers(Night(recent_max=1), viewers_max=1)
    with viewers.enter(""), pytest.raises(TooManyViewersError), viewers.enter(""):
        pass
    with viewers.enter(""):
        assert len(viewers) == 1


def test_the_stream_is_sent_as_events(backend: Backend, arrived: Arrived) -> None:
    async def first() -> bytes:
        task = asyncio.create_task(backend.viewers.run())
        with backend.viewers.enter("") as viewer:
            backend.night.add(arrived)
            (message,) = await told(viewer, 1)
        task.cancel()
        return message

    line = asyncio.run(first()).split(b"\n")
    assert line[0] == b"event: alerts"
    assert len(json.loads(line[1].removeprefix(b"data: "))["rows"]) == ALERTS


def test_a_fault_of_kafka_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gueststar.portal.reading.AGAIN_S", 0.0)
    night, stopped, tries = Night(recent_max=1), Event(), iter(range(3))

    def fail() -> None:
        if next(tries) == 2:
            stopped.set()
        raise GueststarError("no answer from Kafka")

    follow_stream(fail, night, stopped)  # type: ignore[arg-type]
    assert night.fault == "no answer from Kafka"
    assert [*islice(tries, 1)] == []


def test_a_ledger_is_added_up_beside_the_page_and_its_fault_is_told() -> None:
    asked = Event()

    def fail() -> None:
        asked.wait(10)
        raise ArchiveError("the ledger is empty")

    ledger = Ledger(fail)  # type: ignore[arg-type]
    assert ledger.audited().is_running
    asked.set()
    started("wait", lambda: None).join()
    for _ in range(1000):
        if not ledger.audited().is_running:
            break
        Event().wait(0.01)
    assert ledger.audited().fault == "the ledger is empty"


@given(st.floats(0, 360), st.floats(-90, 90))
def test_every_place_is_within_the_map(ra_deg: float, dec_deg: float) -> None:
    x, y = projected(np.array([ra_deg]), np.array([dec_deg]))
    across, up = (x - WIDTH / 2) / (WIDTH / 2), (y - HEIGHT / 2) / (HEIGHT / 2)
    assert float((across**2 + up**2)[0]) <= 1 + 1e-6


def test_the_map_has_equal_areas_and_grows_to_the_left() -> None:
    # Between the equator and the latitude whose sine is 1/2 lies half of a hemisphere.
    _, y = projected(np.array([180.0]), np.array([30.0]))
    sine = 1 - float(y[0]) / (HEIGHT / 2)
    angle = math.asin(sine)
    assert (2 * angle + math.sin(2 * angle)) / math.pi == pytest.approx(0.5, abs=1e-9)
    x, _ = projected(np.array([90.0, 270.0]), np.zeros(2))
    assert x[0] > WIDTH / 2 > x[1]


def test_an_empty_sky_has_no_shades() -> None:
    assert sky_map({}).most == 0
    drawn = sky_map({0: 1, 5: 100})
    assert sum(path.count("M") for path in drawn.shades) == 2
