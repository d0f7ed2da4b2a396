"""Draws what the benchmarks of the whole path found, for docs/speed.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.cases import Laps
from benchmarks.stretch_tables import COSTS, took, us
from training.pictures.look import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    PURPLE,
    STYLE,
    WIDTH_INCHES,
    legend,
    save_vector,
)

COLOURS: Final = {
    "poll": GREY,
    "decode": BLUE,
    "stamps": ORANGE,
    "networks": PURPLE,
    "select": INK,
    "encode": GREEN,
    "publish": PALE,
}
"""By step, in the order of the path."""
HEIGHT_INCHES: Final = 3.4
KINDS: Final = {"ours": BLUE, "handed-on": GREY}


def draw_throughput(found: Sequence[Laps], path: Path) -> None:
    """A bar a case, of its steps, and below it that of the ceiling."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES), layout="constrained")
        axes = figure.subplots()
        places = np.arange(len(found))[::-1] * 2.5
        _bars(axes, found, places)
        ceilings = [us(one.ceiling, COSTS["wall clock"]) for one in found]
        axes.barh(places - 1, ceilings, color="none", edgecolor=INK, hatch="///", label="ceiling")
        walls = [us(one.ours, COSTS["wall clock"]) for one in found]
        # Not the sum of the steps where some are done while others wait.
        axes.plot(walls, places, "D", color=INK, ms=4)
        for place, one in zip(places, found, strict=True):
            axes.plot([one.case.goal_us] * 2, [place - 1.5, place + 0.5], color=INK, lw=1.5)
        axes.set_yticks(places - 0.5, [one.case.title for one in found])
        axes.set_xlabel(
            "µs an alert, medians of laps; diamond: by wall clock in all, line: the goal"
        )
        axes.grid(visible=False, axis="y")
        legend(figure, axes)
        save_vector(figure, path)


def _bars(axes: Axes, found: Sequence[Laps], places: np.ndarray) -> None:
    steps = [took(one.ours) for one in found]
    left = np.zeros(len(found))
    for step, colour in COLOURS.items():
        wide = np.array([each[step] for each in steps])
        axes.barh(places, wide, left=left, color=colour, label=step)
        left += wide


def draw_latency(found: Mapping[float, Mapping[str, Mapping[float, float]]], path: Path) -> None:
    """By rate and kind: percentiles in ms."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES), layout="constrained")
        axes = figure.subplots()
        for kind, colour in KINDS.items():
            for percent, line in ((50.0, "-"), (99.0, "--")):
                times = [of[kind][percent] for of in found.values()]
                name = f"{kind.replace('-', ' ')}, p{percent:.0f}"
                axes.plot(list(found), times, line, color=colour, marker="o", ms=4, label=name)
        axes.set(xscale="log", yscale="log", xlabel="alerts/s", ylabel="from sent to read, ms")
        axes.set_xticks(list(found), [f"{rate:,.0f}" for rate in found], minor=False)
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.minorticks_off()
        legend(figure, axes)
        save_vector(figure, path)


def draw_memory(alerts: Sequence[float], resident_mb: Sequence[float], path: Path) -> None:
    """A worker's memory by how many alerts it had done."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES), layout="constrained")
        axes = figure.subplots()
        axes.plot(np.array(alerts) / 1e3, resident_mb, color=BLUE, lw=1)
        axes.set(xlabel="thousand alerts", ylabel="resident, MB", ylim=(0, None))
        save_vector(figure, path)
