"""Three kinds of filters that use what was not known are found, by clause, and others are not."""

from __future__ import annotations

import numpy as np
import pytest

from filters.alerts import Alerts
from filters.handmade import Epoch, handmade
from filters.selection import Clauses, selection
from filters.sources import builtin_names, load_builtin
from gueststar.filtering.lookahead import PLANTED, cut, look_ahead, plant
from schemas.batch import AlertBatch
from schemas.columns import BANDS
from schemas.learned import Learned
from tests.gueststar.filtering.tried import bright, clumsy, invented, is_odd


@pytest.fixture(scope="module")
def batch() -> AlertBatch:
    return invented()


def later(alerts: int = 8) -> AlertBatch:
    """Alerts in whose packets a point of the same night, taken later, is ten times as bright."""
    mjd = 60_000.0
    points = [
        [Epoch(mjd - 2, "r", 500), Epoch(mjd, "r", 1000), Epoch(mjd + 0.05, "r", 10_000)]
    ] * alerts
    return handmade(light_curve=points, mjd=[mjd] * alerts, magnitude=range(15, 15 + alerts))


@selection(topic="offender")
def brightest_ever(alerts: Alerts) -> Clauses:
    yield "bright", alerts.magnitude < 19
    curves = alerts.light_curve
    yield "has not peaked", np.maximum.reduceat(curves.flux_njy, curves.offsets[:-1]) < 5000


@selection(topic="offender")
def many_points(alerts: Alerts) -> Clauses:
    yield "bright", alerts.magnitude < 19
    yield "few points", np.diff(alerts.light_curve.offsets) < 30


@selection(topic="offender")
def many_forced_points(alerts: Alerts) -> Clauses:
    yield "unforced", np.diff(alerts.forced_photometry.offsets) == 0


@selection(topic="offender")
def brighter_than_its_neighbours(alerts: Alerts) -> Clauses:
    yield "bright", alerts.magnitude < 22
    yield "outstanding", alerts.magnitude < np.median(alerts.magnitude)


@selection(topic="good")
def known_points_alone(alerts: Alerts) -> Clauses:
    curves = alerts.light_curve
    counts = np.diff(curves.offsets)
    known = curves.mjd <= np.repeat(alerts.mjd, counts)
    flux = np.where(known, curves.flux_njy, -np.inf)
    yield "has not peaked", np.maximum.reduceat(flux, curves.offsets[:-1]) < 5000


def test_a_clause_that_uses_later_points_is_named() -> None:
    found = look_ahead(brightest_ever, [later()])
    assert found.found
    assert found.used == {"has not peaked": 8}
    assert "'has not peaked' used points later than the alert" in next(found.sentences)


def test_a_clause_that_would_use_later_points_is_named(batch: AlertBatch) -> None:
    for one, clause in ((many_points, "few points"), (many_forced_points, "unforced")):
        found = look_ahead(one, [batch])
        assert not found.used
        assert [*found.would_use] == [clause]
        assert found.would_use[clause] > 0


def test_a_clause_that_looks_at_other_alerts_is_named(batch: AlertBatch) -> None:
    found = look_ahead(brighter_than_its_neighbours, [batch])
    assert not found.used
    assert not found.would_use
    assert [*found.company] == ["outstanding"]
    assert len(found.violations) > 3
    assert found.found
    assert len([*found.sentences]) == 1 + 3 + 1


def test_a_filter_that_reads_what_was_known_does_not_look_ahead() -> None:
    found = look_ahead(known_points_alone, [later()])
    assert not found.found
    assert [*found.sentences] == [
        "no answer of 8 alerts rests on what was not known at the alert's time"
    ]


@pytest.mark.parametrize("name", builtin_names())
def test_no_built_in_filter_looks_ahead(batch: AlertBatch, name: str) -> None:
    labels = {
        "realbogus": ("real", "bad_subtraction", "cosmic_ray", "bad_pixel", "satellite_trail"),
        "supernova": ("SNIa", "SNII", "SNIIn", "SLSN-I", "SNIbc", "TDE", "AGN", "star"),
        "lightcurve": ("SNIa", "KN", "TDE", "AGN"),
    }
    random = np.random.default_rng(1)
    scored = batch.take(np.arange(len(batch)))
    for classifier, names in labels.items():
        scored.learned[classifier] = Learned.probabilities(
            names, random.random((len(batch), len(names)), dtype=np.float32)
        )
    assert not look_ahead(load_builtin(name), [scored]).found


def test_alerts_that_make_it_raise_are_left_out(batch: AlertBatch) -> None:
    found = look_ahead(clumsy, [batch])
    assert not found.found
    assert found.alerts == int((~is_odd(batch.alert_id)).sum()) > 0


def test_nothing_to_try_finds_nothing() -> None:
    assert not look_ahead(bright, []).found
    assert not look_ahead(clumsy, [handmade(alert_id=[1])]).found


def test_cutting_takes_later_points_away_and_no_others() -> None:
    table = later(3)
    curves = cut(table).light_curve
    assert curves.offsets.tolist() == [0, 2, 4, 6]
    assert curves.flux_njy.tolist() == [500, 1000] * 3
    assert len(cut(table).forced_photometry.mjd) == 0


@pytest.mark.parametrize("kind", PLANTED)
def test_planting_adds_points_of_every_band_after_the_last(kind: str) -> None:
    table = later(3)
    planted = plant(table, kind)
    for curves, last in ((planted.light_curve, 60_000.05), (planted.forced_photometry, 60_000)):
        for row in range(3):
            one = curves.of(row)
            new = one.mjd > last
            assert new.sum() == 3 * len(BANDS)
            assert sorted({*one.band[new].tolist()}) == [*range(len(BANDS))]
            assert (np.diff(one.mjd) >= 0).all()
            assert (one.detected[new] == np.isfinite(one.flux_njy[new])).all()
    np.testing.assert_array_equal(
        cut(plant(table, kind)).light_curve.mjd, cut(table).light_curve.mjd
    )


def test_rows_taken_of_altered_light_curves_are_altered() -> None:
    rows = np.array([2, 0])
    taken = cut(later(3)).take(rows)
    assert taken.light_curve.offsets.tolist() == [0, 2, 4]
    assert taken.column("magnitude").tolist() == [17, 15]
