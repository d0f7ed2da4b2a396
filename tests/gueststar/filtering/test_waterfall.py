"""The waterfall adds up, and says what the filter's own decision says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.alerts import Alerts
from filters.decision import FAULT
from filters.handmade import handmade
from filters.selection import Clauses, selection
from filters.sources import builtin_names, load_builtin
from gueststar.filtering.waterfall import Waterfall, judge
from schemas.batch import AlertBatch
from schemas.errors import ArchiveError
from tests.gueststar.filtering.tried import bright, clumsy, invented, is_odd


@pytest.fixture(scope="module")
def batch() -> AlertBatch:
    return invented()


def test_each_step_reaches_what_the_one_before_let_go_on(batch: AlertBatch) -> None:
    falls = Waterfall()
    falls.add(*judge(bright, batch))
    steps = [*falls.steps]
    assert [each.clause for each in steps] == ["real", "bright", "brighter"]
    assert steps[0].reached == falls.alerts == len(batch)
    assert [each.passed for each in steps[:-1]] == [each.reached for each in steps[1:]]
    assert steps[-1].passed == falls.selected
    assert steps[0].unknown == 20
    assert falls.pass_rate == falls.selected / len(batch)


numbers = st.lists(st.floats(0, 30) | st.just(np.nan), min_size=1, max_size=20)


@settings(max_examples=25)
@given(magnitudes=numbers, cut=st.integers(0, 20))
def test_selected_refused_unknown_and_faults_sum_to_all(magnitudes: list[float], cut: int) -> None:
    batch = handmade(magnitude=magnitudes, flux_njy=[*map(abs, magnitudes)])
    rows = np.arange(len(batch))
    for one in (clumsy, lenient):
        whole, cuts = Waterfall(), Waterfall()
        whole.add(*judge(one, batch))
        for part in (rows[:cut], rows[cut:]):
            if len(part):
                cuts.add(*judge(one, batch.take(part)))
        for falls in (whole, cuts):
            lost = sum(each.refused + each.unknown for each in falls.steps)
            assert falls.selected + lost + falls.at_fault == falls.alerts == len(batch)
        assert whole.selected == cuts.selected
        assert {*whole.steps} == {*cuts.steps}


@selection(topic="lenient")
def lenient(alerts: Alerts) -> Clauses:
    yield "not faint", ~(alerts.magnitude > 20)
    yield "bright", alerts.magnitude < 15


@pytest.mark.parametrize("name", builtin_names())
def test_the_decision_is_the_filter_s_own(batch: AlertBatch, name: str) -> None:
    (ours, _), own = judge(load_builtin(name), batch), load_builtin(name).evaluate(batch)
    assert ours.clauses == own.clauses
    np.testing.assert_array_equal(ours.trace, own.trace)
    np.testing.assert_array_equal(ours.unknown, own.unknown)
    assert [each.message for each in ours.faults] == [each.message for each in own.faults]


def test_alone_is_what_a_clause_lets_pass_of_all(batch: AlertBatch) -> None:
    _, alone = judge(bright, batch)
    assert alone["bright"] == int((batch.magnitude < 18).sum())
    assert alone["brighter"] == int((batch.flux_njy > 0).sum())


def test_rows_that_make_a_filter_raise_are_told_apart(batch: AlertBatch) -> None:
    decision, alone = judge(clumsy, batch)
    odd = is_odd(batch.alert_id)
    np.testing.assert_array_equal(decision.trace == FAULT, odd)
    assert alone["bright"] == int((batch.magnitude < 18)[~odd].sum())


def test_an_archive_that_cannot_be_read_is_no_fault_of_the_filter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(self: AlertBatch, name: str) -> None:
        raise ArchiveError(f"no {name} today")

    monkeypatch.setattr(AlertBatch, "column", broken)
    with pytest.raises(ArchiveError, match="no magnitude today"):
        judge(lenient, handmade(rows=2))


def test_nothing_judged_has_a_pass_rate_of_nothing() -> None:
    assert Waterfall().pass_rate == 0
    assert [*Waterfall().steps] == []
