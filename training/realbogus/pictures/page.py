"""Draws what an evaluation found, so that a person can judge it: every picture of the page."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from training.arrays import Floats, Mask
from training.pictures.look import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    STYLE,
    WIDTH_INCHES,
    legend,
    note,
    save_palette,
    save_vector,
)
from training.realbogus.judging.agreement import OURS, RB, TAUGHT_BY_DRB, high, low
from training.realbogus.judging.outcome import Outcome, Scored
from training.realbogus.judging.recall import (
    REFUSED,
    UNCHOSEN,
    RecallLine,
    recall,
    unchosen_asteroids,
)
from training.realbogus.labels import REAL
from training.realbogus.pictures.charts import (
    HIGH,
    LOOKS,
    LOW,
    confusion_matrices,
    reliability_diagrams,
    roc_curves,
)
from training.realbogus.pictures.curves import medians
from training.realbogus.pictures.gallery import Called, Stamps, gallery

SEED = 0
"""Of the draws that intervals come from, and of the points' jitter."""
MIXED = [
    to_hex(share * np.array(to_rgb(colour)) + 1 - share)
    for colour in (BLUE, GREEN, ORANGE)
    for share in np.linspace(0.1, 1, 12)
]
"""Of points that overlap, from light to full."""
PROBABILITY_MIN = 1e-4
"""Of a logit axis: nearer to 0 and 1, a calibration on some thousand alerts says nothing."""
SNR_TICKS = (5, 10, 20, 50, 100)
PROBABILITY_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
PERCENT_MIDDLE = (16, 50, 84)
TREND_BINS = 8
TREND_COUNT_MIN = 6
"""A bin of fewer alerts gets no median."""
BY_MAGNITUDE = "… magnitude "
"""How recall's lines begin."""


class Group(NamedTuple):
    """Some of the alerts."""

    name: str
    rows: Mask
    colour: str


def drawn(outcome: Outcome, stamps_of: Stamps, folder: Path) -> list[Path]:
    """Draw every picture into `folder`; its files, in the order in which the page shows them.

    `stamps_of` gives (k, 3, side, side) science, template and difference of k alert ids.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with matplotlib.style.context(["default", STYLE]):
        vectors = {
            "roc": roc_curves(outcome),
            "reliability": reliability_diagrams(outcome),
            "asteroids": asteroid_recall(outcome.scored),
            "confusion": confusion_matrices(outcome.exam),
        }
        paths = [save_vector(figure, folder / f"{name}.svg") for name, figure in vectors.items()]
        scores_path = save_palette(score_plots(outcome.scored), folder / "scores.png", MIXED)
        return [*paths, scores_path] + [
            gallery(outcome.scored, called, stamps_of, folder)
            for called in mistakes(outcome.scored)
            if len(called.rows)
        ]


def mistakes(scored: Scored) -> list[Called]:
    """What the mean of the seeds gets most wrong, worst first, if drb and asteroids are right."""
    real = _mean(scored)
    lows = np.flatnonzero(low(scored) & ~np.isnan(real))
    known = np.flatnonzero((high(scored) | unchosen_asteroids(scored)) & ~np.isnan(real))
    return [
        Called("called-real", lows[np.argsort(-real[lows], kind="stable")]),
        Called("called-bogus", known[np.argsort(real[known], kind="stable")]),
    ]


def _mean(scored: Scored) -> Floats:
    """P(real), the mean of the seeds, (n,); NaN where one declined."""
    mean: Floats = scored.ours[..., REAL].mean(axis=0)
    return mean


def score_plots(scored: Scored) -> Figure:
    """P(real) against magnitude, against S/N, and by sign, of three groups of alerts."""
    figure = Figure(figsize=(WIDTH_INCHES, 4.4), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    real = _mean(scored).clip(PROBABILITY_MIN, 1 - PROBABILITY_MIN)
    groups = [
        Group(HIGH, high(scored), BLUE),
        Group(UNCHOSEN, unchosen_asteroids(scored), GREEN),
        Group(LOW, low(scored), ORANGE),
    ]
    for group in groups:
        _trend(panels[0], scored.magnitude, real, group)
        _trend(panels[1], scored.snr, real, group)
    _by_sign(panels[2], scored.negative, real, groups)
    panels[0].set(xlabel="magnitude of the difference", ylabel="probability of real")
    panels[1].set(xlabel="S/N of the difference", xscale="log")
    panels[1].set_xticks(SNR_TICKS, [f"{one:g}" for one in SNR_TICKS])
    panels[1].set_xticks([], minor=True)
    _logit(panels[0])
    legend(figure, panels[0])
    note(
        figure,
        f"Points: alerts, the mean of {len(scored.ours)} seeds, held between {PROBABILITY_MIN:g} "
        f"and {1 - PROBABILITY_MIN:g}. Lines: medians of equal counts. Bars: the middle 68 %.",
    )
    return figure


def _logit(axes: Axes) -> None:
    """Probabilities near 0 and 1 drawn apart."""
    axes.set_yscale("logit")
    axes.set_yticks(PROBABILITY_TICKS, [f"{one:g}" for one in PROBABILITY_TICKS])
    axes.set_yticks([], minor=True)
    axes.set_ylim(PROBABILITY_MIN / 10, 1 - PROBABILITY_MIN / 2)


def _trend(axes: Axes, column: Floats, real: Floats, group: Group) -> None:
    rows = group.rows & np.isfinite(column) & ~np.isnan(real)
    x, y = column[rows], real[rows]
    axes.scatter(x, y, s=5, color=group.colour, alpha=0.35, lw=0)
    name = f"{group.name} ({rows.sum():,})"
    axes.plot(*medians(x, y, TREND_BINS, TREND_COUNT_MIN), color=group.colour, lw=1.8, label=name)


def _by_sign(axes: Axes, negative: Mask, real: Floats, groups: list[Group]) -> None:
    random = np.random.default_rng(SEED)
    for place, (sign, group) in enumerate((sign, one) for sign in (False, True) for one in groups):
        y = real[group.rows & (negative == sign) & ~np.isnan(real)]
        x = place + random.uniform(-0.28, 0.28, len(y))
        axes.scatter(x, y, s=5, color=group.colour, alpha=0.35, lw=0)
        axes.text(place, PROBABILITY_MIN / 7, f"{len(y):,}", ha="center", va="bottom", fontsize=8)
        if len(y) >= TREND_COUNT_MIN:
            bottom, median, top = np.percentile(y, PERCENT_MIDDLE)
            axes.plot([place, place], [bottom, top], color=INK, lw=1.2)
            axes.plot(place, median, "o", color=group.colour, mec=INK, ms=6)
    axes.set_xticks([1, 4], ["brighter than\nthe template", "fainter than\nthe template"])
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="x", visible=False)


def asteroid_recall(scored: Scored) -> Figure:
    """Recall by magnitude of asteroids that drb did not choose, the card's figures."""
    figure = Figure(figsize=(WIDTH_INCHES, 3.6), layout="constrained")
    axes = figure.subplots()
    found = recall(scored, SEED)
    lines = _by_magnitude(found.lines)
    for shift, name in zip((-0.12, 0.0, 0.12), (OURS, TAUGHT_BY_DRB, RB), strict=True):
        label, colour, _ = LOOKS[name]
        passed = [line.passing[name].passed for line in lines]
        x, y = np.arange(len(lines)) + shift, np.array([one.value for one in passed])
        bars = [[one.value - one.low for one in passed], [one.high - one.value for one in passed]]
        axes.errorbar(x, y, bars, fmt="o", color=colour, ms=5, lw=1.2, label=label)
        open_ = [place for place, one in enumerate(passed) if one.by_alert]
        axes.plot(x[open_], y[open_], "o", color=colour, mfc="white", ms=5, zorder=3)
    _named(axes, lines)
    axes.set_title(
        "Known asteroids that drb did not choose, at the threshold that refuses "
        f"{100 * REFUSED:g} % of the {found.background} alerts with {LOW}, those of other nights"
    )
    legend(figure, axes)
    note(
        figure,
        f"Mean of {len(scored.ours)} seeds. Bars: 95 % intervals from draws of field-nights, seeds "
        "and threshold; open where for want of field-nights alerts are drawn: too narrow.",
    )
    return figure


def _by_magnitude(lines: tuple[RecallLine, ...]) -> list[RecallLine]:
    """The headline, and its parts by magnitude that hold any."""
    return [
        line
        for line in lines
        if line.passing and (line.part == UNCHOSEN or line.part.startswith(BY_MAGNITUDE))
    ]


def _named(axes: Axes, lines: list[RecallLine]) -> None:
    """What each place on the x axis holds."""
    names = [
        "all" if one.part == UNCHOSEN else one.part.removeprefix(BY_MAGNITUDE) for one in lines
    ]
    counts = [f"{one.known} from {one.passing[OURS].field_nights}\nfield-nights" for one in lines]
    both = [f"{name}\n{count}" for name, count in zip(names, counts, strict=True)]
    axes.set_xticks(range(len(lines)), both)
    axes.axvline(0.5, color=GREY, lw=0.8)
    axes.grid(axis="x", visible=False)
    axes.set(ylim=(-0.02, 1.05), xlabel="magnitude of the difference", ylabel="recall")
