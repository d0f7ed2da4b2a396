"""Draws what is called what, and whether a probability means what it says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.arrays import Floats
from training.lightcurve.judging.goals import TOLD
from training.lightcurve.judging.metrics import BINS
from training.lightcurve.judging.outcome import Outcome, Redshift
from training.lightcurve.judging.sample import Reliability, Sample, answered, reliability
from training.lightcurve.judging.three_types import confusion
from training.lightcurve.judging.ztf import Window
from training.lightcurve.labels import SIX_BAND, SUPERNOVAE
from training.pictures.look import BLUE, GREY, INK, WIDTH_INCHES, note

SHOWN = (Redshift.WITH, Redshift.WITHOUT)
DARK = 0.55
"""Share from which on a number is white."""


def six_band_confusion(outcome: Outcome) -> Figure:
    """Fourteen classes, with and without photo-z, at the balanced prior as served."""
    figure = Figure(figsize=(WIDTH_INCHES, 5.0), layout="constrained")
    panels = figure.subplots(1, len(SHOWN), sharey=True)
    for axes, told in zip(panels, SHOWN, strict=True):
        answers = outcome.of(told)
        if answers is None:
            continue
        known = answered(answers)
        shares = confusion(answers[:, known].astype(np.float64), outcome.label[known])
        counts = np.bincount(outcome.label[known], minlength=len(SIX_BAND)).tolist()
        _matrix(axes, shares, counts, SIX_BAND, fontsize=6)
        axes.set_title(f"{TOLD[told]}, n = {known.sum():,}")
    panels[0].set_ylabel("is")
    note(figure, _matrix_note(len(next(iter(outcome.answers.values())))))
    return figure


def ztf_confusion(windows: Sequence[Window]) -> Figure:
    """Five types on each window, of one model."""
    figure = Figure(figsize=(WIDTH_INCHES, 3.4), layout="constrained")
    panels = figure.subplots(1, len(windows), sharey=True)
    for axes, one in zip(panels, windows, strict=True):
        _matrix(axes, one.called, one.counts, SUPERNOVAE, fontsize=8)
        axes.set_title(f"{one.window}, n = {sum(one.counts):,}")
    panels[0].set_ylabel("is")
    note(figure, _matrix_note(len(windows[0].seeds)))
    return figure


def _matrix_note(seeds: int) -> str:
    whose = f"mean of {seeds} networks" if seeds > 1 else "of one network an object"
    return (
        "Per cent of each row, at a balanced prior: the likeliest class counts; out of fold, "
        f"{whose}. n: objects."
    )


def _matrix(
    axes: Axes, shares: Floats, counts: Sequence[int], names: Sequence[str], *, fontsize: int
) -> None:
    """`shares` (C, C) of each row; empty where they round to zero."""
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
    for (row, column), one in np.ndenumerate(shares):
        if round(100 * one):
            axes.text(
                column, row, f"{100 * one:.0f}", ha="center", va="center", fontsize=fontsize,
                color="white" if one > DARK else INK,
            )  # fmt: skip
    for row, count in enumerate(counts):
        axes.text(len(names) - 0.3, row, f"{count:,}", va="center", fontsize=fontsize, color=GREY)
    axes.set_xlim(-0.5, len(names) + 0.02 * len(names) + 0.9)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("is called")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def reliability_diagrams(outcome: Outcome, sample: Sample) -> Figure:
    """Share right against the probability of the likeliest class, with counts below."""
    figure = Figure(figsize=(WIDTH_INCHES, 4.6), layout="constrained")
    panels = figure.subplots(
        2, len(SHOWN), sharex=True, sharey="row", height_ratios=(5, 2), squeeze=False
    )
    for column, told in enumerate(SHOWN):
        answers = outcome.of(told)
        if answers is not None:
            _reliability(panels[0, column], panels[1, column], reliability(answers, sample))
        panels[0, column].set_title(TOLD[told])
    panels[0, 0].set_ylabel("share that is right")
    panels[1, 0].set_ylabel("objects")
    note(
        figure,
        "The likeliest class, at the classes' shares in the training. Bars: the middle 95 % of "
        "draws of objects.",
    )
    return figure


def _reliability(above: Axes, below: Axes, one: Reliability) -> None:
    full = one.counts > 0
    said, found = one.said[full], one.found[full]
    bars = np.stack([found - one.low[full], one.high[full] - found]).clip(0)
    above.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls="--")
    above.errorbar(said, found, bars, fmt="o-", color=BLUE, ms=4, lw=1)
    above.set(xlim=(0, 1), ylim=(-0.02, 1.02))
    middles = (np.arange(BINS) + 0.5) / BINS
    below.bar(middles, one.counts, width=0.9 / BINS, color=BLUE, alpha=0.35)
    below.set(yscale="log", ylim=(0.5, None), xlabel="probability of the likeliest class")
    below.yaxis.set_major_formatter("{x:,g}")
