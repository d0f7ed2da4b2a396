"""How far away a redshift is, for the surveys that send a redshift and no distance.

Flat Lambda-CDM as in PLAsTiCC and ELAsTiCC (SNANA's: H0 = 70 km/s/Mpc, 0.3 of it matter), so that
a distance means the same wherever it comes from.
"""

from __future__ import annotations

import numpy as np

from schemas.batch import Floats

LIGHT_KM_S = 299_792.458
HUBBLE_KM_S_MPC = 70.0
MATTER = 0.3
REDSHIFT_MIN, REDSHIFT_MAX = 1e-4, 10.0
"""Nearer and farther redshifts have the distances of these."""


def distance_modulus(redshift: Floats) -> Floats:
    """Magnitudes, float64 (n,), of redshifts (n,) above 0; NaN where one is. Good to 1e-4 mag."""
    return np.interp(np.log(redshift), np.log(REDSHIFTS), MODULI)


def luminosity_distance_mpc(redshift: Floats) -> Floats:
    """Megaparsecs, float64 (n,), of redshifts (n,); NaN where one is not above 0."""
    known = np.where(redshift > 0, redshift, np.nan)
    return 10.0 ** (distance_modulus(known) / 5.0 - 5.0)


def _moduli(redshifts: Floats) -> Floats:
    """By the trapezoids of 1 / E(z) from 0 on (Hogg 1999, arXiv:astro-ph/9905116)."""
    grid = np.concatenate(([0.0], redshifts))
    slowness = 1 / np.sqrt(MATTER * (1 + grid) ** 3 + 1 - MATTER)
    comoving = np.cumsum((slowness[1:] + slowness[:-1]) / 2 * np.diff(grid))
    luminosity_mpc = (1 + redshifts) * comoving * LIGHT_KM_S / HUBBLE_KM_S_MPC
    return 5 * np.log10(luminosity_mpc) + 25


REDSHIFTS = np.geomspace(REDSHIFT_MIN, REDSHIFT_MAX, 4000)
MODULI = _moduli(REDSHIFTS)
