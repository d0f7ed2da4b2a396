"""The conformance check finds filters to which the cut of the stream shows."""

from __future__ import annotations

import numpy as np

from filters.alerts import Alerts
from filters.conformance import violations
from filters.handmade import handmade
from filters.selection import Clauses, selection

BATCH = handmade(age_days=[*range(20), np.nan])


@selection(topic="good")
def by_row(alerts: Alerts) -> Clauses:
    """Looks at nothing but the row."""
    yield "young", alerts.age_days < 10


@selection(topic="bad")
def by_median(alerts: Alerts) -> Clauses:
    """Looks at the other rows."""
    yield "below the median", alerts.age_days <= np.median(alerts.age_days)


@selection(topic="bad")
def by_place(alerts: Alerts) -> Clauses:
    """Looks at the place in the batch."""
    yield "even", np.arange(len(alerts)) % 2 == 0


@selection(topic="bad")
def by_mood(alerts: Alerts) -> Clauses:
    """Has a clause only where it is needed."""
    yield "young", alerts.age_days < 10
    if (alerts.age_days > 15).any():
        yield "not old", alerts.age_days < 15


@selection(topic="bad")
def by_first(alerts: Alerts) -> Clauses:
    """Cannot bear an empty batch."""
    yield "as the first", alerts.age_days * 0 == alerts.age_days[0] * 0


def test_a_filter_that_looks_at_the_row_alone_keeps_the_law() -> None:
    assert violations(by_row, BATCH) == []


def test_a_filter_that_looks_at_other_rows_is_found() -> None:
    ages = handmade(age_days=range(20))
    assert any("rows alone" in line for line in violations(by_median, ages))


def test_a_filter_that_looks_at_its_place_is_found() -> None:
    assert any("decisions differ" in line for line in violations(by_place, BATCH))


def test_a_filter_whose_clauses_come_and_go_is_found() -> None:
    assert any("the clauses are" in line for line in violations(by_mood, BATCH))


def test_a_filter_that_cannot_bear_an_empty_batch_is_found() -> None:
    assert any(
        line.startswith("no rows: raised IndexError") for line in violations(by_first, BATCH)
    )


def test_a_filter_that_answers_differently_each_time_is_found() -> None:
    random = np.random.default_rng(1)

    @selection(topic="bad")
    def by_chance(alerts: Alerts) -> Clauses:
        yield "lucky", random.random(len(alerts)) < 0.5

    assert "two runs on one batch differ" in violations(by_chance, BATCH)
