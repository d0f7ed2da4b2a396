"""A filter's clauses: what they select, whom they blame, and what a broken one costs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.alerts import Alerts, UnknownColumn
from filters.decision import FAULT, SELECTED
from filters.handmade import handmade
from filters.selection import CLAUSES_MAX, EVALUATIONS_MAX, Clauses, Rule, Selection, selection
from schemas.batch import AlertBatch
from schemas.errors import FilterError

NAN, INF = np.nan, np.inf


@selection(topic="young-and-far")
def young_and_far(alerts: Alerts) -> Clauses:
    """Young, and far from a star."""
    yield "young", alerts.age_days < 10
    yield "off-star", alerts.star_distance_arcsec > 1.5


def filter_of(rule: Rule) -> Selection:
    return selection(topic="some", name="some")(rule)


def batch_of(*ages: float) -> AlertBatch:
    return handmade(age_days=list(ages))


def test_an_alert_is_selected_where_every_clause_holds() -> None:
    batch = handmade(age_days=[1, 20, 2, 3], star_distance_arcsec=[9, 9, 0.1, INF])
    decision = young_and_far.evaluate(batch)
    assert decision.selected.tolist() == [True, False, False, True]
    assert decision.trace.tolist() == [SELECTED, 0, 1, SELECTED]
    assert decision.refused_by == {"young": 1, "off-star": 1}
    assert decision.unknown_by == {"young": 0, "off-star": 0}


def test_the_first_refusing_clause_is_blamed() -> None:
    decision = young_and_far.evaluate(handmade(age_days=[20], star_distance_arcsec=[0.1]))
    assert decision.refused_by == {"young": 1, "off-star": 0}


def test_a_row_refused_where_a_column_read_is_nan_is_unknown_not_refused() -> None:
    batch = handmade(age_days=[1, NAN, 20], star_distance_arcsec=[NAN, 9, NAN])
    decision = young_and_far.evaluate(batch)
    assert not decision.selected.any()
    assert decision.unknown_by == {"young": 1, "off-star": 1}
    assert decision.refused_by == {"young": 1, "off-star": 0}


def test_a_nan_that_the_clause_lets_pass_is_selected() -> None:
    def not_near(alerts: Alerts) -> Clauses:
        yield "not near", ~(alerts.star_distance_arcsec < 1.5)

    decision = filter_of(not_near).evaluate(handmade(star_distance_arcsec=[NAN, 1, 2]))
    assert decision.selected.tolist() == [True, False, True]
    assert not decision.unknown.any()


def test_scores_are_columns_too_and_a_declined_row_is_unknown() -> None:
    def real(alerts: Alerts) -> Clauses:
        yield "real", alerts.score("realbogus", "real") > 0.5

    scores = {"realbogus": {"bogus": [0.1, 0.8, NAN], "real": [0.9, 0.2, NAN]}}
    decision = filter_of(real).evaluate(handmade(rows=3, scores=scores))
    assert decision.selected.tolist() == [True, False, False]
    assert (decision.refused_by, decision.unknown_by) == ({"real": 1}, {"real": 1})


def test_a_column_of_the_filters_own_making_can_be_unknown() -> None:
    def rising(alerts: Alerts) -> Clauses:
        slope = np.array([1.0, NAN, -1.0])
        yield "rising", alerts.derived(slope) > 0

    decision = filter_of(rising).evaluate(batch_of(1, 1, 1))
    assert decision.unknown.tolist() == [False, True, False]


def test_what_one_clause_read_is_not_held_against_the_next() -> None:
    def two(alerts: Alerts) -> Clauses:
        yield "anything", (alerts.fwhm_pixels < 5) | True
        yield "young", alerts.age_days < 10

    decision = filter_of(two).evaluate(batch_of(1, 20))
    assert decision.refused_by == {"anything": 0, "young": 1}


def test_a_filter_stays_a_plain_function_in_a_test() -> None:
    clauses = dict(young_and_far(batch_of(1, 20)))
    assert clauses["young"].tolist() == [True, False]


def test_a_filter_knows_its_name_its_topic_and_what_it_is_for() -> None:
    assert young_and_far.name == "young_and_far"
    assert young_and_far.topic == "young-and-far"
    assert young_and_far.description == "Young, and far from a star."


def test_a_filter_cannot_write_to_the_batch() -> None:
    def vandal(alerts: Alerts) -> Clauses:
        alerts.magnitude[:] = 0
        yield "never", alerts.magnitude > 0

    def vandal_of_curves(alerts: Alerts) -> Clauses:
        alerts.light_curve.flux_njy[:] = 0
        yield "never", alerts.magnitude > 0

    for rule in (vandal, vandal_of_curves):
        with pytest.raises(ValueError, match="read-only"):
            filter_of(rule).judge(batch_of(1))


def test_an_unknown_column_is_named_with_the_nearest_one() -> None:
    def misspelt(alerts: Alerts) -> Clauses:
        yield "off-star", alerts.star_distance > 1.5

    with pytest.raises(UnknownColumn, match="did you mean 'star_distance_arcsec'"):
        filter_of(misspelt).judge(batch_of(1))


def test_what_depends_on_the_cut_of_the_stream_is_no_column() -> None:
    def by_place(alerts: Alerts) -> Clauses:
        yield "even", alerts.source_index % 2 == 0

    with pytest.raises(UnknownColumn, match="no column 'source_index'"):
        filter_of(by_place).judge(batch_of(1))


def test_an_unknown_classifier_or_label_is_named() -> None:
    batch = handmade(rows=1, scores={"realbogus": {"bogus": [0.1], "real": [0.9]}})

    def wrong_name(alerts: Alerts) -> Clauses:
        yield "real", alerts.score("realbogos", "real") > 0.5

    def wrong_label(alerts: Alerts) -> Clauses:
        yield "real", alerts.score("realbogus", "rael") > 0.5

    with pytest.raises(FilterError, match="'realbogos' has scored; did you mean 'realbogus'"):
        filter_of(wrong_name).judge(batch)
    with pytest.raises(FilterError, match="no label 'rael'; did you mean 'real'"):
        filter_of(wrong_label).judge(batch)


BAD_CLAUSES: list[tuple[object, str]] = [
    (("young", np.ones(3)), r"clause 'young': the mask must be bool \(3,\), not float64 \(3,\)"),
    (("young", np.ones(2, dtype=bool)), r"must be bool \(3,\), not bool \(2,\)"),
    (("young", True), r"must be bool \(3,\), not bool$"),
    (np.ones(3, dtype=bool), r"a clause is \(name, mask\)"),
    ((1, np.ones(3, dtype=bool)), r"a clause is \(name, mask\)"),
]


@pytest.mark.parametrize(("clause", "message"), BAD_CLAUSES)
def test_a_clause_that_is_no_clause_is_named(clause: object, message: str) -> None:
    def bad(_: Alerts) -> Clauses:
        yield clause  # type: ignore[misc]

    with pytest.raises(FilterError, match=f"filter 'some'.*{message}"):
        filter_of(bad).judge(batch_of(1, 2, 3))


def test_two_clauses_of_one_name_are_refused() -> None:
    def twice(alerts: Alerts) -> Clauses:
        yield "young", alerts.age_days < 10
        yield "young", alerts.age_days < 5

    with pytest.raises(FilterError, match="two clauses named 'young'"):
        filter_of(twice).judge(batch_of(1))


def test_a_filter_without_clauses_is_refused() -> None:
    def nothing(_: Alerts) -> Clauses:
        yield from ()

    with pytest.raises(FilterError, match="yields no clause"):
        filter_of(nothing).judge(batch_of(1))


def test_a_filter_without_end_is_refused() -> None:
    def endless(alerts: Alerts) -> Clauses:
        count = 0
        while True:
            count += 1
            yield str(count), alerts.age_days < 10

    with pytest.raises(FilterError, match=f"over {CLAUSES_MAX} clauses"):
        filter_of(endless).judge(batch_of(1))


def test_a_function_that_yields_nothing_is_no_filter() -> None:
    def plain(alerts: Alerts) -> Clauses:
        return iter([("young", alerts.age_days < 10)])

    with pytest.raises(FilterError, match="must be a function that yields"):
        filter_of(plain)


def test_a_topic_that_kafka_would_refuse_is_refused() -> None:
    def rule(alerts: Alerts) -> Clauses:
        yield "young", alerts.age_days < 10

    with pytest.raises(FilterError, match="no topic name"):
        selection(topic="young supernovae")(rule)


def raising_at(*ages: float) -> Selection:
    def rule(alerts: Alerts) -> Clauses:
        if np.isin(alerts.age_days, ages).any():
            raise ZeroDivisionError("an age I cannot\nbear")
        yield "young", alerts.age_days < 10

    return filter_of(rule)


def test_the_rows_that_make_a_filter_raise_are_found_and_the_others_answered() -> None:
    decision = raising_at(7, 33).evaluate(batch_of(*range(50)))
    faulty = np.flatnonzero(decision.trace == FAULT)
    assert faulty.tolist() == [7, 33]
    assert decision.selected.tolist() == [age < 10 and age != 7 for age in range(50)]
    assert decision.refused_by == {"young": 39}
    (fault,) = decision.faults
    assert fault.rows.tolist() == [7, 33]
    assert "filter 'some' raised ZeroDivisionError: an age I cannot bear" in fault.message
    assert "(test_selection.py:" in fault.message


def test_a_filter_that_always_raises_costs_a_bounded_number_of_runs() -> None:
    runs = 0

    def broken(_: Alerts) -> Clauses:
        nonlocal runs
        runs += 1
        if runs:
            raise RuntimeError("always")
        yield "never", np.zeros(0, dtype=np.bool_)

    decision = filter_of(broken).evaluate(batch_of(*range(1000)))
    assert runs <= EVALUATIONS_MAX
    assert (decision.trace == FAULT).all()
    assert sorted(np.concatenate([fault.rows for fault in decision.faults])) == list(range(1000))


def test_a_filter_that_raises_on_one_alert_alone_is_at_fault_for_it() -> None:
    decision = raising_at(1).evaluate(batch_of(1))
    assert decision.trace.tolist() == [FAULT]
    assert decision.clauses == ()


def test_a_bad_mask_never_stops_the_stream() -> None:
    def bad(alerts: Alerts) -> Iterator[tuple[str, NDArray[np.float64]]]:
        yield "young", alerts.age_days

    decision = filter_of(bad).evaluate(batch_of(1, 2))  # type: ignore[arg-type]
    assert (decision.trace == FAULT).all()
    assert "must be bool" in decision.faults[0].message


def test_an_empty_batch_is_answered() -> None:
    decision = young_and_far.evaluate(handmade(rows=0))
    assert len(decision.selected) == 0
    assert decision.refused_by == {"young": 0, "off-star": 0}


AGES = st.lists(st.sampled_from([1.0, 20.0, NAN, 7.0]), max_size=20)


@given(ages=AGES, stars=st.sampled_from([1.0, 9.0, NAN, INF]))
def test_every_row_is_selected_refused_unknown_or_at_fault(ages: list[float], stars: float) -> None:
    def rule(alerts: Alerts) -> Clauses:
        assert not (alerts.age_days == 7).any()
        yield "young", alerts.age_days < 10
        yield "off-star", alerts.star_distance_arcsec > 1.5

    decision = filter_of(rule).evaluate(
        handmade(rows=len(ages), age_days=ages, star_distance_arcsec=[stars] * len(ages))
    )
    faulty = sum(len(fault.rows) for fault in decision.faults)
    counted = sum(decision.refused_by.values()) + sum(decision.unknown_by.values())
    assert decision.selected.sum() + counted + faulty == len(ages)
    assert faulty == ages.count(7.0)
