"""Simulated frames of cameras of many kinds through all of a telescope's steps: stamps to learn
from, at the cameras' own sampling and with what subtraction really leaves, and what each is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from classifiers.realbogus import WEIGHTS
from telescope.camera import camera_of
from telescope.compiled import grown
from telescope.detect import Candidates
from telescope.fits_files import Image
from telescope.frame import FrameError, frame_of
from telescope.pipeline import Report, measured, prepared
from telescope.psf import shifted
from telescope.simulate import Air, Field, as_reference, before, expose, place, psf, sky_field
from telescope.tell import network, network_stamps
from training.arrays import Columns, Floats, Ints, Mask, Singles
from training.realbogus.fitting import Images
from training.realbogus.labels import (
    BAD_PIXEL,
    BAD_SUBTRACTION,
    COSMIC_RAY,
    REAL,
    SATELLITE_TRAIL,
)
from training.realbogus.own import ROUND_MAX

SIDE = 640
STARS, GALAXIES, SOURCES = 220, 50, 180
FWHM = (1.3, 6.5)
"""Pixels, evenly in the logarithm."""
ROUND_SHARE, ELLIPTICITY_MAX = 0.3, 0.5
COMA_SHARE, COMA_MAX = 0.5, 0.3
"""Of pairs whose stars have a tail, and the most light that is in one."""
SIGNAL = (4.5, 80.0)
"""True S/N of what is put in, evenly in the logarithm."""
BEND_PIXELS, OWN_PIXELS, FLUX_SCATTER = 0.6, 0.25, 0.05
"""At most: by how much the reference's places differ from the frame's smoothly over the field and
star by star, and its stars' light."""
RESAMPLED_SHARE, UNTOLD_SHARE, TRAIL_SHARE, COLUMN_SHARE = 0.5, 0.3, 0.4, 0.3
"""Of frames: interpolated before they come to us; of no told saturation; with a trail; with a bad
piece of a column."""
RAYS, HOT = 35, 20
NEAR_FWHM, NEAR_PIXELS = 0.7, 2.0
FLUX_OFF_MAX, FLUX_OFF_SIGMA = 0.5, 5.0
"""A candidate at a source whose flux is off by more than both is neither source nor artefact."""
BOGUS_MAX = 200
"""Of a pair, so that a bad one does not teach more than others."""
CAMERA = camera_of({"name": "simulated"}, "training")


@dataclass(frozen=True)
class Shown(Columns):
    """k candidates of simulated pairs."""

    images: Images
    """(k, 6, 21, 21), what the network makes of their stamps."""
    label: Ints
    pair: Ints
    ellipticity: Floats
    """Of the frame's PSF."""
    fwhm: Floats
    signal: Floats
    """True S/N; NaN of what is no source."""
    up: Mask
    survey: Floats
    """Log-odds of being real by the survey's network."""


def shown(seed: int, see: Callable[[Singles], Images], side: int = SIDE) -> Shown | None:
    """What a pair's candidates are; None where the pair could not be subtracted.

    `see` makes images of stamps (k, 3, 63, 63).
    """
    rng = default_rng([seed, 41])
    one, other = airs(seed, rng)
    field = sky_field(seed, side, stars=_of(STARS, side), galaxies=_of(GALAXIES, side))
    noise = math.hypot(_noise(one), _noise(other))
    added = put(
        field,
        rng,
        side,
        noise / math.sqrt(float((psf(one, side // 2, side // 2, side, 25) ** 2).sum())),
    )
    image, truth = expose(field, one, side, added)
    marks = spoiled(image, truth.ray_pixels, rng, one.fwhm, _noise(one))
    image, moved_by = _given(image, rng, one)
    reference, _ = expose(moved(field, rng, side), other, side, before(added))
    report = _report(image, _given(reference, rng, other)[0])
    if report is None or report.candidates is None:
        return None
    at = place(one, side, added[0], added[1])
    truth_at = np.stack([at[0] + moved_by[0], at[1] + moved_by[1], added[2]], axis=1)
    label, which = labels(report, truth_at, marks)
    rows = _kept(label, rng)
    signal = np.abs(added[2]) * truth.psf_norm / noise
    return _columns(report, rows, label[rows], np.where(which >= 0, signal[which], np.nan)[rows],
                    see, seed, one)  # fmt: skip


def airs(seed: int, rng: Generator) -> tuple[Air, Air]:
    """A frame's and its reference's: of one camera, so elongated nearly alike."""
    fwhm = float(np.exp(rng.uniform(*np.log(FWHM))))
    is_round = rng.random() < ROUND_SHARE
    shape = float(
        rng.uniform(0, ROUND_MAX) if is_round else rng.uniform(ROUND_MAX, ELLIPTICITY_MAX)
    )
    shift = float(rng.uniform(-6, 6)), float(rng.uniform(-6, 6))
    one = Air(
        seed=seed, fwhm=fwhm, fwhm_rise=float(rng.uniform(0, 0.15)), ellipticity=shape,
        angle_deg=float(rng.uniform(0, 180)), sky=float(rng.uniform(100, 800)), shift=shift,
        turn_deg=float(rng.uniform(-0.4, 0.4)), rays=RAYS,
        saturation=float(np.exp(rng.uniform(*np.log((8_000.0, 55_000.0))))),
        coma=float(rng.uniform(0, COMA_MAX)) * (rng.random() < COMA_SHARE),
        coma_deg=float(rng.uniform(0, 360)),
    )  # fmt: skip
    other = replace(
        as_reference(one, int(rng.choice([1, 2, 6]))), fwhm=fwhm * float(rng.uniform(0.75, 1.25)),
        ellipticity=float(np.clip(shape + rng.normal(0, 0.08), 0, 0.55)),
        angle_deg=one.angle_deg + float(rng.normal(0, 15)),
        coma=one.coma * float(rng.uniform(0.5, 1.0)), coma_deg=one.coma_deg + rng.normal(0, 20),
    )  # fmt: skip
    return one, other


def put(field: Field, rng: Generator, side: int, unit: float) -> tuple[Floats, ...]:
    """Sources of both signs: half anywhere, a quarter in galaxies, a quarter on any star."""
    count = _of(SOURCES, side)
    x, y = rng.uniform(30, side - 30, (2, count))
    galaxies, stars = np.flatnonzero(field.radius > 0), np.flatnonzero(field.radius == 0)
    for begin, hosts in ((0, galaxies), (count // 4, stars)):
        some = np.s_[begin : begin + count // 4]
        chosen = rng.choice(hosts, count // 4)
        x[some] = field.x[chosen] + rng.normal(0, 2, count // 4)
        y[some] = field.y[chosen] + rng.normal(0, 2, count // 4)
    signal = np.exp(rng.uniform(math.log(SIGNAL[0]), math.log(SIGNAL[1]), count))
    sign = np.where(rng.random(count) < 0.5, 1.0, -1.0)
    return x, y, unit * signal * sign, (np.arange(count) < count // 2).astype(np.float64)


def moved(field: Field, rng: Generator, side: int) -> Field:
    """The field as optics that bend it a little otherwise have it."""
    bend, own = rng.uniform(0, BEND_PIXELS), rng.uniform(0, OWN_PIXELS)
    waves = rng.uniform(1, 3, 2), rng.uniform(0, 2 * math.pi, 2)
    off = [
        bend * np.sin(wave * math.pi * along / side + phase) + own * rng.normal(size=len(along))
        for along, wave, phase in zip((field.y, field.x), *waves, strict=True)
    ]
    light = np.exp(rng.normal(0, rng.uniform(0, FLUX_SCATTER), len(field.flux)))
    return replace(field, x=field.x + off[0], y=field.y + off[1], flux=field.flux * light)


def spoiled(image: Image, rays: Ints, rng: Generator, fwhm: float, noise: float) -> Ints:
    """Put hot pixels, a piece of a column and a trail into an image; the label of each pixel.

    REAL where nothing is. Labels reach NEAR_PIXELS beyond what they are of.
    """
    pixels = image.pixels
    side, marks = pixels.shape[0], np.full(pixels.shape, REAL, np.int64)
    trail, bad, ray = (np.zeros(pixels.shape, np.bool_) for _ in range(3))
    ray[rays[:, 0], rays[:, 1]] = True
    spots = rng.integers(0, side, (HOT, 2))
    pixels[spots[:, 0], spots[:, 1]] += rng.uniform(15, 300, HOT) * noise
    bad[spots[:, 0], spots[:, 1]] = True
    if rng.random() < COLUMN_SHARE:
        column, begin = rng.integers(8, side - 8), rng.integers(0, side // 2)
        part = np.s_[begin : begin + int(rng.integers(8, side // 2)), column]
        pixels[part] += rng.choice([-1, 1]) * rng.uniform(4, 30) * noise
        bad[part] = True
    if rng.random() < TRAIL_SHARE:
        angle, off = rng.uniform(0, math.pi), rng.uniform(-side / 3, side / 3)
        y, x = np.mgrid[:side, :side] - (side - 1) / 2
        away = np.abs(x * math.cos(angle) + y * math.sin(angle) - off)
        light = np.exp(rng.uniform(*np.log((1.0, 40.0)))) * np.exp(
            -0.5 * (2.355 * away / fwhm) ** 2
        )
        pixels += (noise * light).astype(np.float32)
        trail = away < fwhm
    for where, label in ((trail, SATELLITE_TRAIL), (bad, BAD_PIXEL), (ray, COSMIC_RAY)):
        marks[grown(where, round(NEAR_PIXELS))] = label
    return marks


def labels(report: Report, truth: Floats, marks: Ints) -> tuple[Ints, Ints]:
    """Of a report's candidates, (k,): what each is, -1 where it is neither; and the source's row.

    truth: the sources' x, y and flux, (n, 3).
    """
    found, difference = report.candidates, report.difference
    assert found is not None and difference is not None
    away = np.hypot(found.x[:, None] - truth[:, 0], found.y[:, None] - truth[:, 1])
    away[np.sign(found.flux)[:, None] * np.sign(truth[:, 2]) < 0] = np.inf
    nearest = away.argmin(axis=1)
    is_there = away.min(axis=1) < max(NEAR_FWHM * difference.psf.fwhm, NEAR_PIXELS)
    off = np.abs(found.flux - truth[nearest, 2])
    limit = np.maximum(FLUX_OFF_MAX * np.abs(truth[nearest, 2]), FLUX_OFF_SIGMA * found.flux_err)
    rows, columns = marks.shape
    at = (
        np.clip(np.rint(found.y).astype(int), 0, rows - 1),
        np.clip(np.rint(found.x).astype(int), 0, columns - 1),
    )
    bogus = np.where(marks[at] == REAL, BAD_SUBTRACTION, marks[at])
    label = np.where(is_there, np.where(off < limit, REAL, -1), bogus)
    return label, np.where(label == REAL, nearest, -1)


def _kept(label: Ints, rng: Generator) -> Ints:
    bogus = rng.permutation(np.flatnonzero(label > REAL))[:BOGUS_MAX]
    return np.concatenate([np.flatnonzero(label == REAL), bogus])


def _columns(  # noqa: PLR0917 - a row's columns
    report: Report, rows: Ints, label: Ints, signal: Floats,
    see: Callable[[Singles], Images], seed: int, air: Air,
) -> Shown:  # fmt: skip
    assert report.candidates is not None and report.prepared is not None
    assert report.difference is not None
    some: Candidates = report.candidates.take(rows)
    stamps = network_stamps(report.prepared.frame, report.difference, some)
    model = network(WEIGHTS)
    real = model.score_stamps(stamps)[:, model.labels.index("real")].astype(np.float64)
    held = np.clip(real, 1e-9, 1 - 1e-9)
    count = len(rows)
    return Shown(
        see(stamps), label, np.full(count, seed), np.full(count, air.ellipticity),
        np.full(count, air.fwhm), signal, some.flux > 0, np.log(held / (1 - held)),
    )  # fmt: skip


def _given(image: Image, rng: Generator, air: Air) -> tuple[Image, tuple[float, float]]:
    """An image as it comes to us: perhaps moved by parts of a pixel, perhaps of no saturation."""
    header, by = dict(image.header), (0.0, 0.0)
    header["SATURATE"] = 0.95 * air.saturation
    if rng.random() < UNTOLD_SHARE:
        del header["SATURATE"]
    pixels: NDArray[np.float32] = image.pixels
    if rng.random() < RESAMPLED_SHARE:
        by = float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.5, 0.5))
        pixels = shifted(pixels.astype(np.float64), *by).astype(np.float32)
    return image._replace(pixels=pixels, header=header), by


def _report(image: Image, reference: Image) -> Report | None:
    try:
        other = prepared(frame_of(reference, CAMERA, "reference"))
    except FrameError:
        return None
    return measured(frame_of(image, CAMERA, "frame"), other, score_min=0.0)


def _noise(air: Air) -> float:
    """Of the sky in a pixel."""
    one = math.sqrt(air.sky / air.gain + (air.read_noise / air.gain) ** 2)
    return one / math.sqrt(air.exposures)


def _of(count: int, side: int) -> int:
    return round(count * (side / SIDE) ** 2)
