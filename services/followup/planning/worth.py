"""What an observation is worth: the planner's objective, one number for each site and slot.

    worth = priority x quality x clear x soon

quality is s² / (s² + goal²) of the signal-to-noise s that the site reaches then: information grows
with s², and what is well measured gains little. clear is the chance that the site is open then;
soon halves with each `halves_h` that it waits. Priorities are the programme's own expression.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from services.followup.planning.brightness import Course
from services.followup.planning.ephemeris import Floats
from services.followup.planning.visibility import Night

READ_NOISE_E: Final = 8.0
PIXEL_ARCSEC: Final = 0.4


WEATHER_H: Final = 4.0
"""So long weather lasts: after that a closed site is as likely open as it usually is."""


class Conditions(NamedTuple):
    """What is known of a site now."""

    clear: float
    """The chance that it observes, 0 to 1; 0: closed."""
    seeing_arcsec: float
    """At the zenith."""
    why: str = ""
    """Where it is closed."""


class Wish(NamedTuple):
    """What is to be reached of one target."""

    course: Course
    exposure_s: float
    goal: float
    """Signal to noise at which quality is a half."""
    priority: float
    halves_h: float


def moonlight_nl(night: Night) -> Floats:
    """Of the sky at each target and slot, nanolamberts (Krisciunas and Schaefer 1991, PASP 103)."""
    up = night.moon_altitude > 0
    phase_deg = np.degrees(np.arccos(np.clip(2 * night.moon_lit - 1, -1, 1)))
    outside = 10 ** (-0.4 * (3.84 + 0.026 * phase_deg + 4e-9 * phase_deg**4))
    apart = np.maximum(night.moon_apart, 1.0)
    scattered = 10**5.36 * (1.06 + np.cos(np.radians(apart)) ** 2) + 10 ** (6.15 - apart / 40)
    k = night.site.extinction_mag
    through = 10 ** (-0.4 * k * _slant(night.moon_altitude))
    seen = 1 - 10 ** (-0.4 * k * _slant(night.targets.altitude))
    return np.where(up, outside * scattered * through * seen, 0.0)


def sky_mag(night: Night) -> Floats:
    """Of an arcsec² at each target and slot, moonlight included."""
    dark = 34.08 * np.exp(20.7233 - 0.92104 * night.site.sky_mag)
    bright = dark + moonlight_nl(night)
    found: Floats = (20.7233 - np.log(bright / 34.08)) / 0.92104
    return found


def signal_to_noise(night: Night, wishes: list[Wish], conditions: Conditions) -> Floats:
    """Of each target and slot: a point source in an aperture of its seeing."""
    site, airmass = night.site, np.minimum(night.airmass, 10.0)
    magnitude = np.array([wish.course.at(night.unix_s) for wish in wishes])
    exposure_s = np.array([[wish.exposure_s] for wish in wishes])
    seeing = conditions.seeing_arcsec * airmass**0.6
    area = np.pi * (0.68 * seeing) ** 2
    source = 10 ** (-0.4 * (magnitude + site.extinction_mag * airmass - site.zero_point_mag))
    background = 10 ** (-0.4 * (sky_mag(night) - site.zero_point_mag)) * area
    # 72 % of a star's light is within 0.68 of its seeing.
    signal = 0.72 * source * exposure_s
    noise = signal + background * exposure_s + area / PIXEL_ARCSEC**2 * READ_NOISE_E**2
    found: Floats = signal / np.sqrt(noise)
    return found


def worth(night: Night, wishes: list[Wish], conditions: Conditions) -> Floats:
    """Of each target and slot, were it seen; `visibility` says whether it is."""
    reached = signal_to_noise(night, wishes, conditions)
    clear = clear_of(night, conditions)
    goal = np.array([[wish.goal] for wish in wishes])
    priority = np.array([[wish.priority] for wish in wishes])
    hours = (night.unix_s - night.unix_s[0]) / 3_600.0
    soon = 0.5 ** (hours / np.array([[wish.halves_h] for wish in wishes]))
    found: Floats = priority * reached**2 / (reached**2 + goal**2) * clear * soon
    return found


def clear_of(night: Night, conditions: Conditions) -> Floats:
    """The chance that the site is open in each slot: what holds now is forgotten within hours."""
    hours = (night.unix_s - night.unix_s[0]) / 3_600.0
    usual = night.site.clear_fraction
    found: Floats = usual + (conditions.clear - usual) * np.exp(-hours / WEATHER_H)
    return found


def _slant(altitude_deg: Floats) -> Floats:
    """Their airmass for scattered light."""
    zenith = np.sin(np.radians(90 - np.clip(altitude_deg, 0, 90)))
    found: Floats = (1 - 0.96 * zenith**2) ** -0.5
    return found
