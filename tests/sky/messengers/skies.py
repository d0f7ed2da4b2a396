"""Maps and notices to test with: the real ones at hand, and maps drawn from a seed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np

from sky.messengers.localisation import Distances, Places
from sky.messengers.sky_map import Pixels

MAPS = (
    "gwcelery/MS220722v_bayestar.multiorder.fits",
    "lasair/map.fits",
    "skyportal/bayestar.fits.gz",
    "fink-mm/lvk/initial.txt",
    "fink-mm/lvk/update.txt",
    "fink-mm/lvk/test.txt",
    "skyportal/igwn_gwalert_preliminary.json",
)
"""Every real sky map at hand, below `messengers/`."""


def content(folder: Path, name: str) -> bytes:
    """A map's FITS, out of its notice where it is in one."""
    raw = (folder / "messengers" / name).read_bytes()
    if name.endswith((".json", ".txt")):
        return base64.b64decode(json.loads(raw)["event"]["skymap"])
    return raw


def everywhere(rows: int, seed: int = 0) -> Places:
    """Places drawn uniformly from the sphere."""
    draw = np.random.default_rng(seed)
    dec = np.degrees(np.arcsin(draw.uniform(-1, 1, rows)))
    return Places(draw.uniform(0, 360, rows), dec)


def drawn(seed: int, *, depths: tuple[int, ...] = (0, 1, 2, 3), holes: bool = False) -> Pixels:
    """A map of cells split at random, some with equal densities, some with none."""
    draw = np.random.default_rng(seed)
    cells, depth = np.arange(12, dtype=np.int64), 0
    done: list[tuple[np.ndarray, int]] = []
    while depth < max(depths) and len(cells):
        split = draw.random(len(cells)) < 0.6
        done.append((cells[~split], depth))
        cells, depth = (cells[split][:, None] * 4 + np.arange(4)).ravel(), depth + 1
    done.append((cells, depth))
    cell = np.concatenate([each for each, _ in done])
    of = np.concatenate([np.full(len(each), deep) for each, deep in done])
    density = draw.choice([0.0, 1.0, 2.0, 3.0, *draw.exponential(1.0, 5)], len(cell))
    density[0] = 1.0
    rows = np.flatnonzero(draw.random(len(cell)) < 0.7) if holes else np.arange(len(cell))
    rows = np.union1d(rows, [0])
    cell, of, density = cell[rows], of[rows], density[rows]
    density /= np.sum(density * np.pi / 3 / 4.0**of)
    far = Distances(*(draw.uniform(50, 100, (3, len(cell)))))
    order = draw.permutation(len(cell))
    return Pixels(cell, of, density, far).take(order)


def spiral(rows: int) -> Places:
    """Places that stand for equal parts of the sphere."""
    place = np.arange(rows)
    dec = np.degrees(np.arcsin(1 - 2 * (place + 0.5) / rows))
    return Places(np.degrees(place * np.pi * (3 - np.sqrt(5))) % 360.0, dec)
