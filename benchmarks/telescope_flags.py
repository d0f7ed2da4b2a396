"""How well a frame's quality is judged, by simulation from seeds: the score, and each flag.

    python -m benchmarks.telescope_flags --frames 12

The score is held to the true effective exposure time by rank (Spearman). Each fault comes in two
strengths: the faint one takes 0.2 mag of depth where the fault takes depth at all, and the area
under the curve is that of what the flag goes by, over faulty frames and over clean ones, whose air
changes as it does within a good night.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import typer
from numpy.random import default_rng
from numpy.typing import NDArray

from telescope.align import aligned
from telescope.camera import camera_of
from telescope.frame import FrameError, frame_of
from telescope.pipeline import Prepared, prepared, throughputs
from telescope.quality import Quality, judged
from telescope.simulate import Air, as_reference, expose, psf, sky_field

SIDE = 768
USUAL_FWHM = 3.2
"""Of the stars as they are drawn; as frames are measured, by half the light, 3.95."""
CAMERA = camera_of({"name": "sim", "nominal": {"fwhm_pixels": 3.95, "sky_rms": 10.44}}, "here")
LOST_MAG = 0.2
"""By the faint strength of a fault; clouds of that take a sixth of the light."""
Strength = Mapping[str, float]


class Fault(NamedTuple):
    """What is wrong with a frame, faintly and strongly."""

    flag: str
    faint: Strength
    strong: Strength


FAULTS = {
    "clouds": Fault("clouds", {"throughput": 10 ** (-0.4 * LOST_MAG)}, {"throughput": 0.7}),
    "clouds in patches": Fault("patchy", {"patchy": 0.33}, {"patchy": 0.5}),
    "seeing": Fault("seeing", {"fwhm": USUAL_FWHM * 10 ** (0.4 * LOST_MAG)}, {"fwhm": 4.6}),
    "elongation 0.3, 0.35": Fault("elongated", {"ellipticity": 0.3}, {"ellipticity": 0.35}),
    "focus": Fault("focus", {"defocus": 2.5}, {"defocus": 3.5}),
    "sky's gradient 0.3, 0.4": Fault("gradient", {"gradient": 0.3}, {"gradient": 0.4}),
    "50, 100 hot pixels": Fault("hot_pixels", {"hot": 50}, {"hot": 100}),
    "1, 2 bad columns": Fault("bad_columns", {"bad_columns": 1}, {"bad_columns": 2}),
    "a trail of 0.5, 1 sigma": Fault("trail", {"trails": 0.5}, {"trails": 1.0}),
    "an amplifier's step, 5, 8 counts": Fault("amplifier", {"amplifier": 5.0}, {"amplifier": 8.0}),
}
FOLLOWS = {"clouds": {"patchy"}, "patchy": {"clouds"}, "focus": {"seeing", "elongated"}}
"""Flags that are no false ones where another's fault is: they name the same."""
FALLS = {"focus"}
"""What flags go by where less of it is worse."""
FIELD = sky_field(5, SIDE, stars=420, galaxies=70)


def good(seed: int) -> Air:
    """An exposure as it is within a good night."""
    rng = default_rng([seed, 61])
    return Air(
        seed=seed, fwhm=USUAL_FWHM * float(rng.uniform(0.95, 1.05)),
        throughput=float(rng.uniform(0.95, 1.0)), ellipticity=float(rng.uniform(0, 0.1)),
        angle_deg=float(rng.uniform(0, 180)), sky=float(rng.uniform(190, 230)),
        gradient=float(rng.uniform(0, 0.05)), turn_deg=float(rng.uniform(-0.3, 0.3)),
        shift=(float(rng.uniform(-5, 5)), float(rng.uniform(-5, 5))), rays=4, hot=3,
    )  # fmt: skip


def any_air(seed: int) -> Air:
    """An exposure of any night: through clouds, in bad seeing, by the moon."""
    rng = default_rng([seed, 62])
    return replace(
        good(seed), fwhm=float(rng.uniform(3.2, 5.5)), throughput=float(rng.uniform(0.25, 1.0)),
        sky=float(np.exp(rng.uniform(np.log(200), np.log(1500)))),
        patchy=float(rng.choice([0.0, rng.uniform(0, 0.5)])),
    )  # fmt: skip


def judge(air: Air, reference: Prepared) -> tuple[Quality | None, float]:
    """What is said of an exposure, None where it is refused; and its true effective time."""
    image, truth = expose(FIELD, air, SIDE)
    try:
        one = prepared(frame_of(image, CAMERA, str(air.seed)))
        onto = aligned(one.frame, one.found, reference.frame, reference.found)
    except FrameError:
        return None, truth.effective_time
    found = judged(
        one.level, one.found, one.psf, CAMERA.nominal,
        throughputs=throughputs(one, onto, reference), zero_point=26.0,
    )  # fmt: skip
    return found, truth.effective_time


def ranked(frames: int, reference: Prepared) -> tuple[float, float, int]:
    """Spearman's rank correlation of the score with the truth, the depth's scatter in magnitudes,
    and how many frames were refused."""
    told = [judge(any_air(50_000 + seed), reference) for seed in range(frames)]
    both = np.array([(one.score, true) for one, true in told if one is not None])
    order = np.argsort(np.argsort(both, axis=0), axis=0)
    off = 1.25 * np.log10(both[:, 0] / both[:, 1])
    scatter = 1.4826 * float(np.median(np.abs(off - np.median(off))))
    ranks: NDArray[np.float64] = np.asarray(np.corrcoef(order.T))
    return float(ranks[0, 1]), scatter, frames - len(both)


def lost_mag(strength: Strength) -> float:
    """Depth that a strength takes, magnitudes, by light, width and noise; of patches on average."""
    said: Any = strength
    usual = Air(fwhm=USUAL_FWHM)
    bad = replace(usual, **said)
    sharp = [float((psf(one, SIDE / 2, SIDE / 2, SIDE, 25) ** 2).sum()) for one in (bad, usual)]
    light = bad.throughput * (1 - bad.patchy / 2)
    return float(-1.25 * np.log10(sharp[0] / sharp[1]) - 2.5 * np.log10(light))


def auc(bad: NDArray[Any], clean: NDArray[Any]) -> float:
    """The share of pairs in which the faulty frame has more."""
    more = (bad[:, None] > clean).mean() + 0.5 * (bad[:, None] == clean).mean()
    return float(more)


def _values(told: list[Quality | None], flag: str) -> NDArray[Any]:
    """What a flag goes by, a refused frame's the worst."""
    sign = -1.0 if flag in FALLS else 1.0
    return np.array([np.inf if one is None else sign * one.measured[flag] for one in told])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=12, help="of each fault and strength")
    frames = parser.parse_args().frames
    reference = _reference()
    rank, scatter, refused = ranked(5 * frames, reference)
    typer.echo(
        f"score against true effective time, {5 * frames} frames ({refused} refused): rank"
        f" correlation {rank:.3f}; depth said to {scatter:.3f} mag\n"
    )
    clean = [judge(good(seed), reference)[0] for seed in range(5 * frames)]
    false = sum(one is None or bool(one.names) for one in clean)
    typer.echo(f"clean frames with a flag: {false} of {len(clean)}")
    typer.echo(
        "| fault | mag lost | named | AUC | false flags |\n| --- | ---: | ---: | ---: | --- |"
    )
    for row, (name, fault) in enumerate(FAULTS.items()):
        for strength in (fault.faint, fault.strong):
            typer.echo(_line(row, name, fault.flag, strength, clean, frames, reference))


def _line(  # noqa: PLR0917 - a row's columns
    row: int, name: str, flag: str, strength: Strength, clean: list[Quality | None], frames: int,
    reference: Prepared,
) -> str:  # fmt: skip
    said: Any = strength
    told = [
        judge(replace(good(1000 * (row + 1) + seed), **said), reference)[0]
        for seed in range(frames)
    ]
    named = sum(one is None or flag in one.names for one in told)
    allowed = {flag} | FOLLOWS.get(flag, set())
    others = sorted(other for one in told if one for other in set(one.names) - allowed)
    area = auc(_values(told, flag), _values(clean, flag))
    lost = lost_mag(strength)
    how = ", ".join(f"{key} {value:.3g}" for key, value in strength.items())
    cost = f"{lost:.2f}" if lost > 0.01 else "none"
    return f"| {name}: {how} | {cost} | {named} of {frames} | {area:.3f} | {' '.join(others)} |"


def _reference() -> Prepared:
    air = as_reference(Air(fwhm=2.6))
    return prepared(frame_of(expose(FIELD, air, SIDE)[0], CAMERA, "reference"))


if __name__ == "__main__":
    main()
