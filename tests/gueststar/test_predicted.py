"""What is expected of an alert is drawn and said; of one that nothing is known of, nothing."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from classifiers.luminosity import GIVES as LUMINOSITY
from classifiers.phase import GIVES as PHASE
from classifiers.redshift import GIVES as REDSHIFT
from filters.alerts import Alerts
from filters.expressions.filter import read_filter
from filters.handmade import handmade
from gueststar.alert import Alert, rows
from gueststar.predicted import predicted, sentences
from schemas.batch import AlertBatch
from schemas.learned import Learned
from sky.hosts.template_shape import GIVES as SHAPE

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "filters"
HOST = ("found", "ambiguous", "offset_light_radii")
SAID: dict[str, dict[str, float]] = {
    "host": {"found": 1, "ambiguous": 0, "offset_light_radii": 0.42},
    "host_shape": {"found": 1, "is_cut": 0, "semi_major_arcsec": 12.34, "axis_ratio": 0.6},
    "redshift": {"source": 1, "redshift": 0.012, "redshift_err": 0.001, "redshift_high": 0.013},
    "luminosity": {"absolute_magnitude": -20.6, "absolute_magnitude_high": -20.2},
    "phase": {
        "days_to_peak": 3.0,
        "days_to_peak_low": 1.0,
        "days_to_peak_high": 5.0,
        "days_since_first_light": 4.0,
        "days_to_peak_g": 2.5,
        **{
            f"{name}{end}": 18.0 + more
            for name in ("mag_g_in_1d", "mag_g_in_3d", "peak_mag_g")
            for end, more in (("_low", -0.1), ("", 0.0), ("_high", 0.2))
        },
    },
}
CUT = {"host_shape": {"found": 1.0, "is_cut": 1.0}}
COLUMNS = {
    "host": HOST,
    "host_shape": SHAPE,
    "redshift": REDSHIFT,
    "luminosity": LUMINOSITY,
    "phase": PHASE,
}


def batch_of(said: dict[str, dict[str, float]]) -> AlertBatch:
    batch = handmade(
        magnitude=[16.0],
        flux_njy=[1e6],
        detections=[3],
        age_days=[2.0],
        star_distance_arcsec=[math.inf],
        asteroid_distance_arcsec=[math.inf],
        scores={"realbogus": {"real": [0.95], "bad_subtraction": [0.05]}},
    )
    for name, columns in COLUMNS.items():
        values = [said.get(name, {}).get(column, math.nan) for column in columns]
        batch.learned[name] = Learned("values", columns, np.array([values]))
    return batch


def alert_of(said: dict[str, dict[str, float]]) -> Alert:
    (alert,) = rows(batch_of(said), [{}], [()])
    return alert


def test_the_curve_goes_through_the_peak_and_the_days_ahead() -> None:
    (curve,) = predicted(alert_of(SAID))
    assert curve.band == "g"
    np.testing.assert_array_equal(curve.days, [1.0, 2.5, 3.0])
    assert (curve.low < curve.middle).all() and (curve.middle < curve.high).all()
    assert predicted(alert_of({})) == []


def test_it_is_said_in_words() -> None:
    assert sentences(alert_of(SAID)) == [
        "host at 0.42 light radii",
        "on the template: 12.3 arcsec by 0.60",
        "z 0.0120 ± 0.0010 of its host",
        "M -20.6",
        "peak in +3.0 d (+1.0 to +5.0)",
        "first light 4.0 d ago",
    ]
    assert sentences(alert_of(CUT)) == ["on the template: cut by the edge"]
    assert sentences(alert_of({})) == []
    assert sentences(alert_of({"host": {"found": 0}})) == ["host: none"]


@pytest.mark.parametrize("name", ["luminous_transients", "nearby_and_young"])
def test_the_filters_select_it_and_nothing_that_is_not_known(name: str) -> None:
    selection = read_filter(EXAMPLES / f"{name}.toml").selection(name)
    assert selection.judge(batch_of(SAID)).selected.tolist() == [True]
    assert selection.judge(batch_of({})).selected.tolist() == [False]


def test_a_filter_asks_for_the_peak() -> None:
    alerts = Alerts(batch_of(SAID))
    assert (alerts.value("phase", "days_to_peak") > 0).tolist() == [True]
