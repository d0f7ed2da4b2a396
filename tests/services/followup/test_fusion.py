"""Four sites' points as one light curve."""

from __future__ import annotations

import numpy as np
import pytest

from schemas.object_annotation import Measured
from services.followup.fusion import fuse

OFFSETS = {"survey": 0.0, "north": 0.31, "south": -0.12, "east": 0.05, "west": 0.8}


def sky(seed: int) -> dict[str, list[Measured]]:
    """Each site sees some of 30 stars, and a kilonova that fades half a magnitude a day."""
    draw = np.random.default_rng(seed)
    stars = draw.uniform(15, 18, 30)
    found: dict[str, list[Measured]] = {}
    for site, offset in OFFSETS.items():
        seen = draw.choice(30, 12, replace=False)
        measured = stars[seen] + offset + draw.normal(0, 0.02, 12)
        points = [
            Measured(61_000.0, "r", float(magnitude), 0.02, f"star {number}")
            for number, magnitude in zip(seen.tolist(), measured, strict=True)
        ]
        for mjd in 61_000 + np.sort(draw.uniform(0, 5, 6)):
            true = 18.5 + 0.5 * (mjd - 61_000)
            magnitude = float(true + offset + draw.normal(0, 0.04))
            points.append(Measured(float(mjd), "r", magnitude, 0.04))
        found[site] = points
    return found


@pytest.mark.parametrize("seed", range(5))
def test_each_sites_zero_point_is_fitted_and_the_points_are_one_curve(seed: int) -> None:
    fused = fuse(sky(seed), "survey")
    for site, offset in OFFSETS.items():
        zero = fused.zero_points[site, "r"]
        assert abs(zero.offset_mag - offset) < 4 * zero.err_mag + 1e-9
        assert zero.err_mag < 0.03
    assert len(fused.points) == 30
    mjd = np.array([one.mjd for _, one in fused.points])
    assert (np.diff(mjd) >= 0).all()
    left = np.array([one.magnitude for _, one in fused.points]) - 18.5 - 0.5 * (mjd - 61_000)
    errors = np.array([one.magnitude_err for _, one in fused.points])
    assert 0.4 < np.mean((left / errors) ** 2) < 1.8


def test_a_site_that_shares_no_star_stays_apart() -> None:
    points = sky(1)
    points["west"] = [one._replace(star=one.star and f"{one.star}, west") for one in points["west"]]
    fused = fuse(points, "survey")
    assert fused.apart == [("west", "r")]
    assert len(fused.points) == 24
