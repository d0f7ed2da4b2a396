"""Which periods are found, how often noise has one, and how many objects a second:
`python -m benchmarks.patterns`, with GUESTSTAR_DATA.

Points lie where ZTF took real ones of twelve stars over three years; fluxes are drawn: a sine, or
two unlike eclipses, with noise that is as large as its error says. Then the stars themselves.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from lake.patterns.periods import Period, period_of
from lake.patterns.points import ERR_SHARE, Points
from schemas.batch import Floats
from schemas.photometry import FLUX_ERR_PER_MAG, njy

STARS = "lightcurves/alerce_ztf_forced_examples_training.parquet"
COUNTS = (20, 40, 80, 160, 320)
AMPLITUDES = (0.5, 1.0, 2.0, 4.0)
"""Half of peak to peak of the brighter band, over the error of a point."""
PERIODS_DAYS = (0.15, 30.0)
DRAWN = 40
"""Light curves of each kind."""
NEAR = 0.01
"""A period within this share is the right one."""


def stars(data: Path) -> dict[str, Points]:
    """Of each star its total light, in g and r."""
    table = pq.read_table(data / STARS).to_pandas().reset_index()
    found = {}
    for name, one in table.sort_values("mjd").groupby("oid"):
        sound = one[np.isfinite(one["mag_tot"]) & (one["sigma_mag_tot"] > 0)]
        flux = njy(sound["mag_tot"].to_numpy(np.float64))
        err = flux * sound["sigma_mag_tot"].to_numpy(np.float64) * FLUX_ERR_PER_MAG
        band = sound["fid"].to_numpy().astype(np.int8)
        err = np.hypot(err, ERR_SHARE * flux)
        found[str(name)] = Points(sound["mjd"].to_numpy(np.float64), band, flux, err)
    return found


def sine(phase: Floats) -> Floats:
    return np.asarray(np.sin(2 * np.pi * phase))


def eclipses(phase: Floats) -> Floats:
    """Peak to peak 2."""
    deep, shallow = ((phase % 1 - at) / 0.06 for at in (0.25, 0.75))
    return np.asarray(1 - 2 * np.exp(-0.5 * deep**2) - np.exp(-0.5 * shallow**2))


SHAPES = {"sine": sine, "eclipses": eclipses}


def drawn(
    cadences: list[Points], shape: str, amplitude: float, count: int, random: np.random.Generator
) -> tuple[float, Points]:
    """A period and so many points of it; amplitude 0 is noise."""
    enough = [one for one in cadences if len(one.mjd) >= count]
    star = enough[random.integers(len(enough))]
    rows = np.sort(random.choice(len(star.mjd), count, replace=False))
    mjd, band = star.mjd[rows], star.band[rows]
    period = float(np.exp(random.uniform(*np.log(PERIODS_DAYS))))
    signal = amplitude * SHAPES[shape](mjd / period + random.random())
    signal *= np.where(band == band.min(), 1.0, 0.7)
    return period, Points(mjd, band, signal + random.normal(size=count), np.ones(count))


def found(cadences: list[Points], shape: str, amplitude: float, count: int) -> Iterator[str]:
    """Of DRAWN light curves, what became of each."""
    random = np.random.default_rng([count, int(10 * amplitude)])
    for _ in range(DRAWN):
        period, points = drawn(cadences, shape, amplitude, count, random)
        yield outcome(period_of(points), period)


def outcome(told: Period, period: float) -> str:
    """Whether it is right."""
    if np.isnan(told.period_days):
        return "none"
    for name, times in (("right", 1.0), ("half or double", 0.5), ("half or double", 2.0)):
        if abs(told.period_days / (times * period) - 1) < NEAR:
            return name
    own, true = 1 / told.period_days, 1 / period
    apart = min(abs(one - round(one)) for one in (own - true, own + true))
    return "alias" if apart < NEAR else "wrong"


def shares(outcomes: list[str]) -> str:
    """Right, half or double, an alias by whole days, wrong."""
    kinds = ("right", "half or double", "alias", "wrong")
    return " ".join(f"{outcomes.count(one) / len(outcomes):.2f}" for one in kinds)


def main(data: Path) -> None:
    """Print all."""
    known = stars(data)
    cadences = [*known.values()]
    say = sys.stdout.write
    for shape in SHAPES:
        say(f"{shape}: right, half or double, a day's alias, wrong; by amplitude over error\n")
        for count in COUNTS:
            row = [shares([*found(cadences, shape, one, count)]) for one in AMPLITUDES]
            say(f"{count:4} points  {'   '.join(row)}\n")
    for count in COUNTS:
        some = [*found(cadences, "sine", 0.0, count)]
        say(f"noise, {count} points: {len(some) - some.count('none')} of {len(some)} have one\n")
    for count in COUNTS:
        random = np.random.default_rng(count)
        lot = [drawn(cadences, "sine", 1.0, count, random)[1] for _ in range(10)]
        began = time.process_time()
        for one in lot:
            period_of(one)
        say(f"{count} points: {len(lot) / (time.process_time() - began):.1f} objects a second\n")
    for name, one in known.items():
        alone = [period_of(one.take(one.band == band)).period_days for band in (1, 2)]
        say(f"{name} {len(one.mjd)} points {period_of(one)}; in g and r alone {alone}\n")


if __name__ == "__main__":
    main(Path(os.environ["GUESTSTAR_DATA"]))
