"""A tree on columns against the same tree on one alert at a time; and what a refusal can show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.alerts import Alerts
from filters.expressions.evaluation import evaluate
from filters.expressions.parser import read
from filters.expressions.refusal import ExpressionError
from filters.expressions.text import written
from filters.expressions.tree import Node
from filters.handmade import handmade
from schemas.batch import AlertBatch
from schemas.columns import CODE, CODES, COLUMNS, TEXT
from schemas.errors import FilterError
from tests.filters.expressions.trees import Row, batch_of, numbers, rows, truths, worth

NAN, INF = np.nan, np.inf


def of(text: str, batch: AlertBatch) -> list[bool]:
    found = evaluate(read(text), Alerts(batch))
    assert found.dtype == np.bool_
    assert found.shape == (len(batch),)
    return [bool(one) for one in found]


@settings(max_examples=100)
@given(truths(), st.lists(rows(), min_size=1, max_size=4))
def test_a_clause_on_columns_is_what_it_is_on_each_alert(node: Node, alerts: list[Row]) -> None:
    with np.errstate(all="ignore"):
        expected = [bool(worth(node, alert)) for alert in alerts]
    assert evaluate(node, Alerts(batch_of(alerts))).tolist() == expected


@settings(max_examples=100)
@given(numbers(), st.lists(rows(), min_size=1, max_size=4))
def test_a_number_on_columns_is_what_it_is_on_each_alert(node: Node, alerts: list[Row]) -> None:
    with np.errstate(all="ignore"):
        expected = np.array([worth(node, alert) for alert in alerts], dtype=np.float64)
    found = evaluate(node, Alerts(batch_of(alerts)))
    assert found.dtype == np.float64
    assert np.array_equal(found, expected, equal_nan=True)


@settings(max_examples=100)
@given(truths())
def test_what_is_written_of_a_tree_is_read_as_the_same_tree(node: Node) -> None:
    try:
        assert read(written(node)) == node
    except ExpressionError as error:
        # A random tree may be above a limit.
        assert "at most" in str(error)


@settings(max_examples=100)
@given(
    st.text(max_size=30) | st.text(alphabet="magnitude<>=&|~()[]{}*/+-%.,'\" 019einot", max_size=40)
)
def test_any_text_is_a_clause_or_refused(text: str) -> None:
    try:
        node = read(text)
    except ExpressionError as error:
        assert str(error).isprintable()
        assert error.picture.count("\n") == 1
    else:
        assert evaluate(node, Alerts(handmade(rows=2))).shape == (2,)


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_every_column_can_be_asked(name: str) -> None:
    column, alerts = COLUMNS[name], Alerts(handmade(rows=2))
    other = f'"{CODES[name][0]}"' if column.kind is CODE else '"a"' if column.kind is TEXT else "1"
    evaluate(read(f"{name} == {other}"), alerts)
    assert alerts.columns == {name}


def test_nan_is_below_and_above_nothing() -> None:
    batch = handmade(magnitude=[18, NAN, 20])
    assert of("magnitude < 19", batch) == [True, False, False]
    assert of("magnitude >= 19", batch) == [False, False, True]
    assert of("~(magnitude < 19)", batch) == [False, True, True]
    assert of("is_missing(magnitude)", batch) == [False, True, False]


def test_nothing_found_is_farther_than_anything() -> None:
    assert of("star_distance_arcsec > 1e30", handmade(star_distance_arcsec=[INF, 1])) == [
        True,
        False,
    ]


def test_an_alert_id_is_compared_to_its_last_digit() -> None:
    batch = handmade(alert_id=[2642123456789012345, 2642123456789012346])
    assert of("alert_id == 2642123456789012345", batch) == [True, False]
    assert of("alert_id not in (2642123456789012345, 1)", batch) == [False, True]


def test_a_score_is_compared_as_a_float64() -> None:
    batch = handmade(rows=1, scores={"realbogus": {"real": [0.8]}})
    assert not np.float32(0.8) > 0.8  # NumPy's own comparison is of float32
    assert of('score("realbogus", "real") > 0.8', batch) == [True]


def test_counts_are_divided_as_numbers() -> None:
    assert of(
        "(detections / 2 == 1.5) & (1 / (detections - 3) > 1e300)", handmade(detections=[3])
    ) == [True]


def test_a_constant_clause_answers_for_every_alert() -> None:
    assert of("1 < 2", handmade(rows=3)) == [True] * 3
    assert of("abs(-1) > 2", handmade(rows=0, light_curve=[])) == []


def test_what_a_clause_read_is_noted_by_its_name() -> None:
    alerts = Alerts(handmade(magnitude=[18, NAN], limit_mag=[20, 20]))
    evaluate(read("abs(magnitude - limit_mag) > 0.5"), alerts)
    assert [reading.name for reading in alerts.readings] == [
        "magnitude",
        "limit_mag",
        "abs(magnitude - limit_mag)",
    ]
    assert alerts.columns == {"magnitude", "limit_mag"}
    assert alerts.unmeasured().tolist() == [False, True]


def test_the_result_of_a_function_that_is_nan_makes_a_row_unknown() -> None:
    alerts = Alerts(handmade(flux_njy=[-1, 10]))
    assert evaluate(read("log10(flux_njy) > 5"), alerts).tolist() == [False, False]
    assert alerts.unmeasured().tolist() == [True, False]


def test_a_classifier_that_does_not_score_is_named() -> None:
    with pytest.raises(FilterError, match="no classifier 'realbogus' has scored"):
        evaluate(read('score("realbogus", "real") > 0.5'), Alerts(handmade(rows=1)))
