"""The compiled loops that find the sky of a stamp, and its isophotes: what stands out of it.

Every compiled function lives in the file of those that it calls and takes its limits as arguments:
numba's disk cache sees neither a changed constant nor a changed callee of another file.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled

Image = NDArray[np.float32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Line = NDArray[np.float32]
Sky = tuple[float, float, float]
SKY, NO_SKY, NO_PIXELS = 0, 1, 2
RUN_COLUMNS, SUM_COLUMNS, SKY_COLUMNS, COUNT_COLUMNS = 4, 8, 3, 4


class Outlined(NamedTuple):
    """Of m planes (rows, columns)."""

    images: Image
    """(m, rows - 2, columns - 2): the planes, smoothed."""
    runs: Ints
    """(most, 4), of one plane after another: row, first and last column, component; -1 of one too
    small or too far."""
    sums: Floats
    """(m, most, 8) by component: of 1, x, y, x squared, x y and y squared; its highest pixel, and
    whether it has the middle."""
    skies: Floats
    """(m, 3): level, the image's sigma, the isophote's level."""
    counts: Ints
    """(m, 4): what was seen, runs, components, where the runs begin. Seen are 0, the sky; 1, no
    sky, as what is there changes over the stamp by far more than noise; 2, too few pixels."""


class Rooms:
    """Memory for `outline` to fill, the same for all shapes and calls: new memory costs more than
    what is done in it. What was given before is overwritten.
    """

    def __init__(self, planes_max: int, components_max: int) -> None:
        self._planes, self._components = planes_max, components_max
        self._images, self._runs = np.empty(0, np.float32), np.empty((0, RUN_COLUMNS), np.int64)
        self._sums = np.empty((planes_max, components_max, SUM_COLUMNS))
        self._skies = np.empty((planes_max, SKY_COLUMNS))
        self._counts = np.zeros((planes_max, COUNT_COLUMNS), np.int64)

    def of(self, shape: tuple[int, ...]) -> Outlined:
        """For as many planes of that shape as are looked at at once."""
        rows, columns = shape
        pixels = self._planes * (rows - 2) * (columns - 2)
        runs = self._planes * rows * (columns + 1) // 2
        if pixels > len(self._images):
            self._images = np.empty(pixels, np.float32)
        if runs > len(self._runs):
            self._runs = np.empty((runs, RUN_COLUMNS), np.int64)
        images = self._images[:pixels].reshape(self._planes, rows - 2, columns - 2)
        return Outlined(images, self._runs[:runs], self._sums, self._skies, self._counts)


@compiled
def outline(
    cube: Image,
    numbers: Ints,
    limits: tuple[float, float, float, float, float, float],
    filled: Outlined,
) -> None:
    """Fill the first of `filled` with the planes `numbers` of a cube.

    limits: sigmas of an isophote, its pixels at least, how far it may lie from the middle in its
    own lengths, how many pixels tell of the sky, by how much these may differ more than noise, and
    what is too large for a pixel.
    """
    images, all_runs, all_sums, skies, counts = filled
    begin, most = 0, all_runs.shape[0] // images.shape[0]
    sums = np.empty((most, all_sums.shape[2]))
    some, apart = np.empty(images[0].size, np.float32), np.empty(images[0].size, np.float32)
    for place in range(len(numbers)):
        image, runs, sky = images[place], all_runs[begin:], skies[place]
        counts[place, :3], counts[place, 3] = 0, begin
        _smooth(cube[numbers[place]], image)
        level, sigma, noise = _sky(image, int(limits[3]), limits[5], some, apart)
        if not sigma > 0:
            counts[place, 0] = 2
        elif sigma > limits[4] * noise:
            counts[place, 0] = 1
        else:
            sky[0], sky[1], sky[2] = level, sigma, level + limits[0] * sigma
            count = _runs(image, sky[2], runs)
            found = _components(image, runs, count, sums)
            counts[place, 1] = count
            counts[place, 2] = _near(
                runs[:count], sums[:found], image.shape, limits, all_sums[place]
            )
            begin += count


@compiled
def _smooth(plane: Image, image: Image) -> None:
    """By 1, 2, 1 each way: what is next to a pixel that is none is none."""
    rows, columns = image.shape
    half = np.empty((rows + 2, columns), np.float32)
    quarter, two = np.float32(0.25), np.float32(2.0)
    for y in range(rows + 2):
        for x in range(columns):
            half[y, x] = quarter * (plane[y, x] + two * plane[y, x + 1] + plane[y, x + 2])
    for y in range(rows):
        for x in range(columns):
            image[y, x] = quarter * (half[y, x] + two * half[y + 1, x] + half[y + 2, x])


@compiled
def _sky(image: Image, wanted: int, huge: float, some: Line, apart: Line) -> Sky:
    """Level and sigma by the median of some pixels and the 16 % below it, clipped; and noise.

    Noise is of the differences of pixels three apart, which no smoothing has made alike. NaN where
    less than an eighth of the pixels are known. `some` and `apart` are filled.
    """
    rows, columns = image.shape
    step, count, pairs = int(np.ceil(np.sqrt(rows * columns / wanted))), 0, 0
    for y in range(0, rows, step):
        for x in range(0, columns, step):
            some[count] = image[y, x]
            count += abs(image[y, x]) < huge
            apart[pairs] = abs(image[y, x] - image[y, x + 3 if x + 3 < columns else x - 3])
            pairs += apart[pairs] < huge
    if 8 * min(count, pairs) < wanted:
        return np.nan, np.nan, np.nan
    # The median of such differences is 0.95 sigma.
    noise = _ranked(apart, pairs, pairs // 2, *_ends(apart, pairs)) / 0.954
    lowest, highest = _ends(some, count)
    level, low, kept = lowest, lowest, count
    for _ in range(2):
        # What clipping keeps are the lowest, so all ranks are among the same values.
        level = _ranked(some, count, kept // 2, lowest, highest)
        low = _ranked(some, count, int(0.1587 * kept), lowest, level)
        left = _up_to(some, count, float(level) + 3 * (float(level) - float(low)))
        if left >= kept:
            break
        kept, highest = left, level
    return float(level), float(level) - float(low), float(noise)


@compiled
def _ends(values: Line, count: int) -> tuple[np.float32, np.float32]:
    low, high = values[0], values[0]
    for place in range(1, count):
        low, high = min(low, values[place]), max(high, values[place])
    return low, high


@compiled
def _ranked(
    values: Line, count: int, rank: int, lowest: np.float32, highest: np.float32
) -> np.float32:
    """The value of that rank among the first, which lies between two of them.

    By halves of what lies between: each step counts and nothing branches or is moved.
    """
    if _up_to(values, count, lowest) > rank:
        return lowest
    low, high = lowest, highest
    while True:
        middle = np.float32(low + np.float32(0.5) * (high - low))
        if middle in (low, high):
            return high
        if _up_to(values, count, middle) > rank:
            high = middle
        else:
            low = middle


@compiled
def _up_to(values: Line, count: int, limit: float | np.floating[Any]) -> int:
    """How many of the first are no higher."""
    found = np.int32(0)
    for place in range(count):
        found = np.int32(found + np.int32(values[place] <= limit))
    return int(found)


@compiled
def _runs(image: Image, threshold: float, runs: Ints) -> int:
    """How many runs of pixels above it; the last column names an earlier one that each touches."""
    rows, columns = image.shape
    level, count, above, above_end = np.float32(threshold), 0, 0, 0
    for y in range(rows):
        first, x, has = count, 0, False
        for at in range(columns):
            has |= image[y, at] > level
        while has and x < columns:
            if image[y, x] > level:
                begin = x
                while x + 1 < columns and image[y, x + 1] > level:
                    x += 1
                runs[count, 0], runs[count, 1], runs[count, 2], runs[count, 3] = y, begin, x, count
                while above < above_end and runs[above, 2] < begin - 1:
                    above += 1
                other = above
                while other < above_end and runs[other, 1] <= x + 1:
                    _join(runs, other, count)
                    other += 1
                count += 1
            x += 1
        above, above_end = first, count
    return count


@compiled
def _join(runs: Ints, one: int, other: int) -> None:
    one, other = _root(runs, one), _root(runs, other)
    runs[max(one, other), 3] = min(one, other)


@compiled
def _root(runs: Ints, run: int) -> int:
    while runs[run, 3] != run:
        runs[run, 3] = runs[runs[run, 3], 3]
        run = runs[run, 3]
    return run


@compiled
def _components(image: Image, runs: Ints, count: int, sums: Floats) -> int:
    """How many, and their sums; the runs' last column becomes their component."""
    rows, columns = image.shape
    components = 0
    for run in range(count):
        y, begin, last = runs[run, 0], runs[run, 1], runs[run, 2]
        if runs[run, 3] == run:
            component = components
            sums[component] = 0.0
            sums[component, 6] = -np.inf
            components += 1
        else:
            component = runs[runs[run, 3], 3]
        runs[run, 3] = component
        mine = sums[component]
        _add(mine, y, begin, last)
        for x in range(begin, last + 1):
            mine[6] = max(mine[6], image[y, x])
        if y == rows // 2 and begin <= columns // 2 <= last:
            mine[7] = 1.0
    return components


@compiled
def _add(sums: Floats, y: int, begin: int, last: int) -> None:
    """A run to the sums of 1, x, y, x squared, x y and y squared."""
    length = last - begin + 1
    x = 0.5 * (begin + last) * length
    squares = last * (last + 1) * (2 * last + 1) - (begin - 1) * begin * (2 * begin - 1)
    sums[0] += length
    sums[1] += x
    sums[2] += y * length
    sums[3] += squares / 6.0
    sums[4] += x * y
    sums[5] += y * y * length


@compiled
def _near(
    runs: Ints,
    sums: Floats,
    shape: tuple[int, int],
    limits: tuple[float, float, float, float, float, float],
    kept: Floats,
) -> int:
    """How many components are large and near enough, as many as there is room for in `kept`."""
    count, number = 0, np.full(len(sums), -1)
    for component in range(len(sums)):
        mine = sums[component]
        x, y = mine[1] / mine[0], mine[2] / mine[0]
        moment = (mine[3] + mine[5]) / mine[0] - x * x - y * y
        away = np.hypot((shape[1] - 1) / 2 - x, (shape[0] - 1) / 2 - y)
        # A filled ellipse's semi-major axis is at most twice the root of its moments' sum.
        is_near = mine[7] > 0 or away <= limits[2] * 2.0 * np.sqrt(moment)
        if mine[0] >= limits[1] and is_near and count < len(kept):
            kept[count] = mine
            number[component] = count
            count += 1
    for run in range(len(runs)):
        runs[run, 3] = number[runs[run, 3]]
    return count
