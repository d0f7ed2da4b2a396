"""Own telescopes measured: injection and recovery on simulated pairs and on every real one at hand.

    python -m benchmarks.telescope --seeds 5 --data DATA

Says for each pair what was found of what was put in, what else was found before and after the
network, how honest fluxes, places and their errors are, and what each step cost.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import typer
from numpy.random import default_rng
from numpy.typing import NDArray

from telescope.camera import camera_of
from telescope.frame import Frame, frame_of, read_frame
from telescope.pipeline import Prepared, Report, prepared, seen
from telescope.psf import shifted
from telescope.simulate import Air, as_reference, before, expose, psf, sky_field, transients
from telescope.tell import REAL_MIN

Floats = NDArray[np.float64]
NEAR_FWHM = 0.7
BINS = (4.0, 4.75, 5.25, 6.0, 7.0, 8.0, 12.0, 60.0)
SIM = camera_of({"name": "simulated", "nominal": {"fwhm_pixels": 3.4, "sky_rms": 10.44}}, "here")
GOTO = camera_of({"name": "goto", "facts": {"saturation": 50_000.0}}, "here")
DECAM = camera_of({"name": "decam"}, "here")
ZTF = camera_of(
    {
        "name": "ztf",
        "mask_extension": "FILE",
        "mask_bits": {"8": "saturated", "4": "bad", "9": "bad", "7": "ray"},
        "keywords": {"mjd": "OBSMJD"},
        "bands": {"ZTF_r": "r"},
        "facts": {"saturation": 45_000.0},
    },
    "here",
)


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


@dataclass
class Tally:
    """Pairs added up."""

    name: str
    signal: list[Floats]
    found: list[NDArray[np.bool_]]
    kept: list[NDArray[np.bool_]]
    on_galaxy: list[NDArray[np.bool_]]
    pulls: list[Floats]
    """(n, 4): flux, x, y, and the flux's ratio; off galaxies, S/N above 8."""
    false: list[tuple[int, int, int, int]]
    """Before the network brightenings and fadings, after it likewise."""
    spread: list[float]
    cpu_s: list[dict[str, float]]


def simulated(seed: int) -> tuple[Report, Put]:
    """A fresh pair: shifted, turned, with rays and hot pixels."""
    rng = default_rng([seed, 77])
    air = Air(
        seed=seed, fwhm=3.4, fwhm_rise=0.08,
        shift=(float(rng.uniform(-9, 9)), float(rng.uniform(-9, 9))),
        turn_deg=float(rng.uniform(-0.6, 0.6)), rays=30, hot=15,
    )  # fmt: skip
    field = sky_field(seed, 2048)
    noise = math.hypot(10.44, 10.44 / math.sqrt(6))
    unit = noise / math.sqrt(float((psf(air, 1024, 1024, 2048, 17) ** 2).sum()))
    x, y, flux, hosted = transients(field, seed, 2048, 300, unit)
    flux = np.sign(flux) * unit * default_rng([seed, 78]).uniform(3.5, 14, len(flux))
    added = x, y, flux, hosted
    image, truth = expose(field, air, 2048, added)
    reference, _ = expose(field, replace(as_reference(air), fwhm=2.6), 2048, before(added))
    other = prepared(frame_of(reference, SIM, "reference"))
    report = seen(frame_of(image, SIM, f"simulated {seed}"), other)
    hot = _hot(air, 2048)
    others = np.concatenate([truth.ray_pixels[:, ::-1].astype(np.float64), hot])
    signal = np.abs(truth.flux) * truth.psf_norm / noise
    return report, Put(truth.x, truth.y, truth.flux, signal, truth.on_galaxy, others)


def _hot(air: Air, side: int) -> Floats:
    """Where an exposure's hot pixels are: it is made again without them, and compared."""
    nothing = sky_field(0, side, stars=0, galaxies=0)
    bare, _ = expose(nothing, replace(air, hot=0), side)
    full, _ = expose(nothing, air, side)
    rows, columns = np.nonzero(full.pixels - bare.pixels > 100)
    return np.stack([columns, rows], axis=1).astype(np.float64)


def injected(frame: Frame, reference: Prepared, seed: int, count: int) -> tuple[Frame, Put]:
    """A real frame with point sources of its own PSF: a quarter on its sources, none too near."""
    one, rng = prepared(frame), default_rng([seed, 5])
    rows, columns = frame.shape
    edge = one.psf.half + 12
    x, y = rng.uniform(edge, columns - edge, count), rng.uniform(edge, rows - edge, count)
    quarter = count // 4
    hosts = rng.choice(len(one.found), quarter)
    x[:quarter] = np.clip(one.found.x[hosts] + rng.normal(0, 2, quarter), edge, columns - edge)
    y[:quarter] = np.clip(one.found.y[hosts] + rng.normal(0, 2, quarter), edge, rows - edge)
    noise = math.sqrt(
        float(np.median(one.frame.variance[::8, ::8]))
        + float(np.median(reference.frame.variance[::8, ::8]))
    )
    pixels, signal, flux = frame.pixels.copy(), rng.uniform(3.5, 20, count), np.zeros(count)
    gain = one.frame.facts.gain
    for at in range(count):
        column, row = round(x[at]), round(y[at])
        image = shifted(one.psf.at(column, row), x[at] - column, y[at] - row)
        flux[at] = signal[at] * noise / math.sqrt(float((image**2).sum()))
        part = np.s_[
            row - one.psf.half : row + one.psf.half + 1,
            column - one.psf.half : column + one.psf.half + 1,
        ]
        light = flux[at] * image
        grain = rng.normal(size=image.shape) * np.sqrt(np.maximum(light, 0) / gain)
        pixels[part] += (light + grain).astype(np.float32)
    hosted = np.arange(count) < quarter
    put = Put(x, y, flux, signal, hosted, np.zeros((0, 2)))
    return replace(frame, pixels=pixels), put


def real_pairs(data: Path) -> Iterator[tuple[str, Frame, Prepared]]:
    """Every real pair: name, frame, reference. ZTF has one frame, whose photons are parted."""
    pairs = data / "images" / "pairs"
    for one, other in (("1", "2"), ("2", "1")):
        frame = read_frame(pairs / f"goto/{one}.fits.fz", GOTO)
        yield (
            f"GOTO {one} - {other}",
            frame,
            prepared(read_frame(pairs / f"goto/{other}.fits.fz", GOTO)),
        )
    base = prepared(read_frame(pairs / "decam/DEC-OBS04a.mini.fits.gz", DECAM))
    for letter in "bcde":
        yield (
            f"DECam {letter} - a",
            read_frame(pairs / f"decam/DEC-OBS04{letter}.mini.fits.gz", DECAM),
            base,
        )
    yield "ZTF quadrant, its halves of light", *_ztf(data / "images" / "frames")


def _ztf(folder: Path) -> tuple[Frame, Prepared]:
    """The quadrant against itself: its photons parted in two, so that stars and noise are real."""
    frame = read_frame(next(folder.glob("*sciimg.fits.fz")), ZTF)
    rng, part = default_rng(8), np.s_[600:2648, 500:2548]
    photons = np.maximum(frame.pixels[part] * frame.facts.gain, 0)
    first = rng.binomial(np.rint(photons).astype(np.int64), 0.5) * 2.0 / frame.facts.gain
    second = 2.0 * frame.pixels[part] - first
    facts = frame.facts._replace(gain=frame.facts.gain / 2)
    one, other = (
        replace(
            frame, pixels=np.ascontiguousarray(light, np.float32), mask=frame.mask[part].copy(),
            variance=frame.variance[part].copy(), sky=None, facts=facts,
        )
        for light in (first, second)
    )  # fmt: skip
    return one, prepared(other)


def tally(name: str, runs: list[tuple[Report, Put]]) -> Tally:
    """What became of what was put in."""
    found = Tally(name, [], [], [], [], [], [], [], [])
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
    found.found.append(is_found[there])
    found.kept.append(is_kept[there])
    found.on_galaxy.append(put.on_galaxy[there])
    false = ~(away < near).any(axis=1)
    if len(put.others):
        off = np.hypot(
            candidates.x[:, None] - put.others[:, 0], candidates.y[:, None] - put.others[:, 1]
        )
        false &= ~(off < near + 2).any(axis=1)
    up = candidates.flux > 0
    both = [
        int(np.sum(false & kept & sign))
        for kept in (np.ones_like(real), real)
        for sign in (up, ~up)
    ]
    found.false.append((both[0], both[1], both[2], both[3]))
    good = np.flatnonzero(is_found & there & ~put.on_galaxy & (put.signal > 8))
    row = away[:, good].argmin(axis=0)
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
    false = np.array(found.false)
    yield f"half found at S/N {_half(signal[~hosted], seen_[~hosted]):.2f} off galaxies"
    bright = signal > 8
    yield f"of S/N above 8 kept by the network: {np.mean(kept[bright]):.3f} of {bright.sum()}"
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


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="simulated pairs")
    parser.add_argument("--first", type=int, default=100, help="the first seed")
    parser.add_argument("--count", type=int, default=200, help="injected in each real pair")
    parser.add_argument("--data", type=Path, help="the folder with real data")
    said = parser.parse_args()
    simulated(said.first - 1)  # what is compiled is not counted
    runs = [simulated(said.first + seed) for seed in range(said.seeds)]
    if runs:
        typer.echo("\n".join(lines(tally("simulated 2048 x 2048", runs))))
    for name, frame, reference in real_pairs(said.data) if said.data else ():
        plain = seen(frame, reference, score_min=0.0)
        _say_plain(name, plain)
        count = said.count if min(frame.shape) > 1000 else 8
        runs = [_with(frame, reference, count, seed, plain) for seed in range(2)]
        typer.echo("\n".join(lines(tally(name, runs))))


def _with(
    frame: Frame, reference: Prepared, count: int, seed: int, plain: Report
) -> tuple[Report, Put]:
    """A real frame with sources put in; what it shows without them is left out of the counts."""
    changed, put = injected(frame, reference, seed, count)
    report = seen(changed, reference, score_min=0.0)
    own = plain.candidates
    others = np.zeros((0, 2)) if own is None else np.stack([own.x, own.y], axis=1)
    return report, replace(put, others=others)


def _say_plain(name: str, report: Report) -> None:
    """What a real pair shows as it is."""
    if report.reason or report.candidates is None or report.told is None:
        typer.echo(f"{name}: {report.reason}")
        return
    up, real = report.candidates.flux > 0, report.told.real >= REAL_MIN
    typer.echo(
        f"\n{name} as it is: {int(up.sum())} / {int((~up).sum())} candidates up / down,"
        f" after the network {int((up & real).sum())} / {int((~up & real).sum())}"
    )


if __name__ == "__main__":
    main()
