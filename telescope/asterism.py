"""Two lists of stars brought together without a WCS: triangles of the same shape.

A triangle's sides by its longest do not change where a field is shifted, turned, mirrored or
scaled (Groth 1986, AJ 91, 1244). Triangles are those of each star with its nearest neighbours.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
STARS_MAX = 60
NEIGHBOURS = 6
SHAPE_MAX = 0.01
"""How far sides by the longest may differ."""
NEAR_PIXELS = 2.0
AGREE_MIN = 8
"""Stars that must lie together for a match to be believed."""
TRIED_MAX = 400


def matched(of: Floats, onto: Floats) -> Floats | None:
    """The map (2, 3) from places of one list to the other, both (n, 2), brightest first.

    A similarity, mirrored or not; None where no AGREE_MIN stars agree.
    """
    of, onto = of[:STARS_MAX], onto[:STARS_MAX]
    if min(len(of), len(onto)) < AGREE_MIN:
        return None
    corners, shapes = _triangles(of)
    others, theirs = _triangles(onto)
    away = np.abs(shapes[:, None] - theirs[None]).max(axis=2)
    ours, found = np.nonzero(away < SHAPE_MAX)
    order = np.argsort(away[ours, found])[:TRIED_MAX]
    best, most = None, AGREE_MIN - 1
    for one, other in zip(ours[order], found[order], strict=True):
        fitted = affine(of[corners[one]], onto[others[other]])
        if not _is_similar(fitted):
            continue
        pairs = together(apply(fitted, of), onto, NEAR_PIXELS)
        if len(pairs) > most:
            best, most = pairs, len(pairs)
            if most > 0.6 * min(len(of), len(onto)):
                break
    return None if best is None else affine(of[best[:, 0]], onto[best[:, 1]])


def affine(of: Floats, onto: Floats) -> Floats:
    """The linear map (2, 3) that takes the one to the other by least squares."""
    design = np.column_stack([of, np.ones(len(of))])
    fitted, *_ = np.linalg.lstsq(design, onto, rcond=None)
    return np.asarray(fitted.T)


def apply(fitted: Floats, places: Floats) -> Floats:
    """Places (n, 2) mapped."""
    return np.asarray(places @ fitted[:, :2].T + fitted[:, 2])


def together(of: Floats, onto: Floats, near: float) -> Rows:
    """Pairs of rows that are each other's nearest, within `near` pixels, (n, 2)."""
    if not len(of) or not len(onto):
        return np.zeros((0, 2), np.int64)
    order = np.argsort(onto[:, 1])
    ys = onto[order, 1]
    low, high = np.searchsorted(ys, of[:, 1] - near), np.searchsorted(ys, of[:, 1] + near)
    pairs, away = [], []
    for row, (first, last) in enumerate(zip(low, high, strict=True)):
        if first < last:
            some = order[first:last]
            distance = np.hypot(*(onto[some] - of[row]).T)
            nearest = int(np.argmin(distance))
            if distance[nearest] < near:
                pairs.append((row, int(some[nearest])))
                away.append(distance[nearest])
    return _single(np.array(pairs, np.int64).reshape(-1, 2), np.array(away))


def _single(pairs: Rows, away: Floats) -> Rows:
    """Of pairs with the same partner the nearest."""
    ordered = pairs[np.argsort(away)]
    _, first = np.unique(ordered[:, 1], return_index=True)
    return ordered[np.sort(first)]


def _triangles(places: Floats) -> tuple[Rows, Floats]:
    """Corners by rising opposite side, (n, 3), and the two shorter sides by the longest."""
    away = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    near = np.argsort(away, axis=1)[:, 1 : NEIGHBOURS + 1]
    sets = {
        tuple(sorted((star, int(a), int(b))))
        for star in range(len(places))
        for a, b in combinations(near[star], 2)
    }
    corners = np.array(sorted(sets))
    sides = np.stack(
        [away[corners[:, 1], corners[:, 2]], away[corners[:, 0], corners[:, 2]],
         away[corners[:, 0], corners[:, 1]]], axis=1,
    )  # fmt: skip
    order = np.argsort(sides, axis=1)
    corners, sides = np.take_along_axis(corners, order, 1), np.take_along_axis(sides, order, 1)
    return corners, sides[:, :2] / np.maximum(sides[:, 2:], 1e-9)


def _is_similar(fitted: Floats) -> bool:
    """Whether both axes are scaled alike and stay at right angles."""
    singular = np.linalg.svd(fitted[:, :2], compute_uv=False)
    return bool(singular[1] > 0 and singular[0] / singular[1] < 1.05)
