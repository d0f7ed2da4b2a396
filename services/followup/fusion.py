"""Several telescopes as one: each site's zero point fitted, and the points as one light curve.

Stars that sites have in common say how much fainter each sees: magnitude = star + zero point, one
of each band, by weighted least squares; that of the reference is 0. A site that shares no star, by
way of others at most, stays apart: its points are left out, and it is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from schemas.object_annotation import Measured

FLOOR_MAG: Final = 0.005
"""No star is known better than that: flats and colours differ."""


class ZeroPoint(NamedTuple):
    """To be taken off a site's magnitudes in one band."""

    offset_mag: float
    err_mag: float


class Fused(NamedTuple):
    """Points of one light curve, by rising mjd, and how they came there."""

    points: Sequence[tuple[str, Measured]]
    """By which site."""
    zero_points: Mapping[tuple[str, str], ZeroPoint]
    """By site and band."""
    apart: Sequence[tuple[str, str]]
    """Sites and bands that could not be tied to the reference."""


def fuse(by_site: Mapping[str, Sequence[Measured]], reference: str) -> Fused:
    """All sites' points of an object in the reference's system; stars are those with a name.

    The reference is a site, or a catalogue of the stars.
    """
    zero_points = dict[tuple[str, str], ZeroPoint]()
    for band in sorted({one.band for points in by_site.values() for one in points}):
        zero_points |= {(site, band): one for site, one in _fitted(by_site, band, reference)}
    found, apart = list[tuple[str, Measured]](), dict[tuple[str, str], None]()
    for site, points in by_site.items():
        for one in points:
            zero = zero_points.get((site, one.band))
            if one.star:
                continue
            if zero is None:
                apart[site, one.band] = None
                continue
            error = float(np.hypot(one.magnitude_err, zero.err_mag))
            magnitude = one.magnitude - zero.offset_mag
            found.append((site, one._replace(magnitude=magnitude, magnitude_err=error)))
    return Fused(sorted(found, key=lambda each: each[1].mjd), zero_points, [*apart])


def _fitted(
    by_site: Mapping[str, Sequence[Measured]], band: str, reference: str
) -> list[tuple[str, ZeroPoint]]:
    stars = [
        (site, one)
        for site, points in by_site.items()
        for one in points
        if one.star and one.band == band
    ]
    tied = _tied([(site, one.star) for site, one in stars], reference)
    stars = [(site, one) for site, one in stars if site in tied]
    sites = [site for site in dict.fromkeys(site for site, _ in stars) if site != reference]
    names = [*dict.fromkeys(one.star for _, one in stars)]
    matrix = np.zeros((len(stars), len(sites) + len(names)))
    for row, (site, one) in enumerate(stars):
        if site != reference:
            matrix[row, sites.index(site)] = 1.0
        matrix[row, len(sites) + names.index(one.star)] = 1.0
    weight = np.array([1 / np.hypot(one.magnitude_err, FLOOR_MAG) for _, one in stars])
    seen = np.array([one.magnitude for _, one in stars])
    here = [(reference, ZeroPoint(0.0, 0.0))]
    if not sites:
        return here
    weighed = matrix * weight[:, None]
    best = np.linalg.lstsq(weighed, seen * weight, rcond=None)[0]
    error = np.sqrt(np.diag(np.linalg.inv(weighed.T @ weighed)))
    fitted = zip(sites, best[: len(sites)].tolist(), error[: len(sites)].tolist(), strict=True)
    return [*here, *((site, ZeroPoint(offset, err)) for site, offset, err in fitted)]


def _tied(pairs: Sequence[tuple[str, str]], reference: str) -> set[str]:
    """The sites that share stars with the reference, directly or by way of others."""
    tied, stars = {reference}, set[str]()
    while True:
        more = {star for site, star in pairs if site in tied} - stars
        if not more:
            return tied
        stars |= more
        tied |= {site for site, star in pairs if star in stars}
