"""A place with an error radius: what it holds, against sums over the sphere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import NoticeError
from sky.messengers.circle import Circle
from sky.messengers.localisation import SKY_DEG2
from tests.sky.messengers.skies import everywhere, spiral


@given(st.floats(0, 360), st.floats(-90, 90), st.floats(0.5, 40), st.floats(0.1, 0.99))
def test_the_radius_holds_what_it_says(
    ra: float, dec: float, radius: float, containment: float
) -> None:
    from astropy.coordinates import angular_separation

    one, places = Circle(ra, dec, radius, containment), everywhere(500)
    worth = one.at(places)
    apart = np.degrees(
        angular_separation(*np.radians([ra, dec]), *np.radians([places.ra_deg, places.dec_deg]))
    )
    clear = np.abs(apart - radius) > 1e-6
    inside = worth.credible_level <= containment
    # What would be beyond the antipode is missing from both, so levels are a little higher.
    wrapped = np.exp(-2 * np.log(1 / (1 - containment)) / (1 - np.cos(np.radians(radius))))
    if wrapped < 1e-9:
        assert (inside == (apart <= radius))[clear].all()


@pytest.mark.parametrize("radius", [3.0, 20.0, 90.0])
def test_densities_sum_to_one_and_levels_are_their_sums(radius: float) -> None:
    one, places = Circle(200.0, -30.0, radius, 0.9), spiral(400_000)
    worth = one.at(places)
    area = SKY_DEG2 / len(places)
    assert worth.density_per_deg2.sum() * area == pytest.approx(1, abs=0.01)
    order = np.argsort(-worth.density_per_deg2)
    summed = np.cumsum(worth.density_per_deg2[order]) * area
    assert worth.credible_level[order][::1000] == pytest.approx(summed[::1000], abs=0.01)


def test_a_sample_lies_where_its_levels_say() -> None:
    from sky.messengers.localisation import Places

    one = Circle(10.0, 88.0, 5.0, 0.68)
    sample = one.sample()
    found = one.at(Places(sample.ra_deg, sample.dec_deg)).credible_level
    assert found == pytest.approx(sample.credible_level, abs=1e-9)
    assert sample.area_deg2.sum() == pytest.approx(one.area_deg2(0.9999))
    assert one.area_deg2(0.68) == pytest.approx(np.pi * 5**2, rel=1e-2)


@pytest.mark.parametrize(
    ("circle", "said"),
    [
        ((10, 91, 1, 0.9), "no place"),
        ((np.nan, 0, 1, 0.9), "no place"),
        ((10, 0, 0, 0.9), "error radius"),
        ((10, 0, 1, 1.0), "containment"),
    ],
)
def test_what_is_no_circle_is_refused(circle: tuple[float, float, float, float], said: str) -> None:
    with pytest.raises(NoticeError, match=said):
        Circle(*circle)
