"""Own telescopes measured: injection and recovery on simulated pairs and on every real one at hand.

    python -m benchmarks.telescope --seeds 5 --data DATA

Says for each pair what was found of what was put in, what else was found before and after the
network, how honest fluxes, places and their errors are, and what each step cost.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import typer
from numpy.random import default_rng
from numpy.typing import NDArray

from benchmarks.telescope_tally import ZERO_POINT, Put, lines, tally
from telescope.camera import camera_of
from telescope.detect import Mark
from telescope.frame import Frame, FrameError, frame_of, read_frame
from telescope.pipeline import Prepared, Report, prepared, seen
from telescope.psf import shifted
from telescope.simulate import Air, as_reference, before, expose, psf, sky_field, transients
from telescope.sources import aperture
from telescope.tell import REAL_MIN

Floats = NDArray[np.float64]
SIM = camera_of({"name": "simulated", "nominal": {"fwhm_pixels": 3.4, "sky_rms": 10.44}}, "here")
GOTO = camera_of({"name": "goto", "facts": {"saturation": 50_000.0}}, "here")
DECAM = camera_of({"name": "decam"}, "here")
RUBIN = camera_of(
    {
        "name": "rubin",
        "extension": 1,
        "mask_extension": 2,
        "variance_extension": 3,
        "mask_bits": {"0": "bad", "1": "saturated", "4": "edge"},
    },
    "here",
)
ALONE_FWHM, ALONE_SIGMA = 0.7, 4.0
SMALL_COUNT, SMALL_SEEDS = 8, 12
"""Sources put into a small frame at once, and how often."""
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


def simulated(seed: int) -> tuple[Report, Put]:
    """A fresh pair through all steps."""
    frame, reference, put = simulated_frames(seed)
    return seen(frame, reference), put


def simulated_frames(seed: int) -> tuple[Frame, Prepared, Put]:
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
    hot = _hot(air, 2048)
    others = np.concatenate([truth.ray_pixels[:, ::-1].astype(np.float64), hot])
    signal = np.abs(truth.flux) * truth.psf_norm / noise
    put = Put(truth.x, truth.y, truth.flux, signal, truth.on_galaxy, others, air.zero_point)
    return frame_of(image, SIM, f"simulated {seed}"), other, put


def _hot(air: Air, side: int) -> Floats:
    """Where an exposure's hot pixels are: it is made again without them, and compared."""
    nothing = sky_field(0, side, stars=0, galaxies=0)
    bare, _ = expose(nothing, replace(air, hot=0), side)
    full, _ = expose(nothing, air, side)
    rows, columns = np.nonzero(full.pixels - bare.pixels > 100)
    return np.stack([columns, rows], axis=1).astype(np.float64)


def injected(frame: Frame, other: Prepared, seed: int, count: int) -> tuple[Frame, Put]:
    """A real frame with point sources of its own PSF: a quarter on its sources, none too near.

    Their S/N is by the noise of this frame and of the other one of the pair.
    """
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
        + float(np.median(other.frame.variance[::8, ::8]))
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
    zero = one.frame.facts.zero_point
    put = Put(x, y, flux, signal, hosted, np.zeros((0, 2)), zero if zero > 0 else ZERO_POINT)
    return replace(frame, pixels=pixels), put


def real_pairs(data: Path) -> Iterator[tuple[str, Frame, Frame]]:
    """Every real pair: name, frame, reference. ZTF has one frame, whose photons are parted."""
    pairs = data / "images" / "pairs"
    goto = {one: read_frame(pairs / f"goto/{one}.fits.fz", GOTO) for one in "12"}
    for one, other in ("12", "21"):
        yield f"GOTO {one} - {other}", goto[one], goto[other]
    visits = {
        letter: read_frame(pairs / f"decam/DEC-OBS04{letter}.mini.fits.gz", DECAM)
        for letter in "abcde"
    }
    for letter in "bcde":
        yield f"DECam {letter} - a", visits[letter], visits["a"]
    yield "Rubin's science - template", *_rubin(pairs / "lsst_ip_diffim")
    yield "ZTF quadrant, its halves of light", *_ztf(data / "images" / "frames")


def _rubin(folder: Path) -> tuple[Frame, Frame]:
    science, template = (folder / f"{name}MI.fits" for name in ("science", "template"))
    return read_frame(science, RUBIN), read_frame(template, RUBIN)


def _ztf(folder: Path) -> tuple[Frame, Frame]:
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
    return one, other


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
        try:
            plain = seen(frame, prepared(reference), score_min=0.0)
        except FrameError as error:
            typer.echo(f"\n{name}: {error}")
            continue
        _say_plain(name, plain)
        if plain.reason:
            continue
        large = min(frame.shape) > 1000
        count, seeds = (said.count, 2) if large else (SMALL_COUNT, SMALL_SEEDS)
        runs = [
            _with(frame, reference, count, seed, plain, faded=faded)
            for seed in range(seeds)
            for faded in (False, True)
        ]
        typer.echo("\n".join(lines(tally(name, runs))))


def _with(
    frame: Frame, reference: Frame, count: int, seed: int, plain: Report, *, faded: bool
) -> tuple[Report, Put]:
    """A real pair with sources put into the frame, or if they are to have faded the reference.

    What it shows without them is left out of the counts.
    """
    own = plain.candidates
    others = np.zeros((0, 2)) if own is None else np.stack([own.x, own.y], axis=1)
    if not faded:
        other = prepared(reference)
        changed, put = injected(frame, other, seed, count)
        return seen(changed, other, score_min=0.0), replace(put, others=others)
    changed, put = injected(reference, prepared(frame), seed, count)
    report = seen(frame, prepared(changed), score_min=0.0)
    scale = 1.0 if report.difference is None else report.difference.flux_scale
    return report, replace(put, flux=-put.flux * scale, others=others)


def _say_plain(name: str, report: Report) -> None:
    """What a real pair shows as it is."""
    if report.reason or report.candidates is None or report.told is None:
        typer.echo(f"{name}: {report.reason}")
        return
    up, real, alone = report.candidates.flux > 0, report.told.real >= REAL_MIN, _alone(report)
    counts = [
        f"{int((up & some).sum())} / {int((~up & some).sum())}"
        for some in (np.ones_like(up), alone, real, real & alone)
    ]
    typer.echo(
        f"\n{name} as it is: {counts[0]} candidates up / down, of which {counts[1]} are as wide as"
        f" a star with nothing in the other frame; after the network {counts[2]}, of which"
        f" {counts[3]}"
    )


def _alone(report: Report) -> NDArray[np.bool_]:
    """Which candidates are whole: no light of the other frame is at their place.

    They are differences of the sky, or were put in by whoever made the pair: a subtraction's
    residual needs something to be subtracted. What is sharper than a star is none of them.
    """
    assert report.candidates is not None and report.difference is not None
    assert report.prepared is not None and report.reference is not None
    found, radius = report.candidates, ALONE_FWHM * report.difference.psf.fwhm
    alone: NDArray[np.bool_] = (found.marks & int(Mark.SHARP)) == 0
    for frame, rows in (
        (report.reference.frame, found.flux > 0), (report.prepared.frame, found.flux < 0)
    ):  # fmt: skip
        noise = math.sqrt(math.pi * radius**2 * float(np.median(frame.variance[::8, ::8])))
        light, _ = aperture(frame, found.x, found.y, radius)
        alone &= ~rows | (light < ALONE_SIGMA * noise)
    return alone


if __name__ == "__main__":
    main()
