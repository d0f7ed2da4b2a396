"""Frames of three sites as one: how near to the limit, and whose faults are named.

    python -m benchmarks.telescope_fuse --fields 8 --faults 30

The limit is the root of the sum of the squares of the frames' own signal-to-noise ratios of a point
source, by the noise and the PSFs that were put in (Zackay & Ofek 2017, ApJ 836, 187).
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import typer
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from telescope.camera import camera_of
from telescope.compiled import convolve_cells
from telescope.frame import Frame, frame_of
from telescope.fuse import fused
from telescope.pipeline import prepared
from telescope.simulate import Air, Field, Truth, expose, place, psf, sky_field

Floats = NDArray[np.float64]
SIDE, EDGE = 512, 60
CAMERA = camera_of({"name": "sim"}, "here")
SOURCES = 60
NEAR_PIXELS = 8.0
FAINT = 0.1
"""Counts of a pixel: brighter wings are light that frames have in common, and no noise."""


class Sites(NamedTuple):
    """A field and how each of three sites sees it; the first as the field's pixels lie."""

    field: Field
    airs: list[Air]


def sites(seed: int, stars: int = 80) -> Sites:
    """Three sites whose depths lie within a factor of about three."""
    rng = default_rng([seed, 31])
    field = sky_field(seed, SIDE, stars=stars, galaxies=10)
    airs = []
    for number in range(3):
        shift = rng.uniform(-8, 8, 2) if number else (0.0, 0.0)
        airs.append(Air(
            seed=3 * seed + number, fwhm=float(rng.uniform(2.4, 4.4)),
            sky=float(rng.uniform(100, 500)), throughput=float(rng.uniform(0.7, 1.3)),
            shift=(float(shift[0]), float(shift[1])),
            turn_deg=float(rng.uniform(-1, 1)) if number else 0.0,
        ))  # fmt: skip
    return Sites(field, airs)


def shares_of_limit(seed: int) -> dict[str, float]:
    """By way: the S/N of faint point sources by the limit; and of the best frame alone."""
    field, airs = sites(seed)
    rng = default_rng([seed, 32])
    x, y = np.rint(rng.uniform(EDGE, SIDE - EDGE, (2, SOURCES)))
    empty = _empty(field, airs)
    sky = empty[y.astype(int), x.astype(int)]
    x, y = x[sky], y[sky]
    added = x, y, np.full(len(x), 150.0), np.zeros(len(x))
    bare = [frame_of(expose(field, air, SIDE)[0], CAMERA, str(air.seed)) for air in airs]
    full, truths = list[Frame](), list[Truth]()
    for air in airs:
        image, truth = expose(field, air, SIDE, added)
        full.append(frame_of(image, CAMERA, str(air.seed)))
        truths.append(truth)
    single: Floats = np.array([np.mean(one.flux * one.psf_norm / one.sky_noise) for one in truths])
    limit = math.sqrt(float((single**2).sum()))
    both = bare, full
    ways = {
        "fused": tuple(fused(one).frame for one in both),
        "inverse variance": tuple(_mean(one, airs) for one in both),
    }
    found = {
        name: _signal(without, with_, empty, (x, y)) / limit
        for name, (without, with_) in ways.items()
    }
    return found | {"best frame": float(single.max()) / limit}


def _signal(bare: Frame, full: Frame, empty: NDArray[np.bool_], at: tuple[Floats, Floats]) -> float:
    """The S/N of the sources that are in `full` alone, through the PSF that the stars show."""
    image = prepared(bare).psf.at(SIDE / 2, SIDE / 2)
    without, with_ = (_filtered(one.pixels, image) for one in (bare, full))
    rows, columns = (np.rint(one).astype(int) for one in (at[1], at[0]))
    noise = 1.4826 * float(np.median(np.abs(without[empty] - np.median(without[empty]))))
    return float(np.mean((with_ - without)[rows, columns])) / noise


def _filtered(pixels: NDArray[np.float32], image: Floats) -> NDArray[np.float32]:
    out = np.empty_like(pixels)
    kernel = np.ascontiguousarray(image[::-1, ::-1], np.float32)[None, None]
    convolve_cells(np.ascontiguousarray(pixels), kernel, max(pixels.shape), out)
    return out


def _mean(frames: Sequence[Frame], airs: Sequence[Air]) -> Frame:
    """The frames on the first's pixels and scale, weighed by the inverse of their variance."""
    from telescope.align import aligned  # noqa: PLC0415 - the rival's alone

    ready = [prepared(one) for one in frames]
    light, weight = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    for one, air in zip(ready, airs, strict=True):
        onto = aligned(ready[0].frame, ready[0].found, one.frame, one.found).frame
        ratio = airs[0].throughput / air.throughput
        own = np.where(onto.unusable, 0.0, 1 / (ratio**2 * np.median(one.frame.variance)))
        light += own * onto.pixels * ratio
        weight += own
    pixels = (light / np.maximum(weight, 1e-12)).astype(np.float32)
    return replace(ready[0].frame, pixels=pixels, variance=np.full_like(pixels, np.nan))


def _empty(field: Field, airs: Sequence[Air]) -> NDArray[np.bool_]:
    """Where no site has light of a source, on the first's pixels, off the edges."""
    air = replace(airs[0], fwhm=max(one.fwhm for one in airs), gain=1e9, read_noise=0.0)
    light = expose(field, air, SIDE)[0].pixels - air.sky
    inside = np.zeros((SIDE, SIDE), np.bool_)
    inside[EDGE:-EDGE, EDGE:-EDGE] = True
    return np.asarray(inside & (light < FAINT))


FAULTS = ("ghost", "ray", "hot pixel", "trail", "column", "hole")


def spoiled(frame: Frame, air: Air, kind: str, rng: Generator) -> tuple[Frame, Floats]:
    """A frame with a fault, and the places (n, 2) of the first's pixels that are in it."""
    pixels, noise = frame.pixels.copy(), math.sqrt(air.sky / air.gain + (air.read_noise / 2) ** 2)
    x, y = (int(one) for one in rng.integers(EDGE, SIDE - EDGE, 2))
    steps: NDArray[Any] = np.arange(SIDE)
    rows: NDArray[Any] | int = y
    if kind == "ghost":
        image = psf(air, x, y, SIDE, 12)
        signal = rng.uniform(12, 40) * noise / math.sqrt(float((image**2).sum()))
        pixels[y - 12 : y + 13, x - 12 : x + 13] += (signal * image).astype(np.float32)
        steps = np.array([x])
    elif kind == "ray":
        steps = x + np.arange(int(rng.integers(2, 9)))
        pixels[y, steps] += np.float32(rng.uniform(15, 60) * noise)
    elif kind == "hot pixel":
        steps = np.array([x])
        pixels[y, x] += np.float32(rng.uniform(25, 300) * noise)
    elif kind == "hole":
        steps = np.array([x])
        pixels[y - 3 : y + 4, x - 3 : x + 4] -= np.float32(rng.uniform(3, 8) * noise)
    elif kind == "column":
        pixels[:, x] += np.float32(rng.uniform(4, 15) * noise)
        steps, rows = np.full(SIDE, x), steps
    else:
        down, across = np.mgrid[:SIDE, :SIDE]
        bell = np.exp(-0.5 * ((down - y - 0.3 * (across - x)) / (air.fwhm / 2.4)) ** 2)
        pixels += (rng.uniform(1.5, 6) * noise * bell).astype(np.float32)
        rows = y + 0.3 * (steps - x)
    return replace(frame, pixels=pixels), _in_field(air, steps, np.broadcast_to(rows, steps.shape))


def _in_field(air: Air, x: NDArray[Any], y: NDArray[Any]) -> Floats:
    """Places of an exposure in the field's pixels: `simulate.place` undone."""
    origin = np.stack(place(air, SIDE, np.zeros(1), np.zeros(1)), axis=1)
    turn = math.radians(air.turn_deg)
    u, v = x - origin[0, 0], y - origin[0, 1]
    cosine, sine = math.cos(turn), math.sin(turn)
    return np.stack([u * cosine + v * sine, -u * sine + v * cosine], axis=1)


def named(seed: int, tally: Counter[str]) -> None:
    """Three sites, a fault in one of them, and what is named in which."""
    field, airs = sites(seed, stars=160)
    rng = default_rng([seed, 33])
    frames = [
        frame_of(expose(field, air, SIDE)[0], CAMERA, f"site {n}") for n, air in enumerate(airs)
    ]
    kind, at = FAULTS[seed % len(FAULTS)], int(rng.integers(0, 3))
    frames[at], places = spoiled(frames[at], airs[at], kind, rng)
    found = fused(frames)
    hits = [one for one in found.faults if _near(one.x, one.y, places)]
    tally[f"{kind} put in"] += 1
    tally[f"{kind} named"] += any(one.frame == f"site {at}" for one in hits)
    tally[f"{kind}'s pieces taken for another's"] += sum(one.frame != f"site {at}" for one in hits)
    others = [one for one in found.faults if one not in hits]
    tally["named where nothing is"] += len(others)
    tally["fields"] += 1
    for one in others:
        typer.echo(f"  field {seed}, {kind}: nothing is at {one}")
    left = np.mean((found.disagreement > 0) & ~_about(places))
    tally["pixels by a million where nothing is"] += round(1e6 * float(left))


def _near(x: float, y: float, places: Floats) -> bool:
    return bool(np.hypot(places[:, 0] - x, places[:, 1] - y).min() < NEAR_PIXELS)


def _about(places: Floats) -> NDArray[np.bool_]:
    near = np.zeros((SIDE, SIDE), np.bool_)
    reach = int(NEAR_PIXELS) + 6
    for x, y in np.rint(places).astype(int):
        near[max(y - reach, 0) : max(y + reach, 0), max(x - reach, 0) : max(x + reach, 0)] = True
    return near


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fields", type=int, default=8, help="whose S/N is measured")
    parser.add_argument("--faults", type=int, default=30, help="fields with a fault each")
    parser.add_argument("--picture", type=Path, help="where one is drawn")
    said = parser.parse_args()
    found = [shares_of_limit(seed) for seed in range(said.fields)]
    for name in found[0] if found else ():
        values = np.array([one[name] for one in found])
        typer.echo(f"{name}: {values.mean():.3f} of the limit, {values.min():.3f} at least")
    if found:
        gain = min(one["fused"] / one["best frame"] for one in found)
        typer.echo(f"fused by the best frame, at least: {gain:.3f}")
    tally = Counter[str]()
    for seed in range(said.faults):
        named(seed, tally)
    for name, count in tally.items():
        typer.echo(f"{name}: {count}")
    if said.picture:
        _draw(said.picture)


def _draw(to: Path) -> None:
    """The best of three frames, the three as one, and what one of them shows alone."""
    import matplotlib.pyplot as plt  # noqa: PLC0415

    field, airs = sites(4)
    frames = [frame_of(expose(field, air, SIDE)[0], CAMERA, str(n)) for n, air in enumerate(airs)]
    rng = default_rng(5)
    frames[1], _ = spoiled(frames[1], airs[1], "trail", rng)
    frames[0], _ = spoiled(frames[0], airs[0], "ray", rng)
    found = fused(frames)
    best = min(range(3), key=lambda one: airs[one].fwhm * math.sqrt(airs[one].sky))
    part = np.s_[100:400, 100:400]
    figure, axes = plt.subplots(1, 4, figsize=(12, 3.2), layout="constrained")
    names = ["a frame with a trail", "the best single frame", "three fused", "which disagrees"]
    planes = [prepared(frames[1]).frame, prepared(frames[best]).frame, found.frame]
    for axis, name, plane in zip(axes, names, [one.pixels for one in planes], strict=False):
        unit = 1.4826 * np.median(np.abs(plane - np.median(plane)))
        axis.imshow(plane[part], vmin=-2 * unit, vmax=8 * unit, cmap="gray", origin="lower")
        axis.set_title(name, fontsize=9)
    axes[3].imshow(found.disagreement[part], cmap="viridis", origin="lower", vmax=3)
    axes[3].set_title(names[3], fontsize=9)
    for axis in axes:
        axis.set_axis_off()
    figure.savefig(to, dpi=110)


if __name__ == "__main__":
    main()
