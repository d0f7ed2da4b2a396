"""Draws losses: by days since the first detection, by class, and by the size of the file."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.arrays import Floats
from training.lightcurve.judging.contest import Early, Line
from training.lightcurve.judging.goals import TOLD
from training.lightcurve.judging.outcome import (
    DAYS,
    FLOAT,
    SERVED,
    T2,
    TREES,
    TREES_GP,
    Redshift,
    days_name,
)
from training.lightcurve.judging.tables import Lines, models
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.smaller.compression import Row
from training.pictures.look import BLUE, GREEN, GREY, ORANGE, PURPLE, WIDTH_INCHES, legend, note

LOOKS = MappingProxyType(
    {
        SERVED: ("this network, as served", BLUE, "o", "-"),
        FLOAT: ("in float32", BLUE, "x", ":"),
        T2: ("t2, re-trained", ORANGE, "s", "-"),
        TREES: ("trees, no Gaussian process", GREEN, "^", "-"),
        TREES_GP: ("trees, Gaussian process", PURPLE, "v", "--"),
    }
)
"""Name, colour, mark and line of each model."""
OTHER_LOOK = (GREY, "d", "-.")


def look(model: str) -> tuple[str, str, str, str]:
    """Name, colour, mark and line; of a model that has none of its own, grey ones."""
    return LOOKS.get(model, (model, *OTHER_LOOK))


BAND_COLOURS = ("#6f2da8", "#0072B2", "#009E73", "#E69F00", "#D55E00", "#7a3b1d")
"""u to y, from violet to brown; marks tell them apart as well."""
BAND_MARKS = ("v", "o", "s", "D", "^", "P")

CLASS_COLOURS = MappingProxyType(
    {
        "SNIa": "#0072B2",
        "SNIa-91bg": "#56B4E9",
        "SNIax": "#9ad0f0",
        "SNII": "#D55E00",
        "SNIbc": "#E69F00",
        "SLSN-I": "#f0c27a",
        "TDE": "#AA4499",
        "KN": "#882255",
        "AGN": "#d9a3cf",
        "RRL": "#004d3a",
        "M-dwarf": "#009E73",
        "EB": "#5fc4a3",
        "Mira": "#a9c94a",
        "uLens-Single": "#6b6b6b",
        "SNIIn": "#f28e5c",
        "star": "#006b50",
    }
)
"""Related classes have related colours: thermonuclear blue, core collapse orange, stars green."""


SHOWN = (Redshift.WITH, Redshift.WITHOUT)
BATCH = 32
"""At which times are compared."""


def by_days(found: Sequence[Early]) -> Figure:
    """Flat log-loss against days since the first detection, with one standard error."""
    figure = Figure(figsize=(WIDTH_INCHES, 3.8), layout="constrained")
    panels = figure.subplots(1, len(SHOWN), sharey=True)
    for axes, told in zip(panels, SHOWN, strict=True):
        for one in found:
            if one.redshift == told and one.model != FLOAT:
                _days_line(axes, one)
        _guess(axes)
        axes.set_title(TOLD[told])
        axes.set_xticks(range(len(DAYS)), [days_name(days) for days in DAYS])
        axes.set_xlabel("shown after the first detection")
    panels[0].set(ylabel="flat log-loss", ylim=(0, None))
    legend(figure, panels[0])
    note(figure, "Band: one standard error, of draws of objects within each class and of networks.")
    return figure


def _days_line(axes: Axes, one: Early) -> None:
    name, colour, mark, line = look(one.model)
    x = [DAYS.index(days) for days in one.days]
    values, errors = np.array([(each.value, each.error) for each in one.flat]).T
    axes.fill_between(x, values - errors, values + errors, color=colour, alpha=0.15, lw=0)
    axes.plot(x, values, line, marker=mark, ms=4, color=colour, label=name)
    if one.model == SERVED:
        for place, value in zip(x, values, strict=True):
            axes.annotate(
                f"{value:.2f}", (place, value), (3, 5), textcoords="offset points", fontsize=8,
                color=colour,
            )  # fmt: skip


def _guess(axes: Axes) -> None:
    """What the same odds for all classes would cost."""
    level = float(np.log(len(SIX_BAND)))
    axes.axhline(level, color=GREY, lw=0.8, ls="--")
    text = "the same odds for all"
    axes.text(len(DAYS) - 1, level, text, va="bottom", ha="right", fontsize=8, color=GREY)


def by_class(lines: Lines, counts: Sequence[int]) -> Figure:
    """The mean loss of each class, of each model, with and without photo-z."""
    figure = Figure(figsize=(WIDTH_INCHES, 5.6), layout="constrained")
    panels = figure.subplots(1, len(SHOWN), sharey=True)
    shown = [model for model in models(lines) if model != FLOAT]
    for axes, told in zip(panels, SHOWN, strict=True):
        tried = [lines[model, told] for model in shown if (model, told) in lines]
        for place, one in enumerate(tried):
            _class_marks(axes, one, 0.17 * ((len(tried) - 1) / 2 - place))
        axes.set_title(TOLD[told])
        axes.set(xlim=(0, None), xlabel="mean -ln p of the class")
    names = [f"{name} ({count:,})" for name, count in zip(SIX_BAND, counts, strict=True)]
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.5, -0.5)
    for axes in panels:
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        axes.set_yticks(np.arange(0.5, len(names) - 1), minor=True)
        axes.grid(axis="y", which="minor")
        axes.tick_params(axis="y", which="minor", length=0)
    legend(figure, panels[0])
    note(
        figure, "Bars: one standard error, of draws of objects and networks. In brackets: objects."
    )
    return figure


def _class_marks(axes: Axes, one: Line, shift: float) -> None:
    name, colour, mark, _ = look(one.model)
    values, errors = np.array([(each.value, each.error) for each in one.by_class]).T
    y = np.arange(len(values)) - shift
    axes.errorbar(values, y, xerr=errors, fmt=mark, ms=4, lw=1, color=colour, label=name)


def by_size(rows: Sequence[Row], size_bytes_max: int) -> Figure:
    """Flat log-loss against the size of the file and against time, a number for each step."""
    figure = Figure(figsize=(WIDTH_INCHES, 4.8), layout="constrained")
    panels = figure.subplots(2, 2, sharex="col", sharey="row")
    size = np.array([row.size_bytes / 1000 for row in rows])
    time = np.array([row.time_us[BATCH] for row in rows])
    losses = [row.flat for row in rows], [row.flat_hidden for row in rows]
    for line, (told, flat) in enumerate(zip(SHOWN, losses, strict=True)):
        for column, x in enumerate((size, time)):
            _steps(panels[line, column], x, flat)
        panels[line, 0].set_ylabel(f"flat log-loss\n{TOLD[told]}")
        panels[line, 0].axvline(size_bytes_max / 1000, color=GREY, lw=0.8, ls="--")
    panels[1, 0].set_xlabel("size of the file, kB")
    panels[1, 1].set_xlabel(f"µs an alert in the network, batch {BATCH}, one thread")
    steps = "\n".join(f"{place} {row.step}" for place, row in enumerate(rows, start=1))
    panels[0, 1].text(1.04, 1, steps, transform=panels[0, 1].transAxes, va="top", fontsize=8)
    note(figure, "Numbers: the steps at the right. Dashed: the bound on the size.")
    return figure


def _steps(axes: Axes, x: Floats, flat: Sequence[float]) -> None:
    axes.plot(x, flat, "o", ms=5, color=BLUE)
    for place, point in enumerate(zip(x, flat, strict=True), start=1):
        axes.annotate(f"{place}", point, (4, 4), textcoords="offset points", fontsize=8)
    axes.set_xlim(0, 1.08 * x.max())
    axes.margins(y=0.2)
