"""Candidates of a difference: found on the score in both signs, measured by the PSF, recognised."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import IntFlag
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from telescope.align import Aligned
from telescope.frame import Bit, Frame
from telescope.psf import Psf, shifted, slope
from telescope.sources import Sources, components
from telescope.subtract import Difference

Floats = NDArray[np.float64]
THRESHOLD_SIGMA = 5.0
CANDIDATES_MAX = 5000
"""Of a frame: one that shows more is not to be believed."""
MOVES_MAX_PIXELS = 1.5
"""From the score's peak to the place that the fit gives."""
ROUNDS = 6
STAR_RESIDUAL_MAX = 0.05
"""A difference of less than this share of a star's light, on that star, is likely its residual."""
WINDOW_FWHM = 1.3


class Mark(IntFlag):
    """What a candidate looks like besides a source."""

    STAR_RESIDUAL = 1
    DIPOLE = 2
    """One of the other sign is within a PSF."""
    SHARP = 4
    """Narrower than a point source can be: a ray or a hot pixel."""
    NEAR_MASKED = 8
    UNFITTED = 16
    """No PSF fits there: place and flux are those of the score's peak."""


def mark_names(marks: int) -> str:
    """Marks in words, with blanks between."""
    return " ".join(one.name.lower() for one in Mark if one & marks and one.name)


@dataclass(frozen=True)
class Candidates:
    """A row a candidate; places in the frame's pixels, fluxes in its counts, signed."""

    x: Floats
    y: Floats
    x_err: Floats
    y_err: Floats
    flux: Floats
    flux_err: Floats
    score: Floats
    """At the peak, signed."""
    chi2: Floats
    """Of the PSF's fit, by pixel."""
    sharpness: Floats
    """The brightest pixel by what the fit says is there."""
    template_flux: Floats
    """Of the reference's source there, in the frame's counts; NaN where there is none."""
    template_away: Floats
    """To it, pixels; inf where there is none."""
    marks: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Candidates:
        """Some of them."""
        return Candidates(*(getattr(self, one.name)[rows] for one in fields(self)))


class _Fit(NamedTuple):
    x: float
    y: float
    x_err: float
    y_err: float
    flux: float
    flux_err: float
    chi2: float
    sharpness: float
    is_fitted: bool


def detected(
    frame: Frame, difference: Difference, reference: Aligned, of_reference: Sources
) -> Candidates:
    """All candidates of both signs above THRESHOLD_SIGMA, brightest score first."""
    peaks = [
        components(sign * difference.score, THRESHOLD_SIGMA, difference.excluded)
        for sign in (1, -1)
    ]
    places = np.concatenate(peaks)
    scores = difference.score[places[:, 0], places[:, 1]].astype(np.float64)
    order = np.argsort(-np.abs(scores))[:CANDIDATES_MAX]
    places, scores = places[order], scores[order]
    gain = frame.facts.gain
    fits = [_fit(difference, int(row), int(column), gain) for row, column in places]
    columns = np.array(fits, np.float64).reshape(-1, 9).T
    light, away = _of_template(columns[0], columns[1], reference, of_reference, difference)
    marks = _marks(columns, scores, light, difference, frame)
    x, y, x_err, y_err, flux, flux_err, chi2, sharpness, _ = columns
    found = x, y, x_err, y_err, flux, flux_err, scores, chi2, sharpness, light, away
    return Candidates(*found, marks)


def _fit(difference: Difference, row: int, column: int, gain: float) -> _Fit:
    """Flux and place by least squares about a peak of the score.

    Errors are those of the pixels' variance with the source's own photons: the flux's widened by
    what the score knows of noise that neighbouring pixels share, the places' by what was
    measured of it in empty sky (`Difference.place_noise`).
    """
    psf, half = difference.psf, _half(difference.psf)
    flux0 = float(difference.score[row, column] * difference.flux_noise[row, column])
    part = np.s_[row - half : row + half + 1, column - half : column + half + 1]
    data, variance = difference.pixels[part], difference.variance[part].astype(np.float64)
    noise = float(difference.flux_noise[row, column])
    if data.shape != (2 * half + 1,) * 2 or not flux0:
        return _Fit(column, row, 0.5, 0.5, flux0, noise, math.nan, math.nan, False)
    image = psf.at(column, row)
    variance = variance + np.where(difference.excluded[part], 1e12, 0.0)
    flux, dx, dy, u, v = flux0, 0.0, 0.0, 0.0, 0.0
    for _ in range(ROUNDS):
        model, along_x, along_y = _model(image, dx, dy, half)
        photons = np.maximum(flux * model, 0.0) / gain if flux > 0 else 0.0
        weight = 1.0 / (variance + photons)
        design = np.stack([model.ravel(), flux * along_x.ravel(), flux * along_y.ravel()])
        normal = (design * weight.ravel()) @ design.T
        left = (data - flux * model).ravel()
        try:
            step = np.linalg.solve(normal, (design * weight.ravel()) @ left)
        except np.linalg.LinAlgError:
            break
        flux, u, v = (
            flux + step[0],
            float(np.clip(step[1], -0.5, 0.5)),
            float(np.clip(step[2], -0.5, 0.5)),
        )
        dx, dy = dx + u, dy + v
        if math.hypot(dx, dy) > MOVES_MAX_PIXELS or not flux * flux0 > 0:
            return _Fit(column, row, 0.5, 0.5, flux0, noise, math.nan, math.nan, False)
        if math.hypot(u, v) < 1e-3:
            break
    errors = np.sqrt(np.maximum(np.diag(np.linalg.pinv(normal)), 0.0))
    plain = 1.0 / math.sqrt(float((model**2 / variance).sum()))
    shared = max(noise / plain, 1.0) if plain > 0 else 1.0
    chi2 = float(((data - flux * model) ** 2 * weight).mean())
    top = float(np.max(model))
    sharp = float(np.abs(data).max() / (abs(flux) * top))
    x_noise, y_noise = difference.place_noise
    return _Fit(
        column + dx, row + dy, errors[1] * x_noise, errors[2] * y_noise, flux, errors[0] * shared,
        chi2, sharp, True,
    )  # fmt: skip


def _half(psf: Psf) -> int:
    return int(min(max(math.ceil(WINDOW_FWHM * psf.fwhm), 3), psf.half - 2))


def _model(image: Floats, dx: float, dy: float, half: int) -> tuple[Floats, Floats, Floats]:
    """The PSF moved, and its change by a pixel's move along x and along y."""
    middle = image.shape[0] // 2
    whole = np.roll(image, (round(dy), round(dx)), (0, 1))
    moved = shifted(whole, dx - round(dx), dy - round(dy))
    part = np.s_[middle - half : middle + half + 1, middle - half : middle + half + 1]
    return moved[part], -slope(moved, 1)[part], -slope(moved, 0)[part]


def _of_template(
    x: Floats, y: Floats, reference: Aligned, found: Sources, difference: Difference
) -> tuple[Floats, Floats]:
    """The nearest source of the reference within a PSF's width: its light, and how far it is."""
    light, away = np.full(len(x), np.nan), np.full(len(x), np.inf)
    if not len(found):
        return light, away
    for at, (column, row) in enumerate(zip(x, y, strict=True)):
        distance = np.hypot(reference.x - column, reference.y - row)
        nearest = int(np.argmin(distance))
        if distance[nearest] < max(difference.psf.fwhm, 2.0):
            light[at] = found.flux[nearest] * difference.flux_scale
            away[at] = distance[nearest]
    return light, away


def _marks(
    columns: Floats, scores: Floats, light: Floats, difference: Difference, frame: Frame
) -> NDArray[np.int64]:
    x, y, flux = columns[0], columns[1], columns[4]
    marks = np.where(columns[8] > 0, 0, int(Mark.UNFITTED))
    with np.errstate(invalid="ignore"):
        marks |= np.where(np.abs(flux) < STAR_RESIDUAL_MAX * light, int(Mark.STAR_RESIDUAL), 0)
        narrow = columns[7] > 1.0 + 1.2 * _over_psf(difference.psf)
    marks |= np.where(narrow, int(Mark.SHARP), 0)
    near = np.hypot(x[:, None] - x, y[:, None] - y) < 1.5 * difference.psf.fwhm
    marks |= np.where((near & (scores[:, None] * scores < 0)).any(1), int(Mark.DIPOLE), 0)
    marked = (frame.mask & np.uint16(Bit.BAD | Bit.SATURATED | Bit.RAY | Bit.TRAIL)) != 0
    for at, (column, row) in enumerate(
        zip(np.rint(x).astype(int), np.rint(y).astype(int), strict=True)
    ):
        if marked[max(row - 3, 0) : row + 4, max(column - 3, 0) : column + 4].any():
            marks[at] |= Mark.NEAR_MASKED
    return marks


def _over_psf(psf: Psf) -> float:
    """By how much a source's brightest pixel may exceed its centre as fitted: more where narrow."""
    return min(1.0, 2.5 / psf.fwhm)
