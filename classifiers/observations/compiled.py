"""The compiled loops that turn ragged light curves into the rows of `layout`.

Every compiled function lives in this file and takes its limits as arguments: numba's disk cache
sees neither a changed constant nor a changed callee of another file. Import compiles nothing.
"""

# ruff: noqa: PLR0917 - numba passes arguments by position
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = NDArray[np.float32]
Points = tuple[int, Floats, Ints, Floats, Floats, NDArray[np.bool_]]
"""How many; days, band, flux, precision, detected."""


@compiled
def fill_rows(
    offsets: Ints,
    columns: tuple[
        Floats, NDArray[np.int8], Floats, Floats, Floats, NDArray[np.bool_]
    ],  # mjd, band, flux, error, limit, detected
    redshift: Floats,
    edges: tuple[Floats, Floats],  # of bins, of lags
    begins: tuple[int, int, int, int],  # in a row: bands, shape, lags, tokens
    bounds: tuple[int, int, float, float],  # bands, tokens; highest flux, highest precision
    limits: tuple[float, float, float],  # zero point, sigmas of a limit; highest redshift
    rows: NDArray[np.float32],
) -> None:
    """Fill rows (n, ROW), zeros so far. Points come by rising time and with any value."""
    longest = 0
    for one in range(len(offsets) - 1):
        longest = max(longest, offsets[one + 1] - offsets[one])
    days, band = np.empty(longest), np.empty(longest, np.int64)
    flux, precision = np.empty(longest), np.empty(longest)
    detected, kept = np.empty(longest, np.bool_), np.empty(longest, np.bool_)
    for one in range(len(offsets) - 1):
        points = (0, days, band, flux, precision, detected)
        count = _sound(offsets[one], offsets[one + 1], columns, bounds, limits, points)
        points = (count, days, band, flux, precision, detected)
        row = rows[one]
        peak = _context(points, redshift[one], limits[2], row)
        if count == 0:
            continue
        _bands(points, peak, bounds[0], row[begins[0] : begins[1]])
        _shape(points, peak, edges[0], bounds[0], row[begins[1] : begins[2]])
        _lags(points, edges[1], bounds[0], row[begins[2] : begins[3]])
        _tokens(points, peak, bounds[1], kept, row[begins[3] :])


@compiled
def _sound(
    begin: int,
    end: int,
    columns: tuple[Floats, NDArray[np.int8], Floats, Floats, Floats, NDArray[np.bool_]],
    bounds: tuple[int, int, float, float],
    limits: tuple[float, float, float],
    points: Points,
) -> int:
    """Copy the points that say something; a limit is no flux, with the limit's error."""
    mjd, bands, fluxes, errors, limit_mag, seen = columns
    _, days, band, flux, precision, detected = points
    count = 0
    for at in range(begin, end):
        value, error, is_detected = fluxes[at], errors[at], seen[at]
        if np.isnan(value):
            value, is_detected = 0.0, False
            error = 10.0 ** ((limits[0] - limit_mag[at]) / 2.5) / limits[1]
        fine = 0 <= bands[at] < bounds[0] and abs(value) <= bounds[2] and np.isfinite(mjd[at])
        if not (fine and error * bounds[3] >= 1.0 and error <= bounds[2]):
            continue
        days[count], band[count], flux[count] = mjd[at], bands[at], value
        precision[count], detected[count] = 1.0 / error, is_detected
        count += 1
    return count


@compiled
def _context(points: Points, redshift: Floats, redshift_max: float, row: Row) -> int:
    """Fill what is about the whole curve, count days from the first detection; gives the peak."""
    count, days, _, flux, precision, detected = points
    known = abs(redshift[0]) <= redshift_max and abs(redshift[1]) <= redshift_max
    row[0] = known
    for place in range(3):
        row[1 + place] = redshift[place] if known and np.isfinite(redshift[place]) else 0.0
    if count == 0:
        return 0
    first, last, peak, lowest, seen = 0, 0, 0, 0, 0
    for at in range(count):
        if detected[at]:
            if seen == 0:
                first, peak = at, at
            elif flux[at] - 1.0 / precision[at] > flux[peak] - 1.0 / precision[peak]:
                peak = at
            last = at
            seen += 1
        if flux[at] + 1.0 / precision[at] < flux[lowest] + 1.0 / precision[lowest]:
            lowest = at
    begin = days[first]
    for at in range(count):
        days[at] -= begin
    row[4], row[5] = count, seen
    row[6], row[7] = -days[0], days[last]
    row[8], row[9] = days[count - 1] - days[last], days[peak]
    row[10], row[11] = flux[peak], precision[peak]
    row[12], row[13] = flux[lowest], precision[lowest]
    return peak


@compiled
def _bands(points: Points, peak: int, bands: int, row: Row) -> None:
    """Fill one band's features after another's."""
    count, _days, band, flux, precision, detected = points
    # Counts, weights, weighted sum, noise, sums of powers of what a flux is above the first.
    sums = np.zeros((bands, 8))
    # The first point, the highest, the lowest, the first detection and the last.
    places = np.zeros((bands, 5), np.int64) - 1
    for at in range(count):
        own = band[at]
        if places[own, 0] < 0:
            for place in range(3):
                places[own, place] = at
        weight, above = precision[at] * precision[at], flux[at] - flux[places[own, 0]]
        sums[own, 0] += 1.0
        sums[own, 2] += weight
        sums[own, 3] += weight * flux[at]
        sums[own, 4] += 1.0 / weight
        sums[own, 5] += above
        sums[own, 6] += above * above
        sums[own, 7] += above * above * above
        high, low = places[own, 1], places[own, 2]
        if flux[at] - 1.0 / precision[at] > flux[high] - 1.0 / precision[high]:
            places[own, 1] = at
        if flux[at] + 1.0 / precision[at] < flux[low] + 1.0 / precision[low]:
            places[own, 2] = at
        if detected[at]:
            sums[own, 1] += 1.0
            places[own, 4] = at
            if places[own, 3] < 0:
                places[own, 3] = at
    width = len(row) // bands
    for one in range(bands):
        if sums[one, 0] > 0.0:
            _band(points, peak, sums[one], places[one], row[one * width : (one + 1) * width])


@compiled
def _band(points: Points, peak: int, sums: Floats, places: Ints, row: Row) -> None:
    """Fill one band's features from its sums and places."""
    _, days, _, flux, precision, _ = points
    count, seen, weights = sums[0], sums[1], sums[2]
    high, low = places[1], places[2]
    first, second, third = sums[5] / count, sums[6] / count, sums[7] / count
    variance = max(second - first * first, 0.0)
    scatter = np.sqrt(variance)
    row[0], row[1], row[2], row[3] = count, seen, sums[3] / weights, np.sqrt(weights)
    row[4], row[5] = scatter, np.sqrt(sums[4] / count)
    cube = variance * scatter  # 0 where the fluxes are so small that it cannot be told
    if variance > 1e-9 * second and cube > 0.0:  # less is rounding
        row[6] = (third - 3.0 * first * variance - first * first * first) / cube
    row[7], row[8], row[9] = flux[high], precision[high], days[high] - days[peak]
    row[10], row[11], row[12] = flux[low], precision[low], days[low] - days[peak]
    if seen > 0.0:
        row[13] = days[places[4]] - days[places[3]]


@compiled
def _shape(points: Points, peak: int, edges: Floats, bands: int, row: Row) -> None:
    """Fill means by inverse variance, then their precisions: (bins, bands) each."""
    count, days, band, flux, precision, _ = points
    cells = (len(edges) + 1) * bands
    place = 0
    sums = np.zeros(2 * cells)
    for at in range(count):
        since = days[at] - days[peak]
        while place < len(edges) and since >= edges[place]:
            place += 1
        cell = place * bands + band[at]
        weight = precision[at] * precision[at]
        sums[cell] += weight * flux[at]
        sums[cells + cell] += weight
    for cell in range(cells):
        if sums[cells + cell] > 0.0:
            row[cell] = sums[cell] / sums[cells + cell]
            row[cells + cell] = np.sqrt(sums[cells + cell])


@compiled
def _lags(points: Points, edges: Floats, bands: int, row: Row) -> None:
    """Fill pairs, root mean square changes and their noise, lag by lag."""
    count, days, band, flux, precision, _ = points
    latest = np.zeros(bands, np.int64) - 1
    lags = len(edges) + 1
    sums = np.zeros((3, lags))
    for at in range(count):
        before = latest[band[at]]
        latest[band[at]] = at
        if before < 0:
            continue
        place = 0
        while place < len(edges) and days[at] - days[before] >= edges[place]:
            place += 1
        change = flux[at] - flux[before]
        sums[0, place] += 1.0
        sums[1, place] += change * change
        noise = 1.0 / (precision[at] * precision[at])
        sums[2, place] += noise + 1.0 / (precision[before] * precision[before])
    for place in range(lags):
        pairs = sums[0, place]
        if pairs > 0.0:
            row[3 * place] = pairs
            row[3 * place + 1] = np.sqrt(sums[1, place] / pairs)
            row[3 * place + 2] = np.sqrt(sums[2, place] / pairs)


@compiled
def _tokens(points: Points, peak: int, tokens: int, kept: NDArray[np.bool_], row: Row) -> None:
    """Fill the observations that are kept, by time."""
    count, days, band, flux, precision, detected = points
    _keep(points, peak, tokens, kept)
    width, begin = len(row) // tokens, 0
    for at in range(count):
        if kept[at]:
            row[begin], row[begin + 1], row[begin + 2] = days[at], flux[at], precision[at]
            row[begin + 3], row[begin + 4] = band[at], detected[at]
            begin += width


@compiled
def _keep(points: Points, peak: int, tokens: int, kept: NDArray[np.bool_]) -> None:
    """Mark the points to be kept: detections before others, the nearer to the peak the sooner."""
    count, days, _, _, _, detected = points
    for at in range(count):
        kept[at] = False
    room = tokens
    for turn in range(2):
        before, after = peak, peak + 1
        while room > 0 and (before >= 0 or after < count):
            if after >= count or (
                before >= 0 and days[peak] - days[before] <= days[after] - days[peak]
            ):
                at = before
                before -= 1
            else:
                at = after
                after += 1
            if detected[at] != (turn == 1):
                kept[at] = True
                room -= 1
