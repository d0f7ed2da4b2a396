"""Good filters pass, and each way to be a bad one is found and named."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from filters.alerts import Alerts
from filters.expressions.filter import ExpressionFilter, read_filter
from filters.selection import Clauses, selection
from filters.sources import builtin_names, load_builtin
from gueststar.testing import alerts, asteroid, check, crowd, judge, shortcomings, sky, supernova
from schemas.errors import FilterError

BRIGHT_AND_NEW = """
name = "bright-and-new"
[clauses]
real = 'score("realbogus", "real") > 0.8'
bright = "magnitude < 18.5"
new = "age_days < 10"
"""


@selection(topic="mine")
def mine(alerts: Alerts) -> Clauses:
    """Real, bright and new."""
    yield "real", alerts.score("realbogus", "real") > 0.8
    yield "bright", alerts.magnitude < 18.5
    yield "new", alerts.age_days < 10


@selection(topic="bad")
def by_neighbours(alerts: Alerts) -> Clauses:
    """Looks at the other rows."""
    yield "brighter than most", alerts.magnitude <= np.nanmedian(alerts.magnitude)


@selection(topic="bad")
def by_prophecy(alerts: Alerts) -> Clauses:
    """Looks at the last point of the light curve, whenever it was."""
    curve = alerts.light_curve
    last = np.append(curve.flux_njy, np.nan)[curve.offsets[1:] - 1]
    yield "bright in the end", last > 5_000


@selection(topic="bad")
def by_writing(alerts: Alerts) -> Clauses:
    """Corrects the survey."""
    alerts.magnitude[:] = 18.0
    yield "bright", alerts.magnitude < 19


@selection(topic="bad")
def by_the_back_door(alerts: Alerts) -> Clauses:
    """Corrects the survey where nobody looks."""
    alerts._batch.column("magnitude")[:] = 18.0
    yield "bright", alerts.magnitude < 19


@selection(topic="bad")
def by_patience(alerts: Alerts) -> Clauses:
    """Takes its time for each alert."""
    until_s = time.process_time() + 200e-6 * len(alerts)
    while time.process_time() < until_s:
        pass
    yield "bright", alerts.magnitude < 19


@selection(topic="bad")
def by_first(alerts: Alerts) -> Clauses:
    """Cannot bear an empty batch."""
    yield "as the first", alerts.age_days * 0 == alerts.age_days[0] * 0


@selection(topic="bad")
def misspelt(alerts: Alerts) -> Clauses:
    """Asks for a column that is none."""
    yield "bright", alerts.magnitud < 19


@selection(topic="bad")
def broken(alerts: Alerts) -> Clauses:
    """Has a fault of its own."""
    yield "bright", alerts.magnitude < 1 / 0


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (by_neighbours, "decisions differ"),
        (by_prophecy, "'bright in the end' uses points of the light curve that are later"),
        (by_writing, "it writes into the alerts"),
        (by_the_back_door, "it wrote into the alerts"),
        (by_patience, "µs an alert, over the 100 allowed"),
        (by_first, "no rows: raised IndexError"),
        (misspelt, "did you mean 'magnitude'"),
        (broken, "it raised ZeroDivisionError"),
    ],
)
def test_a_bad_filter_is_found_and_told_how(bad: object, said: str) -> None:
    with pytest.raises(AssertionError, match="breaks the rules of filters") as raised:
        check(bad, alerts=crowd(seed=3))  # type: ignore[arg-type]
    assert said in str(raised.value)


def test_a_good_filter_passes() -> None:
    check(mine)


@pytest.mark.parametrize("name", builtin_names())
def test_the_built_in_filters_keep_the_rules(name: str) -> None:
    assert shortcomings(load_builtin(name)) == []


def test_a_filter_that_asks_the_sky_is_given_one() -> None:
    @selection(topic="mine")
    def in_virgo(alerts: Alerts) -> Clauses:
        yield "in virgo", alerts.in_region("virgo")

    check(in_virgo, sky=sky(regions={"virgo": [(187.7, 12.4, 6.0)]}))
    assert "there is no region 'virgo'" in shortcomings(in_virgo)[0]


def test_each_alert_is_selected_or_has_the_clause_that_refused_it() -> None:
    batch = alerts(magnitude=[18, 19, 18], age_days=[1, 1, 20], realbogus={"real": 0.9})
    assert judge(mine, batch) == ["selected", "bright", "new"]
    assert judge(mine, [supernova(magnitude=18), asteroid(magnitude=18), batch]) == [
        *("selected", "selected", "selected", "bright", "new")
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An expression filter's file."""
    path = tmp_path / "bright.toml"
    path.write_text(BRIGHT_AND_NEW)
    return path


def test_an_expression_filter_and_its_file_are_judged_alike(file: Path) -> None:
    expressions = read_filter(file)
    assert isinstance(expressions, ExpressionFilter)
    batch = crowd()
    assert judge(expressions, batch) == judge(file, batch) == judge(mine, batch)
    check(expressions)
    check(str(file))


def test_a_file_of_several_filters_is_asked_for_one(tmp_path: Path) -> None:
    path = tmp_path / "two.py"
    path.write_text(
        "from gueststar import selection\n"
        "@selection(topic='a')\ndef one(alerts):\n    yield 'a', alerts.magnitude < 1\n"
        "@selection(topic='b')\ndef two(alerts):\n    yield 'b', alerts.magnitude < 2\n"
    )
    with pytest.raises(FilterError, match=r"holds 2 filters \(one, two\)"):
        judge(path, crowd())


def test_no_alerts_at_all_are_no_trouble() -> None:
    assert shortcomings(mine, alerts=crowd(0)) == []
