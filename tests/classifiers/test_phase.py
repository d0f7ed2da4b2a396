"""Phases are given to what is called a transient alone, and of nothing that came after."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers.lightcurve import supernova
from classifiers.luminosity import GIVES as LUMINOSITY
from classifiers.luminosity import Luminosity
from classifiers.observations.shared import told
from classifiers.phase import GIVES, NAME, Phase, is_transient, untaught
from classifiers.phase_layout import LABELS, TARGETS
from classifiers.redshift import GIVES as REDSHIFT
from classifiers.served import served
from gueststar.testing import check_stage
from gueststar.testing.crowd import crowd
from schemas.batch import AlertBatch
from schemas.columns import SYSTEMS
from schemas.distances import distance_modulus
from schemas.learned import Learned
from schemas.prior import shares_of
from tests.classifiers.observations.curves import Point, batch_of

NOW = 60000.0
SUPERNOVA_LABELS = ("SNIa", "SNII", "SNIIn", "SLSN-I", "SNIbc", "TDE", "AGN", "star")


def rising(system: str = "ztf") -> AlertBatch:
    """A supernova's rise in g and r, seen every third night."""
    days = np.arange(-12.0, 0.1, 3.0)
    points = [
        Point(NOW + day + 0.01 * code, code, 30_000.0 * (1 + (day + 12) / 4), 1_500.0)
        for day in days
        for code in (1, 2)
    ]
    return batch_of(system, [NOW + 0.03], [points])


def called(batch: AlertBatch, chance: float) -> AlertBatch:
    """With what the classifier says, at its natural prior."""
    shares = shares_of("supernova", SUPERNOVA_LABELS, "natural")
    values = np.array([[chance, 0, 0, 0, 0, 0, 0, 1 - chance]] * len(batch), np.float32)
    batch.learned["supernova"] = Learned("probabilities", SUPERNOVA_LABELS, values, shares)
    return batch


@pytest.fixture(scope="module")
def stage() -> Phase:
    return Phase(["supernova"])


def test_a_transient_has_ordered_quantiles_and_what_is_none_has_nothing(stage: Phase) -> None:
    (given,) = stage.run(called(rising(), 0.9))
    quantiles = given[0, : len(LABELS)].reshape(len(TARGETS), 3)
    assert (np.diff(quantiles, axis=1) > 0).all()
    assert given[0, GIVES.index("is_rising")] == (quantiles[TARGETS.index("days_to_peak"), 1] > 0)
    assert 8 < quantiles[0, 1] < 30
    (nothing,) = stage.run(called(rising(), 0.1))
    assert np.isnan(nothing).all()


def test_what_was_taught_too_few_objects_is_not_given() -> None:
    names = {LABELS[place] for place in untaught("lsst")}
    assert {one.removesuffix("_low").removesuffix("_high") for one in names} == {
        "days_to_peak_g",
        "days_to_peak_r",
    }
    assert untaught("ztf") == []


def test_it_is_a_stage_that_keeps_the_rules() -> None:
    check_stage(Phase(["supernova"]), alerts=crowd())


def test_points_after_the_alert_change_nothing(stage: Phase) -> None:
    batch = called(rising(), 0.9)
    curve = batch.light_curve
    later = replace(
        curve,
        offsets=curve.offsets + np.array([0, 2]),
        **{
            name: np.concatenate([getattr(curve, name), value])
            for name, value in (
                ("mjd", [NOW + 2, NOW + 5]),
                ("band", np.array([1, 2], np.int8)),
                ("flux_njy", [9e5, 10.0]),
                ("flux_err_njy", [100.0, 100.0]),
                ("limit_mag", [np.nan, np.nan]),
                ("detected", [True, True]),
            )
        },
    )
    foretold = replace(batch, light_curve=later)
    np.testing.assert_array_equal(stage.run(batch)[0], stage.run(foretold)[0])


def test_rows_are_made_once_for_a_batch_and_anew_for_another() -> None:
    batch = rising()
    assert told(batch, "ztf") is told(batch, "ztf")
    again = rising()
    assert told(again, "ztf") is not told(batch, "ztf")
    np.testing.assert_array_equal(told(again, "ztf").rows, told(batch, "ztf").rows)


def test_a_classifier_that_declined_calls_nothing_a_transient() -> None:
    values = np.full((1, len(SUPERNOVA_LABELS)), np.nan, np.float32)
    assert not is_transient("supernova", Learned.probabilities(SUPERNOVA_LABELS, values)).any()


def test_all_of_them_are_served_by_name_in_the_order_of_what_they_read() -> None:
    stages = served(["supernova"], ["luminosity", "phase", "redshift"])
    names = [one.identity.name for one in stages]
    assert names.index("supernova") < names.index("phase") < names.index("luminosity")
    assert names.index("redshift") < names.index("luminosity")


def test_an_absolute_magnitude_is_the_magnitude_less_dust_and_distance() -> None:
    batch = rising()
    batch.magnitude[:], batch.magnitude_err[:] = 18.0, 0.05
    batch.extinction_ebv[:], batch.band[:] = 0.1, 2
    batch.learned["redshift"] = Learned(
        "values", REDSHIFT, np.array([[1.0, 0.05, 0.001, 0.049, 0.051, np.nan, 36.6]])
    )
    (given,) = Luminosity().run(batch)
    said = dict(zip(LUMINOSITY, given[0], strict=True))
    expected = 18.0 - 2.16 * 0.1 - distance_modulus(np.array([0.05]))[0]
    assert said["absolute_magnitude"] == pytest.approx(expected, abs=1e-6)
    half = said["absolute_magnitude_high"] - said["absolute_magnitude"]
    assert 0.05 < half < 0.12
    assert np.isnan(said["peak_absolute_magnitude"])


@pytest.mark.data
def test_real_packets_of_supernovae_have_a_phase() -> None:
    folder = os.environ.get("GUESTSTAR_DATA")
    if not folder:
        pytest.skip("GUESTSTAR_DATA names no folder of real alerts")
    import gueststar

    batch = next(iter(gueststar.read(Path(folder, "ztf", "astrolabsoftware+fink-client"))))
    network = supernova()
    shares = shares_of("supernova", network.labels, "natural")
    batch.learned["supernova"] = Learned.probabilities(network.labels, network.score(batch)).at(
        "supernova", shares
    )
    (given,) = Phase(["supernova"]).run(batch)
    assert len(batch) > np.isfinite(given[:, 1]).sum() > 0
    assert NAME == "phase" and SYSTEMS[0] == "ztf"
