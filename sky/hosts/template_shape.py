"""The host's size, ellipticity and angle on the template's stamp, and where the alert lies in it.

The host is what is wider than a star and has the alert the fewest light radii from its middle. Its
ellipse has the second moments of its isophote, of which only those pixels count whose mirror image
lies in it, too: what a star or another galaxy beside it adds has none. The isophote lies three
sigma of the smoothed template's noise above the sky, in ZTF's nearly that of catalogues' D25.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.batch import PLANES, AlertBatch
from schemas.cutouts import NATIVE_PIXELS
from schemas.fits import PlaneReader, StampLimits
from schemas.learned import Given
from schemas.stage import Identity
from sky.hosts.cores import NONE, UNKNOWN, Limits, nearest_galaxies
from sky.hosts.ellipses import LIGHT_RADII_MAX
from sky.hosts.isophotes import Planes, Rooms, outline
from sky.positions import ARCSEC_PER_DEG

NAME, VERSION = "host_shape", "1"
GIVES = (
    "found",
    "is_cut",
    "offset_arcsec",
    "offset_light_radii",
    "semi_major_arcsec",
    "axis_ratio",
    "angle_deg",
    "star_widths",
)
"""found: 1, 0 for none, NaN without a template, or where so little of it is on the stamp that it
may be a star. is_cut: 1 where its isophote meets the edge, or pixels that are none: it then has
only an offset. The angle is from north through east. star_widths: of its core."""
LIMITS = Limits(
    core_sigmas=5.0,
    pixels_min=9.0,
    light_radii_max=LIGHT_RADII_MAX,
    width_min=1.4,
    seen_min=0.5,
    prominence_min=0.1,
    symmetric_min=0.4,
)
"""Chosen on ZTF's stamps of stars, galaxies and asteroids (docs/phase_and_host.md)."""
ISOPHOTE_SIGMAS, NEAR, SKY_PIXELS, UNEVEN, HUGE = 3.0, 2.0, 121.0, 2.5, 1e30
"""As `outline` asks for them."""
OUTLINE = (ISOPHOTE_SIGMAS, LIMITS.pixels_min, NEAR, SKY_PIXELS, UNEVEN, HUGE)
COMPONENTS_MAX = 32
"""Of one plane, near enough to be looked at."""
AT_ONCE = 16
"""Planes, whose smoothed images stay in a processor's cache."""
STAR_FWHM_ARCSEC = 2.6
"""Of stars on a template whose file has no point-spread function: of ZTF's, by second moments."""
FWHM_SIGMAS = 2.3548
SIGMA_PIXELS_MIN, SIGMA_PIXELS_MAX = 0.5, 6.0
SIDE_PIXELS_MIN = 12
TEMPLATE = PLANES.index("template")

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class Measured(NamedTuple):
    """What `isophotes.measure` finds, float64 (n,) each, in pixels and radians."""

    state: Floats
    is_cut: Floats
    x: Floats
    y: Floats
    major: Floats
    axis_ratio: Floats
    angle: Floats
    light_radii: Floats
    pixels: Floats
    star_widths: Floats


class HostShape:
    """Shapes on templates, as a `schemas.stage.Stage`."""

    reads = ("stamps",)

    def __init__(self) -> None:
        sha256 = hashlib.sha256(f"{NAME} {VERSION} {LIMITS} {OUTLINE} {STAR_FWHM_ARCSEC}".encode())
        self.identity = Identity(NAME, VERSION, sha256.hexdigest())
        self.gives = (Given(NAME, "values", GIVES),)
        self._rooms, self._reader = Rooms(AT_ONCE, COMPONENTS_MAX), PlaneReader(StampLimits())

    def run(self, batch: AlertBatch) -> tuple[Floats]:
        """(n, GIVES)."""
        found = measured(batch, self._rooms, self._reader)
        state, is_whole = found.state, found.is_cut == 0
        size = np.where(is_whole, found.major, np.nan)
        along = np.stack((size * np.cos(found.angle), size * np.sin(found.angle)), axis=1)
        away = np.stack((found.x, found.y), axis=1)
        matrices = sky_matrices(batch, np.flatnonzero(state > NONE), self._reader)
        east, north = np.einsum("nij,nj->in", matrices, along)
        given = (
            np.where(state == UNKNOWN, np.nan, state),
            found.is_cut,
            np.hypot(*np.einsum("nij,nj->in", matrices, away)),
            np.where(is_whole, found.light_radii, np.nan),
            np.hypot(east, north),
            np.where(is_whole, found.axis_ratio, np.nan),
            np.degrees(np.arctan2(east, north)) % 180.0,
            found.star_widths,
        )
        return (np.column_stack(given),)

    def warm_up(self) -> None:
        """Compile, or load what was compiled before."""
        none = np.zeros((0, 3), np.int64)
        nothing = Planes(np.zeros(0, np.float32), none)
        outlined, width = self._rooms.of(none[:, 1:]), len(Measured._fields)
        outline(nothing, OUTLINE, outlined)
        nearest_galaxies(nothing, outlined, np.zeros(0), LIMITS, np.empty((0, width)))


def measured(batch: AlertBatch, rooms: Rooms, reader: PlaneReader) -> Measured:
    """Of each alert's template; a state of NaN without one."""
    stamps, numbers = batch.stamps, len(PLANES) * np.arange(len(batch)) + TEMPLATE
    sides, stars = stamps.shapes[:, TEMPLATE], Stars(batch, reader)
    found = np.full((len(batch), len(Measured._fields)), np.nan)
    is_native = (sides == NATIVE_PIXELS).all(axis=1)
    native = np.flatnonzero(is_native)
    places = np.column_stack((numbers[native] * NATIVE_PIXELS**2, sides[native]))
    _measure(Planes(stamps.slots.reshape(-1), places), native, found, stars=stars, rooms=rooms)
    rows = np.flatnonzero(~is_native & (sides.min(axis=1) >= SIDE_PIXELS_MIN))
    if len(rows):
        ends = np.cumsum(sides[rows].prod(axis=1))
        places = np.column_stack((ends - sides[rows].prod(axis=1), sides[rows]))
        pixels = np.concatenate([stamps.others[one].ravel() for one in numbers[rows].tolist()])
        _measure(Planes(pixels, places), rows, found, stars=stars, rooms=rooms)
    return Measured(*found.T)


class Stars:
    """How wide a star is on each template, in pixels: as its file says, or as ZTF's are."""

    def __init__(self, batch: AlertBatch, reader: PlaneReader) -> None:
        self._buffer, self._spans = batch.buffer.data, batch.spans.stamp[:, TEMPLATE].clip(0)
        self._reader, pixel = reader, _pixels_arcsec(batch)
        self._is_in_file = np.isnan(pixel)
        sigmas = STAR_FWHM_ARCSEC / FWHM_SIGMAS / np.where(self._is_in_file, 1.0, pixel)
        self._sigmas = np.clip(sigmas, SIGMA_PIXELS_MIN, SIGMA_PIXELS_MAX)

    def sigmas(self, rows: Rows, asked: NDArray[np.bool_]) -> Floats:
        """Of some rows, (rows,); files are read of those asked."""
        read = rows[asked & self._is_in_file[rows]]
        for row, (begin, end) in zip(read.tolist(), self._spans[read].tolist(), strict=True):
            spread = self._reader.point_spread(self._buffer[begin:end])
            if spread is not None:
                self._sigmas[row] = min(max(_sigma(spread), SIGMA_PIXELS_MIN), SIGMA_PIXELS_MAX)
        return self._sigmas[rows]


def _measure(planes: Planes, rows: Rows, found: Floats, *, stars: Stars, rooms: Rooms) -> None:
    """Fill rows of `found`, which have these planes, a few at once."""
    outlined = rooms.of(planes.places[:, 1:])
    for begin in range(0, len(rows), AT_ONCE):
        some, part = rows[begin : begin + AT_ONCE], planes.part(begin, begin + AT_ONCE)
        outline(part, OUTLINE, outlined)
        sigmas = stars.sigmas(some, outlined.counts[: len(some), 2] > 0)
        measures = np.empty((len(some), found.shape[1]))
        nearest_galaxies(part, outlined, sigmas, LIMITS, measures)
        found[some] = measures


def _sigma(spread: NDArray[np.floating[Any]]) -> float:
    """A Gaussian's whose middle row and column have the same light beside their highest pixel.

    So wings count, as they do in the width of a core.
    """
    rows, columns = spread.shape
    across, down = spread[rows // 2].tolist(), spread[:, columns // 2].tolist()
    light, peak = sum(across) * sum(down), max(*across, *down)
    return float(math.sqrt(light / (2.0 * math.pi)) / peak) if peak > 0 < light else 0.0


def sky_matrices(batch: AlertBatch, rows: Rows, reader: PlaneReader) -> Floats:
    """How many arcseconds a step of columns and rows goes to the east and north, (n, 2, 2).

    Worked out for some rows; NaN elsewhere, and where neither survey nor header says.
    """
    found = np.full((len(batch), 2, 2), np.nan)
    pixel = _pixels_arcsec(batch)
    is_known = np.isfinite(pixel[rows])
    # As `Spans` says: rows run to the south, columns to the west.
    found[rows[is_known]] = -pixel[rows[is_known], None, None] * np.eye(2)
    for row in rows[~is_known].tolist():
        if matrix := reader.sky_matrix(_file(batch, row)):
            found[row] = ARCSEC_PER_DEG * np.reshape(matrix, (2, 2))
    return found


def _pixels_arcsec(batch: AlertBatch) -> Floats:
    """Where the survey says it, and how its stamps lie; NaN elsewhere."""
    pixel, southward = batch.spans.pixel_arcsec, batch.spans.rows_southward
    if pixel is None or southward is None:
        return np.full(len(batch), np.nan)
    return np.where(southward, pixel, np.nan)


def _file(batch: AlertBatch, row: int) -> memoryview:
    begin, end = batch.spans.stamp[row, TEMPLATE].tolist()
    return batch.buffer.data[max(begin, 0) : max(end, 0)]
