"""What sites see, held to astropy and astroplan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from broker.errors import SettingsError
from broker.followup_settings import Site
from broker.toml_tables import Signed
from services.followup.planning import ephemeris
from services.followup.planning.visibility import REASONS, SEEN, Limits, Night, middles, why_not

SITES = {
    "Cerro Tololo": Site(Signed(-30.17), Signed(-70.81), Signed(2207)),
    "Teide": Site(Signed(28.30), Signed(-16.51), Signed(2390)),
    "Haleakala": Site(Signed(20.71), Signed(-156.26), Signed(3055)),
    "Siding Spring": Site(Signed(-31.27), Signed(149.07), Signed(1165)),
}
ANY = Limits()
BEGIN_UNIX_S = 1_795_000_000.0
"""In November 2026, where astropy's own tables of the Earth's rotation reach."""


@pytest.fixture(autouse=True)
def _offline() -> Iterator[None]:
    """Astropy asks for new tables of the Earth's rotation, and raises where there are none."""
    from astropy.utils import iers

    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("auto_max_age", None):
        yield


def drawn(site: Site, seed: int, targets: int = 40, times: int = 60) -> Night:
    draw = np.random.default_rng(seed)
    unix_s = BEGIN_UNIX_S + draw.uniform(0, 300) * 86_400 + np.sort(draw.uniform(0, 86_400, times))
    dec_deg = np.degrees(np.arcsin(draw.uniform(-1, 1, targets)))
    return Night(site, unix_s, draw.uniform(0, 360, targets), dec_deg)


def judged(night: Night) -> tuple[Any, Any]:
    """Times and frame of astropy."""
    from astropy import units
    from astropy.coordinates import AltAz, EarthLocation
    from astropy.time import Time

    site = night.site
    where = EarthLocation(
        lat=site.latitude_deg * units.deg,
        lon=site.longitude_deg * units.deg,
        height=site.elevation_m * units.m,
    )
    times = Time(night.unix_s, format="unix")
    return where, AltAz(obstime=times[None, :], location=where)


@pytest.mark.parametrize("name", SITES)
def test_targets_sun_and_moon_stand_where_astropy_has_them(name: str) -> None:
    from astropy.coordinates import SkyCoord, get_body, get_sun

    night = drawn(SITES[name], len(name))
    where, frame = judged(night)
    stars = SkyCoord(night.ra_deg[:, None], night.dec_deg[:, None], unit="deg")
    seen = stars.transform_to(frame)
    assert np.abs(night.targets.altitude - seen.alt.deg).max() < 0.02
    turned = (night.targets.azimuth - seen.az.deg + 180) % 360 - 180
    assert np.abs(turned * np.cos(seen.alt.rad)).max() < 0.02
    sun = get_sun(frame.obstime[0]).transform_to(frame)
    assert np.abs(night.sun_altitude - sun.alt.deg).max() < 0.02
    body = get_body("moon", frame.obstime[0], where)
    assert np.abs(night.moon_altitude - body.transform_to(frame).alt.deg).max() < 0.15
    apart = get_body("moon", frame.obstime[0]).separation(stars, origin_mismatch="ignore")
    assert np.abs(night.moon_apart - apart.deg).max() < 0.15


@pytest.mark.parametrize("name", SITES)
def test_nights_begin_and_end_when_astroplan_says(name: str) -> None:
    from astroplan import Observer, moon_illumination
    from astropy.time import Time

    site = SITES[name]
    night = Night(site, middles(BEGIN_UNIX_S, 8_640, 10.0), np.zeros(1), np.zeros(1))
    where, _ = judged(night)
    observer, begin = Observer(location=where), Time(BEGIN_UNIX_S, format="unix")
    dark = night.sun_altitude < -18.0
    evening = night.unix_s[np.flatnonzero(dark & ~np.roll(dark, 1))]
    told = observer.twilight_evening_astronomical(begin, which="next", n_grid_points=1_000)
    assert np.abs(evening - told.unix).min() < 30.0
    lit = moon_illumination(Time(night.unix_s[::1_000], format="unix"))
    assert np.abs(night.moon_lit[::1_000] - lit).max() < 0.01


@pytest.mark.filterwarnings("ignore:transforming other coordinates")
def test_what_astroplan_calls_observable_is_seen() -> None:
    from astroplan import (
        AirmassConstraint,
        AltitudeConstraint,
        AtNightConstraint,
        FixedTarget,
        MoonSeparationConstraint,
        Observer,
        is_event_observable,
    )
    from astropy import units
    from astropy.coordinates import SkyCoord
    from astropy.time import Time

    site = replace(SITES["Teide"], sun_max_deg=Signed(-18.0))
    night = drawn(site, 5, targets=30, times=100)
    where, _ = judged(night)
    constraints = [
        AtNightConstraint.twilight_astronomical(),
        AltitudeConstraint(min=30 * units.deg),
        AirmassConstraint(max=2.5),
        MoonSeparationConstraint(min=25 * units.deg),
    ]
    targets = [
        FixedTarget(SkyCoord(ra, dec, unit="deg"))
        for ra, dec in zip(night.ra_deg, night.dec_deg, strict=True)
    ]
    told = is_event_observable(
        constraints, Observer(location=where), targets, times=Time(night.unix_s, format="unix")
    )
    ours = night.verdicts(Limits(2.5, 25.0)) == SEEN
    edges = np.abs(night.moon_apart - 25) < 0.2
    # Of a moon that is down astroplan asks the distance, too.
    same = (told == ours) | edges | (night.moon_altitude <= 0)
    assert same.all()
    assert ours.any()


def test_each_limit_of_a_site_is_said_where_it_holds() -> None:
    draw = np.random.default_rng(3)
    plain = replace(SITES["Teide"], altitude_min_deg=20.0)
    unix_s = middles(BEGIN_UNIX_S, 144, 600.0)
    ra_deg = draw.uniform(0, 360, 200)
    dec_deg = np.degrees(np.arcsin(draw.uniform(-1, 1, 200)))

    def said(site: Site, limits: Limits = ANY) -> np.ndarray:
        return Night(site, unix_s, ra_deg, dec_deg).verdicts(limits)

    free = said(plain)
    assert {*np.unique(free)} >= {0, 1, 2, SEEN}
    assert (said(replace(plain, altitude_max_deg=80.0)) == 3).any()
    assert (said(replace(plain, hour_angle_max_h=2.0)) == 4).any()
    assert (said(plain, Limits(2.5, 60.0)) == 5).any()
    wall = ((Signed(0.0), Signed(0.0)), (Signed(90.0), Signed(70.0)), (Signed(180.0), Signed(0.0)))
    walled = said(replace(plain, horizon=wall))
    assert ((walled == 1) & (free == SEEN)).any()
    assert not ((walled == SEEN) & (free != SEEN)).any()
    assert why_not(free[(free == SEEN).any(axis=1)][0]) == ""
    assert why_not(free[dec_deg < -62][0]) in REASONS


def test_the_sidereal_day_is_four_minutes_shorter() -> None:
    one, other = ephemeris.sidereal(np.array([0.0, 86_164.0905]), 10.0)
    assert abs(one - other) < 1e-6


def test_a_site_that_is_nowhere_on_earth_is_refused() -> None:
    with pytest.raises(SettingsError, match="no place on Earth"):
        Site(Signed(91.0), Signed(0.0))
    with pytest.raises(SettingsError, match="by rising azimuth"):
        Site(Signed(0.0), Signed(0.0), horizon=((Signed(90.0), Signed(1.0)), (Signed(0.0),)))
    with pytest.raises(SettingsError, match="no address"):
        Site(Signed(0.0), Signed(0.0), adapter="ocs")
