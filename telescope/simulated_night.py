"""A night of frames with known truth, as files, and the settings that run them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.random import default_rng

from telescope.fits_files import write_image
from telescope.simulate import Air, as_reference, before, expose, sky_field, transients

SETTINGS = """[telescope]
frames = "frames"
reference = "reference.fits"
spool = "spool"
site = "nowhere"

[camera]
name = "simulated"
nominal = { fwhm_pixels = 3.3, sky_rms = 10.44 }
"""


def write_night(
    to: Path, *, frames: int, side: int, transients_count: int, seed: int
) -> Iterator[str]:
    """Write `reference.fits`, `frames/`, `truth.json` and `telescope.toml`; a line for each."""
    (to / "frames").mkdir(parents=True, exist_ok=True)
    rng, share = default_rng([seed, 9]), (side / 2048) ** 2
    field = sky_field(seed, side, stars=int(2500 * share) + 60, galaxies=int(500 * share) + 10)
    added = transients(field, seed, side, transients_count, 55.0)
    air = Air(seed=seed, fwhm=2.8, rays=int(40 * share), hot=int(20 * share))
    image, _ = expose(field, replace(as_reference(air), fwhm=2.4), side, before(added))
    write_image(to / "reference.fits", image)
    yield f"{to / 'reference.fits'}"
    said = {}
    for number in range(frames):
        shift, turn = rng.uniform(-8, 8, 2), float(rng.uniform(-0.4, 0.4))
        seen = replace(
            air, seed=seed * 1000 + number, fwhm=float(rng.uniform(2.6, 3.4)),
            shift=(float(shift[0]), float(shift[1])), turn_deg=turn, mjd=air.mjd + number / 500,
            throughput=float(rng.uniform(0.85, 1.0)),
        )  # fmt: skip
        image, truth = expose(field, seen, side, added)
        name = f"frame{number:04}.fits"
        write_image(to / "frames" / name, image)
        columns = {"x": truth.x, "y": truth.y, "flux": truth.flux}
        said[name] = {key: np.round(value, 3).tolist() for key, value in columns.items()}
        yield f"{to / 'frames' / name}"
    (to / "truth.json").write_text(json.dumps(said))
    (to / "telescope.toml").write_text(SETTINGS)
    yield f"{to / 'telescope.toml'}: gueststar telescope run {to / 'telescope.toml'} --apart --once"
