"""Bad subtractions: what is left of stars, light and sky that should have cancelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.arrays import Floats
from training.realbogus.drawing.artefacts.canvas import (
    Stamps,
    Transfer,
    blur,
    either,
    faced,
    filtered,
    laid,
    log_uniform,
    noise,
    scaled,
    stars,
)
from training.realbogus.drawing.artefacts.shapes import (
    Place,
    along_and_across,
    band,
    distances,
    middle,
    shifted,
    star,
)
from training.realbogus.drawing.ground import SCIENCE, Ground

LEFT_SHARE = (0.003, 0.15)
"""Of a star's peak, left by a bad subtraction."""
PEAK_SIGMA = (8.0, 2e4)
"""Of the sky's noise: a fainter star leaves nothing, a brighter one saturates."""
OWN_STAR_SIGMA = 30.0
"""A star this far above the sky, at the centre, is subtracted badly instead of a drawn one."""
OWN_STAR_SHARE = 0.7
TEMPLATE_TO_SCIENCE = (0.5, 2.0)
"""Counts for the same light: the template has a zero point of its own."""
SHIFT_PIXELS = (0.1, 1.0)
FIELD_SHARE = (0.02, 0.5)
"""Of each star's light left by a subtraction wrong as a whole; 0.3 on ZTF's MJD 58729."""
FIELD_SNR_MIN = 12.0
"""Of the central residual: fainter, and the others would not show that it is one of many."""
CROWD_FWHM = 8.0
"""Mean distance in the most crowded field drawn, in units of the PSF's width."""
CLOUD_NOISE_MAX = 2.0
"""Noise added to science by a sky brighter or more opaque, in units of its own."""
TINY = float(np.finfo(np.float32).tiny)
GRAIN_FWHM_MAX = 0.35
"""Standard deviation of the grain of a residual, in units of the PSF's width."""
FADE_SIDE_MAX = 0.05
"""Of the side: how far from a hole its ringing reaches."""
PATCH_SNR_MAX = 12.0
"""Noise does not make brighter sources."""
SPIKE_SNR_MAX, HALO_SNR_MAX, GHOST_SNR_MAX, BACKGROUND_SNR_MAX = 150.0, 60.0, 100.0, 50.0
"""Brighter ones come from stars that are masked, or fill the stamp and are not detected."""


@dataclass(frozen=True)
class _Star:
    """A star at a place near the centre."""

    light: Floats
    """(side, side), its highest pixel 1."""
    other: Floats
    """The same star as the template has it."""
    place: Place
    peak: float = 0.0
    """Counts of its highest pixel in science; 0 for a star that has still to be drawn there."""


def star_residual(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A star subtracted badly: dipole, ring and speckles in any mixture."""
    ground = faced(ground, either(random))
    angle = random.uniform(0, 2 * np.pi)
    dipole, ring, wave, speckle = random.dirichlet([0.6, 0.4, 0.3, 0.4])
    one = _star(ground, random, dipole, angle)
    light = one.light
    wrong = dipole * _unit(_dipole(light, log_uniform(random, *SHIFT_PIXELS), angle))
    wider = filtered(light, blur(ground.fwhm_pixels * random.uniform(0.1, 0.5)))
    wrong += either(random) * ring * _unit(light - wider)
    wrong += wave * _unit(filtered(np.sqrt(light), _waves(ground, random)))
    grain = np.clip(light, 0, None) ** random.uniform(0.4, 1.0)
    wrong += speckle * grain * speckled(ground, random)
    return _beside(ground, random, one, scaled(wrong, ground, snr))


def field_residual(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """The planes misaligned or scaled wrongly as a whole: the same is left of every star.

    Through clouds (ZTF's MJD 58729) a third of every star's light is left, in both signs.
    """
    ground = faced(ground, either(random))
    snr = max(snr, FIELD_SNR_MIN) if snr else 0.0
    angle = random.uniform(0, 2 * np.pi)
    one = _star(ground, random, 0.5, angle)
    wrongly = _mixed(ground, random, angle)
    left = scaled(wrongly(one.light), ground, snr)
    strength = float(np.abs(left).max()) / max(float(np.abs(wrongly(one.light)).max()), TINY)
    # At S/N zero no star may be added either.
    peak = (one.peak or strength / log_uniform(random, *FIELD_SHARE)) * (snr > 0)
    share = min(strength / max(peak, TINY), FIELD_SHARE[1])
    others, others_there = _crowd(ground, random)
    sky = random.standard_normal(others.shape) * noise(ground, SCIENCE) * (snr > 0)
    pair = (peak * others, peak * others_there)
    if not one.peak:
        pair = (pair[0] + peak * one.light, pair[1] + peak * one.other)
    ratio = log_uniform(random, *TEMPLATE_TO_SCIENCE)
    return laid(
        ground,
        random,
        science=sky * max(0.0, random.uniform(-2.0, CLOUD_NOISE_MAX)),
        cancelling=(pair[0], ratio * pair[1]),
        residual=share * wrongly(pair[0] + stars(ground) * (snr > 0)),
    )


def _mixed(ground: Ground, random: np.random.Generator, angle: float) -> Callable[[Floats], Floats]:
    """What is left of starlight: of its scale, its place and its width, in one mixture."""
    scale, dipole, ring = random.dirichlet([0.7, 0.7, 0.3])
    ring *= either(random)
    shift = log_uniform(random, *SHIFT_PIXELS)
    width = ground.fwhm_pixels * random.uniform(0.2, 0.5)

    def wrongly(light: Floats) -> Floats:
        narrow = light - filtered(light, blur(width))
        return np.asarray(scale * light + dipole * _dipole(light, shift, angle) + ring * narrow)

    return wrongly


def _crowd(ground: Ground, random: np.random.Generator) -> tuple[Floats, Floats]:
    """A few stars anywhere in science and template, against the central one's height."""
    room = ground.side**2 / (CROWD_FWHM * ground.fwhm_pixels) ** 2
    images = np.zeros((2, ground.side, ground.side))
    for _ in range(int(random.integers(2, max(4, int(room))))):
        place = Place(*random.uniform(0.1 * ground.side, 0.9 * ground.side, 2))
        height = min(3.0, float(np.exp(random.normal(-0.3, 0.7))))
        one = _drawn(ground, random, place)
        images += height * np.stack([one.light, one.other])
    return images[0], images[1]


def spike(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """The spike or bleeding row of a bright star beside the centre."""
    ground = faced(ground, either(random))
    turn = 0.25 * np.pi * random.choice([0, 0, 0, 1, 2, 2, 3]) + random.normal(0, 0.02)
    turn += np.pi * random.integers(2)
    away = random.uniform(1.5 * ground.fwhm_pixels, 0.55 * ground.side)
    one = _drawn(ground, random, middle(ground, random, 0.7).moved(away, turn))
    width = random.uniform(0.35, 1.2) * ground.fwhm_pixels
    line = band(ground.side, one.place, turn, width, (-3.0 * away, random.uniform(0.5, 3.0) * away))
    along, _ = along_and_across(ground.side, one.place, turn)
    line *= np.exp(-np.abs(along) / (random.uniform(0.5, 2.0) * away))
    lumps = random.uniform(0.0, 1.0) + speckled(ground, random, smooth=1.5)
    wrong = scaled(line * lumps, ground, min(snr, SPIKE_SNR_MAX))
    heart = _dipole(one.light, 0.3, random.uniform(0, 2 * np.pi)) * speckled(ground, random)
    wrong += heart * float(np.abs(wrong).max(initial=0.0)) * random.uniform(0.5, 5.0)
    share = log_uniform(random, 0.003, 0.05)
    whole = _Star(one.light + share * line, one.other + share * line, one.place)
    return _beside(ground, random, whole, wrong)


def halo(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """The wings of a bright star beside the centre, left over by the subtraction."""
    ground = faced(ground, either(random))
    away, angle = random.uniform(0.08, 0.6) * ground.side, random.uniform(0, 2 * np.pi)
    one = _drawn(ground, random, middle(ground, random).moved(away, angle))
    dy, dx = distances(ground.side, one.place)
    radius = np.hypot(dy, dx) + ground.fwhm_pixels
    wings = (radius / radius.min()) ** -random.uniform(1.5, 3.0)
    rings = 1 + random.uniform(0, 0.25) * np.cos(radius * random.uniform(0.5, 2.0))
    wings *= rings * (1 + random.uniform(0, 0.6) * speckled(ground, random, smooth=1.0))
    return _beside(ground, random, one, scaled(wings, ground, min(snr, HALO_SNR_MAX)))


def ghost(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A reflection: a faint disc or ring of light out of focus, its edge near the centre."""
    ground = faced(ground, either(random))
    radius = random.uniform(0.12, 0.5) * ground.side
    place = middle(ground, random).moved(random.uniform(0, radius), random.uniform(0, 2 * np.pi))
    dy, dx = distances(ground.side, place)
    soft = random.uniform(0.5, 0.2 * radius + 0.5)
    rings = [radius]
    if random.uniform() < 0.6:
        rings.append(radius * random.uniform(0.25, 0.7))
    disc, *hole = [1 / (1 + np.exp(np.clip((np.hypot(dy, dx) - r) / soft, -50, 50))) for r in rings]
    image = scaled(
        disc - random.uniform(0.5, 1.0) * sum(hole, np.zeros_like(disc)),
        ground,
        min(snr, GHOST_SNR_MAX),
    )
    if ground.sign == 1:
        return laid(ground, random, science=image)
    return laid(ground, random, template=image)


def background(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """A step or slope of the sky that only one of the planes has."""
    ground = faced(ground, either(random))
    angle = (
        random.uniform(0, 2 * np.pi) if random.uniform() < 0.5 else np.pi * random.integers(4) / 2
    )
    place = middle(ground, random, spread=2.0)
    _, across = along_and_across(ground.side, place, float(angle))
    soft = log_uniform(random, 0.3, 0.5 * ground.side)
    step = np.tanh(across / soft) + random.uniform(0, 1)
    return laid(
        ground, random, science=ground.sign * scaled(step, ground, min(snr, BACKGROUND_SNR_MAX))
    )


def nothing(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """Only the ground: a peak of its noise was taken for a source."""
    del snr
    return laid(faced(ground, either(random)), random)


def noisy_patch(ground: Ground, random: np.random.Generator, snr: float) -> Stamps:
    """More noise than elsewhere in a patch, a row or the whole stamp of the difference."""
    ground = faced(ground, either(random))
    along, across = along_and_across(
        ground.side, middle(ground, random, 1.0), np.pi / 2 * random.integers(2)
    )
    long, wide = log_uniform(random, 2, 100), log_uniform(random, 2, 20)
    patch = np.exp(-0.5 * ((along / long) ** 2 + (across / wide) ** 2))
    wrong = patch * speckled(ground, random, smooth=random.uniform(0, 0.5))
    return laid(ground, random, residual=scaled(wrong, ground, min(snr, PATCH_SNR_MAX)))


def _waves(ground: Ground, random: np.random.Generator) -> Transfer:
    """A filter that rings: what a noisy PSF model leaves around a bright star."""
    peak = random.uniform(1.0, 2.8) * min(1.0, 2.0 / ground.fwhm_pixels)
    width = 0.2 * peak

    def transfer(ky: Floats, kx: Floats) -> Floats:
        return np.asarray(np.exp(-0.5 * ((np.hypot(ky, kx) - peak) / width) ** 2))

    return transfer


def speckled(ground: Ground, random: np.random.Generator, smooth: float | None = None) -> Floats:
    """Noise of unit variance whose grains are `smooth` pixels wide; unless told, up to the PSF."""
    sigma = random.uniform(0.0, GRAIN_FWHM_MAX * ground.fwhm_pixels) if smooth is None else smooth
    grains = filtered(random.standard_normal((ground.side, ground.side)), blur(sigma))
    return np.asarray(grains / grains.std())


def ringing(hole: Floats, ground: Ground, random: np.random.Generator) -> Floats:
    """Stripes or a chessboard one pixel wide, fading away from the border of a hole.

    What a subtraction by Fourier transforms leaves where pixels were missing.
    """
    reach = min(random.uniform(0.2, 0.9) * ground.fwhm_pixels + 0.5, FADE_SIDE_MAX * ground.side)
    fade = filtered(hole, blur(reach))
    y, x = np.indices(hole.shape)
    along = random.choice([0, 1, 2])
    waves = np.cos(np.pi * (y * (along != 0) + x * (along != 1)))
    share = random.uniform(0.2, 1.0)
    return np.asarray(fade * (hole == 0) * (share * waves + 1 - share))


def _star(ground: Ground, random: np.random.Generator, dipole: float, angle: float) -> _Star:
    """The ground's own bright star at the centre, or one to be drawn there.

    Its dipole's positive lobe, not the star, is where the detection is.
    """
    light, half = stars(ground), max(2, round(ground.fwhm_pixels))
    start = ground.side // 2 - half
    window = light[start : start + 2 * half + 1, start : start + 2 * half + 1]
    peak = float(window.max())
    if peak > OWN_STAR_SIGMA * noise(ground, SCIENCE) and random.uniform() < OWN_STAR_SHARE:
        y, x = np.unravel_index(int(window.argmax()), window.shape)
        place = Place(float(start + y), float(start + x))
        dy, dx = distances(ground.side, place)
        near = np.exp(-((np.hypot(dy, dx) / (2.5 * ground.fwhm_pixels)) ** 4))
        return _Star(np.clip(light * near / peak, 0, None), light * near / peak, place, peak)
    lobe = 0.45 * dipole * ground.fwhm_pixels
    return _drawn(ground, random, middle(ground, random, 0.5).moved(lobe, angle + np.pi))


def _drawn(ground: Ground, random: np.random.Generator, place: Place) -> _Star:
    fwhm, beta = ground.fwhm_pixels, random.uniform(2.2, 4.5)
    light = star(ground.side, place, fwhm, beta)
    other = star(ground.side, place, fwhm * random.uniform(0.75, 1.25), beta)
    return _Star(light / light.max(), other / light.max(), place)


def _dipole(light: Floats, shift: float, angle: float) -> Floats:
    """The light moved along `angle` less the light."""
    dy, dx = 0.5 * shift * np.sin(angle), 0.5 * shift * np.cos(angle)
    return shifted(light, dy, dx) - shifted(light, -dy, -dx)


def _unit(image: Floats) -> Floats:
    return image / max(float(np.abs(image).max()), np.finfo(np.float64).tiny)


def _beside(ground: Ground, random: np.random.Generator, one: _Star, wrong: Floats) -> Stamps:
    """The residual, and the star that it is of, so bright that it can have left it."""
    if one.peak or not wrong.any():
        return laid(ground, random, residual=wrong)
    sigma = noise(ground, SCIENCE)
    left = float(np.abs(wrong).max())
    peak = left / log_uniform(random, *LEFT_SHARE)
    peak = float(np.clip(peak, PEAK_SIGMA[0] * sigma, max(PEAK_SIGMA[1] * sigma, 5 * left)))
    ratio = log_uniform(random, *TEMPLATE_TO_SCIENCE)
    pair = (peak * one.light, ratio * peak * one.other)
    return laid(ground, random, cancelling=pair, residual=wrong)
