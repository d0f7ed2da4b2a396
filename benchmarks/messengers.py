"""`python -m benchmarks.messengers`: what asking of an event costs an alert, on every map at hand.

Beside it mocpy's answer to the simplest of these questions, whether an alert is in the 90 % region,
and what reading a map costs, for which alerts wait.
"""

from __future__ import annotations

import argparse
import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from sky.catalogues import AskedOf
from sky.messengers.circle import Circle
from sky.messengers.events import Event, LiveEvents
from sky.messengers.fits_maps import read_map
from sky.messengers.localisation import Places, known_places
from sky.messengers.sky_map import SkyMap

ALERTS: Final = 30_000
"""Of some hundred batches, or of one of a lake's groups."""
LAPS: Final = 15
GOAL_US: Final = 0.05
MAPS: Final = (
    "gwcelery/MS220722v_bayestar.multiorder.fits",
    "lasair/map.fits",
    "skyportal/bayestar.fits.gz",
    "fink-mm/lvk/initial.txt",
    "fink-mm/lvk/test.txt",
    "skyportal/igwn_gwalert_preliminary.json",
)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="with a folder messengers")
    folder = parser.parse_args().data / "messengers"
    draw = np.random.default_rng(1)
    ra_deg = draw.uniform(0, 360, ALERTS)
    dec_deg = np.degrees(np.arcsin(draw.uniform(-1, 1, ALERTS)))
    table = Table("map", "pixels", "read, ms", "density and level, µs", "in 90 % by mocpy, µs")
    places = Places(ra_deg, dec_deg)
    assert len(places.cells) == len(places.vectors)
    maps = dict(_map(folder, name, places, table) for name in MAPS)
    circle = Circle(10.0, 20.0, 5.0, 0.9)
    table.add_row("a circle", "-", "-", f"{_us(lambda: circle.at(places)):.4f}", "-")
    console = Console(width=110)
    console.print(table)
    cells = _us(lambda: known_places(ra_deg, dec_deg)[1].cells)
    console.print(f"an alert's cell, once for all maps: {cells:.3f} µs")
    console.print(f"the goal, an alert and map: {GOAL_US} µs")
    console.print(_together(maps, ra_deg, dec_deg))


def _map(folder: Path, name: str, places: Places, table: Table) -> tuple[str, SkyMap]:
    content = _content(folder / name)
    began_s = time.perf_counter()
    one = read_map(content)
    took_ms = (time.perf_counter() - began_s) * 1e3
    cost = _us(lambda: one.at(places))
    region = _moc(one)
    rival = _us(lambda: region.contains_lonlat(*_quantities(places)))
    table.add_row(name, f"{len(one):,}", f"{took_ms:.0f}", f"{cost:.4f}", f"{rival:.3f}")
    return name, one


def _together(maps: dict[str, SkyMap], ra_deg: Any, dec_deg: Any) -> str:  # noqa: ANN401
    """All maps asked at once, as `messenger_probability()` does, in batches of 300."""
    live = LiveEvents(Event(name, (), 60000.0, one, open=True) for name, one in maps.items())
    nothing = np.full(300, np.nan)
    batches = [
        AskedOf(ra_deg[at : at + 300], dec_deg[at : at + 300], nothing * 0 + 60001.0, nothing)
        for at in range(0, ALERTS, 300)
    ]
    cost = _us(lambda: [live.probability(each) for each in batches])
    return f"messenger_probability() of {len(maps)} events, batches of 300: {cost:.3f} µs an alert"


def _content(path: Path) -> bytes:
    raw = path.read_bytes()
    if path.suffix in {".json", ".txt"}:
        return base64.b64decode(json.loads(raw)["event"]["skymap"])
    return raw


def _moc(one: SkyMap) -> Any:  # noqa: ANN401 - mocpy has no types
    from mocpy import MOC  # noqa: PLC0415 - the rival

    pixels = one.pixels
    uniq = pixels.cell.astype(np.uint64) + np.uint64(4) * np.uint64(4) ** pixels.depth.astype(
        np.uint64
    )
    probability = pixels.density_per_sr * pixels.area_sr
    return MOC.from_valued_healpix_cells(uniq, probability, 11, cumul_to=0.9)


def _quantities(places: Places) -> tuple[Any, Any]:
    from astropy import units  # noqa: PLC0415 - the rival's

    return places.ra_deg * units.deg, places.dec_deg * units.deg


def _us(call: Callable[[], object]) -> float:
    """An alert, the median of LAPS."""
    laps = []
    for _ in range(LAPS + 1):
        began_s = time.perf_counter()
        call()
        laps.append(time.perf_counter() - began_s)
    return median(laps[1:]) / ALERTS * 1e6


if __name__ == "__main__":
    main()
