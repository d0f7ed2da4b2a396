"""The compiled loops that find the sky of a stamp, and its isophotes: what stands out of it.

Every compiled function lives in the file of those that it calls and takes its limits as arguments:
numba's disk cache sees neither a changed constant nor a changed callee of another file.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled, inlined, lowest_bit

Image = NDArray[np.float32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Line = NDArray[np.float32]
Sky = tuple[float, float, float]
WORD = 64
"""Bits, each a pixel."""
SIDE_MIN = 3
RUN_COLUMNS, SUM_COLUMNS, SKY_COLUMNS, COUNT_COLUMNS = 4, 8, 3, 4


class Planes(NamedTuple):
    """Images of any shapes, one after another."""

    pixels: Line
    places: Ints
    """(n, 3): where each begins in pixels, its rows and its columns."""

    def part(self, begin: int, end: int) -> Planes:
        """Some of them."""
        return Planes(self.pixels, self.places[begin:end])


class Outlined(NamedTuple):
    """Of m planes."""

    images: Image
    """(m, most): the planes, smoothed, two rows and columns less, in the first pixels of a row."""
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

    def of(self, sides: Ints) -> Outlined:
        """For as many planes as are looked at at once, none larger than these (n, 2) are."""
        rows, columns = sides.max(axis=0, initial=SIDE_MIN).tolist()
        pixels = (rows - 2) * (columns - 2)
        runs = self._planes * rows * (columns + 1) // 2
        if self._planes * pixels > len(self._images):
            self._images = np.empty(self._planes * pixels, np.float32)
        if runs > len(self._runs):
            self._runs = np.empty((runs, RUN_COLUMNS), np.int64)
        images = self._images[: self._planes * pixels].reshape(self._planes, pixels)
        return Outlined(images, self._runs[:runs], self._sums, self._skies, self._counts)


@compiled
def outline(
    planes: Planes,
    limits: tuple[float, float, float, float, float, float],
    filled: Outlined,
) -> None:
    """Fill the first of `filled` with these planes.

    limits: sigmas of an isophote, its pixels at least, how far it may lie from the middle in its
    own lengths, how many pixels tell of the sky, by how much these may differ more than noise, and
    what is too large for a pixel.
    """
    pixels, places = planes
    images, all_runs, all_sums, skies, counts = filled
    begin, most = 0, all_runs.shape[0] // images.shape[0]
    sums = np.empty((most, all_sums.shape[2]))
    some, apart = np.empty(images.shape[1], np.float32), np.empty(images.shape[1], np.float32)
    for place in range(len(places)):
        first, rows, columns = places[place, 0], places[place, 1], places[place, 2]
        plane = pixels[first : first + rows * columns].reshape((rows, columns))
        image = images[place, : (rows - 2) * (columns - 2)].reshape((rows - 2, columns - 2))
        runs, sky = all_runs[begin:], skies[place]
        counts[place, :3], counts[place, 3] = 0, begin
        _smooth(plane, image)
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


@inlined
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


@inlined
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
    lowest, highest = _ends(apart, pairs)
    noise = _ranked(apart, pairs, pairs // 2, lowest, highest) / 0.954
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


@inlined
def _ends(values: Line, count: int) -> tuple[np.float32, np.float32]:
    low, high = values[0], values[0]
    for place in range(1, count):
        low, high = min(low, values[place]), max(high, values[place])
    return low, high


@inlined
def _ranked(
    values: Line, count: int, rank: int, lowest: np.float32, highest: np.float32
) -> np.float32:
    """The value of that rank among the first, which lies between two of them.

    By halves of what lies between, until one value alone is left there: each step counts, and
    nothing is moved.
    """
    below = _up_to(values, count, lowest)
    if below > rank:
        return lowest
    low, high = lowest, highest
    while below < rank:
        middle = np.float32(low + np.float32(0.5) * (high - low))
        if middle in (low, high):
            return high
        up_to = _up_to(values, count, middle)
        if up_to > rank:
            high = middle
        else:
            low, below = middle, up_to
    found = high
    for place in range(count):
        if low < values[place] < found:
            found = values[place]
    return found


@inlined
def _up_to(values: Line, count: int, limit: float | np.floating[Any]) -> int:
    """How many of the first are no higher."""
    found = np.int32(0)
    for place in range(count):
        found = np.int32(found + np.int32(values[place] <= limit))
    return int(found)


@inlined
def _runs(image: Image, threshold: float, runs: Ints) -> int:
    """How many runs of pixels above it; the last column names an earlier one that each touches.

    Pixels are looked at 64 at once, as the bits of a word.
    """
    rows, columns = image.shape
    level, count, above, above_end = np.float32(threshold), 0, 0, 0
    for y in range(rows):
        first, begin = count, -1
        for base in range(0, columns, WORD):
            word, at = _word(image[y, base : base + WORD], level), 0
            while at < WORD:
                if begin < 0:
                    at += lowest_bit(word >> np.uint64(at))
                    if at >= WORD:
                        break
                    begin = base + at
                at = min(WORD, at + lowest_bit(~word >> np.uint64(at)))
                if at < WORD or base + WORD == columns:
                    above = _add_run(runs, count, (y, begin, base + at - 1), above, above_end)
                    count, begin = count + 1, -1
        above, above_end = first, count
    return count


@inlined
def _word(line: Line, level: np.float32) -> np.uint64:
    """Which of at most 64 pixels are above the level, the first in the lowest bit."""
    word = np.uint64(0)
    for at in range(len(line)):
        word |= np.uint64(line[at] > level) << np.uint64(at)
    return word


@inlined
def _add_run(runs: Ints, count: int, run: tuple[int, int, int], above: int, above_end: int) -> int:
    """Join a run to those above that it touches; gives the first that the next may touch."""
    y, begin, last = run
    runs[count, 0], runs[count, 1], runs[count, 2], runs[count, 3] = y, begin, last, count
    while above < above_end and runs[above, 2] < begin - 1:
        above += 1
    other = above
    while other < above_end and runs[other, 1] <= last + 1:
        _join(runs, other, count)
        other += 1
    return above


@inlined
def _join(runs: Ints, one: int, other: int) -> None:
    one, other = _root(runs, one), _root(runs, other)
    runs[max(one, other), 3] = min(one, other)


@inlined
def _root(runs: Ints, run: int) -> int:
    while runs[run, 3] != run:
        runs[run, 3] = runs[runs[run, 3], 3]
        run = runs[run, 3]
    return run


@inlined
def _components(image: Image, runs: Ints, count: int, sums: Floats) -> int:
    """How many, and their sums; the runs' last column becomes their component."""
    rows, columns = image.shape
    components = 0
    for run in range(count):
        y, begin, last = runs[run, 0], runs[run, 1], runs[run, 2]
        if runs[run, 3] == run:
            component = components
            for place in range(SUM_COLUMNS):
                sums[component, place] = 0.0
            sums[component, 6] = -np.inf
            components += 1
        else:
            component = runs[runs[run, 3], 3]
        runs[run, 3] = component
        _add(sums, component, (y, begin, last))
        highest = image[y, begin]
        for x in range(begin + 1, last + 1):
            highest = max(highest, image[y, x])
        sums[component, 6] = max(sums[component, 6], highest)
        if y == rows // 2 and begin <= columns // 2 <= last:
            sums[component, 7] = 1.0
    return components


@inlined
def _add(sums: Floats, component: int, run: tuple[int, int, int]) -> None:
    """A run to the sums of 1, x, y, x squared, x y and y squared."""
    y, begin, last = run
    length = last - begin + 1
    x = 0.5 * (begin + last) * length
    squares = last * (last + 1) * (2 * last + 1) - (begin - 1) * begin * (2 * begin - 1)
    sums[component, 0] += length
    sums[component, 1] += x
    sums[component, 2] += y * length
    sums[component, 3] += squares / 6.0
    sums[component, 4] += x * y
    sums[component, 5] += y * y * length


@inlined
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
        pixels = sums[component, 0]
        if pixels < limits[1] or count == len(kept):
            continue
        x, y = sums[component, 1] / pixels, sums[component, 2] / pixels
        moment = (sums[component, 3] + sums[component, 5]) / pixels - x * x - y * y
        away = np.hypot((shape[1] - 1) / 2 - x, (shape[0] - 1) / 2 - y)
        # A filled ellipse's semi-major axis is at most twice the root of its moments' sum.
        if sums[component, 7] > 0 or away <= limits[2] * 2.0 * np.sqrt(moment):
            kept[count] = sums[component]
            number[component] = count
            count += 1
    for run in range(len(runs)):
        runs[run, 3] = number[runs[run, 3]]
    return count
