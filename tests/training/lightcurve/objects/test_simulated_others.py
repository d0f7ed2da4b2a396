"""Simulated others look as ZTF's packets do, and never pass for real ones."""

from __future__ import annotations

import numpy as np
import pytest

from schemas.batch import LightCurves
from schemas.photometry import njy
from training.lightcurve.labels import NUCLEUS, SIX_BAND, STAR, ZTF
from training.lightcurve.objects.objects import Objects
from training.lightcurve.objects.others import Others
from training.lightcurve.objects.simulated_others import (
    FAST,
    PEAK_MAG,
    PREFIX,
    SEEN_BANDS,
    SLOW,
    simulated_others,
)
from training.lightcurve.objects.windows import DETECTIONS_MIN, WINDOW_DAYS

KINDS = (*FAST, *SLOW, "SNIa")
POINTS = 40
BEFORE = [[900.0, 120.0], [1500.0, 400.0]]
LIMIT = 20.5


def plasticc() -> Objects:
    """An object a kind, seen 40 times in g and in r, of sine waves in nJy."""
    mjd = np.linspace(0, 300, POINTS).repeat(2)
    band = np.tile(np.array(SEEN_BANDS, np.int8), POINTS)
    count = len(KINDS)
    flux = np.tile(500 * np.sin(mjd / 9), count)
    curves = LightCurves(
        np.arange(count + 1) * 2 * POINTS,
        np.tile(mjd, count),
        np.tile(band, count),
        flux,
        np.full(len(flux), 5.0),
        np.full(len(flux), np.nan),
        np.abs(flux) > 25,
    )
    label = np.array([SIX_BAND.index(kind) for kind in KINDS], np.int64)
    name = np.array([str(number) for number in range(count)])
    return Objects(name, label, curves, np.zeros((count, 3)))


@pytest.fixture(scope="module")
def real() -> Others:
    """One limit, and two things that packets say of the time before."""
    one = np.ones(1)
    limit = LightCurves(
        np.array([0, 1]), one, np.ones(1, np.int8), one, one, LIMIT * one, np.zeros(1, np.bool_)
    )
    objects = Objects(np.array(["ZTF1"]), np.zeros(1, np.int64), limit, np.zeros((1, 3)))
    return Others(objects, np.array(["star by SIMBAD"]), np.array(BEFORE))


@pytest.fixture(scope="module")
def others(real: Others) -> Others:
    return simulated_others(plasticc(), real, 5, np.random.default_rng(4))


def test_every_variable_kind_is_there_by_its_name_and_no_supernova(others: Others) -> None:
    assert set(others.kind.tolist()) == {PREFIX + kind for kind in KINDS[:-1]}
    nucleus = others.kind == PREFIX + "AGN"
    assert set(others.objects.label[nucleus].tolist()) == {ZTF.index(NUCLEUS)}
    assert set(others.objects.label[~nucleus].tolist()) == {ZTF.index(STAR)}
    assert all(name.startswith(PREFIX) for name in others.objects.name.tolist())
    assert np.isnan(others.objects.redshift).all()


def test_the_time_before_is_that_of_a_real_packet_or_of_the_window_itself(others: Others) -> None:
    curves = others.objects.curves
    seen = np.add.reduceat(curves.detected, curves.offsets[:-1], dtype=np.int64)
    drawn = np.array(BEFORE)[:, 1]
    assert np.isin(others.history[:, 1][others.history[:, 1] > 100], drawn).all()
    assert (others.history[:, 1] >= seen).all()


def test_each_is_a_window_that_ends_at_a_detection(others: Others) -> None:
    for row in range(len(others.kind)):
        own = others.objects.curves.of(row)
        assert own.detected[-1]
        assert own.detected.sum() >= DETECTIONS_MIN
        assert own.mjd[-1] - own.mjd[0] <= WINDOW_DAYS


def test_what_is_fainter_than_the_limit_is_a_limit_without_a_flux(others: Others) -> None:
    curves = others.objects.curves
    assert np.isnan(curves.flux_njy[~curves.detected]).all()
    assert (curves.limit_mag[~curves.detected] == LIMIT).all()
    assert np.isnan(curves.limit_mag[curves.detected]).all()
    strength = np.abs(curves.flux_njy[curves.detected])
    assert njy(np.array(LIMIT)) <= strength.min()
    assert strength.max() < 2 * njy(np.array(PEAK_MAG[0]))
    assert 0 < (curves.flux_njy < 0).sum() < curves.detected.sum()


def test_one_seed_gives_one_simulation(real: Others, others: Others) -> None:
    again = simulated_others(plasticc(), real, 5, np.random.default_rng(4))
    np.testing.assert_array_equal(
        again.objects.curves.flux_njy, others.objects.curves.flux_njy, strict=True
    )
