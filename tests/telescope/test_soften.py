"""What is widened so that the sharper frame can be made like it, and what that does to stars."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from telescope.camera import camera_of
from telescope.frame import frame_of
from telescope.kernel import WIDTH_MIN
from telescope.pipeline import measured, prepared
from telescope.profiles import moffat
from telescope.psf import Psf
from telescope.simulate import Air, as_reference, expose, sky_field
from telescope.soften import gaussian, softened, softening, spread

SIDE = 512
CAMERA = camera_of({"name": "simulated"}, "the tests")


def psf(fwhm: float, ellipticity: float = 0.0, angle_deg: float = 0.0) -> Psf:
    image = moffat(fwhm, (0.0, 0.0), 15, ellipticity=ellipticity, angle_deg=angle_deg)
    return Psf(image[None], fwhm, (SIDE, SIDE), 100)


@pytest.mark.parametrize("sigma", [1.0, 1.7])
def test_second_moments_are_a_gaussian_s_own(sigma: float) -> None:
    assert spread(gaussian(sigma)) == pytest.approx(sigma**2 * np.eye(2), abs=0.02)


def test_nothing_is_softened_that_is_wider_in_every_direction() -> None:
    assert softening(psf(5.0), psf(3.0)) == 0.0
    assert softening(psf(5.0, 0.2), psf(3.0, 0.2, 40.0)) == 0.0
    assert np.allclose(softened(psf(5.0), 0.0).terms, psf(5.0).terms, atol=1e-6)


@pytest.mark.parametrize("angle_deg", [0.0, 30.0, 90.0])
def test_what_is_softened_is_the_wider_one_in_every_direction(angle_deg: float) -> None:
    wide, narrow = psf(4.2, 0.45, angle_deg), psf(4.0, 0.35, angle_deg + 10)
    sigma = softening(wide, narrow)
    assert sigma > WIDTH_MIN
    apart = spread(softened(wide, sigma).at(250, 250)) - spread(narrow.at(250, 250))
    assert np.linalg.eigvalsh(apart)[0] > 0.8 * WIDTH_MIN**2


def test_of_two_frames_each_sharper_along_one_direction_bright_stars_leave_little() -> None:
    air = Air(seed=3, fwhm=3.9, ellipticity=0.45, shift=(2.3, -3.6))
    other = replace(as_reference(air, 1), fwhm=3.7, ellipticity=0.3, angle_deg=40.0)
    field = sky_field(3, SIDE, stars=250, galaxies=0)
    images = (expose(field, one, SIDE)[0] for one in (air, other))
    frame, reference = (frame_of(image, CAMERA, "simulated") for image in images)
    report = measured(frame, prepared(reference))
    difference = report.difference
    assert difference is not None and report.candidates is not None
    bright = ~difference.excluded & (difference.template > 4_000)
    assert bright.sum() > 30
    left = difference.pixels[bright] / difference.template[bright]
    assert np.sqrt(np.mean(left**2)) < 0.03
    assert difference.spread == pytest.approx(1.0, abs=0.05)
    assert len(report.candidates) <= 4
