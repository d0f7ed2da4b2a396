"""A window shows some rows of a table as a table of those rows alone would."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from filters.alerts import Alerts
from filters.expressions.window import Window
from filters.handmade import Epoch, handmade
from schemas.batch import AlertBatch, LightCurves
from schemas.learned import Given

NAN = np.nan


@pytest.fixture
def batch() -> AlertBatch:
    curves = [[Epoch(60000.0 + day, "r", 10.0, 1.0) for day in range(row)] for row in range(5)]
    scores = {"realbogus": {"real": [0.1, 0.2, NAN, 0.4, 0.5]}}
    return handmade(magnitude=[1.0, 2.0, 3.0, NAN, 5.0], light_curve=curves, scores=scores)


def assert_same(one: LightCurves, other: LightCurves) -> None:
    for column in fields(LightCurves):
        np.testing.assert_array_equal(getattr(one, column.name), getattr(other, column.name))


@pytest.mark.parametrize(("begin", "end"), [(0, 5), (1, 4), (2, 2), (4, 5)])
def test_it_is_the_table_of_its_rows(batch: AlertBatch, begin: int, end: int) -> None:
    window, alone = Window(batch, begin, end), batch.take(np.arange(begin, end))
    assert len(window) == end - begin
    for name in ("magnitude", "band", "object_id"):
        np.testing.assert_array_equal(window.column(name), alone.column(name))
    assert_same(window.light_curve, alone.light_curve)
    assert_same(window.forced_photometry, alone.forced_photometry)
    assert window.given == {"realbogus": Given("realbogus", "probabilities", ("real",))}
    np.testing.assert_array_equal(
        window.learned_column("realbogus", "real"), alone.scores["realbogus"][:, 0]
    )
    assert len(window.stamps) == len(alone.stamps)


def test_rows_are_taken_of_it_in_any_order(batch: AlertBatch) -> None:
    taken = Window(batch, 1, 5).take(np.array([3, 0]))
    assert taken.column("magnitude").tolist() == [5.0, 2.0]
    assert (len(taken), len(taken.light_curve)) == (2, 2)


def test_its_columns_are_no_copies(batch: AlertBatch) -> None:
    assert np.shares_memory(Window(batch, 1, 3).column("magnitude"), batch.magnitude)


def test_a_filter_sees_it_as_any_table(batch: AlertBatch) -> None:
    assert Alerts(Window(batch, 1, 3)).magnitude.tolist() == [2.0, 3.0]
