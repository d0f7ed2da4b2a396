"""Where the sun, the moon and a target stand over a site: arrays of times, no tables of the Earth.

UT1 is taken to be UTC, nutation and aberration are left out, and nothing is refracted: targets are
within 0.02 degrees of astropy's, the sun within 0.02, the moon within 0.15, until 2050. That is
half a minute of a rise. Nothing is downloaded, and nothing expires.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UNIX_MJD: Final = 40_587.0
J2000_MJD: Final = 51_544.5
DAY_S: Final = 86_400.0
CENTURY_DAYS: Final = 36_525.0
TT_LESS_UTC_S: Final = 69.2
"""Since 2017; the moon moves half an arcsecond a second."""
EARTH_KM: Final = 6_378.14
ARCSEC: Final = np.pi / 648_000.0


class Place(NamedTuple):
    """Right ascensions and declinations of date, radians; one of each or one a time."""

    ra: Floats
    dec: Floats


class Horizontal(NamedTuple):
    """As a site sees it, degrees."""

    altitude: Floats
    azimuth: Floats
    """From north through east, 0 to 360."""
    hour_angle: Floats
    """-180 to 180; above 0 in the west."""


def days_of(unix_s: Floats) -> Floats:
    """Days since J2000, UTC."""
    return np.asarray(unix_s, np.float64) / DAY_S + UNIX_MJD - J2000_MJD


def sidereal(unix_s: Floats, longitude_deg: float) -> Floats:
    """Local mean sidereal time, radians (Astronomical Almanac, section B)."""
    days = days_of(unix_s)
    degrees = 280.46061837 + 360.98564736629 * days + longitude_deg
    return np.radians(np.mod(degrees, 360.0))


def precessed(ra_deg: Floats, dec_deg: Floats, unix_s: float) -> Place:
    """Targets (n,) from ICRS to the equator of a time (Lieske et al. 1977, A&A 58, 1)."""
    t = float(days_of(np.array(unix_s))) / CENTURY_DAYS
    zeta = (2306.2181 * t + 0.30188 * t**2 + 0.017998 * t**3) * ARCSEC
    z = (2306.2181 * t + 1.09468 * t**2 + 0.018203 * t**3) * ARCSEC
    theta = (2004.3109 * t - 0.42665 * t**2 - 0.041833 * t**3) * ARCSEC
    ra, dec = np.radians(ra_deg) + zeta, np.radians(dec_deg)
    across = np.cos(dec) * np.sin(ra)
    along = np.cos(theta) * np.cos(dec) * np.cos(ra) - np.sin(theta) * np.sin(dec)
    up = np.sin(theta) * np.cos(dec) * np.cos(ra) + np.cos(theta) * np.sin(dec)
    return Place(np.arctan2(across, along) + z, np.arcsin(np.clip(up, -1.0, 1.0)))


def sun(unix_s: Floats) -> Place:
    """The sun's place (Astronomical Almanac, section C; 0.01 degrees until 2050)."""
    days = days_of(unix_s)
    mean, anomaly = np.radians(280.460 + 0.9856474 * days), np.radians(357.528 + 0.9856003 * days)
    longitude = mean + np.radians(1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    return _equatorial(longitude, np.zeros_like(longitude), days)


def moon(unix_s: Floats) -> tuple[Place, Floats]:
    """The moon's geocentric place, and its distance in km.

    The leading terms of Brown's theory, five arcminutes (Montenbruck and Pfleger, Astronomy on the
    Personal Computer, 4th edition, 3.2), and of Meeus' distances.
    """
    days = days_of(unix_s) + TT_LESS_UTC_S / DAY_S
    t = days / CENTURY_DAYS
    mean = np.mod(0.606433 + 1336.855225 * t, 1.0)
    turns = ((0.374897, 1325.552410), (0.993133, 99.997361), (0.827361, 1236.853086))
    anomaly, suns, elongation = (2 * np.pi * np.mod(at + by * t, 1.0) for at, by in turns)
    node = 2 * np.pi * np.mod(0.259086 + 1342.227825 * t, 1.0)
    along = _terms(_LONGITUDE, (anomaly, suns, elongation, node))
    argument = node + (along + 412 * np.sin(2 * node) + 541 * np.sin(suns)) * ARCSEC
    below = _terms(_LATITUDE, (anomaly, suns, elongation, node))
    latitude = (18_520 * np.sin(argument) + below) * ARCSEC
    longitude = 2 * np.pi * mean + along * ARCSEC
    distance = 385_000.56 - 20_905.355 * np.cos(anomaly) - 569.925 * np.cos(2 * anomaly)
    distance -= 3_699.111 * np.cos(2 * elongation - anomaly) + 2_955.968 * np.cos(2 * elongation)
    return _equatorial(longitude, latitude, days), distance


def seen(place: Place, local: Floats, latitude_deg: float) -> Horizontal:
    """As a site sees it at local sidereal times; the two broadcast."""
    turned = local - place.ra
    angle = np.arctan2(np.sin(turned), np.cos(turned))
    phi = np.radians(latitude_deg)
    up = np.sin(phi) * np.sin(place.dec) + np.cos(phi) * np.cos(place.dec) * np.cos(angle)
    north = np.cos(phi) * np.sin(place.dec) - np.sin(phi) * np.cos(place.dec) * np.cos(angle)
    azimuth = np.arctan2(-np.cos(place.dec) * np.sin(angle), north)
    altitude = np.degrees(np.arcsin(np.clip(up, -1.0, 1.0)))
    return Horizontal(altitude, np.mod(np.degrees(azimuth), 360.0), np.degrees(angle))


def lowered(altitude_deg: Floats, distance_km: Floats) -> Floats:
    """The moon's altitude from the ground: as much as a degree below that from the centre."""
    parallax = np.arcsin(EARTH_KM / distance_km)
    lower: Floats = np.degrees(parallax * np.cos(np.radians(altitude_deg)))
    return altitude_deg - lower


def apart_deg(one: Place, other: Place) -> Floats:
    """Degrees between places; they broadcast (Vincenty 1975)."""
    between = other.ra - one.ra
    across = np.cos(other.dec) * np.sin(between)
    along = np.cos(one.dec) * np.sin(other.dec)
    along = along - np.sin(one.dec) * np.cos(other.dec) * np.cos(between)
    inward = np.sin(one.dec) * np.sin(other.dec)
    inward = inward + np.cos(one.dec) * np.cos(other.dec) * np.cos(between)
    return np.asarray(np.degrees(np.arctan2(np.hypot(across, along), inward)))


def _equatorial(longitude: Floats, latitude: Floats, days: Floats) -> Place:
    obliquity = np.radians(23.439 - 0.0000004 * days)
    ra = np.arctan2(
        np.sin(longitude) * np.cos(obliquity) - np.tan(latitude) * np.sin(obliquity),
        np.cos(longitude),
    )
    up = np.sin(latitude) * np.cos(obliquity)
    up = up + np.cos(latitude) * np.sin(obliquity) * np.sin(longitude)
    return Place(ra, np.arcsin(np.clip(up, -1.0, 1.0)))


def _terms(terms: tuple[tuple[int, ...], ...], angles: tuple[Floats, ...]) -> Floats:
    """Arcseconds: each term a size and how often each angle goes into it."""
    whole = np.zeros_like(angles[0])
    for size, *times in terms:
        turned = sum(count * angle for count, angle in zip(times, angles, strict=True))
        whole = whole + size * np.sin(turned)
    return whole


_LONGITUDE: Final = (
    (22_640, 1, 0, 0, 0),
    (-4_586, 1, 0, -2, 0),
    (2_370, 0, 0, 2, 0),
    (769, 2, 0, 0, 0),
    (-668, 0, 1, 0, 0),
    (-412, 0, 0, 0, 2),
    (-212, 2, 0, -2, 0),
    (-206, 1, 1, -2, 0),
    (192, 1, 0, 2, 0),
    (-165, 0, 1, -2, 0),
    (-125, 0, 0, 1, 0),
    (-110, 1, 1, 0, 0),
    (148, 1, -1, 0, 0),
    (-55, 0, 0, -2, 2),
)
_LATITUDE: Final = (
    (-526, 0, 0, -2, 1),
    (44, 1, 0, -2, 1),
    (-31, -1, 0, -2, 1),
    (-23, 0, 1, -2, 1),
    (11, 0, -1, -2, 1),
    (-25, -2, 0, 0, 1),
    (21, -1, 0, 0, 1),
)
