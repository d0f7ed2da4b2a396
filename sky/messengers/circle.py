"""A place with an error radius, as most notices have one: a Gaussian on the sphere, exact."""

from __future__ import annotations

import numpy as np

from schemas.errors import NoticeError
from sky.messengers.localisation import (
    DEG2_PER_SR,
    Distances,
    Floats,
    Places,
    Sample,
    Worth,
)
from sky.positions import on_sky, squared_chords, unit_vectors

SAMPLE_PLACES = 8_192
LEVEL_SAMPLED_MAX = 0.9999
"""Of a sample: beyond, there is a ten-thousandth of the probability."""
GOLDEN_RAD = np.pi * (3.0 - np.sqrt(5.0))


class Circle:
    """A `Localisation`: Fisher's distribution (1953, Proc. R. Soc. A 217, 295).

    Its density falls as exp(-k (1 - cos r)) with the angle r from its middle, which for small ones
    is a Gaussian of width 1 / sqrt(k). Nothing of it is cut into pixels.
    """

    def __init__(
        self, ra_deg: float, dec_deg: float, radius_deg: float, containment: float
    ) -> None:
        """Within the radius lies the containment, over 0 and below 1. Raises NoticeError."""
        if not on_sky(np.array([ra_deg]), np.array([dec_deg]))[0]:
            raise NoticeError(f"{ra_deg:g} {dec_deg:+g} is no place on the sky in degrees")
        if not 0 < radius_deg <= 180:
            raise NoticeError(f"an error radius of {radius_deg:g} deg; it is over 0 and up to 180")
        if not 0 < containment < 1:
            raise NoticeError(f"a containment of {containment:g}; it is over 0 and below 1")
        self.ra_deg, self.dec_deg = ra_deg, dec_deg
        self._middle = unit_vectors(np.array([ra_deg]), np.array([dec_deg]))
        self._k = _concentration(radius_deg, containment)
        self._all = -np.expm1(-2.0 * self._k)

    def at(self, places: Places) -> Worth:
        """See `Localisation`."""
        # 1 - cos r is half the squared chord, which loses no digits at small angles.
        fallen = self._k * squared_chords(places.vectors, self._middle) / 2.0
        densest = self._k / (2.0 * np.pi * self._all) / DEG2_PER_SR
        return Worth(densest * np.exp(-fallen), -np.expm1(-fallen) / self._all)

    def distances(self, places: Places) -> Distances | None:
        """None."""
        return None

    def area_deg2(self, level: float) -> float:
        """Of the cap around its middle."""
        return float(2.0 * np.pi * self._depth(np.array([level]))[0] * DEG2_PER_SR)

    def sample(self) -> Sample:
        """Places on a spiral, each for as much of the sky."""
        deepest = self._depth(np.array([LEVEL_SAMPLED_MAX]))[0]
        depth = (np.arange(SAMPLE_PLACES) + 0.5) / SAMPLE_PLACES * deepest
        around = np.arange(SAMPLE_PLACES) * GOLDEN_RAD
        out = np.sqrt(depth * (2.0 - depth))
        own = np.stack((out * np.cos(around), out * np.sin(around), 1.0 - depth), axis=1)
        x, y, z = (own @ _turned_to(self.ra_deg, self.dec_deg)).T
        area = np.full(SAMPLE_PLACES, 2.0 * np.pi * deepest / SAMPLE_PLACES * DEG2_PER_SR)
        levels = -np.expm1(-self._k * depth) / self._all
        return Sample(np.degrees(np.arctan2(y, x)) % 360.0, _degrees(z), area, levels)

    def _depth(self, levels: Floats) -> Floats:
        """1 - cos r of the radii that hold so much."""
        found: Floats = np.minimum(-np.log1p(-levels * self._all) / self._k, 2.0)
        return found


def _concentration(radius_deg: float, containment: float) -> float:
    """k, where 1 - exp(-k (1 - cos r)) is the containment, but for what wraps around the sphere."""
    depth = 2.0 * np.sin(np.radians(radius_deg) / 2.0) ** 2
    return float(-np.log1p(-containment) / depth)


def _turned_to(ra_deg: float, dec_deg: float) -> Floats:
    """Rows are where x, y and z go when the pole goes to a place."""
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    south = [np.sin(dec) * np.cos(ra), np.sin(dec) * np.sin(ra), -np.cos(dec)]
    east = [-np.sin(ra), np.cos(ra), 0.0]
    pole = [np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)]
    return np.array([south, east, pole])


def _degrees(sine: Floats) -> Floats:
    return np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
