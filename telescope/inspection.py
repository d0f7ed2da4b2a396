"""What is said of a frame in words: by `telescope inspect`, and a line for each by `run`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from telescope.camera import Camera
from telescope.detect import mark_names
from telescope.frame import FrameError, read_frame
from telescope.fuse import Fused
from telescope.pipeline import Report, examined, prepared
from telescope.reference import read_reference
from telescope.tell import REAL_MIN

SHOWN_MAX = 20


def summary(report: Report) -> str:
    """A frame in one line."""
    if report.reason:
        return f"{report.name}: not used: {report.reason}"
    assert report.quality is not None and report.candidates is not None
    assert report.told is not None and report.difference is not None
    quality, real = report.quality, report.told.real
    flags = f" ({' '.join(quality.names)})" if quality.flags else ""
    return (
        f"{report.name}: quality {quality.score:.0f}{flags}, limit {_number(quality.limit_mag, 2)},"
        f" {len(real)} candidates, {int(np.sum(real >= REAL_MIN))} real,"
        f" score's spread {report.difference.spread:.2f},"
        f" {sum(report.cpu_s.values()):.1f} CPU s"
    )


def lines(path: Path, camera: Camera, reference: Path | None) -> Iterator[str]:
    """All that is to be said of a frame."""
    if reference is not None:
        report = examined(path, camera, prepared(read_reference(reference, camera)), score_min=0.0)
        yield summary(report)
        yield from _measured(report)
        yield from _candidates(report)
        return
    try:
        frame = read_frame(path, camera)
        one = prepared(frame)
    except FrameError as error:
        yield f"not usable: {error}"
        return
    facts, rows, columns = one.frame.facts, *frame.shape
    yield f"{path.name}: {columns} x {rows} pixels, band {facts.band or 'unknown'}"
    yield f"begun at MJD {facts.mjd:.5f}, {facts.exposure_s:g} s, zero point {facts.zero_point:g}"
    guessed = " (guessed from the sky)" if one.level.gain_guessed else ""
    yield f"gain {facts.gain:.2f} e/count{guessed}, saturation {facts.saturation:g}"
    yield f"sky {one.level.sky_level:.1f}, scatter {one.level.sky_rms:.2f} counts"
    yield f"{len(one.found):,} sources, {one.psf.stars} stars, FWHM {one.psf.fwhm:.2f} pixels"
    if frame.sky is None:
        yield "no WCS: candidates will have places only if the reference's asterisms match"
    else:
        ra, dec = frame.sky.radec(np.array([columns / 2]), np.array([rows / 2]))
        yield f"centre {ra[0]:.5f} {dec[0]:+.5f}, {frame.sky.pixel_arcsec:.3f} arcsec a pixel"


def fused_lines(found: Fused, to: Path) -> Iterator[str]:
    """What became of frames that were made one."""
    yield f"{to}: {len(found.names)} of {len(found.names) + len(found.left_out)} frames"
    yield from (f"  left out: {reason}" for reason in found.left_out)
    for name in found.names:
        own = [one for one in found.faults if one.frame == name]
        yield f"  {name} disagrees with the others in {len(own)} places"
    for one in found.faults[:SHOWN_MAX]:
        sky = found.frame.sky
        ra, dec = (np.array([np.nan]),) * 2
        if sky is not None:
            ra, dec = sky.radec(np.array([one.x]), np.array([one.y]))
        yield (
            f"  x {one.x:7.0f} y {one.y:7.0f} ra {ra[0]:9.5f} dec {dec[0]:+9.5f}"
            f" {one.sigma:+7.1f} sigma, {one.pixels:5} pixels: {one.frame}"
        )


def _measured(report: Report) -> Iterator[str]:
    if report.quality is not None:
        for name, value in report.quality.measured.items():
            yield f"  {name:<12} {_number(value, 4)}"
    for step, spent in report.cpu_s.items():
        yield f"  {step:<12} {spent:.2f} CPU s"


def _candidates(report: Report) -> Iterator[str]:
    found, told = report.candidates, report.told
    if found is None or told is None:
        return
    for row in np.argsort(-told.real)[:SHOWN_MAX]:
        yield (
            f"  x {found.x[row]:8.2f} y {found.y[row]:8.2f} flux {found.flux[row]:10.1f}"
            f" ± {found.flux_err[row]:.1f} score {found.score[row]:6.1f}"
            f" real {told.real[row]:.2f} {mark_names(int(found.marks[row]))}"
        )


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "unknown"
