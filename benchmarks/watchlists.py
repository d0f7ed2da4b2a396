"""What a watchlist costs: a million positions asked, beside astropy; ten million opened once."""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import psutil
import pyarrow as pa
from astropy import units
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray
from pyarrow import parquet
from rich.console import Console
from rich.table import Table

from benchmarks.cores import cores, pin
from sky.index import PositionIndex
from sky.positions import Positions
from sky.watchlists import open_watchlist

BATCHES = (1, 256, 4096)
RADIUS_ARCSEC = 2.0
SHARE_LISTED = 0.1
"""Of the alerts, beside a listed position; the others are anywhere."""

MB = 1 << 20
Degrees = NDArray[np.float64]


def uniform(rows: int, draw: np.random.Generator) -> tuple[Degrees, Degrees]:
    """Positions spread evenly over the sphere."""
    return draw.uniform(0, 360, rows), np.degrees(np.arcsin(draw.uniform(-1, 1, rows)))


def alerts(listed: Positions, rows: int, draw: np.random.Generator) -> tuple[Degrees, Degrees]:
    """Positions of alerts, some within twice the radius of a listed one."""
    ra, dec = uniform(rows, draw)
    beside = draw.random(rows) < SHARE_LISTED
    chosen = draw.integers(0, len(listed.ra_deg), int(beside.sum()))
    shift = draw.uniform(-2, 2, len(chosen)) * RADIUS_ARCSEC / 3600
    ra[beside], dec[beside] = (
        listed.ra_deg[chosen],
        np.clip(listed.dec_deg[chosen] + shift, -90, 90),
    )
    return ra, dec


def median_us(asked: Callable[[], object], rows: int, rounds: int) -> float:
    """CPU time an alert, of this thread and its helpers."""
    asked()
    spent = []
    for _ in range(rounds):
        begin = time.process_time()
        asked()
        spent.append(time.process_time() - begin)
    return median(spent) * 1e6 / rows


def resident_mb() -> float:
    """What this process holds in memory."""
    gc.collect()
    return float(psutil.Process().memory_info().rss / MB)


def asking_table(rows: int, rounds: int) -> Table:
    """Of one list and one astropy catalogue of the same positions."""
    draw = np.random.default_rng(1)
    listed = Positions(*uniform(rows, draw), np.full(rows, RADIUS_ARCSEC))
    held, begin = resident_mb(), time.process_time()
    index = PositionIndex(listed)
    built_s, held = time.process_time() - begin, resident_mb() - held
    catalogue = SkyCoord(listed.ra_deg, listed.dec_deg, unit="deg")
    title = (
        f"{rows:,} positions: CPU µs an alert, median of {rounds} rounds. "
        f"Built in {built_s:.1f} s of CPU, {held:.0f} MB"
    )
    table = Table("batch", "gueststar", "match_to_catalog_sky", "ratio", title=title)
    for batch in BATCHES:
        here = alerts(listed, batch, draw)
        check(index, catalogue, here)
        ours = median_us(partial(index.distance_arcsec, *here), batch, rounds)
        theirs = median_us(partial(nearest_arcsec, catalogue, *here), batch, rounds)
        table.add_row(f"{batch}", f"{ours:.2f}", f"{theirs:.2f}", f"{theirs / ours:.1f}")
    return table


def nearest_arcsec(catalogue: SkyCoord, ra: Degrees, dec: Degrees) -> Degrees:
    """The same question to astropy, whose tree of the catalogue is kept between calls."""
    _, apart, _ = SkyCoord(ra, dec, unit=units.deg).match_to_catalog_sky(catalogue)
    return np.asarray(np.where(apart.arcsec <= RADIUS_ARCSEC, apart.arcsec, np.inf))


def check(index: PositionIndex, catalogue: SkyCoord, here: tuple[Degrees, Degrees]) -> None:
    """Both answer alike."""
    expected = nearest_arcsec(catalogue, *here)
    np.testing.assert_allclose(index.distance_arcsec(*here), expected, atol=1e-6)


def opening_line(rows: int, rounds: int) -> str:
    """Open a Parquet file of that many rows and ask it."""
    draw = np.random.default_rng(2)
    ra, dec = uniform(rows, draw)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.parquet"
        parquet.write_table(pa.table({"ra_deg": ra, "dec_deg": dec}), path)
        held, begin, cpu = resident_mb(), time.perf_counter(), time.process_time()
        watchlist = open_watchlist("list", path)
        opened_s, cpu_s = time.perf_counter() - begin, time.process_time() - cpu
    pa.default_memory_pool().release_unused()
    held = resident_mb() - held
    here = alerts(Positions(ra, dec, ra), BATCHES[1], draw)
    us = median_us(partial(watchlist.distance_arcsec, *here), BATCHES[1], rounds)
    return (
        f"{rows:,} rows of Parquet: opened in {opened_s:.1f} s ({cpu_s:.1f} s of CPU), "
        f"{held:.0f} MB; {us:.2f} µs an alert at {BATCHES[1]}."
    )


def main() -> None:
    """Ask a list of a million positions and astropy in turn, and open a list of ten million."""
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.watchlists", description=main.__doc__
    )
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--opened-rows", type=int, default=10_000_000)
    options.add_argument("--rounds", type=int, default=200)
    chosen = options.parse_args()
    pin(cores().client)
    console = Console(highlight=False)
    console.print(asking_table(chosen.rows, chosen.rounds))
    console.print(opening_line(chosen.opened_rows, chosen.rounds))


if __name__ == "__main__":
    main()
