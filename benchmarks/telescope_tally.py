"""What became of sources that were put into pairs: found, kept, how honestly measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import typer
from numpy.typing import NDArray

from telescope.detect import Candidates
from telescope.pipeline import Report
from telescope.tell import REAL_MIN

Floats = NDArray[np.float64]
NEAR_FWHM = 0.7
BINS = (4.0, 4.75, 5.25, 6.0, 7.0, 8.0, 12.0, 60.0)
BRIGHT = 8.0
"""The S/N from which on a source is to be kept."""
MAG_STEP = 0.5
ZERO_POINT = 25.0
"""Of one count, where a frame says none: magnitudes are then of the instrument."""


@dataclass(frozen=True)
class Put:
    """What was put into a frame: places, fluxes, true S/N by the noise of both frames."""

    x: Floats
    y: Floats
    flux: Floats
    signal: Floats
    on_galaxy: NDArray[np.bool_]
    others: Floats
    """Places (n, 2) of rays and hot pixels that were put in as well."""
    zero_point: float = ZERO_POINT


@dataclass
class Tally:
    """Pairs added up."""

    name: str
    signal: list[Floats]
    magnitude: list[Floats]
    up: list[NDArray[np.bool_]]
    """Brightened; else faded."""
    found: list[NDArray[np.bool_]]
    kept: list[NDArray[np.bool_]]
    on_galaxy: list[NDArray[np.bool_]]
    pulls: list[Floats]
    """(n, 4): flux, x, y, and the flux's ratio; off galaxies, S/N above 8."""
    false: list[tuple[int, int, int, int]]
    """Before the network brightenings and fadings, after it likewise."""
    spread: list[float]
    cpu_s: list[dict[str, float]]


def tally(name: str, runs: list[tuple[Report, Put]]) -> Tally:
    """What became of what was put in."""
    found = Tally(name, *([] for _ in range(10)))
    for report, put in runs:
        if report.reason:
            typer.echo(f"{name}: {report.reason}")
            continue
        _count(found, report, put)
    return found


def _count(found: Tally, report: Report, put: Put) -> None:
    difference, candidates, told = report.difference, report.candidates, report.told
    assert difference is not None and candidates is not None and told is not None
    rows, columns = difference.score.shape
    at = (
        np.clip(np.rint(put.y), 0, rows - 1).astype(int),
        np.clip(np.rint(put.x), 0, columns - 1).astype(int),
    )
    there = ~difference.excluded[at] & (put.x > 0) & (put.y > 0)
    there &= (put.x < columns - 1) & (put.y < rows - 1)
    away = np.hypot(candidates.x[:, None] - put.x, candidates.y[:, None] - put.y)
    away[(np.sign(candidates.flux)[:, None] * np.sign(put.flux)) < 0] = np.inf
    near = max(NEAR_FWHM * difference.psf.fwhm, 2.0)
    is_found: NDArray[Any] = np.asarray((away < near).any(axis=0))
    real: NDArray[np.bool_] = np.array(told.real >= REAL_MIN, np.bool_)
    is_kept: NDArray[Any] = np.asarray((away[real] < near).any(axis=0))
    found.signal.append(put.signal[there])
    found.magnitude.append(put.zero_point - 2.5 * np.log10(np.abs(put.flux[there])))
    found.up.append(put.flux[there] > 0)
    found.found.append(is_found[there])
    found.kept.append(is_kept[there])
    found.on_galaxy.append(put.on_galaxy[there])
    found.false.append(_false(candidates, real, away < near, put, near))
    good = np.flatnonzero(
        is_found & there & ~put.on_galaxy & (put.signal > BRIGHT) & (put.flux > 0)
    )
    row = away[:, good].argmin(axis=0) if len(good) else good
    found.pulls.append(
        np.stack(
            [
                (candidates.flux[row] - put.flux[good]) / candidates.flux_err[row],
                (candidates.x[row] - put.x[good]) / candidates.x_err[row],
                (candidates.y[row] - put.y[good]) / candidates.y_err[row],
                candidates.flux[row] / put.flux[good],
            ],
            axis=1,
        )
    )
    found.spread.append(difference.spread)
    found.cpu_s.append(report.cpu_s)


def _false(
    candidates: Candidates, real: NDArray[np.bool_], own: NDArray[Any], put: Put, near: float
) -> tuple[int, int, int, int]:
    """Candidates at nothing that was put in: as `Tally.false`."""
    false, up = ~own.any(axis=1), candidates.flux > 0
    if len(put.others):
        off = np.hypot(
            candidates.x[:, None] - put.others[:, 0], candidates.y[:, None] - put.others[:, 1]
        )
        false &= ~(off < near + 2).any(axis=1)
    counts = [int(np.sum(false & sign)) for sign in (up, ~up)]
    after = [int(np.sum(false & sign & real)) for sign in (up, ~up)]
    return counts[0], counts[1], after[0], after[1]


def lines(found: Tally) -> Iterator[str]:
    """A tally in words and Markdown rows."""
    if not found.signal:
        return
    signal: Floats = np.concatenate(found.signal)
    seen_: NDArray[np.bool_] = np.concatenate(found.found)
    kept: NDArray[np.bool_] = np.concatenate(found.kept)
    hosted: NDArray[np.bool_] = np.concatenate(found.on_galaxy)
    yield f"\n### {found.name}: {len(found.spread)} pair(s)"
    yield "| true S/N | off galaxies | found | kept | on sources | found | kept |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for low, high in pairwise(BINS):
        cells = []
        for where in (~hosted, hosted):
            some = where & (signal >= low) & (signal < high)
            share = [f"{np.mean(one[some]):.2f}" if some.any() else "" for one in (seen_, kept)]
            cells += [str(int(some.sum())), *share]
        yield f"| {low:g} to {high:g} | {' | '.join(cells)} |"
    yield from _by_magnitude(found)
    false = np.array(found.false)
    yield f"half found at S/N {_half(signal[~hosted], seen_[~hosted]):.2f} off galaxies"
    up: NDArray[np.bool_] = np.concatenate(found.up)
    for sign, name in ((up, "brightened"), (~up, "faded")):
        bright = sign & (signal > BRIGHT)
        if bright.any():
            shares = np.mean(seen_[bright]), np.mean(kept[bright]), np.mean(kept[bright & seen_])
            yield (
                f"{name}, S/N above {BRIGHT:g}: of {bright.sum()} found {shares[0]:.3f}, kept by"
                f" the network {shares[1]:.3f}, of those found {shares[2]:.3f}"
            )
    mean = " ".join(f"{one:.1f}" for one in false.mean(axis=0))
    yield f"false a frame, up and down, before the network and after it: {mean}"
    yield f"score's spread by propagation: {np.mean(found.spread):.3f} ± {np.std(found.spread):.3f}"
    pulls = np.concatenate(found.pulls)
    if len(pulls) > 20:
        for name, column in zip(("flux", "x", "y"), pulls.T[:3], strict=True):
            mean = f"{np.mean(np.clip(column, -5, 5)):+.3f}"
            yield f"pull of {name}: mean {mean}, width {_mad(column):.3f} (n {len(column)})"
        yield f"flux by truth: median {np.median(pulls[:, 3]):.4f}"
    steps = {step: np.mean([one.get(step, 0.0) for one in found.cpu_s]) for step in found.cpu_s[-1]}
    spent = ", ".join(f"{step} {value:.2f}" for step, value in steps.items())
    yield f"CPU s: {spent}; together {sum(steps.values()):.2f}"


def _by_magnitude(found: Tally) -> Iterator[str]:
    """Completeness against magnitude, off sources and on them."""
    magnitude: Floats = np.concatenate(found.magnitude)
    seen_: NDArray[np.bool_] = np.concatenate(found.found)
    kept: NDArray[np.bool_] = np.concatenate(found.kept)
    yield "| magnitude | sources | found | kept |\n| --- | ---: | ---: | ---: |"
    step = np.floor(magnitude / MAG_STEP) * MAG_STEP
    for low in np.unique(step):
        some = step == low
        yield (
            f"| {low:.1f} to {low + MAG_STEP:.1f} | {some.sum()} | {np.mean(seen_[some]):.2f}"
            f" | {np.mean(kept[some]):.2f} |"
        )


def _half(signal: Floats, seen_: NDArray[np.bool_]) -> float:
    """Where half is found: a logistic curve by Newton's steps."""
    a, b = 2.0, 5.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(a * (signal - b), -30, 30)))
        gradient = np.array([np.sum((seen_ - p) * (signal - b)), np.sum((seen_ - p) * -a)])
        w = p * (1 - p)
        d = np.stack([signal - b, np.full_like(signal, -a)])
        step = np.linalg.solve((d * w) @ d.T + 1e-3 * np.eye(2), gradient)
        a, b = float(np.clip(a + step[0], 0.3, 20)), float(np.clip(b + step[1], 3, 9))
    return b


def _mad(values: Floats) -> float:
    return float(1.4826 * np.median(np.abs(values - np.median(values))))
