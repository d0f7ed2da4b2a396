"""The compiled loops that tell a galaxy from a star on a stamp, and measure its ellipse.

As in `isophotes`, all that is called lives in this file.
"""

# ruff: noqa: PLR0917 - numba passes arguments by position
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled, inlined

Image = NDArray[np.float32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Star = tuple[float, Floats, Floats]
"""Sigma, window of twice that, and profile, by half pixels from its middle."""
NONE, EXTENDED, UNKNOWN = 0.0, 1.0, 2.0


class Limits(NamedTuple):
    """What a galaxy is, of a template."""

    core_sigmas: float
    """Of its highest pixel, over the sky."""
    pixels_min: float
    light_radii_max: float
    width_min: float
    """In widths of a star."""
    seen_min: float
    """Share of its core's window."""
    prominence_min: float
    """Of its core, beside the highest pixel of what it is blended with."""
    symmetric_min: float
    """Share of an isophote that has its mirror image in it."""


@compiled
def nearest_galaxies(
    planes: tuple[NDArray[np.float32], Ints],
    outlined: tuple[Image, Ints, Floats, Floats, Ints],
    sigmas: Floats,
    limits: Limits,
    found: Floats,
) -> None:
    """Fill `found` (m, 10) of `isophotes.Planes`, outlined by `isophotes.outline`.

    A state (0 none, 1 wider than a star, 2 something at the edge; NaN without pixels), whether it
    is cut, x and y from its core to the middle, semi-major axis, axis ratio and angle from x to y,
    all in pixels and radians, light radii, pixels in the isophote, width in those of a star.
    sigmas: a star's, in pixels (m,).
    """
    pixels, places = planes
    images, all_runs, all_sums, skies, counts = outlined
    one, star = np.empty(found.shape[1]), _star(1.0)
    for place in range(len(places)):
        seen, count, components, begin = counts[place]
        best = found[place]
        best[:] = np.nan
        if seen < 2:
            # Without a sky there is something larger than the stamp, and no more can be said.
            best[0] = UNKNOWN if seen == 1 else NONE
        if seen == 1:
            best[1] = 1.0
        if components and sigmas[place] != star[0]:
            star = _star(sigmas[place])
        first, rows, columns = places[place, 0], places[place, 1], places[place, 2]
        plane = pixels[first : first + rows * columns].reshape((rows, columns))
        image = images[place, : (rows - 2) * (columns - 2)].reshape((rows - 2, columns - 2))
        runs = all_runs[begin : begin + count]
        for component in range(components):
            sums = all_sums[place, component]
            _galaxy(plane, image, runs, component, sums, skies[place], star, limits, one)
            if one[0] != NONE and not one[7] >= best[7]:
                best[:] = one


@compiled
def _star(sigma: float) -> Star:
    halves = np.arange(2 * int(np.ceil(4 * sigma)) + 1) / sigma
    return sigma, np.exp(-0.03125 * halves**2), np.exp(-0.125 * halves**2)


@inlined
def _galaxy(
    plane: Image,
    image: Image,
    runs: Ints,
    component: int,
    sums: Floats,
    sky: Floats,
    star: Star,
    limits: Limits,
    best: Floats,
) -> None:
    """The core of a component with the largest symmetric isophote, as `nearest_galaxy` has it."""
    rows, columns = image.shape
    reach = max(2, round(2 * star[0]))
    low = sky[0] + max(limits.core_sigmas * sky[1], limits.prominence_min * (sums[6] - sky[0]))
    one, mine = np.empty_like(best), np.empty(6)
    best[:] = NONE
    for run in range(len(runs)):
        if runs[run, 3] != component:
            continue
        y = runs[run, 0]
        for x in range(runs[run, 1], runs[run, 2] + 1):
            if not image[y, x] > low or not _is_summit(image, x, y, reach):
                continue
            twice_x, twice_y, one[0], one[9] = _core(plane, x + 1, y + 1, sky, star, limits)
            if one[0] == NONE:
                continue
            twice_x, twice_y = twice_x - 2, twice_y - 2
            one[1] = _symmetric(image, runs, component, sky[2], twice_x, twice_y, mine)
            if one[0] == UNKNOWN:
                one[1], mine[:] = 1.0, sums[:6]
            whole_min = limits.symmetric_min * sums[0] if one[1] == 0 else 0.0
            if mine[0] <= max(limits.pixels_min, whole_min, best[8]):
                continue
            one[2], one[3] = (columns - 1 - twice_x) / 2, (rows - 1 - twice_y) / 2
            _ellipse(mine, one)
            if one[7] <= limits.light_radii_max or (one[1] > 0 and sums[7] > 0):
                best[:] = one


@inlined
def _ellipse(sums: Floats, one: Floats) -> None:
    """Semi-major axis, ratio and angle of the ellipse with these moments; light radii; pixels.

    A filled ellipse's second moment along an axis is a quarter of that axis squared.
    """
    x, y = sums[1] / sums[0], sums[2] / sums[0]
    xx, yy = sums[3] / sums[0] - x * x + 1 / 12, sums[5] / sums[0] - y * y + 1 / 12
    xy = sums[4] / sums[0] - x * y
    mean, half = 0.5 * (xx + yy), np.hypot(0.5 * (xx - yy), xy)
    major, minor = 2 * np.sqrt(mean + half), 2 * np.sqrt(max(mean - half, 1 / 12))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    along = one[2] * np.cos(angle) + one[3] * np.sin(angle)
    across = one[3] * np.cos(angle) - one[2] * np.sin(angle)
    one[4], one[5], one[6] = major, minor / major, angle
    one[7], one[8] = np.hypot(along / major, across / minor), sums[0]


@inlined
def _is_summit(image: Image, x: int, y: int, reach: int) -> bool:
    """Whether no pixel so near is higher."""
    rows, columns = image.shape
    value = image[y, x]
    if max(image[y, max(0, x - 1)], image[y, min(columns - 1, x + 1)]) > value:
        return False  # as are most, so that the others need not be asked
    for other_y in range(max(0, y - reach), min(rows, y + reach + 1)):
        for other_x in range(max(0, x - reach), min(columns, x + reach + 1)):
            if image[other_y, other_x] > value:
                return False
    return True


@inlined
def _core(
    plane: Image, x: int, y: int, sky: Floats, star: Star, limits: Limits
) -> tuple[int, int, float, float]:
    """Twice its place, whether it is wider than a star, and its width in those of one.

    Width is the second moment, in a Gaussian window of twice a star's sigma, of the light that has
    its like on the other side: a pixel's mean with its mirror image, or the lower of the two where
    they differ. A star's is of a Gaussian on the same pixels.
    """
    sigma, weight, profile = star
    twice_x, twice_y = _centre(plane, x, y, sky[0], int(np.ceil(2 * sigma)))
    reach = len(weight) // 2
    # White noise that is smoothed by 1, 2, 1 each way keeps 3/8 of its sigma.
    noise = sky[1] / 0.375
    alike = 3 * noise
    light, moment, variance, seen, seen_moment = 0.0, 0.0, 0.0, 0.0, 0.0
    # Pixels of the window whose mirror image is on the plane.
    rows, columns = plane.shape
    low_y, high_y = max(0, y - reach + 1, twice_y - rows + 1), min(rows, y + reach, twice_y + 1)
    low_x, high_x = (
        max(0, x - reach + 1, twice_x - columns + 1),
        min(columns, x + reach, twice_x + 1),
    )
    for at_y in range(low_y, high_y):
        to_y = abs(2 * at_y - twice_y)
        for at_x in range(low_x, high_x):
            one, other = plane[at_y, at_x], plane[twice_y - at_y, twice_x - at_x]
            value = float(0.5 * (one + other) if abs(one - other) < alike else min(one, other))
            value -= sky[0]
            if np.isnan(value):
                continue
            to_x = abs(2 * at_x - twice_x)
            square = 0.25 * (to_x * to_x + to_y * to_y)
            w, p = weight[to_x] * weight[to_y], profile[to_x] * profile[to_y]
            light += w * value
            moment += w * value * square
            seen += w * p
            seen_moment += w * p * square
            # About the moment of a star, which is what is tested.
            variance += (w * (square - 1.6 * sigma * sigma)) ** 2
    # A star's Gaussian in its window comes to 1.6 pi sigma squared over the whole plane.
    if light <= 0 or seen < limits.seen_min * 1.6 * np.pi * sigma**2:
        return twice_x, twice_y, UNKNOWN, np.nan
    like = light * seen_moment / seen
    width, error = moment / like, noise * np.sqrt(variance) / like
    return twice_x, twice_y, EXTENDED if width - 2 * error > limits.width_min else NONE, width


@inlined
def _centre(plane: Image, x: int, y: int, level: float, reach: int) -> tuple[int, int]:
    """Twice the middle of the light about a pixel, to half a pixel and at most that from it."""
    light, to_x, to_y = 0.0, 0.0, 0.0
    for at_y in range(max(0, y - reach), min(len(plane), y + reach + 1)):
        for at_x in range(max(0, x - reach), min(plane.shape[1], x + reach + 1)):
            value = plane[at_y, at_x] - level
            if value > 0:
                light += value
                to_x += value * (at_x - x)
                to_y += value * (at_y - y)
    if light <= 0:
        return 2 * x, 2 * y
    step_x, step_y = np.rint(2 * to_x / light), np.rint(2 * to_y / light)
    return 2 * x + int(max(-1.0, min(1.0, step_x))), 2 * y + int(max(-1.0, min(1.0, step_y)))


@inlined
def _symmetric(
    image: Image, runs: Ints, component: int, level: float, twice_x: int, twice_y: int, sums: Floats
) -> float:
    """Sums of a component's pixels with a mirror image in the isophote; 1 where it is cut."""
    rows, columns = image.shape
    cut, sums[:] = False, 0.0
    for run in range(len(runs)):
        y = runs[run, 0]
        other_y = twice_y - y
        if runs[run, 3] != component or not 0 <= other_y < rows:
            continue
        count, light, squares = 0, 0, 0
        for x in range(max(runs[run, 1], twice_x - columns + 1), min(runs[run, 2], twice_x) + 1):
            if image[other_y, twice_x - x] > level:
                count, light, squares = count + 1, light + x, squares + x * x
                cut = cut or _is_at_edge(image, x, y)
        sums[0] += count
        sums[1] += light
        sums[2] += y * count
        sums[3] += squares
        sums[4] += y * light
        sums[5] += y * y * count
    return 1.0 if cut else 0.0


@inlined
def _is_at_edge(image: Image, x: int, y: int) -> bool:
    """Whether one of its neighbours is no pixel."""
    rows, columns = image.shape
    if x == 0 or y == 0 or x == columns - 1 or y == rows - 1:
        return True
    beside = image[y, x - 1] + image[y, x + 1] + image[y - 1, x] + image[y + 1, x]
    return bool(np.isnan(beside))
