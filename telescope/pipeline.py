"""One frame through all steps: read, judged, aligned, subtracted, measured, told.

A step is a function of arrays, in a file of its own; this file is the order. What cannot go on is
a report with its reason, never an exception.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from telescope.align import Aligned, aligned
from telescope.asterism import together
from telescope.camera import Camera, Nominal
from telescope.detect import Candidates, detected
from telescope.frame import Frame, FrameError, Pixels, read_frame
from telescope.psf import Psf, measured_psf
from telescope.quality import Flag, Quality, judged
from telescope.sources import Levelled, Sources, aperture, levelled, sources, stars
from telescope.subtract import Difference, Side, subtracted
from telescope.tell import EVEN, Told, told
from telescope.transparency import Transparency

Floats = NDArray[np.float64]
SCORE_MIN = 5.0
"""A frame whose quality is below goes no further."""


@dataclass(frozen=True)
class Prepared:
    """A frame with what was measured on it alone."""

    level: Levelled
    found: Sources
    psf: Psf

    @property
    def frame(self) -> Frame:
        """Without its sky."""
        return self.level.frame


@dataclass
class Report:
    """What became of a frame; what a step did not reach is None."""

    name: str
    reason: str = ""
    """Why it went no further; empty where it went through."""
    prepared: Prepared | None = None
    quality: Quality | None = None
    reference: Aligned | None = None
    difference: Difference | None = None
    candidates: Candidates | None = None
    told: Told | None = None
    cpu_s: dict[str, float] = field(default_factory=dict)


def prepared(frame: Frame) -> Prepared:
    """The sky, the sources and the PSF of a frame. Raises FrameError."""
    level = levelled(frame)
    found = sources(level.frame)
    return Prepared(level, found, measured_psf(level.frame, found))


def examined(
    path: Path, camera: Camera, reference: Prepared, *, real_share: float = EVEN,
    score_min: float = SCORE_MIN,
) -> Report:  # fmt: skip
    """A file through all steps against a reference."""
    begin_s = time.process_time()
    try:
        frame = read_frame(path, camera)
    except FrameError as error:
        return Report(path.name, str(error))
    report = seen(frame, reference, real_share=real_share, score_min=score_min)
    report.cpu_s["read"] = time.process_time() - begin_s - sum(report.cpu_s.values())
    return report


def seen(
    frame: Frame, reference: Prepared, *, real_share: float = EVEN, score_min: float = SCORE_MIN
) -> Report:
    """A frame through all steps against a reference."""
    report = measured(frame, reference, score_min=score_min)
    if report.difference is not None and report.candidates is not None and report.prepared:
        clock = _Clock()
        report.told = told(report.prepared.frame, report.difference, report.candidates, real_share)
        clock.lap("tell")
        report.cpu_s |= clock.spent
    return report


def measured(frame: Frame, reference: Prepared, *, score_min: float = SCORE_MIN) -> Report:
    """A frame through all steps but the last: what its candidates are is not asked."""
    report, clock = Report(frame.facts.name), _Clock()
    report.cpu_s = clock.spent
    try:
        with_ = report.prepared = prepared(frame)
        clock.lap("prepare")
        report.reference = aligned(with_.frame, with_.found, reference.frame, reference.found)
        clock.lap("align")
        report.quality = _quality(with_, report.reference, reference, frame.camera.nominal)
        clock.lap("judge")
        if report.quality.score < score_min:
            raise FrameError(f"{report.name} has quality {report.quality.score:.0f} of 100")
        if Flag.PATCHY in report.quality.flags:
            with_ = report.prepared = _evened(with_, report.quality.air)
        rows = bright_stars(with_)
        report.difference = subtracted(
            Side(with_.frame, with_.psf), report.reference, reference.psf,
            with_.found.x[rows], with_.found.y[rows],
        )  # fmt: skip
        clock.lap("subtract")
        report.candidates = detected(
            with_.frame, report.difference, report.reference, reference.found
        )
        clock.lap("measure")
    except FrameError as error:
        report.reason = str(error)
    return report


class _Clock:
    """CPU seconds by step."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._begin_s = time.process_time()

    def lap(self, step: str) -> None:
        now_s = time.process_time()
        self.spent[step], self._begin_s = now_s - self._begin_s, now_s


def bright_stars(one: Prepared) -> NDArray[np.int64]:
    """Rows of its stars, brightest first, the whole field served before the second of a place."""
    rows = stars(one.frame, one.found)
    rows = rows[np.argsort(-one.found.flux[rows])]
    cell = (
        8 * (one.found.y[rows] * 8 // one.frame.shape[0])
        + one.found.x[rows] * 8 // (one.frame.shape[1])
    )
    turn = np.array([np.sum(cell[:at] == cell[at]) for at in range(len(rows))], np.int64)
    return rows[np.argsort(turn // 4, kind="stable")]


def _quality(one: Prepared, onto: Aligned, reference: Prepared, nominal: Nominal) -> Quality:
    """Against the camera's nominal values, and the reference's own where it has none."""
    usual = Nominal(
        nominal.fwhm_pixels or reference.psf.fwhm,
        nominal.sky_rms or one.level.sky_rms,
        nominal.zero_point,
    )
    ours_s, theirs_s = (each.frame.facts.exposure_s for each in (one, reference))
    return judged(
        one.level, one.found, one.psf, usual,
        throughputs=throughputs(one, onto, reference),
        zero_point=reference.frame.facts.zero_point,
        exposed=ours_s / theirs_s if ours_s > 0 and theirs_s > 0 else 1.0,
    )  # fmt: skip


def _evened(one: Prepared, air: Transparency) -> Prepared:
    """As if clouds were alike all over the frame, so that counts are of one zero point.

    Below what is called patchy, the kernel of the subtraction follows by itself.
    """
    given = 10 ** (0.4 * air.image())
    unit: Pixels = np.asarray(given * np.mean(1 / given), np.float32)
    frame = one.frame
    even = replace(frame, pixels=frame.pixels * unit, variance=frame.variance * unit**2)
    return replace(one, level=one.level._replace(frame=even))


def throughputs(one: Prepared, onto: Aligned, reference: Prepared) -> Floats:
    """The stars that both show: x, y, the frame's light by the reference's, its error, (n, 4).

    Light within 2.5 PSFs, so that what widens a star takes none away; the error is relative.
    """
    rows = stars(one.frame, one.found)
    places = np.stack([one.found.x[rows], one.found.y[rows]], axis=1)
    pairs = together(places, np.stack([onto.x, onto.y], axis=1), 2.0)
    if not len(pairs):
        return np.zeros((0, 4))
    at, there = rows[pairs[:, 0]], pairs[:, 1]
    radius = 1.25 * max(one.psf.fwhm, reference.psf.fwhm)
    (ours, noise), (theirs, other) = light(one, at, radius), light(reference, there, radius)
    ratio = ours / theirs
    columns = one.found.x[at], one.found.y[at], ratio, np.hypot(noise / ours, other / theirs)
    return np.stack(columns, axis=1)[np.isfinite(ratio) & (ratio > 0)]


def light(one: Prepared, rows: NDArray[np.int64], radius: float) -> tuple[Floats, Floats]:
    """Counts of some of its sources within a circle, and their noise."""
    return aperture(one.frame, one.found.x[rows], one.found.y[rows], radius)
