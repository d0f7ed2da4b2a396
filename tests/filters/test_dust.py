"""Colours without dust: by the published coefficients, and unknown where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from filters.alerts import Alerts
from filters.dust import (
    EBV_MAX,
    dereddened_colour,
    is_told_from_dust,
    reddening_mag,
)
from filters.handmade import Epoch, handmade
from schemas.columns import BANDS, SYSTEMS
from schemas.dust_law import COEFFICIENTS
from schemas.errors import FilterError

NOW = 60000.0


def test_each_system_has_its_coefficients_by_bands_that_exist() -> None:
    assert set(COEFFICIENTS) == set(SYSTEMS)
    assert all(set(of_bands) <= set(BANDS) for of_bands in COEFFICIENTS.values())


def test_dust_takes_more_of_blue_light() -> None:
    for of_bands in COEFFICIENTS.values():
        values = list(of_bands.values())
        assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    ("system", "blue", "red", "by"),
    [
        ("lsst", "g", "r", 0.964),
        ("lsst", "u", "y", 3.057),
        ("ztf", "g", "r", 1.05),
        (-1, "g", "r", 0.964),
    ],
)
def test_the_reddening_is_the_tables(system: str | int, blue: str, red: str, by: float) -> None:
    batch = handmade(photometric_system=[system], extinction_ebv=[0.2])
    assert reddening_mag(batch, blue, red).tolist() == pytest.approx([0.2 * by])


@pytest.mark.parametrize(("system", "blue", "red"), [("winter", "J", "H"), ("ztf", "g", "z")])
def test_bands_without_a_coefficient_have_none(system: str, blue: str, red: str) -> None:
    batch = handmade(photometric_system=[system], extinction_ebv=[0.2])
    assert np.isnan(reddening_mag(batch, blue, red)).all()


def test_a_colour_is_bluer_without_its_dust_and_unknown_without_a_position() -> None:
    curve = [Epoch(NOW - 0.1, "g", 1_000.0), Epoch(NOW, "r", 1_000.0)]
    batch = handmade(
        light_curve=[curve, curve],
        mjd=[NOW, NOW],
        photometric_system=["ztf", "ztf"],
        extinction_ebv=[0.2, np.nan],
    )
    found = dereddened_colour(batch, "g", "r")
    np.testing.assert_allclose(found, [-0.21, np.nan], atol=1e-12)


def test_a_band_that_does_not_exist_is_refused() -> None:
    with pytest.raises(FilterError, match="no band 'G'"):
        reddening_mag(handmade(rows=1), "G", "r")


def test_a_colour_behind_thick_dust_is_told_only_where_it_is_blue_with_the_dust() -> None:
    thick, thin = 2 * EBV_MAX, EBV_MAX / 2
    alerts = Alerts(handmade(extinction_ebv=[thick, thick, thick, thin, np.nan]))
    observed = np.array([0.1, 0.3, np.nan, 0.3, 0.3])
    told = is_told_from_dust(alerts, observed, 0.2)
    assert told.tolist() == [True, False, True, True, True]
    assert alerts.columns == {"extinction_ebv"}


NEAREST = {
    "g": (4835.0, (4796.6, 3.237), (4876.7, 3.172)),
    "r": (6428.0, (6382.6, 2.176), (6545.5, 2.088)),
    "i": (7949.0, (7769.0, 1.595), (7983.1, 1.536)),
}
"""ZTF's effective wavelength in Å, and what Schlafly & Finkbeiner's table 6 has to both sides: DES
g, Pan-STARRS g; DES r, DSS-II r; DES i, WFC3 F814W."""


@pytest.mark.parametrize("band", NEAREST)
def test_ztfs_coefficients_lie_on_the_tables_line_by_wavelength(band: str) -> None:
    wavelength, (short, by_short), (long, by_long) = NEAREST[band]
    expected = np.interp(wavelength, [short, long], [by_short, by_long])
    assert COEFFICIENTS["ztf"][band] == pytest.approx(expected, abs=0.02)
