"""The light-curve network against t2, from light curves to probabilities, on one thread, in turn.

Both read the same light curves, as long as PLAsTiCC's, for a Gaussian process costs the cube of
their length. Ours is timed with the rows that it reads, t2 with the process that it needs.
"""

from __future__ import annotations

import csv
import gzip
import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.t2 import T2, resampled
from classifiers.lightcurve import LIGHTCURVE, lightcurve
from classifiers.observations.layout import BANDS, REDSHIFT, ROW
from classifiers.observations.rows import rows
from classifiers.session import Session
from schemas.batch import LightCurves
from training.timing import ALERTS, BATCHES, ROUNDS

SEED = 1
SEASONS, SEASON_DAYS, YEAR_DAYS = 3, 200.0, 365.25
POINTS_MEDIAN, POINTS_SPREAD, POINTS_LIMITS = 140, 0.4, (20, 352)
"""Of an invented light curve, the spread in its logarithm; the most are a deep field's."""
FLUX_ERR_NJY, PEAK_NJY_MIN, PEAK_NJY_MAX = 100.0, 1e3, 1e4
REAL = Path("plasticc", "plasticc_train_lightcurves.csv.gz")
"""Within GUESTSTAR_DATA."""
REAL_EVERY = 25
"""Objects of that file from one that is read to the next: deep fields stand first."""
NJY_OF_FLUXCAL = 10 ** ((31.4 - 27.5) / 2.5)
"""PLAsTiCC's fluxes have zero point 27.5 (Kessler et al. 2019, arXiv:1903.11756)."""
PROCESSES = 32
"""Light curves that the Gaussian process is timed on in a round: it takes milliseconds."""

Work = Callable[[], object]


class Measured(NamedTuple):
    """One side's figures, CPU microseconds a light curve."""

    whole_us: dict[int, float]
    """From light curve to probabilities, by size of batch."""
    network_us: dict[int, float]
    """Of that, the network."""
    before_us: float
    """What the network needs first, rows or a Gaussian process."""
    size_bytes: int


def measure(
    path: Path = LIGHTCURVE, count: int = ALERTS, rounds: int = ROUNDS
) -> tuple[Measured, Measured, str]:
    """The served network, t2, and in a line the light curves that they were timed on."""
    classifier, session, t2 = lightcurve(path), Session(path, (ROW,)), T2()
    curves, origin = light_curves(count, classifier.detections_min)
    unknown = np.full((count, len(REDSHIFT)), np.nan)
    few = curves.take(np.arange(min(PROCESSES, count)))
    told, steps = rows(curves, unknown), np.resize(resampled(few), (count, *t2.shape))
    works: dict[str, tuple[Work, int]] = {
        "rows": (partial(rows, curves, unknown), count),
        "process": (partial(resampled, few), len(few)),
    }
    for size in BATCHES:
        places = np.split(np.arange(count), range(size, count, size))
        parts: dict[str, tuple[Callable[..., object], list[tuple[Any, ...]]]] = {
            "whole": (
                classifier.score_light_curves,
                [(curves.take(p), unknown[p]) for p in places],
            ),
            "network": (session.run, [(told[p],) for p in places]),
            "t2": (t2.score, [(steps[p],) for p in places]),
        }
        works |= {f"{name} {size}": (partial(_each, *each), count) for name, each in parts.items()}
    us = _medians_us(works, rounds)
    by_size = {
        name: {size: us[f"{name} {size}"] for size in BATCHES}
        for name in ("whole", "network", "t2")
    }
    ours = Measured(by_size["whole"], by_size["network"], us["rows"], path.stat().st_size)
    their_whole = {size: us["process"] + taken for size, taken in by_size["t2"].items()}
    return ours, Measured(their_whole, by_size["t2"], us["process"], len(t2.content)), origin


def _each(score: Callable[..., object], parts: Sequence[tuple[Any, ...]]) -> None:
    for part in parts:
        score(*part)


def _medians_us(works: Mapping[str, tuple[Work, int]], rounds: int) -> dict[str, float]:
    """CPU microseconds a light curve; each round begins with another work."""
    names = list(works)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for work, _ in works.values():
        work()  # what a first call allocates or compiles is no alert's
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            work, alerts = works[name]
            began = time.process_time()
            work()
            taken[name].append((time.process_time() - began) / alerts * 1e6)
    return {name: float(np.median(times)) for name, times in taken.items()}


def light_curves(count: int, detections_min: int) -> tuple[LightCurves, str]:
    """So many with enough detections, and where they are from; few come again from the first."""
    named = os.environ.get("GUESTSTAR_DATA", "")
    if named and Path(named, REAL).is_file():
        curves, origin = plasticc(Path(named, REAL)), "of PLAsTiCC's training set"
    else:
        curves, origin = invented(2 * count), f"invented, seed {SEED}"
    seen = np.add.reduceat(curves.detected.astype(np.int64), curves.offsets[:-1])
    enough = np.flatnonzero(seen >= detections_min)[:count]
    points = np.median(np.diff(curves.offsets)[enough])
    line = f"{len(enough)} light curves {origin}, of {points:.0f} points on the median"
    return curves.take(np.resize(enough, count)), line


def invented(count: int) -> LightCurves:
    """Transients in six bands over three seasons, drawn from SEED."""
    random = np.random.default_rng(SEED)
    points = POINTS_MEDIAN * np.exp(random.normal(0, POINTS_SPREAD, count))
    offsets = np.concatenate(([0], np.cumsum(np.clip(points, *POINTS_LIMITS).astype(np.int64))))
    of = np.repeat(np.arange(count), np.diff(offsets))
    days = random.uniform(0, SEASON_DAYS, len(of))
    days += YEAR_DAYS * random.integers(SEASONS, size=len(of))
    days = days[np.lexsort((days, of))]
    began = random.uniform(YEAR_DAYS, YEAR_DAYS + SEASON_DAYS / 2, count)[of]
    peak = random.uniform(PEAK_NJY_MIN, PEAK_NJY_MAX, count)[of]
    fades_days = random.uniform(20, 80, count)[of]
    flux = np.where(days < began, 0, peak * np.exp(-np.maximum(days - began, 0) / fades_days))
    flux += random.normal(0, FLUX_ERR_NJY, len(of))
    bands = random.integers(len(BANDS), size=len(of)).astype(np.int8)
    error, none = np.full(len(of), FLUX_ERR_NJY), np.full(len(of), np.nan)
    return LightCurves(offsets, days + 60000, bands, flux, error, none, flux > 5 * FLUX_ERR_NJY)


def plasticc(path: Path) -> LightCurves:
    """One in REAL_EVERY of the objects of a file of PLAsTiCC's light curves."""
    with gzip.open(path, "rt", newline="") as file:
        table = csv.reader(file, skipinitialspace=True)
        names = next(table)
        objects = (list(points) for _, points in groupby(table, itemgetter(0)))
        kept = list(islice(objects, 0, None, REAL_EVERY))
    offsets = np.concatenate(([0], np.cumsum([len(points) for points in kept])))
    values = np.array([point for points in kept for point in points], np.float64)
    column = dict(zip(names, values.T, strict=True))
    of = np.repeat(np.arange(len(kept)), np.diff(offsets))
    column = {name: each[np.lexsort((column["mjd"], of))] for name, each in column.items()}
    return LightCurves(
        offsets,
        column["mjd"],
        column["passband"].astype(np.int8),
        column["flux"] * NJY_OF_FLUXCAL,
        column["flux_err"] * NJY_OF_FLUXCAL,
        np.full(len(of), np.nan),
        column["detected_bool"] == 1,
    )
