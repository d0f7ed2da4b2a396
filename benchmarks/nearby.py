"""What the filters `luminous_transients` and `nearby_and_young` find among labelled supernovae.

`python -m benchmarks.nearby`, with GUESTSTAR_DATA. Distances and luminosities are asked of all of
ZTF's Bright Transient Survey at peak, youth of the cuts that the network of phases did not learn.
"""

from __future__ import annotations

import csv
import lzma
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.hosts import GALAXIES, SUPERNOVAE, degrees
from classifiers.luminosity import Luminosity
from classifiers.redshift import RedshiftStage
from filters.handmade import handmade
from schemas.batch import AlertBatch
from schemas.stage import Stage, run_stages
from sky.hosts.association import open_hosts
from training.phase.judging import read

Mask = NDArray[np.bool_]
LUMINOUS_MAG, NEAR_REDSHIFT, YOUNG_DAYS = -20.0, 0.02, 6.0
MAG_ERR = 0.05
R_V = 3.1
UNKNOWN = {"", "-"}


def labelled(folder: Path) -> list[dict[str, str]]:
    """The survey's supernovae with a redshift and a peak."""
    with lzma.open(folder / SUPERNOVAE, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = ("redshift", "peakmag", "peakabs")
    return [one for one in rows if not UNKNOWN & {one[name] for name in wanted}]


def at_peak(rows: list[dict[str, str]]) -> AlertBatch:
    """Each as an alert of its peak."""
    return handmade(
        ra_deg=[15 * degrees(one["RA"]) for one in rows],
        dec_deg=[degrees(one["Dec"]) for one in rows],
        magnitude=[float(one["peakmag"]) for one in rows],
        magnitude_err=[MAG_ERR] * len(rows),
        band=[one["peakfilt"] for one in rows],
        photometric_system=["ztf"] * len(rows),
        extinction_ebv=[float(one["A_V"]) / R_V for one in rows],
    )


def found(folder: Path) -> Iterator[str]:
    """A line for each question."""
    rows = labelled(folder)
    batch = at_peak(rows)
    stages: list[Stage] = [
        open_hosts("host", folder / GALAXIES),
        RedshiftStage("host"),
        Luminosity(),
    ]
    assert run_stages(batch, stages) == ()
    z, bright = batch.learned["redshift"], batch.learned["luminosity"]
    luminous = np.array([float(one["peakabs"]) for one in rows]) < LUMINOUS_MAG
    selected = bright.column("absolute_magnitude_high") < LUMINOUS_MAG
    yield _line("luminous", np.asarray(selected), luminous)
    near = np.array([float(one["redshift"]) for one in rows]) < NEAR_REDSHIFT
    selected = (z.column("source") == 1) & (z.column("redshift_high") < NEAR_REDSHIFT)
    yield _line("nearby", np.asarray(selected), near)
    yield _young()


def _young() -> str:
    """Of ZTF's cuts held out whose first light is known."""
    answers = read()
    known = (answers["system"] == 0) & np.isfinite(answers["days_since_first_light"])
    some = {name: column[known] for name, column in answers.items()}
    young = (some["days_since_first_light"] < YOUNG_DAYS) & (some["days_to_peak"] >= 0)
    selected = some["days_since_first_light_middle"] < YOUNG_DAYS
    return _line("young, not past the peak", selected & ~(some["days_to_peak_high"] < 0), young)


def _line(what: str, selected: Mask, true: Mask) -> str:
    right = int((selected & true).sum())
    return f"{what}: {selected.sum()} selected, {right} of them so, of {true.sum()}\n"


def main() -> None:
    """Print it."""
    folder = os.environ.get("GUESTSTAR_DATA")
    if not folder:
        sys.exit("set GUESTSTAR_DATA to the folder of real data")
    sys.stdout.writelines(found(Path(folder)))


if __name__ == "__main__":
    main()
