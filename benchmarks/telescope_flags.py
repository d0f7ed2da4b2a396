"""How often a frame's flags are right, by simulation from seeds."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import typer

from telescope.align import aligned
from telescope.camera import camera_of
from telescope.frame import FrameError, frame_of
from telescope.pipeline import Prepared, prepared, throughputs
from telescope.quality import judged
from telescope.simulate import Air, as_reference, expose, sky_field

SIDE = 768
CAMERA = camera_of({"name": "sim", "nominal": {"fwhm_pixels": 3.5, "sky_rms": 10.44}}, "here")
FAULTS: dict[str, tuple[str, dict[str, float]]] = {
    "clean": ("", {}),
    "throughput 0.7": ("clouds", {"throughput": 0.7}),
    "clouds in patches, to 0.5": ("patchy", {"patchy": 0.5}),
    "FWHM 4.6 for 3.2": ("seeing", {"fwhm": 4.6}),
    "ellipticity 0.35": ("elongated", {"ellipticity": 0.35}),
    "defocus 3.5": ("focus", {"defocus": 3.5}),
    "sky's gradient 0.4": ("gradient", {"gradient": 0.4}),
    "100 hot pixels": ("hot_pixels", {"hot": 100}),
    "a bad column": ("bad_columns", {"bad_columns": 1}),
    "a trail of 0.5 sigma": ("trail", {"trails": 0.5}),
    "a trail of 1 sigma": ("trail", {"trails": 1.0}),
    "a trail of 2 sigma": ("trail", {"trails": 2.0}),
    "an amplifier's step, 8 counts": ("amplifier", {"amplifier": 8.0}),
}
FOLLOWS = {"clouds": {"patchy"}, "patchy": {"clouds"}, "focus": {"seeing", "elongated"}}
"""Flags that are no false ones where another's fault is: they name the same."""


def flags(seed: int, fault: dict[str, float], reference: Prepared) -> set[str]:
    """What is said of one exposure."""
    said: Any = fault
    air = replace(Air(seed=seed, fwhm=3.2, shift=(seed % 7 - 3.0, 2.0), turn_deg=0.2), **said)
    one = prepared(frame_of(expose(FIELD, air, SIDE)[0], CAMERA, str(seed)))
    try:
        onto = aligned(one.frame, one.found, reference.frame, reference.found)
    except FrameError:
        return {"refused"}
    found = judged(
        one.level, one.found, one.psf, CAMERA.nominal,
        throughputs=throughputs(one, onto, reference), zero_point=26.0,
    )  # fmt: skip
    return set(found.names)


FIELD = sky_field(5, SIDE, stars=420, galaxies=70)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=10, help="of each kind")
    frames = parser.parse_args().frames
    air = as_reference(Air(fwhm=2.6))
    reference = prepared(frame_of(expose(FIELD, air, SIDE)[0], CAMERA, "reference"))
    for row, (name, (wanted, fault)) in enumerate(FAULTS.items()):
        told = [flags(1000 * row + seed, fault, reference) for seed in range(frames)]
        right = sum(wanted in one for one in told)
        allowed = {wanted} | FOLLOWS.get(wanted, set())
        others = sorted(flag for one in told for flag in one - allowed)
        typer.echo(f"| {name} | {wanted} | {right if wanted else ''} of {frames} | {others} |")


if __name__ == "__main__":
    main()
