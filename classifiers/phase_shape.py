"""What the network of phases is told of a light curve's form: on fixed days from its brightest
point, and by a cubic in each band.

A peak that is over is where a cubic through the points about it has its own, which no layer of a
network finds as well. All is made of a row, so training and serving are told the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifiers.observations import layout
from schemas.compiling import compiled, inlined

BANDS = 4
"""g, r, i and z, by place in `layout.BANDS` less one."""
DAYS = (-24.0, -17.0, -12.0, -8.0, -5.0, -2.5, 0.0, 2.5, 5.0, 8.0, 12.0, 17.0, 24.0, 34.0, 48.0)
"""From the brightest point, on which the curve is told."""
WIDTHS = (6.0, 4.0, 3.0, 2.5, 2.0, 1.5, 1.5, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0, 12.0)
"""Sigmas of the weights by which points near such a day are averaged."""
OF_DAY, OF_CUBIC = 2, 7
FEATURES = BANDS * (OF_DAY * len(DAYS) + OF_CUBIC) + 1
ANCHORS = 4
SHAPE = FEATURES + ANCHORS
"""Numbers that are told: features, then the days from which `phase_layout.DAYS` are counted."""
PEAK_FLUX, DAYS_TO_PEAK, DAYS_DETECTED = (
    layout.CONTEXT_BEGIN + layout.CONTEXT.index(name)
    for name in ("peak_flux", "days_to_peak", "days_detected")
)
CELLS = PEAK_FLUX, DAYS_TO_PEAK, DAYS_DETECTED
BEGINS = (layout.TOKENS_BEGIN, layout.ROW)
LIMITS = (0.03, 3.0, 150.0)
"""Added to each error in parts of the flux, as the truth has it; highest flux in the brightest
point's; days since a first detection that is believed."""
CUBIC = (1.2, 1.5, 0.1, 0.15, 3e-5)
"""Tens of days before and after a peak that a cubic goes through; of which a peak has points on
both sides; which its error may be; ridge."""

UNIT_WEIGHT, POINTS_MIN = 1e-3, 5
"""The weight of an error of 1; points that have a peak."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CubicLimits = tuple[float, float, float, float, float]
Constants = tuple[tuple[int, int, int], tuple[int, int], tuple[float, float, float], CubicLimits]


def shapes(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Float32 (n, SHAPE) of rows (n, ROW + history and what else).

    A peak is counted from that of a cubic, of the first band that has a sure one, else from the
    brightest point, and a band's own from its own; the first light from the first detection.
    """
    found = np.empty((len(rows), SHAPE), np.float32)
    _fill(rows, (np.array(DAYS), np.array(WIDTHS)), (CELLS, BEGINS, LIMITS, CUBIC), found)
    return found


@compiled
def _fill(
    rows: NDArray[np.float32],
    grid: tuple[Floats, Floats],
    constants: Constants,
    found: NDArray[np.float32],
) -> None:
    cells, begins, limits, cubic = constants
    points = np.empty((BANDS, 3, (begins[1] - begins[0]) // 5))
    counts, one = np.zeros(BANDS, np.int64), np.empty(OF_CUBIC + 2)
    for place in range(len(rows)):
        row, told = rows[place], found[place]
        _points(row, constants, points, counts)
        _on_days(points, counts, grid, told)
        begin, main, own = BANDS * OF_DAY * len(grid[0]), 0.0, np.full(BANDS, np.nan)
        for band in range(BANDS - 1, -1, -1):
            some = points[band, :, : counts[band]]
            _cubic(some, 0.0, cubic, one)
            if one[8] > 0:
                _cubic(some, one[7], cubic, one)
            for feature in range(OF_CUBIC):
                told[begin + BANDS * feature + band] = one[feature]
            if one[8] > 0:
                main = own[band] = one[7]
        begin += BANDS * OF_CUBIC
        since = float(row[cells[2]]) - float(row[cells[1]])
        told[begin] = np.arcsinh(main / 2)
        told[begin + 1] = max(0.0, min(limits[2], float(row[begins[1]])))
        told[begin + 2] = main - since
        for band in range(2):
            told[begin + 3 + band] = (main if np.isnan(own[band]) else own[band]) - since


@inlined
def _points(
    row: NDArray[np.float32],
    constants: Constants,
    points: Floats,
    counts: Ints,
) -> None:
    """Fill days from the brightest, flux and weight, by band, of all but limits without a flux."""
    cells, begins, limits, _ = constants
    counts[:] = 0
    unit, peak = max(float(row[cells[0]]), 1.0), float(row[cells[1]])
    for at in range(begins[0], begins[1], 5):
        band, precision = int(row[at + 3]) - 1, float(row[at + 2])
        has_flux = precision > 0 and (row[at + 4] > 0 or row[at + 1] != 0)
        if has_flux and 0 <= band < BANDS:
            count, error = counts[band], 1 / max(precision * unit, 1e-6)
            points[band, 0, count] = row[at] - peak
            points[band, 1, count] = max(-limits[1], min(limits[1], row[at + 1] / unit))
            points[band, 2, count] = UNIT_WEIGHT / (error * error + limits[0] ** 2)
            counts[band] += 1


@inlined
def _on_days(
    points: Floats, counts: Ints, grid: tuple[Floats, Floats], told: NDArray[np.float32]
) -> None:
    """Means of fluxes near each day by band, then how well each is known."""
    days, widths = grid
    for day in range(len(days)):
        for band in range(BANDS):
            weight, total = 0.0, 0.0
            for at in range(counts[band]):
                off = (points[band, 0, at] - days[day]) / widths[day]
                if abs(off) < 5.0:
                    near = np.exp(-0.5 * off * off) * points[band, 2, at]
                    weight += near
                    total += near * points[band, 1, at]
            told[BANDS * OF_DAY * day + band] = total / (weight + 0.01)
            known = np.log1p(100 * weight) / 3 if weight > 0 else 0.0
            told[BANDS * (OF_DAY * day + 1) + band] = known


@compiled
def _cubic(points: Floats, centre: float, limits: CubicLimits, found: Floats) -> None:
    """A cubic by weighted least squares to the points about a day: seven features, its peak's day,
    and whether that is sure.
    """
    sums, lower, c = np.zeros(11), np.zeros((4, 4)), np.empty(4)
    count = _sums(points, centre, limits, sums)
    _cholesky(sums, limits[4], lower)
    _forward(lower, sums[7:], c)
    for line in range(3, -1, -1):
        for below in range(line + 1, 4):
            c[line] -= lower[below, line] * c[below]
        c[line] /= lower[line, line]
    root = c[2] * c[2] - 3 * c[1] * c[3]
    bends = root > 0 and c[2] < 0
    at = -c[1] / min(c[2] - np.sqrt(max(root, 0.0)), -1e-3)
    at = max(-limits[0], min(limits[0], at))
    sums[0], sums[1], sums[2], sums[3] = 0.0, 1.0, 2 * at, 3 * at * at
    _forward(lower, sums[:4], sums[7:])
    curvature = max(abs(2 * c[2] + 6 * c[3] * at), 1e-2)
    error = np.sqrt(UNIT_WEIGHT * (sums[7:] ** 2).sum()) / curvature
    has = bends and abs(at) < limits[0] and count >= POINTS_MIN
    has = has and _has_sides(points, centre, at, limits)
    found[7] = centre + 10 * at if bends else centre
    found[0], found[1] = np.arcsinh(found[7] / 2), has
    found[2] = np.log(max(1e-3, min(10.0, error))) / 3
    for one in range(1, 4):
        found[2 + one] = max(-3.0, min(3.0, c[one]))
    top = c[0] + at * (c[1] + at * (c[2] + at * c[3]))
    found[6], found[8] = max(-2.0, min(2.0, top)), has and error < limits[3]


@inlined
def _sums(points: Floats, centre: float, limits: CubicLimits, sums: Floats) -> int:
    """Of weights by the powers of days, then of light by them; how many points."""
    count = 0
    for at in range(points.shape[1]):
        x = (points[0, at] - centre) / 10
        if -limits[0] < x < limits[1]:
            term = points[2, at]
            lit = term * points[1, at]
            for power in range(7):
                sums[power] += term
                term *= x
            for power in range(4):
                sums[7 + power] += lit
                lit *= x
            count += 1
    return count


@inlined
def _has_sides(points: Floats, centre: float, at: float, limits: CubicLimits) -> bool:
    """Whether points stand on both sides of a peak."""
    early, late = False, False
    for one in range(points.shape[1]):
        x = (points[0, one] - centre) / 10
        early = early or -limits[0] < x < at - limits[2]
        late = late or at + limits[2] < x < limits[1]
    return early and late


@inlined
def _cholesky(sums: Floats, ridge: float, lower: Floats) -> None:
    """Of the matrix of sums of days to the power of line and column."""
    for line in range(4):
        for column in range(line + 1):
            value = sums[line + column]
            for before in range(column):
                value -= lower[line, before] * lower[column, before]
            if column < line:
                lower[line, column] = value / lower[column, column]
            else:
                lower[line, line] = np.sqrt(max(value, 0.0) + ridge * sums[0] + 1e-9)


@inlined
def _forward(lower: Floats, right: Floats, found: Floats) -> None:
    """Solves for a lower triangle."""
    for line in range(4):
        value = right[line]
        for column in range(line):
            value -= lower[line, column] * found[column]
        found[line] = value / lower[line, line]
