"""Draws alerts with what was said of them, so that a person can judge who is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.arrays import Floats, Ints
from training.pictures.look import BLUE, DPI, GREY, INK, ORANGE, save_palette
from training.realbogus.judging.outcome import Scored
from training.realbogus.labels import LABELS, REAL

SHOWN = 12
"""Alerts in a gallery: as many as a person looks at in one go."""
COLUMNS = 2
SIDE = 189
"""Of a plane in image pixels: three to one of ZTF's 63, a whole number so that none is blurred."""
GAP, MARGIN, TOP, BARS, FOOT = 6, 16, 40, 300, 40
"""In image pixels: between planes, between alerts, and room for words, bars and the note."""
MAD_TO_SIGMA = 1.4826
"""Of a normal distribution."""
RANGE_SIGMA = (-5.0, 80.0)
"""Black and white, in noise from the median."""
LINEAR_SIGMA = 2.0
"""Where asinh turns from linear to logarithmic: noise stays quiet, and five sigma are seen."""
NO_PIXEL = "#d9c7a0"
SHADES = matplotlib.colormaps["gray"].with_extremes(bad=NO_PIXEL)
COLOURED = (BLUE, ORANGE, NO_PIXEL)
Stamps = Callable[[Ints], NDArray[np.float32]]


class Called(NamedTuple):
    """Alerts to be looked at."""

    name: str
    """Of the picture's file."""
    rows: Ints
    """Most telling first; as many as there is room for are drawn."""


def gallery(scored: Scored, called: Called, stamps_of: Stamps, folder: Path) -> Path:
    """Draw the first alerts of `called`: science, template, difference, and the probabilities."""
    rows = called.rows[:SHOWN]
    width, height = BARS + 3 * (SIDE + GAP) + MARGIN, SIDE + TOP + MARGIN
    lines = -(-len(rows) // COLUMNS)
    size = COLUMNS * width + MARGIN, lines * height + MARGIN + FOOT
    figure = Figure(figsize=(size[0] / DPI, size[1] / DPI), dpi=DPI)
    for place, (row, planes) in enumerate(zip(rows, stamps_of(scored.alert_id[rows]), strict=True)):
        down, across = divmod(place, COLUMNS)
        corner = MARGIN + across * width, size[1] - (down + 1) * height
        _alert(figure, corner, planes, scored, row)
    _axes(figure, MARGIN, 0, width, FOOT).text(
        0, 0.4, _note(len(scored.ours)), fontsize=7.5, color=GREY
    )
    return save_palette(figure, folder / f"{called.name}.png", COLOURED)


def _alert(
    figure: Figure,
    corner: tuple[int, int],
    planes: NDArray[np.float32],
    scored: Scored,
    row: np.int64,
) -> None:
    """Words above; below them three planes, and bars at their right."""
    x, y = corner
    for place, plane in enumerate(planes):
        axes = _axes(figure, x + place * (SIDE + GAP), y, SIDE)
        axes.imshow(
            stretched(plane),
            cmap=SHADES,
            vmin=0,
            vmax=1,
            interpolation="nearest",
            extent=(0, 1, 0, 1),
            origin="lower",
        )
    _bars(_axes(figure, x + 3 * (SIDE + GAP), y, BARS), scored.ours[:, row].mean(axis=0))
    words = _axes(figure, x, y + SIDE, 3 * (SIDE + GAP) + BARS, TOP)
    words.text(0, 0.2, _words(scored, row), fontsize=7.5, color=INK)


def _axes(figure: Figure, x: int, y: int, width: int, height: int = SIDE) -> Axes:
    """Exactly at these image pixels, so that stamps stay sharp."""
    whole = figure.get_size_inches() * DPI
    axes = figure.add_axes(
        (x / whole[0], y / whole[1], width / whole[0], height / whole[1]), xlim=(0, 1), ylim=(0, 1)
    )
    axes.set_axis_off()
    return axes


def stretched(plane: NDArray[np.float32]) -> Floats:
    """Between 0 and 1 by asinh of the noise (Lupton et al. 2004); NaN where there is no pixel."""
    wide = plane.astype(np.float64)
    if np.isnan(wide).all():
        return wide
    median = np.nanmedian(wide)
    noise = MAD_TO_SIGMA * np.nanmedian(np.abs(wide - median)) or 1.0
    low, high = np.arcsinh(np.divide(RANGE_SIGMA, LINEAR_SIGMA))
    share: Floats = (np.arcsinh((wide - median) / (LINEAR_SIGMA * noise)) - low) / (high - low)
    return share.clip(0, 1)


def _words(scored: Scored, row: np.int64) -> str:
    drb = "none" if np.isnan(scored.drb[row]) else f"{scored.drb[row]:.3f}"
    sign = "\N{MINUS SIGN}" if scored.negative[row] else "+"
    asteroid = "   asteroid" if scored.asteroid[row] else ""
    return (
        f"{scored.alert_id[row]}   drb {drb}   rb {scored.rb[row]:.2f}   "
        f"mag {scored.magnitude[row]:.1f}   S/N {scored.snr[row]:.0f}   {sign}{asteroid}"
    )


def _note(seeds: int) -> str:
    low, high = RANGE_SIGMA
    return (
        f"Science, template, difference (asinh; black and white at {low:g} and {high:g} times the "
        "noise; tan: no pixel). + brighter, \N{MINUS SIGN} fainter than the template. "
        f"Bars: mean of {seeds} seeds."
    )


def _bars(axes: Axes, probabilities: Floats) -> None:
    """One for each label, the first on top."""
    y = 1 - (np.arange(len(LABELS)) + 0.5) / len(LABELS)
    colours = [BLUE if place == REAL else ORANGE for place in range(len(LABELS))]
    axes.barh(y, 0.26 * probabilities, left=0.54, height=0.1, color=colours)
    for height, label, share in zip(y, LABELS, probabilities, strict=True):
        axes.text(0.03, height, label.replace("_", " "), fontsize=7, color=INK, va="center")
        axes.text(1, height, f"{share:.3f}", fontsize=7, color=INK, va="center", ha="right")
