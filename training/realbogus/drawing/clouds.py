"""Exposures through clouds: every star is left over alike, or a source stands among stars gone.

Added for version 0.3.0 after ZTF's MJD 58729 was found to hold the worst mistakes: a crowded
template, a science stamp with little of its light, and a share of that left at every star.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.arrays import Floats
from training.realbogus.alerts.examples import Examples
from training.realbogus.drawing.artefacts.canvas import (
    Stamps,
    either,
    faced,
    log_uniform,
    noise,
    photon_noise,
    scaled,
)
from training.realbogus.drawing.artefacts.shapes import Place, middle, star
from training.realbogus.drawing.ground import DIFFERENCE, SCIENCE, TEMPLATE, Ground
from training.realbogus.drawing.pool import Pool, opened_all
from training.realbogus.fitting import Images
from training.realbogus.labels import BAD_SUBTRACTION, REAL
from training.workers import shown

CLOUDED = 6
"""Drawn onto each of ZTF's alerts."""
SOURCES_SHARE = 0.5
"""Of them, so that clouds alone do not say bogus."""
SNR = (5.0, 60.0)
"""Of what stands at the centre of the difference."""
LEFT = (0.05, 1.0)
"""Of every star's light in science."""
UNEVEN = 0.3
"""Natural logarithms, one sigma: how far the share differs from star to star."""
PEAK_SIGMA = (30.0, 3e4)
"""Of the central star in the template, in its noise."""
STARS = (5, 80)
HEIGHT_SIGMA = 1.2
"""Natural logarithms: how far stars differ in brightness."""
KEPT = (0.05, 10.0)
"""Of a star that faded: its light over what it lost."""
PASSED = (0.01, 1.5)
"""Bounds of science's light over the template's."""
STAR_SIGMA = 4.0
"""Of the template's noise: what is above is a star of its own."""


def clouds(examples: Examples, seed: int, seen: Callable[[Stamps], Images]) -> Pool:
    """Draw onto every alert of ZTF; `seen` makes images of stamps (m, 3, 63, 63).

    What is drawn on an alert depends on the seed and on that alert, not on the others.
    """
    images, labels, rows = [], [], []
    survey, grounds = examples.survey, opened_all(examples)
    for row in shown(np.flatnonzero(survey == "ztf").tolist(), "drawing clouds"):
        if np.all(np.isfinite(grounds[row].noise)):
            random = np.random.default_rng([seed, int(examples.alert_id[row]), CLOUDED])
            some = [clouded(grounds[row], random) for _ in range(CLOUDED)]
            images.append(seen(np.stack([stamps for stamps, _ in some])))
            labels += [label for _, label in some]
            rows += [row] * CLOUDED
    return Pool(np.concatenate(images), np.array(labels), np.array(rows))


def clouded(ground: Ground, random: np.random.Generator) -> tuple[Stamps, int]:
    """Stamps (3, side, side) and their label; the template keeps stars of its own."""
    ground, snr = faced(ground, either(random)), log_uniform(random, *SNR)
    stars, own = _stars(ground, random), _own(ground)
    if random.uniform() < SOURCES_SHARE:
        return _among(ground, random, stars[0], own, snr), REAL
    drawn, uneven = log_uniform(random, *PEAK_SIGMA) * noise(ground, TEMPLATE) * stars
    left = scaled(uneven + own, ground, snr)
    passed = float(left.max() / (uneven + own).max()) / log_uniform(random, *LEFT)
    science = float(np.clip(passed, *PASSED)) * (drawn + own)
    return _planes(ground, random, science, drawn, left), BAD_SUBTRACTION


def _among(
    ground: Ground, random: np.random.Generator, stars: Floats, own: Floats, snr: float
) -> Stamps:
    """A source, brightened or faded, among stars that were taken out well.

    Where one faded, science still has some of its light: less than nothing is left of no star.
    """
    source = scaled(_star(ground, random, middle(ground, random, 0.3)), ground, snr)
    passed, peak = log_uniform(random, *PASSED), log_uniform(random, *PEAK_SIGMA)
    least = (1 - ground.sign) / 2 * float(source.max()) * (1 + log_uniform(random, *KEPT)) / passed
    drawn = max(peak * noise(ground, TEMPLATE), least) * stars
    return _planes(ground, random, passed * (drawn + own) + ground.sign * source, drawn, source)


def _planes(
    ground: Ground, random: np.random.Generator, science: Floats, drawn: Floats, left: Floats
) -> Stamps:
    """Science and difference made anew over their skies, the template with the stars drawn on it.

    Pixels that the ground lacks stay away.
    """
    grain = photon_noise(science, ground.gain, random)
    planes = ground.planes.astype(np.float64)
    for plane, light in ((SCIENCE, science + grain), (DIFFERENCE, left + ground.sign * grain)):
        sky = random.normal(ground.sky[plane], noise(ground, plane), light.shape)
        planes[plane] = np.where(np.isfinite(planes[plane]), sky + light, np.nan)
    planes[TEMPLATE] += drawn
    return planes.astype(np.float32)


def _own(ground: Ground) -> Floats:
    """Light of the template's own stars, (side, side)."""
    light = ground.light
    return np.where(light > STAR_SIGMA * noise(ground, TEMPLATE), light, 0.0)


def _stars(ground: Ground, random: np.random.Generator) -> Floats:
    """One at the centre, of height 1, and others anywhere; then the same, left unevenly: (2, side,
    side)."""
    places = [middle(ground, random, 0.5)]
    count = round(log_uniform(random, *STARS))
    places += [Place(*random.uniform(0, ground.side, 2)) for _ in range(count)]
    images = np.zeros((2, ground.side, ground.side))
    for number, place in enumerate(places):
        height = np.exp(random.normal(-0.5, HEIGHT_SIGMA)) if number else 1.0
        one = min(height, 3.0) * _star(ground, random, place)
        images += one * np.array([1.0, np.exp(random.normal(0, UNEVEN))])[:, None, None]
    return images


def _star(ground: Ground, random: np.random.Generator, place: Place) -> Floats:
    image = star(ground.side, place, ground.fwhm_pixels, random.uniform(2.2, 4.5))
    return np.asarray(image / image.max())
