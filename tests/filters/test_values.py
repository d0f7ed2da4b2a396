"""What stages gave is asked for by name: values in filters of both kinds, and never by mistake."""

from __future__ import annotations

import numpy as np
import pytest

from filters.alerts import Alerts
from filters.expressions.filter import ExpressionFilter
from filters.handmade import handmade
from filters.selection import Clauses, selection
from schemas.batch import AlertBatch
from schemas.errors import FilterError
from schemas.learned import FLOATS, Given, Kind, Learned

NAN = float("nan")
COLUMNS: dict[Kind, tuple[str, ...]] = {
    "probabilities": ("real",),
    "values": ("distance_arcsec", "parallax_mas"),
    "vector": ("0", "1", "2"),
}


@pytest.fixture
def batch() -> AlertBatch:
    """Four alerts, with something of each kind."""
    made = handmade(rows=4)
    for kind, columns in COLUMNS.items():
        values = np.arange(4 * len(columns), dtype=FLOATS[kind]).reshape(4, -1)
        values[3] = NAN
        made.learned[kind] = Learned(kind, columns, values)
    return made


@selection(topic="near")
def near(alerts: Alerts) -> Clauses:
    """Alerts at a catalogue's source."""
    yield "near", alerts.value("values", "distance_arcsec") < 3


def test_both_kinds_of_filters_read_values_and_nan_is_unknown(batch: AlertBatch) -> None:
    clause = 'value("values", "distance_arcsec") < 3'
    document = {"name": "near", "description": "Near.", "form": "lite", "clauses": {"near": clause}}
    for each in (near, ExpressionFilter.of(document).selection("near")):
        decision = each.evaluate(batch)
        assert decision.selected.tolist() == [True, True, False, False]
        assert decision.unknown.tolist() == [False, False, False, True]


@pytest.mark.parametrize("name", ["probabilities", "vector", "value"])
def test_no_value_is_read_of_what_is_none(batch: AlertBatch, name: str) -> None:
    with pytest.raises(FilterError, match=f"no stage '{name}' has given values"):
        Alerts(batch).value(name, "real")


@pytest.mark.parametrize("name", ["values", "vector"])
def test_no_probability_is_read_of_what_is_none(batch: AlertBatch, name: str) -> None:
    with pytest.raises(FilterError, match=f"no classifier '{name}' has scored"):
        Alerts(batch).score(name, "0")


def test_a_misspelt_value_is_named_with_the_nearest(batch: AlertBatch) -> None:
    with pytest.raises(FilterError, match=r"no value 'paralax_mas'.*parallax_mas"):
        Alerts(batch).value("values", "paralax_mas")


def test_scores_are_the_probabilities_alone(batch: AlertBatch) -> None:
    assert list(batch.scores) == ["probabilities"]
    assert dict(batch.score_labels) == {"probabilities": ("real",)}
    assert batch.given["vector"] == Given("vector", "vector", ("0", "1", "2"))


def test_rows_are_taken_of_all_that_was_learned(batch: AlertBatch) -> None:
    few = batch.take(np.array([2, 0]))
    for name, learned in batch.learned.items():
        np.testing.assert_array_equal(few.learned[name].values, learned.values[[2, 0]])
