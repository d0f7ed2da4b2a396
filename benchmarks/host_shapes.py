"""How well shapes on real templates agree with a catalogue's, and how often stars pass for hosts.

`python -m benchmarks.host_shapes`, with GUESTSTAR_DATA: all real alerts of ZTF and Rubin, each
once, beside GLADE+'s galaxies, Pan-STARRS' scores of stars and galaxies that ZTF's packets carry,
and known asteroids, which lie before whatever is there.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import gueststar
from benchmarks.hosts import GALAXIES
from schemas.batch import AlertBatch
from sky.hosts.association import Hosts, open_hosts
from sky.hosts.template_shape import GIVES, HostShape

SURVEYS = {"ZTF": ("ztf",), "Rubin": ("lsst/lsstcam", "lsst/decam_ap_test_stream")}
OWN_ARCSEC = 1.5
"""A source so near is where the alert is."""
STAR_MIN, GALAXY_MAX = 0.97, 0.05
LAPS = 5

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Table = dict[str, Floats]


def folders(root: Path) -> Iterator[Path]:
    """Of packets."""
    if any(one.suffix in {".avro", ".parquet", ".tar", ".gz"} for one in root.iterdir()):
        yield root
    else:
        yield from (one for one in sorted(root.iterdir()) if one.is_dir() and one.name != "schema")


def measured(root: Path, hosts: Hosts) -> tuple[Table, float]:
    """Of each alert once: the shape, the catalogue's galaxy, what lies near; microseconds."""
    shape, seen, parts = HostShape(), set[int](), list[Floats]()
    shape.warm_up()
    alerts, spent_s = 0, 0.0
    for folder in folders(root):
        for batch in gueststar.read(folder):
            first = {one: row for row, one in enumerate(batch.alert_id.tolist())}
            new = [row for one, row in first.items() if one not in seen]
            seen.update(first)
            spent_s += _quickest_s(shape, batch)
            alerts += len(batch)
            parts.append(np.column_stack((*_columns(shape, hosts, batch),))[new])
    return dict(zip(NAMES, np.concatenate(parts).T, strict=True)), 1e6 * spent_s / alerts


NEAR = ("star_distance_arcsec", "star_galaxy_score", "asteroid_distance_arcsec")
OF_HOSTS = ("found", "separation_arcsec", "semi_major_arcsec", "axis_ratio", "angle_deg")
NAMES = (*GIVES, *(f"catalogue_{name}" for name in OF_HOSTS), *NEAR)


def _columns(shape: HostShape, hosts: Hosts, batch: AlertBatch) -> Iterator[Floats]:
    yield from shape.run(batch)[0].T
    (said,) = hosts.run(batch)
    yield from (said[:, hosts.gives[0].columns.index(name)] for name in OF_HOSTS)
    yield from (batch.column(name) for name in NEAR)


def _quickest_s(shape: HostShape, batch: AlertBatch) -> float:
    assert len(batch.stamps) == len(batch)
    times = []
    for _ in range(LAPS):
        began = time.process_time()
        shape.run(batch)
        times.append(time.process_time() - began)
    return min(times)


def told(survey: str, table: Table, us: float) -> Iterator[str]:
    """Lines."""
    found, cut = table["found"] == 1, table["is_cut"] == 1
    unknown = int(np.isnan(table["found"]).sum())
    yield f"{survey}: {len(found)} alerts, {us:.1f} µs an alert; {found.sum()} with something "
    yield f"  extended, {(found & cut).sum()} of it cut; {unknown} unknown\n"
    own = table["star_distance_arcsec"] < OWN_ARCSEC
    for name, asked in (
        ("on stars", own & (table["star_galaxy_score"] > STAR_MIN)),
        ("on galaxies", own & (table["star_galaxy_score"] < GALAXY_MAX)),
        ("on asteroids", table["asteroid_distance_arcsec"] < OWN_ARCSEC),
    ):
        if asked.any():
            yield f"  {name}: found with {(asked & found).sum()} of {asked.sum()}\n"
    matched = table["catalogue_found"] == 1
    yield f"  in the catalogue: {matched.sum()}; found {(matched & found).sum()}, "
    yield f"cut or unknown {(matched & cut).sum()}\n"
    yield from _agreement(table, matched & found & ~cut)


def _agreement(table: Table, both: Mask) -> Iterator[str]:
    if both.sum() < 3:
        return
    some = {name: column[both] for name, column in table.items()}
    apart = some["offset_arcsec"] - some["catalogue_separation_arcsec"]
    yield f"  both of {both.sum()}: offsets differ by {_spread(apart)} arcsec; "
    size = np.log10(some["semi_major_arcsec"] / some["catalogue_semi_major_arcsec"])
    sizes = some["semi_major_arcsec"], some["catalogue_semi_major_arcsec"]
    yield f"log size by {_spread(size)} dex, correlated by {_correlation(*map(np.log, sizes))};\n"
    ratios = some["axis_ratio"], some["catalogue_axis_ratio"]
    yield f"  axis ratio by {_spread(ratios[0] - ratios[1])}, "
    yield f"correlated by {_correlation(*ratios)}; "
    angle = (some["angle_deg"] - some["catalogue_angle_deg"] + 90) % 180 - 90
    flat = np.isfinite(angle) & (ratios[1] < 0.8)
    turned = np.abs(angle[flat])
    yield f"angle of {flat.sum()} flatter than 0.8 by {np.median(turned):.0f} degrees in the "
    yield f"median, {(turned > 30).sum()} by over 30\n"


def _spread(apart: Floats) -> str:
    low, middle, high = np.percentile(apart, (16, 50, 84))
    return f"{middle:+.2f} ± {(high - low) / 2:.2f}"


def _correlation(one: Floats, other: Floats) -> str:
    return f"{np.corrcoef(one, other)[0, 1]:.2f}"


def main() -> None:
    """Print it."""
    folder = os.environ.get("GUESTSTAR_DATA")
    if not folder:
        sys.exit("set GUESTSTAR_DATA to the folder of real data")
    hosts = open_hosts("host", Path(folder, GALAXIES))
    for survey, roots in SURVEYS.items():
        for root in roots:
            name = survey if len(roots) == 1 else f"{survey}, {Path(root).name}"
            sys.stdout.writelines(told(name, *measured(Path(folder, root), hosts)))


if __name__ == "__main__":
    main()
