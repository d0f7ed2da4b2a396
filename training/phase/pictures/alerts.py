"""Draws what a user meets: at each alert of 200 objects, the interval of the peak and the truth."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from classifiers.phase_layout import ENDS, TARGETS
from training.arrays import Floats, Ints, Mask, Singles
from training.phase.judging import SYSTEMS
from training.phase.material import DAYS_TO_PEAK, Material

OBJECTS = 200
SINGLES, SINGLES_MIN = (0.1, 0.4, 0.7, 0.95), 8
"""Shares of objects that have smaller errors than one drawn large; its alerts at least."""
WIDTHS_MAX = 3.0
COLOURS = ("#08519c", "#4292c6", "#c8d8e4", "#e8d5c8", "#ef6548", "#b30000")
"""Too early by over two halves of the interval, by over one, held, and too late as much."""
PHASES, PHASE_STEP = (-30.0, 80.0), 5.0
"""Days after the true peak that are drawn, and by which errors are summed up."""
IN_BIN_MIN = 20
DPI = 75


class Network(Protocol):
    """What answers, as `PhaseNetwork` does."""

    def quantiles(self, rows: Singles, /) -> Singles:
        """Float32 (n, LABELS) of rows."""
        ...


class Met(NamedTuple):
    """Of n alerts, by object and time."""

    object: Ints
    """Numbered as the rows of the picture."""
    name: list[str]
    """Of each object."""
    is_ia: Mask
    phase: Floats
    """Days after the true peak."""
    low: Floats
    middle: Floats
    """Days of the foretold peak after the true one."""
    high: Floats

    @property
    def widths(self) -> Floats:
        """How far the truth lies from the middle, in halves of the interval on its side."""
        side = np.where(self.middle > 0, self.middle - self.low, self.high - self.middle)
        return self.middle / np.maximum(side, 1e-3)


def drawn_alerts(network: Network, every: Material, folder: Path) -> None:
    """Writes `alerts_ztf.png` and `alerts_rubin.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    for system, name in enumerate(SYSTEMS):
        met = met_by(network, every.take(every.system == system))
        figure = plt.figure(figsize=(13, 10))
        grid = figure.add_gridspec(4, 2, width_ratios=(1.25, 1))
        _rows(figure, figure.add_subplot(grid[:, 0]), met, name)
        _errors(figure.add_subplot(grid[:2, 1]), met)
        _large([figure.add_subplot(one) for one in grid[2:, 1].subgridspec(2, 2)], met)
        figure.tight_layout(h_pad=1.5)
        figure.savefig(folder / f"alerts_{name.lower()}.png", dpi=DPI)
        plt.close(figure)


def met_by(network: Network, some: Material) -> Met:
    """What the network says at each alert, objects of type Ia first, and by number of alerts."""
    names, number, counts = np.unique(some.name, return_inverse=True, return_counts=True)
    is_ia = np.zeros(len(names), bool)
    is_ia[number] = some.is_ia
    order = np.lexsort((-counts, ~is_ia))
    place = np.argsort(order)[number]
    rows = np.lexsort((some.mjd, place))
    given = network.quantiles(some.rows[rows]).astype(np.float64)
    ends = given.reshape(len(rows), len(TARGETS), len(ENDS))[:, DAYS_TO_PEAK]
    truth = some.truth[rows, DAYS_TO_PEAK]
    low, middle, high = (ends - truth[:, None]).T
    return Met(place[rows], names[order].tolist(), is_ia[order], -truth, low, middle, high)


def _rows(figure: Figure, axes: Axes, met: Met, name: str) -> None:
    """A row an object, a mark an alert: pale where its interval holds the truth."""
    marks = axes.scatter(
        *(met.phase, met.object, 11, met.widths),
        cmap=ListedColormap(COLOURS),
        vmin=-WIDTHS_MAX,
        vmax=WIDTHS_MAX,
        lw=0,
        marker="s",
    )
    bar = figure.colorbar(marks, ax=axes, location="bottom", pad=0.06, aspect=45)
    bar.set_label("foretold less true peak, in halves of the 68 % interval, which holds within 1")
    axes.axvline(0, color="k", lw=0.6)
    axes.axhline(met.is_ia.sum() - 0.5, color="k", lw=0.6)
    inside = np.mean((met.low <= 0) & (met.high >= 0))
    axes.set(xlim=PHASES, ylim=(len(met.name) - 0.5, -0.5), xlabel="days after the true peak")
    axes.set(ylabel="objects: type Ia above the line, others below; most alerts first")
    axes.set_title(
        f"{name}: {len(met.phase)} alerts of {len(met.name)} objects not learnt, {inside:.0%} held"
    )


def _errors(axes: Axes, met: Met) -> None:
    """How far off by phase, and how far the intervals say."""
    axes.hist2d(
        *(met.phase, met.middle),
        bins=(np.arange(*PHASES, 1.0), np.arange(-15.0, 15.1, 0.5)),
        cmap="Greys",
        norm="log",
    )
    edges = np.arange(*PHASES, PHASE_STEP)
    at = np.digitize(met.phase, edges)
    bins = [at == one for one in range(1, len(edges)) if np.sum(at == one) >= IN_BIN_MIN]
    middle = [float(np.median(met.phase[one])) for one in bins]
    for share in (15.87, 50.0, 84.13):
        axes.plot(middle, [np.percentile(met.middle[one], share) for one in bins], "C3-", lw=1.3)
    for sign in (-1, 1):
        half = [sign * np.median(met.high[one] - met.low[one]) / 2 for one in bins]
        axes.plot(middle, half, "C0--", lw=1.3)
    axes.axhline(0, color="k", lw=0.6)
    axes.set(xlim=PHASES, ylim=(-15, 15), xlabel="days after the true peak")
    axes.set(ylabel="foretold less true peak, days")
    axes.set_title("alerts grey; their 16, 50, 84 % red; as intervals say blue", fontsize=10)


def _large(all_axes: list[Axes], met: Met) -> None:
    """Single objects: the interval at each alert."""
    for axes, share, one in zip(all_axes, SINGLES, singles(met), strict=False):
        own = met.object == one
        ends = met.middle[own] - met.low[own], met.high[own] - met.middle[own]
        axes.errorbar(met.phase[own], met.middle[own], np.maximum(ends, 0), fmt=".", lw=0.8, ms=4)
        axes.axhline(0, color="k", lw=0.6)
        axes.set_title(f"{met.name[one]}, worse than {share:.0%}", fontsize=9)
        axes.tick_params(labelsize=8)


def singles(met: Met) -> list[int]:
    """Objects of SINGLES_MIN alerts, by shares of those with a smaller mean error."""
    objects = np.flatnonzero(np.bincount(met.object) >= SINGLES_MIN)
    if not len(objects):
        return []
    errors = np.bincount(met.object, np.abs(met.middle)) / np.bincount(met.object)
    ranked = objects[np.argsort(errors[objects])]
    return [int(ranked[int(share * (len(ranked) - 1))]) for share in SINGLES]
