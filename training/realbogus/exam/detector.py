"""The exam's artefacts of the detector: charge that no light left, and pixels that lie."""

from __future__ import annotations

import numpy as np

from training.arrays import Mask
from training.realbogus.exam.optics import Image, deposited
from training.realbogus.exam.site import Drawing, Site

PIXEL_MICRON = {"ztf": 15.0, "lsst": 10.0}
THICKNESS_MICRON = {"ztf": 20.0, "lsst": 100.0}
"""Of the silicon: ZTF's e2v CCD231 is of the standard kind, Rubin's are deep-depleted."""
DIFFUSION_MICRON = {"ztf": 5.0, "lsst": 4.5}
"""Spread of charge that crosses the whole thickness; it grows with the root of the depth."""
STEPS_PER_PIXEL = 4
TRACK_PIXELS = (2.5, 35.0)
"""Length on the sensor of a slanted muon: shorter ones are hits."""
ENERGY_TAIL = 2.5
"""Pareto index of the charge left a step: Landau's distribution falls about as slowly."""
WORM_PIXELS = (3.0, 14.0)
"""Path of an electron set loose by a gamma ray."""
WORM_TURN = 0.45
"""Radians a step: it scatters all the way (Smith et al. 2002, Proc. SPIE 4669, 172)."""
HOT_NEIGHBOUR_SHARE = 0.5
"""Chance that a pixel beside a bad one is bad as well."""
COLUMN_PIXELS = (8, 63)
COLUMN_SCATTER = 0.3
"""Of a bad column's charge from row to row."""
MASK_PIXELS = (5, 18)
"""Side of a masked block, as around ZTF's saturated stars."""
EDGE_PIXELS = (1, 6)
"""From a detection to the detector's edge."""
EXTREME_DECADES = (6.0, 38.0)
"""ZTF has sent pixels from 1e6 to 3.4e38."""


def cosmic_hit(site: Site, random: np.random.Generator) -> Drawing:
    """A muon near the normal: a pixel or two, with the charge of its short way through."""
    slope = random.uniform(0.0, 0.6)
    length = slope * THICKNESS_MICRON[site.survey] / PIXEL_MICRON[site.survey]
    return site.news(_track(site, length, random))


def cosmic_track(site: Site, random: np.random.Generator) -> Drawing:
    """A slanted muon: narrow where it leaves the pixels' side, wider where it came in."""
    length = float(np.exp(random.uniform(*np.log(TRACK_PIXELS))))
    return site.news(_track(site, length, random))


def cosmic_worm(site: Site, random: np.random.Generator) -> Drawing:
    """An electron's crooked way."""
    count = round(random.uniform(*WORM_PIXELS) * STEPS_PER_PIXEL)
    angles = random.uniform(0.0, 2 * np.pi) + np.cumsum(random.normal(0.0, WORM_TURN, count))
    rows = np.cumsum(np.sin(angles)) / STEPS_PER_PIXEL
    columns = np.cumsum(np.cos(angles)) / STEPS_PER_PIXEL
    depth = np.full(count, random.random())
    # It loses most where it is slow, at its end.
    weights = random.pareto(ENERGY_TAIL, count) + np.linspace(0.5, 2.0, count)
    return site.news(_charge(site, (rows, columns), weights, depth, random))


def hot_pixel(site: Site, random: np.random.Generator) -> Drawing:
    """A pixel that leaks, or a few, sometimes with the charge that trails behind on readout."""
    light = _spots(site, random)
    if random.random() < 0.3:
        light = light + _trailing(light, random)
    return site.news(light)


def dead_pixel(site: Site, random: np.random.Generator) -> Drawing:
    """Pixels below the sky in one plane: what reads as a fading in the science plane."""
    light = _spots(site, random)
    nothing = np.zeros_like(light)
    planes = (-light, nothing) if site.sign < 0 else (nothing, -light)
    return site.drawing(*planes)


def bad_column(site: Site, random: np.random.Generator) -> Drawing:
    """A column too bright or too dark over some length, one or two pixels wide."""
    light = np.zeros((site.side, site.side))
    length = int(random.integers(*COLUMN_PIXELS))
    top = max(site.at[0] - int(random.integers(0, length)), 0)
    for offset in range(int(random.integers(1, 3))):
        place = min(site.at[1] + offset, site.side - 1)
        run = light[top : top + length, place]
        run[:] = random.uniform(0.4, 1.0) * (1.0 + COLUMN_SCATTER * random.normal(size=len(run)))
    return _bright_or_dark(site, light, random)


def masked_block(site: Site, random: np.random.Generator) -> Drawing:
    """A block without pixels and, at its border, what masking left of the star inside."""
    mask = np.zeros((site.side, site.side), np.bool_)
    height, width = random.integers(*MASK_PIXELS, 2) * site.stamp_side // 63 + 2
    top = site.at[0] + int(random.integers(2, 4)) - int(random.random() < 0.5) * (height + 4)
    left = site.at[1] - int(random.integers(0, width))
    mask[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)] = True
    if random.random() < 0.5:
        mask = _ragged(mask, random)
    mask[site.at] = False
    light = _spots(site, random) + 0.6 * site.star(*random.normal(0.0, 0.7, 2))
    light += site.star() * random.normal(0.0, 0.5, light.shape)
    return site.news(light, mask=mask)


def detector_edge(site: Site, random: np.random.Generator) -> Drawing:
    """Pixels beyond the edge, and rows along it that glow or are short of charge."""
    mask = np.zeros((site.side, site.side), np.bool_)
    edge = site.at[0] - int(random.integers(*EDGE_PIXELS))
    mask[:edge] = True
    distance = np.clip(np.arange(site.side) - edge, 0, None)[:, None]
    along = np.ones(site.side) + 0.4 * random.normal(size=site.side)
    light = np.exp(-distance / random.uniform(0.7, 2.5)) * along * ~mask
    beside = np.exp(-0.5 * ((np.arange(site.side) - site.at[1]) / random.uniform(2, 20)) ** 2)
    return _bright_or_dark(site, light * beside, random, mask)


def extreme_pixel(site: Site, random: np.random.Generator) -> Drawing:
    """A pixel of 1e6 to 3e38, as numbers overflow on their way."""
    light = np.zeros((site.side, site.side))
    light[site.at] = 10.0 ** random.uniform(*EXTREME_DECADES)
    return site.news(light)


def _track(site: Site, length: float, random: np.random.Generator) -> Image:
    count = max(round(length * STEPS_PER_PIXEL), STEPS_PER_PIXEL)
    angle, way = random.uniform(0.0, 2 * np.pi), np.linspace(0.0, 1.0, count)
    weights = 1.0 + random.pareto(ENERGY_TAIL, count)
    rows, columns = way * length * np.sin(angle), way * length * np.cos(angle)
    return _charge(site, (rows, columns), weights, way, random)


def _charge(
    site: Site, path: tuple[Image, Image], weights: Image, depth: Image, random: np.random.Generator
) -> Image:
    """Charge left along a path, one of its steps at the site, spread as far as its depth lets."""
    rows, columns = path
    step = int(random.integers(len(rows)))
    spread = DIFFUSION_MICRON[site.survey] / PIXEL_MICRON[site.survey]
    sigma = spread * np.sqrt(np.clip(depth, 0.02, 1.0))
    within = random.uniform(-0.5, 0.5, 2)
    places = (
        rows - rows[step] + site.at[0] + within[0],
        columns - columns[step] + site.at[1] + within[1],
    )
    return deposited(*places, weights, sigma, site.side)


def _spots(site: Site, random: np.random.Generator) -> Image:
    """One bad pixel, and by chance some that touch it."""
    light = np.zeros((site.side, site.side))
    row, column = site.at
    while True:
        light[row, column] += random.uniform(0.3, 1.0)
        if random.random() > HOT_NEIGHBOUR_SHARE:
            return light
        row, column = np.clip(np.array((row, column)) + random.integers(-1, 2, 2), 0, site.side - 1)


def _trailing(light: Image, random: np.random.Generator) -> Image:
    """What a column's transfers leave behind (deferred charge)."""
    decay, share = random.uniform(1.0, 5.0), random.uniform(0.1, 0.4)
    trail = np.zeros_like(light)
    for step in range(1, 12):
        trail[step:] += light[:-step] * share * np.exp(-step / decay)
    return trail


def _bright_or_dark(
    site: Site, light: Image, random: np.random.Generator, mask: Mask | None = None
) -> Drawing:
    """Too bright in the plane with the news, or too dark in the other."""
    if random.random() < 0.5:
        return site.news(light, mask=mask)
    nothing = np.zeros_like(light)
    planes = (nothing, -light) if site.sign > 0 else (-light, nothing)
    return site.drawing(*planes, mask=mask)


def _ragged(mask: Mask, random: np.random.Generator) -> Mask:
    """The block's border with teeth, as masks of bleeding have them."""
    teeth = np.zeros_like(mask)
    for step in (1, 2, 3):
        chosen = random.random(mask.shape[1]) < 0.4
        teeth[step:, chosen] |= mask[:-step, chosen]
        teeth[:-step, chosen] |= mask[step:, chosen]
    return mask | teeth
