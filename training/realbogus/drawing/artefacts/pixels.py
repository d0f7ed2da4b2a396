"""Detector faults: hot, dead and masked pixels, columns, edges."""

from __future__ import annotations

import numpy as np

from training.arrays import Floats
from training.realbogus.drawing.artefacts.canvas import (
    Stamps,
    either,
    faced,
    laid,
    log_uniform,
    noise,
    scaled,
)
from training.realbogus.drawing.artefacts.residuals import (
    TEMPLATE_TO_SCIENCE,
    ringing,
    speckled,
)
from training.realbogus.drawing.artefacts.shapes import (
    Place,
    along_and_across,
    blotch,
    distances,
    middle,
    star,
)
from training.realbogus.drawing.ground import DIFFERENCE, SCIENCE, Ground

HUGE_COUNTS = (1e6, 3e38)
"""The highest is close to what float32 can hold."""
HOLE_SIDE_MAX = 0.2
"""Of the side: half a mask's."""
EDGE_SNR_MAX = 100.0
"""Of what is left in the last rows before a detector's edge."""
SATURATED_SIGMA = (1e3, 3e4)
"""Height of a star that saturates, were its core not masked, in the science sky's noise."""


def hot(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A hot pixel or a few, whole pixels each."""
    ground = faced(ground, 1)
    image = _cluster(ground, random, random.uniform(0.3, 1.4))
    return laid(ground, random, sharp=scaled(image, ground, snr))


def dead(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """Pixels that hold less than the sky, from one to thirty: a fading with sharp edges."""
    ground = faced(ground, -1)
    image = _cluster(ground, random, log_uniform(random, 0.4, 3.2))
    return laid(ground, random, sharp=-scaled(image, ground, snr))


def huge(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """Pixels of a million counts and more, up to the largest number there is.

    At strength zero there are none.
    """
    ground = faced(ground, 1)
    image = _cluster(ground, random, random.uniform(0.3, 1.2))
    image *= log_uniform(random, *HUGE_COUNTS) / image.max(initial=1.0)
    return laid(ground, random, science=image * (snr > 0))


def hot_line(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A bright column or row, whole or from some pixel on: bleeding, hot columns, traps."""
    ground = faced(ground, 1)
    return laid(ground, random, sharp=scaled(_line(ground, random), ground, snr))


def dead_line(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A dark column or row."""
    ground = faced(ground, -1)
    return laid(ground, random, sharp=-scaled(_line(ground, random), ground, snr))


def masked(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A square or ragged hole in all planes, sometimes in two, with what is left at its border."""
    ground = faced(ground, either(random))
    radius = log_uniform(random, 2.0, HOLE_SIDE_MAX * ground.side)
    angle = random.uniform(0, 2 * np.pi)
    place = middle(ground, random).moved(random.uniform(0, radius + 2), angle)
    hole = _hole(ground, random, place, radius)
    border = ringing(hole, ground, random) * speckled(ground, random)
    stamps = laid(ground, random, residual=scaled(border, ground, snr))
    return _without(stamps, hole, random, snr)


def saturated(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A star too bright to measure, its core masked, the difference ringing around the hole."""
    ground = faced(ground, either(random))
    place = middle(ground, random, spread=2.0)
    light = star(ground.side, place, ground.fwhm_pixels, random.uniform(2.0, 3.0))
    light += _spike(ground, place, random.integers(2) == 1) * log_uniform(random, 1e-4, 1e-2)
    widest = min(2.5 * ground.fwhm_pixels, HOLE_SIDE_MAX * ground.side)
    hole = _hole(ground, random, place, random.uniform(0.3, 1.0) * widest)
    grain = speckled(ground, random)
    wrong = (ringing(hole, ground, random) + random.uniform(0, 1) * np.sqrt(light)) * grain
    peak = log_uniform(random, *SATURATED_SIGMA) * noise(ground, SCIENCE) * (snr > 0)
    other = light * log_uniform(random, *TEMPLATE_TO_SCIENCE)
    stamps = laid(
        ground,
        random,
        cancelling=(peak * light, peak * other),
        residual=scaled(wrong * (hole == 0), ground, snr),
    )
    return _without(stamps, hole, random, snr)


def edge(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """The detector ends near the centre: no pixels beyond, and a bright or dark last rows."""
    ground = faced(ground, either(random))
    turn = (
        random.uniform(0, 2 * np.pi)
        if random.uniform() < 0.25
        else 0.5 * np.pi * random.integers(4)
    )
    along, across = along_and_across(ground.side, middle(ground, random), float(turn))
    depth = random.uniform(0.5, 0.25 * ground.side)
    hole = (across > depth).astype(np.float64)
    if random.uniform() < 0.25:  # a corner
        hole *= along > random.uniform(-0.3, 0.3) * ground.side
    rows = np.exp(-np.clip(depth - across, 0, None) / random.uniform(0.4, 4.0)) * (hole == 0)
    near = np.exp(-0.5 * (along / log_uniform(random, 2, 40)) ** 2)
    image = scaled(rows * near * speckled(ground, random), ground, min(snr, EDGE_SNR_MAX))
    return _without(laid(ground, random, sharp=ground.sign * np.abs(image)), hole, random, snr)


def _cluster(ground: Ground, random: np.random.Generator, radius: float) -> Floats:
    """Whole pixels about the centre, each with a level of its own."""
    shape = blotch(ground.side, middle(ground, random), max(0.72, radius), random)
    return shape * random.uniform(0.3, 1.0, shape.shape)


def _line(ground: Ground, random: np.random.Generator) -> Floats:
    """One to three pixels wide, its level wandering; height about 1."""
    dy, dx = distances(ground.side, middle(ground, random))
    reach = np.full(2, ground.side)
    if random.uniform() < 0.6:
        reach = random.uniform(1.5, 0.6 * ground.side, 2)
        reach[random.integers(2)] += random.integers(2) * ground.side
    length = ((dy > -reach[0]) & (dy < reach[1])).astype(np.float64)
    level = 1 + random.uniform(0, 0.4) * random.standard_normal((ground.side, 1))
    fall = np.exp(dy * random.uniform(-1, 1) / ground.side)
    width = np.abs(dx) <= random.choice([0.5, 0.5, 1.0, 1.5])
    image = length * level * fall * width
    return np.asarray(image.T if random.uniform() < 0.5 else image)


def _spike(ground: Ground, place: Place, upright: bool) -> Floats:
    dy, dx = distances(ground.side, place)
    image = np.exp(-0.5 * dy**2) * np.exp(-np.abs(dx) / (0.25 * ground.side))
    return np.asarray(image.T if upright else image)


def _hole(ground: Ground, random: np.random.Generator, place: Place, radius: float) -> Floats:
    """1.0 where there are no pixels: a rectangle, one with a bite, or a ragged disc."""
    dy, dx = distances(ground.side, place)
    if random.uniform() < 0.25:
        return blotch(ground.side, place, radius, random)
    half = radius * random.uniform(0.7, 1.3, 2)
    hole = np.where((np.abs(dy) <= half[0]) & (np.abs(dx) <= half[1]), 1.0, 0.0)
    if random.uniform() < 0.3:
        bite = (dy * either(random) > 0.4 * half[0]) & (dx * either(random) > 0.4 * half[1])
        hole[bite] = 0.0
    return hole


def _without(stamps: Stamps, hole: Floats, random: np.random.Generator, snr: float) -> Stamps:
    """The hole has no pixels: in all planes mostly. At strength zero there is no hole."""
    planes = [0, 1, 2] if random.uniform() < 0.8 else [SCIENCE, DIFFERENCE]
    if snr:
        for plane in planes:
            stamps[plane][hole > 0] = np.nan
    return stamps
