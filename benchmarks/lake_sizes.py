"""`python -m benchmarks.lake_sizes`: bytes an alert of a lake, and of what is made of it.

Of the lake that `benchmarks.lake` invents or, with --packets, of real packets. The HATS collection
grows by a night at a time, as at each night's close.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rich.console import Console

from benchmarks.lake import ALERTS_AN_OBJECT, folder_bytes, objects, write
from gueststar.archive import archive
from gueststar.table import plain_table
from lake.delta import LOG, write_logs
from lake.hats.collection import add_nights, versions
from lake.hats.versions import folder, numbers
from lake.layout import ALERTS, CURVES_TABLE, OBJECTS, PACKETS
from lake.reading import Lake

TABLES = (ALERTS, CURVES_TABLE, OBJECTS, PACKETS)


class Night(NamedTuple):
    """What it took to bring a night into the collection."""

    alerts: int
    cpu_s: float
    written: int
    """Bytes of new files."""
    there: int
    """Bytes of all files that readers see then."""


def main() -> None:
    """Make a lake, a HATS collection and Delta logs of it, and print their sizes."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.lake_sizes", description=__doc__)
    options.add_argument("--alerts", type=int, default=1_000_000, help="invented, in all nights")
    options.add_argument("--nights", type=int, default=50)
    options.add_argument("--packets", type=Path, help="real ones instead")
    chosen = options.parse_args()
    with TemporaryDirectory() as work:
        lake = Path(work) / "lake"
        if chosen.packets:
            archive(chosen.packets, lake, with_packets=True, schemas=None)
        else:
            sky = objects(chosen.alerts // min(ALERTS_AN_OBJECT, chosen.nights))
            write(lake, sky, alerts=chosen.alerts, nights=chosen.nights)
        report(lake, Path(work) / "collection")


def report(lake: Path, collection: Path) -> None:
    """A table of bytes an alert, and what a night costs."""
    console, alerts = Console(width=100), len(Lake(lake))
    sizes = {name: tables_bytes(lake / name) for name in TABLES}
    nights = [*grown(lake, collection)]
    last = folder(collection, numbers(collection)[-1])
    sizes |= {f"HATS, {name}": folder_bytes(last / name) for name in ("alerts", "margin")}
    write_logs(lake)
    sizes["Delta logs"] = sum(folder_bytes(lake / name / LOG) for name in (ALERTS, CURVES_TABLE))
    shown = plain_table()
    shown.add_column("table")
    shown.add_column("bytes an alert", justify="right")
    for name, size in sizes.items():
        shown.add_row(name, f"{size / alerts:,.1f}")
    console.print(f"{alerts:,} alerts in {len(nights):,} nights")
    console.print(shown)
    cells = len(versions(collection)[-1].catalogues.alerts)
    costs = [night.cpu_s / night.alerts * 1e6 for night in nights]
    again = statistics.mean(night.written / night.there for night in nights[len(nights) // 2 :])
    console.print(
        f"HATS: {cells:,} cells; a night took {statistics.median(costs):.0f} µs of CPU an alert"
        f" (median; mean {statistics.mean(costs):.0f}), and wrote {again:.1%} of what is there"
        " (mean of the later half of the nights)"
    )


def grown(lake: Path, collection: Path) -> Iterator[Night]:
    """The nights of a lake brought into a collection, one after another."""
    for night, alerts in Lake(lake).nights.items():
        begun = time.process_time()
        added = add_nights(lake, collection, [night], version="benchmark")
        cpu_s = time.process_time() - begun
        assert added is not None
        number = added.version.number
        files = [*folder(collection, number).rglob("*.parquet")]
        new = (file.stat().st_size for file in files if int(file.stem) == number)
        yield Night(alerts, cpu_s, sum(new), sum(file.stat().st_size for file in files))


def tables_bytes(table: Path) -> int:
    """Of a table's files."""
    return folder_bytes(table) if table.exists() else 0


if __name__ == "__main__":
    main()
