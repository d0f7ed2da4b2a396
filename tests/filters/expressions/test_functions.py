"""The listed functions: their signatures, their formulas against astropy's, and light curves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.alerts import Alerts
from filters.expressions.evaluation import evaluate
from filters.expressions.functions import FUNCTIONS, Works, angular_separation
from filters.expressions.limits import NAME_CHARS_MAX
from filters.expressions.parser import read
from filters.expressions.tree import Kind
from filters.handmade import Epoch, handmade
from schemas.batch import AlertBatch
from sky.catalogues import CatalogueIdentity, Sky

NOW = 60000.0
RA = st.floats(0, 360)
DEC = st.floats(-90, 90)


def of(text: str, batch: AlertBatch, sky: Sky | None = None) -> list[bool]:
    alerts = Alerts(batch, sky) if sky else Alerts(batch)
    return [bool(one) for one in evaluate(read(text), alerts)]


def test_the_list_is_this_one() -> None:
    assert sorted(function.signature for function in FUNCTIONS.values()) == [
        "abs(x)",
        "amplitude_mag()",
        "angular_separation(ra_deg, dec_deg, other_ra_deg, other_dec_deg)",
        'annotation("source", "name")',
        'annotation_number("source", "name")',
        "brightening_mag()",
        'colour("band", "other_band")',
        "days_since(mjd)",
        "days_since_dark()",
        "days_since_peak()",
        'dereddened_colour("band", "other_band")',
        "exp(x)",
        "fade_mag_per_day()",
        "galactic_latitude_deg()",
        "in_cone(ra_deg, dec_deg, radius_deg)",
        'in_region("region")',
        "is_missing(x)",
        "log10(x)",
        "maximum(x, y)",
        'messenger("event", "column")',
        "messenger_probability()",
        "minimum(x, y)",
        "peak_magnitude()",
        "points_within(days)",
        "rate_mag_per_day()",
        'score("classifier", "label")',
        'score_at_even_odds("classifier", "label")',
        "sqrt(x)",
        'value("stage", "column")',
        'watchlist("watchlist")',
        'watchlist_distance_arcsec("watchlist")',
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_says_what_it_gives(name: str) -> None:
    function = FUNCTIONS[name]
    assert function.document.endswith(".")
    assert len(name) <= NAME_CHARS_MAX
    assert not function.names or function.works is Works.ALERTS
    assert function.kind is not Kind.TEXT or function.works is Works.ALERTS


@settings(max_examples=100)
@given(RA, DEC, RA, DEC)
def test_a_separation_is_astropys(ra: float, dec: float, other_ra: float, other_dec: float) -> None:
    from astropy.coordinates import angular_separation as of_astropy

    degrees = np.radians([ra, dec, other_ra, other_dec])
    expected = np.degrees(of_astropy(*degrees)) * 3600
    found = angular_separation(*np.array([ra, dec, other_ra, other_dec]))
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-6)


@settings(max_examples=50)
@given(RA, DEC, st.floats(1e-3, 10))
def test_a_small_separation_in_declination_keeps_its_digits(
    ra: float, dec: float, arcsec: float
) -> None:
    towards = -1 if dec > 0 else 1
    other = np.float64(dec + towards * arcsec / 3600)
    found = angular_separation(np.float64(ra), np.float64(dec), np.float64(ra), other)
    assert found == pytest.approx(arcsec, abs=1e-7)


def test_opposite_positions_are_half_the_sky_apart() -> None:
    apart = angular_separation(*np.array([10.0, 20.0, 190.0, -20.0]))
    assert apart == pytest.approx(180 * 3600)


def test_a_cone_holds_what_lies_within_its_radius_over_the_meridian_too() -> None:
    batch = handmade(ra_deg=[359.5, 0.5, 2.0, np.nan], dec_deg=[0, 0, 0, 0])
    assert of("in_cone(0, 0, 1)", batch) == [True, True, False, False]
    assert of("in_cone(180, -90, 89.9)", handmade(ra_deg=[1, 1], dec_deg=[-1, 0])) == [True, False]


def test_days_since_counts_from_an_mjd_to_the_alert() -> None:
    batch = handmade(mjd=[NOW, NOW + 3])
    assert of(f"days_since({NOW}) >= 3", batch) == [False, True]


def test_the_galactic_latitude_is_astropys() -> None:
    from astropy.coordinates import SkyCoord

    ra_deg, dec_deg = np.array([0.0, 83.6, 266.4, 192.9]), np.array([-90.0, 22.0, -28.9, 27.1])
    expected = SkyCoord(ra_deg, dec_deg, unit="deg").galactic.b.deg
    batch = handmade(ra_deg=ra_deg.tolist(), dec_deg=dec_deg.tolist())
    for row, latitude in enumerate(expected):
        text = f"{latitude - 0.01} < galactic_latitude_deg() < {latitude + 0.01}"
        assert of(text, batch)[row]


def test_a_brightening_counts_the_templates_light() -> None:
    batch = handmade(flux_njy=[1000.0, 1000.0], template_flux_njy=[1000.0, np.nan])
    assert of("abs(brightening_mag() - 2.5 * log10(2)) < 1e-9", batch) == [True, False]
    alerts = Alerts(batch)
    evaluate(read("brightening_mag() > 1"), alerts)
    names = [reading.name for reading in alerts.readings]
    assert len(set(names)) == len(names)


def test_what_is_larger_smaller_or_missing() -> None:
    batch = handmade(magnitude=[18, np.nan], limit_mag=[20, 20])
    assert of("maximum(magnitude, limit_mag) == 20", batch) == [True, False]
    assert of("minimum(magnitude, limit_mag) == 18", batch) == [True, False]
    assert of("is_missing(minimum(magnitude, limit_mag))", batch) == [False, True]


CURVE = [
    Epoch(NOW - 20, "g", limit_mag=20.5),
    Epoch(NOW - 10, "r", 10_000.0, 100.0),
    Epoch(NOW - 0.5, "g", 20_000.0, 100.0),
    Epoch(NOW, "r", 5_000.0, 100.0),
    Epoch(NOW + 1, "r", 900_000.0, 100.0),
]
"""The last point is later than the alert; no function may see it."""


@pytest.mark.parametrize(
    "text",
    [
        "abs(peak_magnitude() - (31.4 - 2.5 * log10(20000))) < 1e-9",
        "days_since_peak() == 0.5",
        "points_within(1) == 2",
        "points_within(10) == 3",
        "points_within(-1) == 0",
        'abs(colour("g", "r") - 2.5 * log10(5000 / 20000)) < 1e-9',
        'is_missing(colour("g", "i"))',
        'abs(colour("g", "r") - dereddened_colour("g", "r") - 0.0964) < 1e-9',
        "abs(fade_mag_per_day() - 2.5 * log10(2) / 10) < 1e-9",
        "abs(amplitude_mag() - 2.5 * log10(2)) < 1e-9",
        "is_missing(rate_mag_per_day())",
        "is_missing(days_since_dark())",
    ],
)
def test_a_light_curve_is_asked_up_to_the_alert(text: str) -> None:
    batch = handmade(
        light_curve=[CURVE, []],
        mjd=[NOW, NOW],
        band=["r", "r"],
        flux_njy=[5_000.0, 5_000.0],
        photometric_system=["lsst", "lsst"],
        extinction_ebv=[0.1, 0.1],
    )
    assert of(text, batch)[0]


class North:
    """A region and a watchlist of the northern half."""

    identity = CatalogueIdentity("north", "0" * 64)

    def contains(self, ra_deg: np.ndarray, dec_deg: np.ndarray) -> np.ndarray:
        return dec_deg > 0

    def distance_arcsec(self, ra_deg: np.ndarray, dec_deg: np.ndarray) -> np.ndarray:
        return np.where(dec_deg > 0, 3.0, np.inf)


def test_regions_and_watchlists_are_asked_by_their_names() -> None:
    sky = Sky(regions=[North()], watchlists=[North()])
    batch = handmade(ra_deg=[1, 1], dec_deg=[1, -1])
    assert of('in_region("north")', batch, sky) == [True, False]
    assert of('watchlist("north")', batch, sky) == [True, False]
    assert of('watchlist_distance_arcsec("north") < 5', batch, sky) == [True, False]
    alerts = Alerts(batch, sky)
    evaluate(read('watchlist("north")'), alerts)
    assert alerts.catalogues == {"north": North.identity}
