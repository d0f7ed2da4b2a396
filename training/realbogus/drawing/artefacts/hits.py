"""Cosmic-ray hits and tracks: sharp, because no optics lay before them."""

from __future__ import annotations

import numpy as np

from training.arrays import Floats
from training.realbogus.drawing.artefacts.canvas import (
    SIGMA_PER_FWHM,
    Stamps,
    blur,
    faced,
    filtered,
    laid,
    log_uniform,
    scaled,
)
from training.realbogus.drawing.artefacts.shapes import Place, deposits, middle
from training.realbogus.drawing.ground import Ground

DIFFUSION_PIXELS = (0.05, 0.5)
"""Standard deviation of a charge cloud on its way to the electrodes; with the pixel's own width
a hit is 0.9 to 1.5 pixels wide, a star of ZTF 1.8 or more."""
DIFFUSION_SHARE_OF_PSF = 0.55
"""A hit stays narrower than the stars beside it."""
STEPS_PER_PIXEL = 4
CLOUD = 8
"""Parts that the charge of one step of a track is cut into."""
SECOND_HIT_SHARE = 0.12


def spot(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """One hit, steep enough to stay within two or three pixels."""
    return _hit(ground, random, snr, [_track(random, random.uniform(0.0, 2.2), 0.0)])


def track(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A muon's straight track of 3 to 20 pixels."""
    length = log_uniform(random, 3, 20)
    return _hit(ground, random, snr, [_track(random, length, random.uniform(0, 0.03))])


def worm(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A scattered electron's crooked track."""
    length = log_uniform(random, 3, 20)
    return _hit(ground, random, snr, [_track(random, length, random.uniform(0.2, 0.6))])


def splash(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """Several short tracks in one place: a clump with sharp edges."""
    count = int(random.integers(2, 6))
    return _hit(
        ground, random, snr, [_track(random, random.uniform(0, 4), 0.3) for _ in range(count)]
    )


def template_spot(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A hit left in the template, softened where that was put together: seen as a fading."""
    ground = faced(ground, -1)
    image = _image(ground, random, [_track(random, random.uniform(0.0, 4.0), 0.1)])
    image = filtered(image, blur(random.uniform(0.2, 0.45))) if snr else image
    return laid(ground, random, template=scaled(image, ground, snr))


def _hit(ground: Ground, random: np.random.Generator, snr: float, tracks: list[Floats]) -> Stamps:
    ground = faced(ground, 1)
    if random.uniform() < SECOND_HIT_SHARE:
        beside = random.uniform(-ground.side / 3, ground.side / 3, 2)
        tracks = [*tracks, _moved(_track(random, random.uniform(0, 5), 0.2), beside)]
    return laid(ground, random, sharp=scaled(_image(ground, random, tracks), ground, snr))


def _image(ground: Ground, random: np.random.Generator, tracks: list[Floats]) -> Floats:
    """Tracks about the stamp's centre as an image."""
    place: Place = middle(ground, random)
    y, x, charge = np.concatenate(tracks, axis=1)
    widest = min(DIFFUSION_PIXELS[1], DIFFUSION_SHARE_OF_PSF * SIGMA_PER_FWHM * ground.fwhm_pixels)
    sigma = random.uniform(DIFFUSION_PIXELS[0], max(DIFFUSION_PIXELS[0], widest))
    # The cloud is made of scattered charges: a filter would ring on something this sharp.
    spread = random.normal(0, sigma, (2, CLOUD, len(charge)))
    return deposits(
        ground.side,
        (place.y + y + spread[0]).ravel(),
        (place.x + x + spread[1]).ravel(),
        np.tile(charge, CLOUD),
    )


def _track(random: np.random.Generator, length: float, crook: float) -> Floats:
    """(3, steps): y, x about its middle, and charge, of a walk turning `crook` radians a step."""
    steps = max(1, int(np.ceil(length * STEPS_PER_PIXEL)))
    angle = random.uniform(0, 2 * np.pi) + np.cumsum(random.normal(0, crook, steps))
    pace = length / steps
    y, x = np.cumsum(np.sin(angle)) * pace, np.cumsum(np.cos(angle)) * pace
    # Energy loss has a long tail (Landau 1944): lumps along the track.
    charge = random.lognormal(0, 0.7, steps) * np.linspace(1, random.uniform(0.3, 2.5), steps)
    return np.stack([y - y.mean(), x - x.mean(), charge])


def _moved(one: Floats, by: Floats) -> Floats:
    return np.asarray(one + np.array([by[0], by[1], 0.0])[:, None])
