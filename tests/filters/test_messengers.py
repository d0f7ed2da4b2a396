"""Filters ask of events of other messengers, in both languages, and events come and go."""

from __future__ import annotations

import numpy as np
import pytest

from filters.alerts import Alerts
from filters.expressions.evaluation import evaluate
from filters.expressions.filter import ExpressionFilter
from filters.expressions.parser import read
from filters.expressions.program import Program
from filters.expressions.refusal import ExpressionError
from filters.handmade import handmade
from filters.selection import Clauses, selection
from schemas.batch import AlertBatch
from sky.catalogues import Sky
from sky.messengers.circle import Circle
from sky.messengers.events import Event, LiveEvents
from sky.messengers.localisation import Distances
from sky.messengers.sky_map import Pixels, SkyMap

NAN = float("nan")
EVENT = Event("S240422ed", (), 60000.0, Circle(10.0, 20.0, 5.0, 0.9), open=True)
CLAUSE = 'messenger("S240422ed", "credible_level") < 0.9'


@pytest.fixture
def batch() -> AlertBatch:
    """At the middle, at the edge but just inside, outside, nowhere."""
    ra_deg, dec_deg = [10.0, 10.0, 10.0, NAN], [20.0, 24.9, 25.1, 0.0]
    return handmade(mjd=[60001.0] * 4, ra_deg=ra_deg, dec_deg=dec_deg)


@selection(topic="coincident")
def coincident(alerts: Alerts) -> Clauses:
    """Alerts in the region of an event."""
    yield "there", alerts.messenger("S240422ed", "credible_level") < 0.9


def test_both_kinds_of_filters_ask_and_what_has_no_place_is_unknown(batch: AlertBatch) -> None:
    sky = Sky(events=LiveEvents([EVENT]))
    document = {"name": "x", "description": "", "form": "lite", "clauses": {"there": CLAUSE}}
    for each in (coincident, ExpressionFilter.of(document).selection("x")):
        decision = each.evaluate(batch, sky)
        assert decision.selected.tolist() == [True, True, False, False]
        assert decision.unknown.tolist() == [False, False, False, True]


def test_filters_that_run_see_events_come_and_go(batch: AlertBatch) -> None:
    live = LiveEvents()
    sky, program = (
        Sky(events=live),
        Program([[read(CLAUSE)], [read("messenger_probability() > 0.5")]]),
    )
    assert program.judge(batch, sky).selected.tolist() == []
    live.replace([EVENT])
    decided = program.judge(batch, sky)
    assert decided.selected.tolist() == [0, 1, 0]
    assert decided.ends.tolist() == [0, 2, 3]
    live.replace([])
    assert program.judge(batch, sky).selected.tolist() == []


def test_the_program_answers_as_the_plain_way_does(batch: AlertBatch) -> None:
    sky = Sky(events=LiveEvents([EVENT]))
    texts = [
        CLAUSE,
        "messenger_probability() > 0.5",
        f"~({CLAUSE})",
        "messenger_probability() == 0",
    ]
    traces = Program([[read(text)] for text in texts]).traces(batch, sky)
    for row, text in enumerate(texts):
        alerts = Alerts(batch, sky)
        assert (traces.trace[row] == -1).tolist() == evaluate(read(text), alerts).tolist()


def test_the_hosts_redshift_is_a_distance() -> None:
    far = Distances(np.full(12, 43.0), np.full(12, 2.0), np.full(12, 1e-3))
    where = SkyMap(Pixels(np.arange(12), np.zeros(12, np.int64), np.full(12, 1 / 4 / np.pi), far))
    sky = Sky(events=LiveEvents([Event("S1", (), 60000.0, where, open=True)]))
    given = {"host": {"redshift": [0.0099, 0.1, NAN]}}
    batch = handmade(rows=3, values=given, ra_deg=[1.0] * 3, dec_deg=[1.0] * 3)
    weight = Alerts(batch, sky).messenger("S1", "distance_weight")
    assert weight[0] > 0.9
    assert weight[1] < 1e-6
    assert np.isnan(weight[2])


def test_a_column_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(ExpressionError, match="no column 'credible_leval'"):
        read('messenger("S240422ed", "credible_leval") < 0.9')


def test_who_asks_why_is_told_the_value(batch: AlertBatch) -> None:
    alerts = Alerts(batch, Sky(events=LiveEvents([EVENT])))
    evaluate(read(CLAUSE), alerts)
    assert [one.name for one in alerts.readings] == ['messenger("S240422ed", "credible_level")']
