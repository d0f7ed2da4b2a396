"""How strong a drawing must be for the S/N asked of it, and the planes once it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from training.arrays import Floats, Mask
from training.realbogus.exam.optics import Image
from training.realbogus.exam.site import LIGHT_MAX, Drawing, Site

PEAK_NOISES_MAX = 2e4
"""A star that would need more than so many times a pixel's noise for a faint residual is drawn
anew: it would be saturated."""
STEPS = 6
"""Of the search for a strength: the noise grows with a star's light, as its root."""


@dataclass(frozen=True)
class Peak:
    """Where a point-source filter over the difference finds most, and what."""

    at: tuple[int, int]
    snr: float


@dataclass(frozen=True)
class Scene:
    """What a point-source filter sees near a site: windows of a signal and of what makes noise."""

    signal: Image
    valid: Mask
    light: Image
    """That both planes have at any strength, counts."""
    common: Image
    """That both planes have more, at strength 1."""
    noise: float
    gain: float

    def weight(self, strength: float) -> Image:
        """One over the difference's variance, of sky and photons; 0 where there is no pixel."""
        photons = np.clip(self.light + strength * self.common, 0.0, LIGHT_MAX) / self.gain
        inverse: Image = self.valid / (self.noise**2 + photons)
        return inverse


def scene(site: Site, drawing: Drawing, reach: int, signal: Image | None = None) -> Scene:
    """The drawing's own signal, or another, as far as the filter reaches."""
    if signal is None:
        signal = site.sign * (drawing.science - drawing.template)
    valid = np.isfinite(site.planes[2]) & ~drawing.mask
    half = site.psf.shape[0] // 2 + reach
    common = np.minimum(drawing.science, drawing.template)
    seen = (np.where(valid, signal, 0.0), site.template_light + drawing.static, common)
    windows = (_window(image, site.at, half) for image in seen)
    signal, light, common = windows
    whole = _window(valid.astype(np.float64), site.at, half) > 0.0
    return Scene(signal, whole, light, common, site.noise, site.gain)


def peak(site: Site, seen: Scene, reach: int) -> Peak | None:
    """The best S/N of a point source fitted to the signal within reach of the site.

    S/N = sum(P x / v) / sqrt(sum(P^2 / v)), the matched filter of a profile P in white noise of
    variance v (Turin 1960, IRE Trans. Inf. Theory 6, 311). None where nothing is positive.
    """
    weight, shape = seen.weight(0.0), site.psf.shape
    gained = np.tensordot(sliding_window_view(seen.signal * weight, shape), site.psf, 2)
    noise = np.tensordot(sliding_window_view(weight, shape), site.psf**2, 2)
    half = shape[0] // 2
    whole = seen.valid[half:-half, half:-half]
    found = np.where(whole, gained / np.sqrt(np.where(whole, noise, 1.0)), 0.0)
    if found.max() <= 0.0:
        return None
    row, column = np.unravel_index(int(found.argmax()), found.shape)
    at = (site.at[0] + int(row) - reach, site.at[1] + int(column) - reach)
    return Peak(at, float(found.max()))


def strength_for(site: Site, drawing: Drawing, snr: float, reach: int) -> tuple[float, Peak] | None:
    """What to multiply a drawing by, and where its detection lies; None where it cannot be."""
    seen = scene(site, drawing, reach)
    found = peak(site, seen, reach)
    if found is None:
        return None
    top, left = (place - middle + reach for place, middle in zip(found.at, site.at, strict=True))
    box = (slice(top, top + len(site.psf)), slice(left, left + len(site.psf)))
    signal, strength = seen.signal[box], snr / found.snr
    for _ in range(STEPS):
        weight = seen.weight(strength)[box]
        noise = np.sqrt((site.psf**2 * weight).sum())
        strength = float(snr * noise / (signal * site.psf * weight).sum())
    brightest = strength * max(drawing.science.max(), drawing.template.max())
    if not (0.0 < strength <= drawing.strength_max and brightest < PEAK_NOISES_MAX * site.noise):
        return None
    return strength, Peak(found.at, snr)


def drawn(site: Site, drawing: Drawing, strength: float, random: np.random.Generator) -> Floats:
    """(3, side, side): the site's planes with the drawing and the noise of its photons."""
    science = strength * drawing.science + drawing.static
    template = strength * drawing.template + drawing.static
    science = science + _photon_noise(science, site.gain, random)
    template = template + _photon_noise(template, site.gain * site.depth, random)
    planes = site.planes + np.stack((science, template, site.sign * (science - template)))
    planes[:, drawing.mask] = np.nan
    return planes


def _window(image: Image, at: tuple[int, int], half: int) -> Image:
    """The image from `half` before a place to `half` after, nothing where it has no pixel."""
    window = np.zeros((2 * half + 1, 2 * half + 1))
    firsts = [max(place - half, 0) for place in at]
    part = image[firsts[0] : at[0] + half + 1, firsts[1] : at[1] + half + 1]
    top, left = (first - place + half for first, place in zip(firsts, at, strict=True))
    window[top : top + part.shape[0], left : left + part.shape[1]] = part
    return window


def _photon_noise(light: Image, gain: float, random: np.random.Generator) -> Image:
    """Of light added; charge taken away makes none."""
    if light.max() <= 0.0:
        return np.zeros_like(light)
    noise: Image = random.normal(size=light.shape) * np.sqrt(np.clip(light, 0.0, LIGHT_MAX) / gain)
    return noise
