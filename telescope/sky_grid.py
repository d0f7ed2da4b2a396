"""Where a frame lies on the sky: its WCS, SIP and TPV too, asked on a coarse grid.

Astropy's WCS is exact and slow: a call for each pixel of a frame with TPV costs more than the
subtraction. Distortions are smooth, so it is asked each GRID_PIXELS, and what lies between is
interpolated linearly (`compiled.warp`); tests hold that to 0.01 pixels.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.wcs import WCS, NoConvergence
from numpy.typing import NDArray

Floats = NDArray[np.float64]
GRID_PIXELS = 32


class Sky:
    """A frame's places on the sky. Pixels are x (columns) and y (rows), centres from 0."""

    def __init__(self, wcs: WCS) -> None:
        self._wcs = wcs

    def radec(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Right ascension and declination, ICRS, degrees."""
        ra, dec = self._wcs.all_pix2world(np.asarray(x), np.asarray(y), 0)
        return np.asarray(ra) % 360.0, np.asarray(dec)

    def pixels(self, ra_deg: Floats, dec_deg: Floats) -> tuple[Floats, Floats]:
        """Places in the frame; NaN where there are none."""
        try:
            x, y = self._wcs.all_world2pix(
                np.asarray(ra_deg), np.asarray(dec_deg), 0, tolerance=1e-4, quiet=True
            )
        except (NoConvergence, ValueError):
            nothing = np.full(np.shape(ra_deg), np.nan)
            return nothing, nothing
        return np.asarray(x), np.asarray(y)

    @property
    def pixel_arcsec(self) -> float:
        """A pixel's side at the WCS's own point."""
        return float(np.sqrt(np.abs(np.linalg.det(self._wcs.pixel_scale_matrix))) * 3600.0)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Degrees east and north by pixel in x and y, (2, 2), as a header's CD."""
        return np.asarray(self._wcs.pixel_scale_matrix)


def sky_of(header: Mapping[str, Any], shape: tuple[int, ...]) -> Sky | None:
    """A header's WCS; None where it has none that says a finite place for the frame's corners."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wcs = WCS(header)
        except Exception:  # a broken WCS is none, whatever the library raises
            return None
    if not wcs.has_celestial or wcs.naxis != 2:
        return None
    sky = Sky(wcs)
    try:
        ra, dec = sky.radec(np.array([0.0, shape[1]]), np.array([0.0, shape[0]]))
    except Exception:  # likewise
        return None
    return sky if np.all(np.isfinite(ra + dec)) else None


def grid(shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """The places x and y of a grid that covers a frame and a cell more, each (rows, columns)."""
    step = GRID_PIXELS
    ys, xs = (np.arange(-step, side + 2 * step, step, dtype=np.float64) for side in shape)
    x, y = np.meshgrid(xs, ys)
    return x, y


def mapping(onto: Sky, of: Sky, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """For a grid on the frame `onto`: the pixel of the frame `of` that shows the same sky."""
    x, y = grid(shape)
    return of.pixels(*onto.radec(x, y))
