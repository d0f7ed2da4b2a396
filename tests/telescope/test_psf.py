"""A PSF's slopes, through which places are fitted: those of the star, not of its pixels' steps."""

from __future__ import annotations

import numpy as np
import pytest

from telescope.profiles import moffat
from telescope.psf import slope


@pytest.mark.parametrize("fwhm", [2.5, 3.4, 6.0])
def test_a_slope_is_what_a_small_move_changes(fwhm: float) -> None:
    image = moffat(fwhm, (0.0, 0.0), 20)
    for axis, step in ((1, (0.01, 0.0)), (0, (0.0, 0.01))):
        back = moffat(fwhm, (-step[0], -step[1]), 20)
        moved = (back - moffat(fwhm, step, 20)) / 0.02
        ratio = float((slope(image, axis) * moved).sum() / (moved**2).sum())
        assert ratio == pytest.approx(1.0, abs=0.08 if fwhm < 3 else 0.04)
        plain = np.gradient(image, axis=axis)
        assert abs(1 - ratio) < abs(1 - float((plain * moved).sum() / (moved**2).sum()))
