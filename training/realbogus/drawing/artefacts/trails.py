"""Satellites and aircraft: trails, streaks, and trains of glints."""

from __future__ import annotations

import numpy as np

from training.arrays import Floats
from training.realbogus.drawing.artefacts.canvas import Stamps, faced, laid, log_uniform, scaled
from training.realbogus.drawing.artefacts.shapes import (
    Place,
    along_and_across,
    band,
    middle,
)
from training.realbogus.drawing.ground import Ground
from training.realbogus.drawing.injection import INVERSE_POWER
from training.realbogus.drawing.point_sources import Psf, sampled

TEMPLATE_SHARE = 0.08
"""Of trails are in the template, and seen as fadings."""
DOTS = (2, 8)
"""In a train of glints, the last not counted."""
SPACING_SIDES = (0.12, 0.34)
"""Of the stamp's side: at least one neighbour of the glint at the centre is on the stamp."""
SPACING_FWHM_MIN = 1.6
"""Nearer than that the dots of a train run together."""
DOT_SNR_MIN = 6.0
"""Fainter trains would be one faint source and nothing beside it."""
STREAK_FWHM_MIN = 2.2
STREAK_PIXELS_MIN = 5.0
"""Shorter ones are what an asteroid leaves."""


def trail(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A straight trail across the whole stamp, or ending in it."""
    angle = random.uniform(0, np.pi)
    place = _beside(ground, random, angle)
    ends = np.array([-2.0, 2.0]) * ground.side
    if random.uniform() < 0.25:
        ends[1] = random.uniform(0.1, 0.45) * ground.side
    if random.uniform() < 0.5:
        ends = -ends[::-1]
    image = band(ground.side, place, angle, _width(ground, random), (ends[0], ends[1]))
    return _seen(ground, random, image * _tumbling(ground, random, place, angle), snr)


def streak(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A short trail with both its ends on the stamp."""
    angle, place = random.uniform(0, np.pi), middle(ground, random)
    shortest = max(STREAK_PIXELS_MIN, STREAK_FWHM_MIN * ground.fwhm_pixels)
    half = 0.5 * log_uniform(random, shortest, max(1.2 * shortest, 0.9 * ground.side))
    image = band(ground.side, place, angle, _width(ground, random), (-half, half))
    return _seen(ground, random, image * _tumbling(ground, random, place, angle), snr)


def parallel_trails(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """An aircraft's lamps: two or three trails side by side, one of them blinking."""
    angle, place = random.uniform(0, np.pi), middle(ground, random)
    image = np.zeros((ground.side, ground.side))
    apart, width = random.uniform(1.5, 4.0) * ground.fwhm_pixels, _width(ground, random)
    reach = 2.0 * ground.side
    for number in range(int(random.integers(2, 4))):
        line = place.moved(apart * number * random.uniform(0.8, 1.2), angle + np.pi / 2)
        one = band(ground.side, line, angle, width, (-reach, reach)) * random.uniform(0.3, 1.0)
        blinks = number == 1 and random.uniform() < 0.6
        image += one * (_blinking(ground, random, line, angle) if blinks else 1.0)
    return _seen(ground, random, image, snr)


def glints(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A tumbling satellite: equal dots in a row, equally spaced, one of them at the centre."""
    angle, place = random.uniform(0, 2 * np.pi), middle(ground, random)
    low, high = np.array(SPACING_SIDES) * ground.side
    low = max(low, SPACING_FWHM_MIN * ground.fwhm_pixels)
    spacing = random.uniform(low, max(low, high))
    count = int(random.integers(*DOTS))
    first = int(random.integers(count))
    length = 0.0 if random.uniform() < 0.6 else random.uniform(0.3, 1.5) * ground.fwhm_pixels
    power = random.uniform(*INVERSE_POWER)
    unevenness = random.uniform(0.0, 0.35)
    image = np.zeros((ground.side, ground.side))
    for number in range(-first, count - first):
        there = place.moved(number * spacing + random.normal(0, 0.15), angle)
        if 0 <= there.y < ground.side and 0 <= there.x < ground.side:
            height = 1.0 if number == 0 else float(np.exp(random.normal(0, unevenness)))
            image += height * _glint(ground, there, angle, length, power)
    if random.uniform() < 0.12:  # it does not go quite dark between its flashes
        line = band(ground.side, place, angle, ground.fwhm_pixels, (-99.0, 99.0))
        image += random.uniform(0.02, 0.2) * image.max() * line
    return _seen(ground, random, image, max(snr, DOT_SNR_MIN) if snr else 0.0)


def _glint(ground: Ground, place: Place, angle: float, length: float, power: float) -> Floats:
    """One dot of flux 1, drawn out along `angle`; else like a source injected at the centre."""
    steps = 0.5 * length * np.array([-1.0, 0.0, 1.0]) if length else np.zeros(1)
    places = [place.moved(step, angle) for step in steps]
    psf = Psf(ground.fwhm_pixels, ground.along, ground.across)
    dots = [sampled(psf, ground.side, at, power) for at in places]
    return np.asarray(sum(dots) / len(dots))


def _seen(ground: Ground, random: np.random.Generator, image: Floats, snr: float) -> Stamps:
    if random.uniform() < TEMPLATE_SHARE:
        ground = faced(ground, -1)
        return laid(ground, random, template=scaled(image, ground, snr))
    ground = faced(ground, 1)
    return laid(ground, random, science=scaled(image, ground, snr))


def _beside(ground: Ground, random: np.random.Generator, angle: float) -> Place:
    """Where the trail passes: through the centre or a little beside it."""
    spread = 0.4 if random.uniform() < 0.7 else 0.8 * ground.fwhm_pixels
    return middle(ground, random).moved(random.normal(0, spread), angle + np.pi / 2)


def _width(ground: Ground, random: np.random.Generator) -> float:
    """FWHM in pixels: the PSF's, wider for a satellite too near to be in focus."""
    return ground.fwhm_pixels * random.uniform(0.85, 1.2 if random.uniform() < 0.6 else 2.0)


def _tumbling(ground: Ground, random: np.random.Generator, place: Place, angle: float) -> Floats:
    """Its brightness along the trail, about 1."""
    along, _ = along_and_across(ground.side, place, angle)
    period = log_uniform(random, 4.0, 4.0 * ground.side)
    depth = random.uniform(0.0, 0.6) if random.uniform() < 0.5 else 0.0
    return 1 + depth * np.cos(2 * np.pi * along / period + random.uniform(-1, 1))


def _blinking(ground: Ground, random: np.random.Generator, place: Place, angle: float) -> Floats:
    along, _ = along_and_across(ground.side, place, angle)
    period = random.uniform(2.0, 6.0) * ground.fwhm_pixels
    wave = np.cos(2 * np.pi * along / period + random.uniform(0, 2 * np.pi))
    return np.clip(wave, 0, None) ** 2 * 2
