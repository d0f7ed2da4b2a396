"""Draws light curves with the probabilities of their classes below, growing as points arrive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from schemas.columns import BANDS
from training.arrays import Mask
from training.lightcurve.judging.growing import Growing
from training.lightcurve.pictures.losses import (
    BAND_COLOURS,
    BAND_MARKS,
    CLASS_COLOURS,
)
from training.pictures.look import GREY, PALE, WIDTH_INCHES, note

DAYS_BEFORE = -30.0
"""Where a picture begins; earlier points are left out of it."""
NAMED = 0.15
"""A class that is this likely at some time has a colour and a name; the others are left grey."""
MICRO = 1000.0
"""nJy in a microjansky."""


def light_curves(examples: Sequence[Growing], labels: Sequence[str]) -> Figure:
    """A column for each example: points above, probabilities below, over the same days."""
    figure = Figure(figsize=(WIDTH_INCHES, 5.2), layout="constrained")
    panels = figure.subplots(2, len(examples), sharex="col", squeeze=False, height_ratios=(3, 2))
    for column, one in enumerate(examples):
        _points(panels[0, column], one)
        _stack(panels[1, column], one, labels)
        panels[0, column].set_title(f"{labels[one.label]}, object {one.name}")
        panels[1, column].set_xlabel("days since the first detection")
    panels[0, 0].set_ylabel("difference flux, µJy")
    panels[1, 0].set_ylabel("probability")
    bands = [BANDS[band] for band in np.unique(np.concatenate([one.band for one in examples]))]
    handles, names = _band_handles(panels[0, 0], bands)
    figure.legend(handles, names, loc="outside upper center", ncols=len(names))
    note(
        figure,
        "Full: an observation that the network sees by itself; open: one that is in the features "
        "only. Below: what it says after each night,\nat a balanced prior, of a network that did "
        "not learn from the object. Grey: all other classes.",
    )
    return figure


def _points(axes: Axes, one: Growing) -> None:
    shown = (one.days >= DAYS_BEFORE) & (one.days <= one.told_days[-1]) & ~np.isnan(one.flux_njy)
    for band in np.unique(one.band[shown]):
        for full in (False, True):
            rows = shown & (one.band == band) & (one.chosen == full)
            _marks(axes, one, rows, band, full=full)
    axes.axhline(0, color=GREY, lw=0.6)
    axes.axvline(0, color=GREY, lw=0.6, ls=":")


def _band_handles(axes: Axes, bands: Sequence[str]) -> tuple[list[Artist], list[str]]:
    """One mark for each band, in the order of BANDS."""
    handles: list[Artist] = [
        axes.plot([], [], BAND_MARKS[place], color=BAND_COLOURS[place], ms=4)[0]
        for place in (BANDS.index(band) for band in bands)
    ]
    return handles, list(bands)


def _marks(axes: Axes, one: Growing, rows: Mask, band: int, *, full: bool) -> None:
    """Points of one band; all their bars are one line with gaps, which keeps the file small."""
    days, flux, error = one.days[rows], one.flux_njy[rows] / MICRO, one.flux_err_njy[rows] / MICRO
    gaps = np.full(len(days), np.nan)
    colour, alpha = BAND_COLOURS[band], 1 if full else 0.5
    bars = np.stack([flux - error, flux + error, gaps], axis=1).ravel()
    axes.plot(np.repeat(days, 3), bars, color=colour, lw=0.6, alpha=alpha, zorder=2 + full)
    axes.plot(
        days, flux, BAND_MARKS[band], ms=3.5, color=colour, mew=0.6, alpha=alpha, zorder=2 + full,
        mfc=colour if full else "white",
    )  # fmt: skip


def _stack(axes: Axes, one: Growing, labels: Sequence[str]) -> None:
    """The class that it is lies at the bottom, others that are ever likely next, then the rest."""
    likely = [place for place in np.flatnonzero(one.told.max(axis=0) > NAMED) if place != one.label]
    order = [one.label, *map(int, likely)]
    x = np.repeat(np.concatenate(([0.0], one.told_days)), 2)[1:-1]
    shares = np.repeat(one.told[:, order].T, 2, axis=1)
    colours = [CLASS_COLOURS[labels[place]] for place in order]
    axes.fill_between([0, x[-1]], 0, 1, color=PALE, lw=0)
    parts = axes.stackplot(x, shares, colors=colours, lw=0)
    names = [labels[place] for place in order]
    axes.legend(
        parts[::-1], names[::-1], loc="upper left", fontsize=7, frameon=True, framealpha=0.8,
        edgecolor="none", handlelength=1, labelspacing=0.3,
    )  # fmt: skip
    axes.set(ylim=(0, 1), xlim=(DAYS_BEFORE, x[-1]))
    axes.grid(visible=False)
