"""What a light curve shows, against the same worked out point by point."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.handmade import Epoch, handmade
from gueststar.alert import Alert, rows
from gueststar.points import Points, points_of
from schemas.batch import LightCurves
from schemas.columns import BANDS
from schemas.light_curves import TWIN_DAYS

MJD = 60000.0


def alert_with(curve: list[Epoch], forced: list[Epoch] | None = None) -> Alert:
    """An alert with that history and forced photometry."""
    batch = handmade(rows=1, mjd=[MJD], light_curve=[curve])
    other = handmade(rows=1, light_curve=[forced or []]).light_curve
    object.__setattr__(batch, "forced_photometry", other)
    return next(rows(batch, [{}], [()]))


def points(*curve: Epoch) -> Points:
    """What is shown of a history."""
    return points_of(alert_with(list(curve)))


def test_a_detection_has_its_ab_magnitude_and_error() -> None:
    shown = points(Epoch(MJD - 2, "g", 3631.0, 36.31))
    assert shown.magnitude[0] == pytest.approx(31.4 - 2.5 * math.log10(3631.0))
    assert shown.magnitude_err[0] == pytest.approx(0.010857, rel=1e-3)
    assert (shown.days[0], shown.limit[0], shown.fading[0]) == (-2.0, False, False)


def test_a_fading_is_shown_by_its_absolute_flux_and_named_so() -> None:
    shown = points(Epoch(MJD, "g", -3631.0, 36.31))
    assert shown.fading[0]
    assert shown.magnitude[0] == pytest.approx(31.4 - 2.5 * math.log10(3631.0))


def test_a_limit_is_the_survey_s_own_or_five_sigma() -> None:
    shown = points(Epoch(MJD - 2, "g", limit_mag=20.5), Epoch(MJD - 1, "g", flux_err_njy=100.0))
    assert shown.limit.all()
    assert shown.magnitude[0] == 20.5
    assert shown.magnitude[1] == pytest.approx(31.4 - 2.5 * math.log10(500.0))


def test_what_has_neither_magnitude_nor_limit_is_left_out() -> None:
    assert len(points(Epoch(MJD, "g"), Epoch(MJD, "g", 10.0, 1.0))) == 1


def test_forced_photometry_fills_in_the_exposures_that_the_history_lacks() -> None:
    own = [Epoch(MJD, "r", 1000.0, 10.0)]
    forced = [
        Epoch(MJD - 1, "r", 900.0, 10.0),
        Epoch(MJD + TWIN_DAYS / 2, "r", 990.0, 10.0),
        Epoch(MJD, "g", 500.0, 10.0),
    ]
    shown = points_of(alert_with(own, forced))
    assert shown.mjd.tolist() == [MJD - 1, MJD, MJD]
    assert sorted(shown.forced.tolist()) == [False, True, True]


def test_bands_stand_from_blue_to_red_and_unknown_ones_last() -> None:
    curve = [Epoch(MJD, name, 10.0, 1.0) for name in ("z", "g", "r")]
    alert = alert_with(curve)
    alert.batch.light_curve.band[0] = -1
    assert points_of(alert).bands == [BANDS.index("g"), BANDS.index("r"), -1]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.floats(59000, 60000),
            st.sampled_from(BANDS),
            st.one_of(st.just(math.nan), st.floats(-1e6, 1e6)),
            st.one_of(st.just(math.nan), st.floats(1, 1e4)),
            st.one_of(st.just(math.nan), st.floats(15, 25)),
        ),
        max_size=12,
    )
)
def test_every_point_is_shown_as_plain_arithmetic_says(epochs: list[tuple[float, ...]]) -> None:
    alert = alert_with([Epoch(*one) for one in sorted(epochs)])  # type: ignore[arg-type]
    expected = plainly(alert.light_curve)
    shown = points_of(alert)
    np.testing.assert_allclose(shown.magnitude, [one[0] for one in expected], rtol=1e-12)
    assert shown.limit.tolist() == [one[1] for one in expected]


def plainly(curve: LightCurves) -> list[tuple[float, bool]]:
    """Magnitude and whether it is a limit, of each point that can be shown."""
    found = []
    for flux, error, limit in zip(curve.flux_njy, curve.flux_err_njy, curve.limit_mag, strict=True):
        if math.isfinite(flux) and flux != 0:
            found.append((31.4 - 2.5 * math.log10(abs(flux)), False))
        elif math.isfinite(limit):
            found.append((float(limit), True))
        elif math.isfinite(error):
            found.append((31.4 - 2.5 * math.log10(5 * error), True))
    return found
