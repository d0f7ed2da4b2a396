"""Own telescopes' subtraction beside PyZOGY's and sfft's: the same pairs, the same judge.

    python -m benchmarks.telescope_peers write FOLDER --data DATA
    python benchmarks/subtracting_peers.py zogy|sfft FOLDER     (each in an environment of its own)
    python -m benchmarks.telescope_peers judge FOLDER

All take the frames as our steps have read, levelled and aligned them. Others' images are divided by
the scatter of their middle half; what stands above 5 sigma, where our steps do not exclude, is
counted: peaks of the image, before what our steps make of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from benchmarks.telescope import injected, real_pairs, simulated, simulated_frames
from benchmarks.telescope_tally import BRIGHT, NEAR_FWHM, Put
from telescope.frame import Frame
from telescope.pipeline import Prepared, bright_stars, measured, prepared
from telescope.sources import components

Folder = Annotated[Path, typer.Argument(help="where pairs and differences stand")]
SIGMAS = 5.0

commands = typer.Typer(no_args_is_help=True)


@commands.command()
def write(
    folder: Folder, data: Annotated[Path, typer.Option()], seeds: Annotated[int, typer.Option()] = 2
) -> None:
    """Write pairs with injected sources as plain arrays, our own score beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    simulated(99)  # what is compiled is not counted
    for seed in range(100, 100 + seeds):
        _write(folder / f"pair_simulated{seed}.npz", *simulated_frames(seed))
    _, frame, other = next(real_pairs(data))
    reference = prepared(other)
    changed, put = injected(frame, reference, 0, 200)
    _write(folder / "pair_goto.npz", changed, reference, put)


def _write(path: Path, frame: Frame, reference: Prepared, put: Put) -> None:
    report = measured(frame, reference, score_min=0.0)
    one, onto, difference = report.prepared, report.reference, report.difference
    assert one is not None and onto is not None and difference is not None, report.reason
    light, middle = one.frame, (frame.shape[1] / 2, frame.shape[0] / 2)
    np.savez(
        path, science=light.pixels, reference=onto.frame.pixels, science_psf=one.psf.at(*middle),
        reference_psf=reference.psf.at(*middle), bad=light.unusable | onto.frame.unusable,
        excluded=difference.excluded, scale=difference.flux_scale,
        variance=light.variance + difference.flux_scale**2 * onto.frame.variance,
        stars=np.stack([one.found.x, one.found.y], axis=1)[bright_stars(one)],
        fwhm=max(one.psf.fwhm, reference.psf.fwhm), score=difference.score,
        cpu_s=report.cpu_s["subtract"],
        put=np.stack([put.x, put.y, np.sign(put.flux), put.signal], axis=1), others=put.others,
    )  # fmt: skip


@commands.command()
def cut(folder: Folder, to: Path, side: Annotated[int, typer.Option()] = 1024) -> None:
    """Write the middle of each pair again: sfft takes 16 GB of memory for 2048 pixels a side."""
    to.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("pair_*.npz")):
        with np.load(path) as kept:
            pair = dict(kept)
        shape = pair["science"].shape
        low, left = ((whole - side) // 2 for whole in shape)
        for name, one in pair.items():
            if one.shape == shape:
                pair[name] = one[low : low + side, left : left + side]
        for name in ("stars", "put", "others"):
            pair[name][:, :2] -= (left, low)
        pair["stars"] = pair["stars"][((pair["stars"] >= 0) & (pair["stars"] < side)).all(axis=1)]
        np.savez(to / path.name, **pair)


@commands.command()
def judge(folder: Folder) -> None:
    """Count what each found, and what else."""
    typer.echo(
        "| pair | by | found of S/N above 8 | others up / down | CPU s |\n"
        "| --- | --- | ---: | ---: | ---: |"
    )
    for path in sorted(folder.glob("pair_*.npz")):
        with np.load(path) as kept:
            pair = dict(kept)
        name = path.stem.removeprefix("pair_")
        typer.echo(f"| {name} | gueststar | {_counts(pair['score'], pair)} | {pair['cpu_s']:.0f} |")
        for other in sorted(folder.glob(f"*_{name}.npz")):
            if other != path:
                _others(name, other, pair)


def _others(name: str, path: Path, pair: dict[str, Any]) -> None:
    """What another found: a line for each of its scores."""
    with np.load(path) as kept:
        found = dict(kept)
    spent_s = found.pop("cpu_s")
    for by, image in found.items():
        typer.echo(f"| {name} | {by} | {_counts(_score(image, pair), pair)} | {spent_s:.0f} |")


def _score(image: NDArray[Any], pair: dict[str, Any]) -> NDArray[Any]:
    """In units of its own scatter, by its middle half: most of a frame is empty sky."""
    some = image[~pair["excluded"]]
    middle = np.median(some)
    score = (image - middle) / (1.4826 * np.median(np.abs(some - middle)))
    return np.where(pair["excluded"], 0.0, score).astype(np.float32)


def _counts(score: NDArray[Any], pair: dict[str, Any]) -> str:
    near = max(NEAR_FWHM * float(pair["fwhm"]), 2.0)
    put, others = pair["put"], pair["others"]
    at = np.rint(put[:, [1, 0]]).astype(int)
    wanted = (at >= 0).all(axis=1) & (at < score.shape).all(axis=1) & (put[:, 3] > BRIGHT)
    wanted[wanted] &= ~pair["excluded"][tuple(at[wanted].T)]
    found, extra = np.zeros(len(put), np.bool_), []
    for sign in (1, -1):
        peaks = components(sign * score, SIGMAS, pair["excluded"])
        away = np.hypot(peaks[:, 1:] - put[:, 0], peaks[:, :1] - put[:, 1])
        own = (away < near) & (put[:, 2] == sign)
        found |= own.any(axis=0)
        off = np.hypot(peaks[:, 1:] - others[:, 0], peaks[:, :1] - others[:, 1])
        extra.append(int(np.sum(~own.any(axis=1) & ~(off < near + 2).any(axis=1))))
    return f"{np.mean(found[wanted]):.3f} of {wanted.sum()} | {extra[0]} / {extra[1]}"


if __name__ == "__main__":
    commands()
