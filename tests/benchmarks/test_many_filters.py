"""The benchmark of many filters: which are active in each lap, and what its table says."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from benchmarks.many_filters import (
    CASES,
    PLAIN,
    SHARED,
    TOPIC,
    Measured,
    parts_of,
    settings,
    table,
)
from benchmarks.whole_path import STEPS, Lap
from broker.topic_names import shared_topic
from filters.expressions.filter import ExpressionFilter

FILTERS = [
    ExpressionFilter.of({"name": f"f{number}", "clauses": {"bright": f"magnitude < {number}"}})
    for number in (17, 18)
]


def test_each_lap_has_the_plain_filters_and_all_but_the_first_the_invented_ones() -> None:
    for case in CASES:
        active = parts_of(case, FILTERS, settings("nowhere", "some.", batch=10)).filters.active
        assert [each.name for each in active[: len(PLAIN)]] == list(PLAIN)
        shared = shared_topic(SHARED, case.form or "")
        topics = [shared if case.shares else TOPIC + each.name for each in FILTERS]
        invented = topics if case.form else []
        assert [each.topic for each in active[len(PLAIN) :]] == invented
        assert {each.form for each in active[len(PLAIN) :]} == ({case.form} if case.form else set())


def measured(us_an_alert: float) -> Measured:
    lap = Lap(1000, us_an_alert / 1e3, us_an_alert / 1e3, dict.fromkeys(STEPS, 0.0))
    return Measured(lap, 40, 30, 47_000)


def test_the_cost_is_a_part_of_the_throughput_by_the_medians_of_the_laps() -> None:
    found = {case: [measured(100 * (place + 1))] * 3 for place, case in enumerate(CASES)}
    shown = StringIO()
    Console(width=140, file=shown).print(table(found))
    (line,) = (each for each in shown.getvalue().splitlines() if "cost of throughput" in each)
    assert [each for each in line.replace("│", " ").split() if each.isdigit()] == [
        "0",
        "50",
        "67",
        "75",
        "80",
    ]
