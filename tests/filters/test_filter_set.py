"""A filter set asks all its filters at once, and one that is broken costs itself alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from filters.alerts import Alerts, Table
from filters.expressions.filter import ExpressionFilter
from filters.expressions.program import Program
from filters.filter_set import ActiveFilter, FilterDecision, FilterSet
from filters.handmade import handmade
from filters.selection import Clauses, Selection, selection
from filters.sources import active_filter
from schemas.batch import AlertBatch
from schemas.errors import FilterError

NAN = np.nan


@selection(topic="faint")
def faint(alerts: Alerts) -> Clauses:
    """Fainter than 18."""
    yield "faint", alerts.magnitude > 18


def expression(name: str, **clauses: str) -> ExpressionFilter:
    return ExpressionFilter.of({"name": name, "clauses": clauses})


BRIGHT = expression("bright", bright="magnitude < 18", young="age_days < 10")
YOUNG = expression("young", young="age_days < 10", bright="magnitude < 18")
UNSCORED = expression("unscored", bright="magnitude < 18", real='score("nobody", "real") > 0.5')


def active(*filters: Selection | ExpressionFilter) -> list[ActiveFilter]:
    return [
        ActiveFilter(each.name, "1", each.sha256, f"topic-{each.name}", ("some",))
        for each in filters
    ]


def filter_set(
    filters: Sequence[ExpressionFilter], selections: Sequence[Selection] = ()
) -> FilterSet:
    return FilterSet(selections, active(*selections, *filters), expressions=filters)


def batch() -> AlertBatch:
    return handmade(magnitude=[17.0, 17.0, 19.0, NAN], age_days=[1.0, 20.0, 1.0, 1.0])


def parts(decision: FilterDecision) -> tuple[object, ...]:
    """All of a decision; counts of none left out."""
    counts = [
        {clause: count for clause, count in by.items() if count}
        for by in (decision.refused, decision.unknown)
    ]
    faults = [(fault.rows.tolist(), fault.message) for fault in decision.faults]
    return decision.name, decision.selected.tolist(), *counts, faults


def test_expressions_are_judged_clause_by_clause() -> None:
    bright, young = filter_set([BRIGHT, YOUNG]).judge(batch())
    assert parts(bright) == ("bright", [0], {"bright": 1, "young": 1}, {"bright": 1}, [])
    assert parts(young) == ("young", [0], {"bright": 1, "young": 1}, {"bright": 1}, [])


def test_decisions_come_in_the_order_of_the_active_filters() -> None:
    described = active(BRIGHT, faint, YOUNG)
    both = FilterSet([faint], described, expressions=[YOUNG, BRIGHT])
    assert [each.name for each in both.judge(batch())] == ["bright", "faint", "young"]


def test_a_filter_asked_alone_says_the_same() -> None:
    asked = filter_set([BRIGHT, YOUNG], [faint])
    for decision in asked.judge(batch()):
        assert parts(asked.alone(decision.name, batch())) == parts(decision)


def test_having_been_asked_alone_changes_nothing() -> None:
    asked = filter_set([BRIGHT, YOUNG])
    before = [parts(each) for each in asked.judge(batch())]
    asked.alone("young", batch())
    assert [parts(each) for each in asked.judge(batch())] == before


def test_one_that_raises_is_at_fault_and_its_neighbours_are_not() -> None:
    bright, unscored, young = filter_set([BRIGHT, UNSCORED, YOUNG]).judge(batch())
    assert unscored.errors == 4
    assert "no classifier 'nobody'" in unscored.faults[0].message
    assert [each.selected.tolist() for each in (bright, unscored, young)] == [[0], [], [0]]
    assert (bright.errors, young.errors) == (0, 0)


def test_where_joint_judgement_fails_each_is_asked_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("too little")

    asked = filter_set([BRIGHT, UNSCORED, YOUNG])
    expected = [parts(each) for each in asked.judge(batch())]
    monkeypatch.setattr(Program, "judge", fail)
    assert [parts(each) for each in asked.judge(batch())] == expected
    assert caplog.messages == ["filters are asked one by one: MemoryError: too little"]


@pytest.mark.parametrize("rows", [0, 1])
def test_a_small_batch_is_judged(rows: int) -> None:
    small: Table = handmade(rows=rows, light_curve=[[]] * rows, magnitude=[17.0] * rows)
    (decision,) = filter_set([BRIGHT]).judge(small)
    assert parts(decision) == ("bright", [0] * rows, {}, {}, [])


def test_filters_of_one_name_are_refused() -> None:
    with pytest.raises(FilterError, match="2 filters have the name 'bright'"):
        filter_set([BRIGHT, replace(YOUNG, name="bright")])


def test_a_set_of_none_decides_nothing() -> None:
    assert FilterSet().judge(batch()) == []


def test_a_selection_keeps_its_own_way() -> None:
    described = active_filter(faint)
    (decision,) = FilterSet([faint], [described]).judge(batch())
    assert parts(decision) == ("faint", [2], {"faint": 2}, {"faint": 1}, [])
