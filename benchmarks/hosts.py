"""How many real supernovae have the right galaxy, by its redshift, and what an alert costs.

`python -m benchmarks.hosts`, with GUESTSTAR_DATA. The supernovae are those of ZTF's Bright
Transient Survey with a redshift (Perley et al. 2020, ApJ 904, 35); the galaxies GLADE+'s below
redshift 0.15 (Dálya et al. 2022, MNRAS 514, 1403).
"""

from __future__ import annotations

import csv
import lzma
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.redshift import SPECTROSCOPIC, RedshiftStage
from filters.handmade import handmade
from schemas.batch import AlertBatch
from schemas.stage import run_stages
from sky.hosts.association import Hosts, open_hosts

SUPERNOVAE = "hosts/ZTFBTS_TransientTable.csv.xz"
GALAXIES = "hosts/glade_plus_z_below_0.15.parquet"
REDSHIFT_MAX = 0.15
"""Of the catalogue."""
AGREE = 0.005
"""Redshifts of supernovae from their own light are no better."""
BATCHES = (32, 256, 1000)
LAPS = 101

Floats = NDArray[np.float64]


class Supernovae(NamedTuple):
    """n of them, with a redshift within the catalogue's depth."""

    ra_deg: Floats
    dec_deg: Floats
    redshift: Floats
    half: NDArray[np.bool_]
    """Of a split by the sky: east or west of right ascension 180."""


class Found(NamedTuple):
    """Shares."""

    matched: float
    """With a host that is not ambiguous."""
    right: float
    """Of these, whose redshift is the supernova's."""
    looked_up: float
    """Whose redshift the stage `redshift` gives as looked up, which `told_redshift` reads."""
    looked_up_right: float
    ambiguous: float
    right_halves: tuple[float, float]
    us: dict[int, float]
    """By size of batch, an alert."""


def supernovae(folder: Path) -> Supernovae:
    """From the survey's table."""
    with lzma.open(folder / SUPERNOVAE, "rt", newline="") as file:
        rows = [one for one in csv.DictReader(file) if one["redshift"] not in {"", "-"}]
    ra = np.array([15 * degrees(one["RA"]) for one in rows])
    dec = np.array([degrees(one["Dec"]) for one in rows])
    redshift = np.array([float(one["redshift"]) for one in rows])
    near = redshift < REDSHIFT_MAX
    return Supernovae(ra[near], dec[near], redshift[near], ra[near] < 180)


def degrees(text: str) -> float:
    """Of degrees or hours, minutes, seconds."""
    parts = [float(part) for part in text.lstrip("+-").split(":")]
    size = parts[0] + parts[1] / 60 + parts[2] / 3600
    return -size if text.startswith("-") else size


def measured(folder: Path) -> Found:
    """All of it."""
    stage, asked = open_hosts("host", folder / GALAXIES), supernovae(folder)
    batch = _batch(asked, len(asked.ra_deg))
    run_stages(batch, (stage, RedshiftStage("host")))
    said, live = batch.learned["host"], batch.learned["redshift"]
    has = (said.column("found") == 1) & (said.column("ambiguous") == 0)
    right = np.abs(said.column("redshift") - asked.redshift) < AGREE
    looked_up = live.column("source") == SPECTROSCOPIC
    live_right = np.abs(live.column("redshift") - asked.redshift) < AGREE
    east, west = (float(right[has & half].mean()) for half in (asked.half, ~asked.half))
    return Found(
        float(has.mean()),
        float(right[has].mean()),
        float(looked_up.mean()),
        float(live_right[looked_up].mean()),
        float((said.column("ambiguous") == 1).mean()),
        (east, west),
        {rows: _us(stage, asked, rows) for rows in BATCHES},
    )


def _batch(asked: Supernovae, rows: int) -> AlertBatch:
    return handmade(
        rows=rows, ra_deg=asked.ra_deg[:rows].tolist(), dec_deg=asked.dec_deg[:rows].tolist()
    )


def _us(stage: Hosts, asked: Supernovae, rows: int) -> float:
    batch = _batch(asked, rows)
    times = []
    for _ in range(LAPS):
        began = time.process_time()
        stage.run(batch)
        times.append(time.process_time() - began)
    return float(np.median(times)) / rows * 1e6


def main() -> None:
    """Print it."""
    folder = os.environ.get("GUESTSTAR_DATA")
    if not folder:
        sys.exit("set GUESTSTAR_DATA to the folder of real data")
    found = measured(Path(folder))
    sys.stdout.write(
        f"matched {found.matched:.3f}, of these right {found.right:.4f} "
        f"(halves of the sky {found.right_halves[0]:.4f}, {found.right_halves[1]:.4f}), "
        f"ambiguous {found.ambiguous:.4f}\n"
        f"by the stage of redshifts looked up {found.looked_up:.3f}, "
        f"of these right {found.looked_up_right:.4f}\n"
        + "".join(f"{rows} at once: {us:.2f} µs an alert\n" for rows, us in found.us.items())
    )


if __name__ == "__main__":
    main()
