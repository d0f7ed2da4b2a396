"""Distance moduli are those of the cosmology that both simulations used."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM

from schemas.distances import REDSHIFT_MAX, REDSHIFT_MIN, distance_modulus


def test_moduli_are_astropy_s() -> None:
    redshifts = np.geomspace(REDSHIFT_MIN, REDSHIFT_MAX, 200)
    expected = FlatLambdaCDM(H0=70, Om0=0.3, Tcmb0=0).distmod(redshifts).value
    np.testing.assert_allclose(distance_modulus(redshifts), expected, atol=1e-4)


def test_an_unknown_redshift_has_no_distance_and_a_hostile_one_a_finite_one() -> None:
    near, far, unknown = distance_modulus(np.array([1e-30, 1e30, np.nan]))
    assert near == pytest.approx(23.16, abs=0.01)
    assert near < far < 60
    assert np.isnan(unknown)
