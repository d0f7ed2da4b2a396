"""The simulation's profiles against another hand's: GalSim (Rowe et al. 2015)."""

from __future__ import annotations

import math
from typing import Any

import galsim
import numpy as np
import pytest
from numpy.typing import NDArray

from telescope.profiles import MOFFAT_BETA, moffat, sersic

HALF = 20


def drawn(profile: Any) -> NDArray[np.float64]:  # noqa: ANN401 - GalSim is not typed
    """On pixels of the same size, integrated over each."""
    image = galsim.ImageD(2 * HALF + 1, 2 * HALF + 1, scale=1.0)
    return np.asarray(profile.drawImage(image).array, np.float64)


@pytest.mark.parametrize("off", [(0.0, 0.0), (0.3, -0.4)])
def test_a_star_is_moffats(off: tuple[float, float]) -> None:
    theirs = drawn(galsim.Moffat(beta=MOFFAT_BETA, fwhm=2.8).shift(*off))
    ours = moffat(2.8, off, HALF)
    assert np.abs(ours - theirs).max() < 0.01 * theirs.max()
    assert ours.sum() == pytest.approx(theirs.sum(), abs=2e-3)


@pytest.mark.parametrize("index", [1.0, 2.0])
def test_a_galaxy_is_sersics(index: float) -> None:
    ours = sersic(3.0, index, 1.0, 0.0, HALF)
    theirs = drawn(galsim.Sersic(n=index, half_light_radius=3.0))
    radius = np.hypot(*np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1])
    within = [image[radius < 3].sum() / image.sum() for image in (ours, theirs)]
    assert within[0] == pytest.approx(within[1], abs=0.01)
    assert math.isclose(ours.sum(), 1.0)
