"""`python -m benchmarks.lake`: a lake of many nights, invented, asked for places and objects.

Nothing of it is real but its shape: every column of an alert, two networks' scores, light curves of
POINTS points. Objects stand all over the sky north of -30 degrees and have ten alerts each, in as
many nights, so that every night has something near every place.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from gueststar.open_lake import OpenLake
from gueststar.table import plain_table
from lake.layout import ALERTS, CURVES_TABLE, OBJECTS, PLAIN
from lake.reading import SCHEMA
from lake.writing import LakeWriter
from schemas.batch import AlertBatch, LightCurves, Spans
from schemas.columns import BANDS, COLUMNS, COUNT, NUMBER
from schemas.learned import Learned

FIRST_NIGHT = date(2026, 3, 1)
ALERTS_AN_OBJECT = 10
POINTS = 5
SOUTH_DEG = -30.0
LETTERS = np.array([*"abcdefghijklmnopqrstuvwxyz"])
SCORES = {
    "realbogus": ("real", "bad_subtraction", "cosmic_ray", "bad_pixel", "satellite_trail"),
    "supernova": ("SNIa", "SNIbc", "SNII", "SLSN", "SNIIn", "TDE", "AGN", "star"),
}
"""The labels of two networks; the scores are random."""

LOOKED_AT = (
    *("night", "mjd", "band", "ra_deg", "dec_deg", "magnitude", "magnitude_err"),
    "score.realbogus.real",
)
"""Columns; the other questions ask for all of them."""

MILLISECONDS = 1e3


class Sky(NamedTuple):
    """Objects by place and name, (n,)."""

    names: NDArray[np.str_]
    ra_deg: NDArray[np.float64]
    dec_deg: NDArray[np.float64]


class Goal(NamedTuple):
    """What a question may cost."""

    said: str
    ask: Callable[[int], Any]
    most_ms: float | None


def main() -> None:
    """Invent a lake, ask it, and print what that cost."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.lake", description=main.__doc__)
    options.add_argument("--alerts", type=int, default=1_000_000, help="in all nights together")
    options.add_argument("--nights", type=int, default=100)
    options.add_argument("--questions", type=int, default=40, help="of each kind")
    options.add_argument("--lake", type=Path, help="keep it there, or ask the one that is there")
    chosen = options.parse_args()
    with TemporaryDirectory() as folder:
        lake = chosen.lake or Path(folder) / "lake"
        sky = objects(chosen.alerts // min(ALERTS_AN_OBJECT, chosen.nights))
        if not lake.exists():
            write(lake, sky, alerts=chosen.alerts, nights=chosen.nights)
        report(lake, sky, questions=chosen.questions)


def objects(count: int) -> Sky:
    """Names as ZTF's are, places evenly over the sky north of SOUTH_DEG."""
    draw = np.random.default_rng(17)
    places = np.arange(count)[:, None] // 26 ** np.arange(7)[::-1] % 26
    names = np.char.add("ZTF26", LETTERS[places].view("<U7").ravel())
    sine = draw.uniform(np.sin(np.radians(SOUTH_DEG)), 1, count)
    return Sky(names, draw.uniform(0, 360, count), np.degrees(np.arcsin(sine)))


def write(lake: Path, sky: Sky, *, alerts: int, nights: int) -> None:
    """One archive a night, as files are archived."""
    begun = time.process_time()
    for number in range(nights):
        with LakeWriter(lake, version="benchmark", with_packets=False) as writer:
            writer.add(night(sky, number, alerts // nights))
        print(f"{number + 1} of {nights} nights", end="\r", file=sys.stderr)  # noqa: T201
    each = (time.process_time() - begun) / alerts * 1e6
    print(f"invented and written with {each:.1f} µs of CPU an alert", file=sys.stderr)  # noqa: T201


def night(sky: Sky, number: int, alerts: int) -> AlertBatch:
    """Alerts of as many objects, drawn at random."""
    draw = np.random.default_rng(number)
    which = draw.permutation(len(sky.names))[:alerts]
    dated = FIRST_NIGHT + timedelta(days=number)
    columns: dict[str, Any] = {
        name: _column(name, draw, alerts) for name in (*PLAIN, "night") if name in COLUMNS
    } | {
        "survey": np.full(alerts, "ztf"),
        "alert_id": number * alerts + np.arange(alerts),
        "object_id": sky.names[which],
        "night": np.full(alerts, int(f"{dated:%Y%m%d}"), np.int32),
        "mjd": 61_100 + number + draw.uniform(0.1, 0.5, alerts),
        "ra_deg": sky.ra_deg[which] + draw.normal(0, 2e-5, alerts),
        "dec_deg": np.clip(sky.dec_deg[which] + draw.normal(0, 2e-5, alerts), -90, 90),
    }
    batch = AlertBatch(
        **columns,
        light_curve=_curves(draw, alerts, columns["mjd"]),
        forced_photometry=_curves(draw, 0, columns["mjd"][:0], empty=alerts),
        buffer=np.zeros(0, dtype=np.uint8),
        spans=Spans.none(alerts),
        packets=[b""] * alerts,
        source_index=np.arange(alerts, dtype=np.int64),
        schema=np.zeros(alerts, dtype=np.int32),
        schemas=(SCHEMA,),
    )
    for name, labels in SCORES.items():
        chances = draw.dirichlet(np.ones(len(labels)), alerts)
        batch.learned[name] = Learned.probabilities(labels, chances)
    return batch


def _column(name: str, draw: np.random.Generator, alerts: int) -> NDArray[Any]:
    kind, about = COLUMNS[name].kind, COLUMNS[name].about
    if kind is NUMBER:
        return draw.uniform(*about.between, alerts)
    if kind is COUNT:
        low, high = map(int, about.between)
        return draw.integers(low, high, alerts, endpoint=True)
    return np.full(alerts, 0 if about.names else kind.none, kind.dtype)


def _curves(
    draw: np.random.Generator, alerts: int, mjd: NDArray[np.float64], empty: int = 0
) -> LightCurves:
    """POINTS points before each alert; of some alerts none."""
    points = alerts * POINTS
    before = np.sort(draw.uniform(0, 30, (alerts, POINTS)))[:, ::-1].ravel()
    offsets = np.concatenate((np.arange(alerts + 1) * POINTS, np.full(empty, points)))
    return LightCurves(
        offsets,
        np.repeat(mjd, POINTS) - before,
        draw.integers(0, len(BANDS), points).astype(np.int8),
        draw.normal(3e4, 1e4, points),
        draw.normal(1e3, 1e2, points),
        draw.normal(20.5, 0.2, points),
        draw.uniform(0, 1, points) < 0.5,
    )


def report(lake: Path, sky: Sky, *, questions: int) -> None:
    """A table of what questions of each kind cost, and of bytes an alert."""
    begun = time.process_time()
    opened = OpenLake(lake)
    opening = (time.process_time() - begun) * MILLISECONDS
    which = np.random.default_rng(1).permutation(len(sky.names))[: questions + 1]
    names, ra, dec = (column[which].tolist() for column in sky)
    goals = (
        Goal("cone of 5 arcsec", lambda n: opened.cone(ra[n], dec[n], "5arcsec"), 50),
        Goal("cone of 1 degree", lambda n: opened.cone(ra[n], dec[n], "1deg"), 150),
        Goal("an object", lambda n: opened.object(names[n]), 10),
        Goal("eight columns of it", lambda n: opened.object(names[n], columns=LOOKED_AT), None),
        Goal("its light curve", lambda n: opened.object(names[n]).light_curve(), None),
    )
    shown = plain_table()
    for name in ("question", "rows", "CPU, least", "median", "90 %", "goal", "the first"):
        shown.add_column(name, justify="left" if name == "question" else "right")
    for goal in goals:
        costs, found = zip(
            *(cost(goal.ask, number) for number in range(questions + 1)), strict=True
        )
        worst = statistics.quantiles(costs[1:], n=10)[-1]
        most = f"{goal.most_ms} ms" if goal.most_ms else "-"
        three = min(costs[1:]), statistics.median(costs[1:]), worst
        figures = (f"{each:.1f} ms" for each in three)
        mean = f"{statistics.mean(found):,.1f}"
        shown.add_row(goal.said, mean, *figures, most, f"{costs[0]:.0f} ms")
    console = Console(width=100)
    alerts = len(opened)
    console.print(f"{alerts:,} alerts in {len(opened.nights())} nights; opened in {opening:.0f} ms")
    console.print(shown)
    sizes = ", ".join(f"{name} {folder_bytes(lake / name) / alerts:.1f}" for name in FOLDERS)
    console.print(f"bytes an alert: {sizes}")


FOLDERS = (ALERTS, CURVES_TABLE, OBJECTS)


def cost(ask: Callable[[int], Any], number: int) -> tuple[float, int]:
    """CPU in milliseconds, and how many rows came."""
    begun = time.process_time()
    found = ask(number)
    return (time.process_time() - begun) * MILLISECONDS, len(found)


def folder_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    main()
