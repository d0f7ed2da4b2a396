"""On real alerts, an expression against the same clause in Python; and every function's law."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from filters import curves
from filters.alerts import Alerts
from filters.conformance import violations
from filters.expressions.evaluation import evaluate
from filters.expressions.filter import ExpressionFilter
from filters.expressions.parser import read
from lake.archives import Archive
from schemas.batch import AlertBatch
from schemas.columns import BANDS
from schemas.decode import Decoder

pytestmark = pytest.mark.data

ALERTS = 300

TWINS: dict[str, Callable[[Alerts], NDArray[np.bool_]]] = {
    "magnitude < 18.5": lambda alerts: alerts.magnitude < 18.5,
    "~((star_distance_arcsec < 1.5) & (star_galaxy_score > 0.5))": lambda alerts: (
        ~((alerts.star_distance_arcsec < 1.5) & (alerts.star_galaxy_score > 0.5))
    ),
    'band in ("g", "i")': lambda alerts: np.isin(alerts.band, [BANDS.index("g"), BANDS.index("i")]),
    "rate_mag_per_day() > 0.1": lambda alerts: curves.rise_mag_per_day(alerts) > 0.1,
    "10 < days_since_peak() <= 30": lambda alerts: (
        (curves.days_since_peak(alerts) > 10) & (curves.days_since_peak(alerts) <= 30)
    ),
    'abs(colour("g", "r")) < 0.5': lambda alerts: np.abs(curves.colour(alerts, "g", "r")) < 0.5,
    "points_within(5) >= 2": lambda alerts: curves.detections_within(alerts, 5) >= 2,
    "flux_njy / flux_err_njy > 10": lambda alerts: alerts.flux_njy / alerts.flux_err_njy > 10,
    "is_missing(rate_mag_per_day())": lambda alerts: np.isnan(curves.rise_mag_per_day(alerts)),
}
"""An expression, and what it is in Python."""


@pytest.fixture(scope="module")
def alerts(data_folder: Path) -> AlertBatch:
    folder = data_folder / "ztf" / "astrolabsoftware+fink-broker" / "alerts.tar.xz"
    return Decoder().decode([packet.data for packet in islice(Archive(folder), ALERTS)])


@pytest.mark.parametrize("text", TWINS)
def test_an_expression_selects_what_its_twin_in_python_does(text: str, alerts: AlertBatch) -> None:
    found = evaluate(read(text), Alerts(alerts))
    assert np.array_equal(found, TWINS[text](Alerts(alerts)))
    assert 0 < found.sum() < len(alerts)


def test_an_alert_is_found_by_its_number_and_name(alerts: AlertBatch) -> None:
    text = f'(alert_id == {alerts.alert_id[7]}) & (object_id == "{alerts.object_id[7]}")'
    assert np.flatnonzero(evaluate(read(text), Alerts(alerts))).tolist() == [7]


def test_no_clause_depends_on_how_the_stream_was_cut(alerts: AlertBatch) -> None:
    clauses = {f"one-{at}": f"({text}) | (magnitude < 19)" for at, text in enumerate(TWINS)}
    selection = ExpressionFilter.of({"name": "all", "clauses": clauses}).selection("all")
    assert violations(selection, alerts.take(np.arange(40))) == []
