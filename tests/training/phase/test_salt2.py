"""A template fit finds the date of peak of light curves that the template made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sncosmo", reason="sncosmo is not installed")

from schemas.errors import ModelError
from training.arrays import Floats
from training.phase.rivals.salt2 import Template
from training.phase.truth import Curve, G, R, part_of

PEAK = 60_010.0
REDSHIFT = 0.05
PHASES, WAVES = np.arange(-20.0, 51.0), np.arange(2000.0, 9201.0, 400.0)
LAW = """4
-0.4
0.7
-0.4
0.08
Salt2ExtinctionLaw.version 1
Salt2ExtinctionLaw.min_lambda 2800
Salt2ExtinctionLaw.max_lambda 7000
"""


def light(phase: Floats) -> Floats:
    """A bump that rises faster than it falls."""
    return np.asarray(np.exp(-0.5 * (phase / np.where(phase < 0, 7.0, 12.0)) ** 2))


@pytest.fixture
def template(tmp_path: Path) -> Template:
    """Of a spectrum without lines; stretch moves nothing, colour what it does in SALT2."""
    surface = light(PHASES)[:, None] * np.full(len(WAVES), 0.1)
    for name, grid in (
        ("template_0", surface),
        ("template_1", 0 * surface),
        ("lc_relative_variance_0", 0 * surface),
        ("lc_relative_variance_1", 0 * surface),
        ("lc_relative_covariance_01", 0 * surface),
        ("lc_dispersion_scaling", 0 * surface + 1),
    ):
        phase, wave = np.meshgrid(PHASES, WAVES, indexing="ij")
        table = np.column_stack((phase.ravel(), wave.ravel(), grid.ravel()))
        np.savetxt(tmp_path / f"salt2_{name}.dat", table)
    (tmp_path / "salt2_color_correction.dat").write_text(LAW)
    np.savetxt(tmp_path / "salt2_color_dispersion.dat", [[2000.0, 0.0], [9200.0, 0.0]])
    (tmp_path / "ZTF").mkdir()
    for band, centre in (("g", 4800.0), ("r", 6400.0)):
        wave = np.arange(centre - 600, centre + 601, 20.0)
        share = np.exp(-0.5 * ((wave - centre) / 250) ** 2)
        np.savetxt(tmp_path / "ZTF" / f"p48{band}.txt", np.column_stack((wave, share)))
    return Template("ztf", tmp_path, tmp_path)


def cut_at(days: float) -> Curve:
    """A light curve of g and r that ends so many days after its peak, a limit within."""
    mjd = np.arange(PEAK - 14, PEAK + days + 0.1, 2.0)
    flux = 5e4 * light((mjd - PEAK) / (1 + REDSHIFT))
    flux[2] = np.nan
    return Curve(
        mjd,
        np.where(np.arange(len(mjd)) % 2 == 0, G, R),
        flux,
        np.where(np.isnan(flux), np.nan, 300.0),
        np.where(np.isnan(flux), 17.0, np.nan),
        ~np.isnan(flux),
    )


@pytest.mark.parametrize("days", [-2.0, 6.0, 20.0])
def test_the_date_of_peak_is_found_before_it_and_after(template: Template, days: float) -> None:
    curve = cut_at(days)
    found = template.peaks(curve, REDSHIFT)
    assert found is not None
    true = PEAK - float(curve.mjd[-1])
    assert found.rest_b == pytest.approx(true, abs=1.0)
    assert set(found.bands) == {G, R}
    assert found.bands[G] == pytest.approx(true, abs=2.0)


def test_what_has_one_point_is_not_fitted_and_a_missing_file_is_named(
    template: Template, tmp_path: Path
) -> None:
    few = part_of(cut_at(0.0), np.arange(8) < 1)
    assert template.peaks(few, REDSHIFT) is None
    with pytest.raises(ModelError, match="total_u"):
        Template("lsst", tmp_path, tmp_path)
