"""What trees are told of a light curve: known of a synthetic transient, and stable."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from schemas.batch import LightCurves
from training.arrays import Floats
from training.lightcurve.objects.objects import CURVE_COLUMNS
from training.lightcurve.rivals.gp_features import (
    NAMES,
    PLAIN_NAMES,
    WITH_REDSHIFT,
    Features,
    View,
    features,
    plain_features,
)
from training.lightcurve.rivals.raw_features import curves_of

PEAK_MJD = 60_100.0
PEAKS_NJY = np.array([500.0, 2000.0, 3000.0, 2400.0, 1600.0, 800.0])
RISE_DAYS, FALL_DAYS = 10.0, 25.0
KNOWN_Z = np.array([[0.25, 0.02, 40.5]])
FREE_OF_SCALE = ("griz_rise_0.5", "r_fall_0.5", "peak_g_of_r", "r_at_20", "i_low_share")


def a_transient(seed: int = 0, noise: float = 20.0) -> LightCurves:
    """Half a Gaussian up, half a wider one down, in six bands over 800 days."""
    rng = np.random.default_rng(seed)
    mjd = np.sort(
        np.concatenate(
            (rng.uniform(PEAK_MJD - 300, PEAK_MJD + 500, 60), rng.uniform(-40, 80, 260) + PEAK_MJD)
        )
    )
    band = rng.integers(0, 6, len(mjd)).astype(np.int8)
    days = mjd - PEAK_MJD
    width = np.where(days < 0, RISE_DAYS, FALL_DAYS)
    flux = PEAKS_NJY[band] * np.exp(-0.5 * (days / width) ** 2)
    flux += rng.normal(0, noise, len(mjd))
    err = np.full(len(mjd), noise)
    offsets = np.array([0, len(mjd)])
    return LightCurves(offsets, mjd, band, flux, err, np.full(len(mjd), np.nan), flux > 5 * err)


def named(row: Floats | Features, names: tuple[str, ...] = NAMES) -> dict[str, float]:
    return dict(zip(names, row.tolist(), strict=True))


@pytest.fixture(scope="module")
def seen() -> dict[str, float]:
    return named(features(a_transient(), KNOWN_Z)[0])


def test_maximum_and_colours_come_out(seen: dict[str, float]) -> None:
    curve = next(curves_of(a_transient()))
    assert curve is not None
    assert View.of(curve).peak_mjd == pytest.approx(PEAK_MJD, abs=3)
    for band, peak in zip("ugrizy", PEAKS_NJY, strict=True):
        assert seen[f"{band}_peak"] == pytest.approx(peak, rel=0.15)
    assert seen["peak_g_of_r"] == pytest.approx(2000 / 5000, abs=0.03)
    assert seen["peak_r_of_i"] == pytest.approx(3000 / 5400, abs=0.03)


def test_rise_and_fall_come_out(seen: dict[str, float]) -> None:
    half = np.sqrt(2 * np.log(2))
    assert seen["r_rise_0.5"] == pytest.approx(half * RISE_DAYS, abs=4)
    assert seen["r_fall_0.5"] == pytest.approx(half * FALL_DAYS, abs=4)
    assert seen["rest_r_fall_0.5"] == pytest.approx(seen["r_fall_0.5"] / 1.25, rel=1e-5)
    area = np.sqrt(np.pi / 2) * (RISE_DAYS + FALL_DAYS)
    assert seen["griz_width"] == pytest.approx(area, rel=0.2)


def test_luminosity_comes_out(seen: dict[str, float]) -> None:
    magnitude = 31.4 - 2.5 * np.log10(3000)
    assert seen["r_absolute"] == pytest.approx(magnitude - 40.5, abs=0.15)
    plain = named(plain_features(a_transient(), KNOWN_Z)[0], PLAIN_NAMES)
    assert plain["r_maximum_absolute"] == pytest.approx(magnitude - 40.5, abs=0.15)


def test_the_order_of_points_does_not_matter(seen: dict[str, float]) -> None:
    curves = a_transient()
    order = np.random.default_rng(1).permutation(len(curves.mjd))
    shuffled = LightCurves(
        curves.offsets, *(getattr(curves, name)[order] for name in CURVE_COLUMNS[1:])
    )
    row = features(shuffled, KNOWN_Z)[0]
    np.testing.assert_allclose(row, list(seen.values()), rtol=1e-4, atol=1e-4)


def test_the_scale_of_the_flux_does_not_matter_to_shapes(seen: dict[str, float]) -> None:
    curves = a_transient()
    brighter = replace(
        curves, flux_njy=curves.flux_njy * 100, flux_err_njy=curves.flux_err_njy * 100
    )
    scaled = named(features(brighter, KNOWN_Z)[0])
    for name in FREE_OF_SCALE:
        assert scaled[name] == pytest.approx(seen[name], rel=1e-4)
    assert scaled["r_absolute"] == pytest.approx(seen["r_absolute"] - 5, abs=1e-3)


def test_a_day_of_no_meaning_does_not_matter(seen: dict[str, float]) -> None:
    curves = a_transient()
    row = features(replace(curves, mjd=curves.mjd + 1234.0), KNOWN_Z)[0]
    moved = named(row)
    for name in ("r_fall_0.5", "peak_g_of_r", "detection_days", "r_from_20"):
        assert moved[name] == pytest.approx(seen[name], rel=1e-4)


def test_without_a_redshift_only_what_depends_on_it_is_lost() -> None:
    for describe, names in ((features, NAMES), (plain_features, PLAIN_NAMES)):
        curves = a_transient()
        known = describe(curves, KNOWN_Z)[0]
        unknown = describe(curves, np.full((1, 3), np.nan))[0]
        depends = np.array([name in WITH_REDSHIFT for name in names])
        assert np.isnan(unknown[depends]).all()
        np.testing.assert_array_equal(unknown[~depends], known[~depends])


def test_an_object_without_a_measured_flux_is_all_unknown() -> None:
    curves = a_transient()
    limits = replace(curves, flux_njy=np.full_like(curves.flux_njy, np.nan))
    assert np.isnan(features(limits, KNOWN_Z)).all()
    assert np.isnan(plain_features(limits, KNOWN_Z)).all()


def test_one_point_is_enough_for_a_row() -> None:
    curves = a_transient()
    one = LightCurves(
        np.array([0, 1]), *(getattr(curves, one.name)[:1] for one in fields(LightCurves)[1:])
    )
    for row in (features(one, KNOWN_Z)[0], plain_features(one, KNOWN_Z)[0]):
        assert not np.isinf(row).any()
        assert np.isfinite(row).any()


def test_rows_stand_in_the_order_of_the_objects() -> None:
    first, second = a_transient(0), a_transient(1)
    both = LightCurves(
        np.array([0, len(first.mjd), len(first.mjd) + len(second.mjd)]),
        *(
            np.concatenate((getattr(first, name), getattr(second, name)))
            for name in CURVE_COLUMNS[1:]
        ),
    )
    rows = plain_features(both, np.repeat(KNOWN_Z, 2, axis=0))
    np.testing.assert_array_equal(rows[0], plain_features(first, KNOWN_Z)[0])
    np.testing.assert_array_equal(rows[1], plain_features(second, KNOWN_Z)[0])


def test_plain_features_are_among_the_others() -> None:
    rows = features(a_transient(), KNOWN_Z), plain_features(a_transient(), KNOWN_Z)
    places = [NAMES.index(name) for name in PLAIN_NAMES]
    np.testing.assert_array_equal(rows[0][:, places], rows[1])


def test_names_are_distinct_and_so_are_those_of_redshift() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert set(NAMES) >= WITH_REDSHIFT
