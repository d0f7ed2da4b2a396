"""Draws how well scores tell real from bogus: curves, calibration, and what is called what."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from training.arrays import Floats, Ints, Mask
from training.pictures.look import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    WIDTH_INCHES,
    legend,
    note,
)
from training.realbogus.judging.agreement import (
    DRB_HIGH_MIN,
    DRB_LOW_MAX,
    OURS,
    RB,
    TAUGHT_BY_DRB,
    busiest_night,
    high,
    low,
    scores,
)
from training.realbogus.judging.calibration_figures import Calibration, calibrations
from training.realbogus.judging.outcome import Exam, Outcome, Scored
from training.realbogus.judging.simulated import SNR_MIN, artefacts, called, sources
from training.realbogus.labels import LABELS, REAL
from training.realbogus.pictures.curves import ROUNDS, roc, wilson

LOOKS = {
    OURS: ("this network", BLUE, "-"),
    TAUGHT_BY_DRB: ("taught by drb alone", ORANGE, "-"),
    RB: ("rb", GREEN, "-"),
    "packet scalars": ("packet's own numbers", PURPLE, "-"),
    "magnitude": ("magnitude", GREY, "--"),
    "median sky": ("median sky", GREY, ":"),
}
"""Name, colour and line of each score."""
HIGH, LOW = f"drb ≥ {DRB_HIGH_MIN:g}", f"drb < {DRB_LOW_MAX:g}"
"""How the two sides of an agreement are called."""


SEED = 0
"""Of the draws that intervals come from."""
BAND_STEP = 4
"""Points of an interval's edge that are drawn: it is no sharper."""
TURNED = ("magnitude", "median sky")
"""Neither end of these means real: they are read in the sense that serves them better."""
SURVEYS = {"ztf": "ZTF", "lsst": "Rubin"}


def roc_curves(outcome: Outcome) -> Figure:
    """Agreement with drb on all nights and on the busiest, beside shortcuts; the simulated exam."""
    figure = Figure(figsize=(WIDTH_INCHES, 4.0), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    scored, exam = outcome.scored, outcome.exam
    night = busiest_night(scored)
    rows = low(scored) | high(scored)
    _drb_panel(panels[0], scored, rows, "Agreement with drb, all nights")
    _drb_panel(panels[1], scored, rows & (scored.night == night), f"The same, night MJD {night}")
    rows = sources(exam) | artefacts(exam)
    real = sources(exam)[rows]
    _curve(panels[2], real, exam.ours[:, rows, REAL], exam.field_night[rows], OURS)
    panels[2].set_title(
        f"Simulated, sources of S/N > {SNR_MIN:g}\n{real.sum():,} sources, "
        f"{(~real).sum():,} artefacts"
    )
    panels[2].set_xlabel("share of artefacts that passes")
    for panel in panels:
        panel.xaxis.set_major_formatter("{x:g}")
    panels[0].set_ylabel("share of the real that passes")
    legend(figure, panels[0])
    note(
        figure,
        f"Thin: each of {len(scored.ours)} networks alike but for the seed; thick: mean of their "
        f"curves. Band: its 95 % interval, from {ROUNDS} draws of field-nights and seeds.",
    )
    return figure


def _drb_panel(axes: Axes, scored: Scored, rows: Mask, title: str) -> None:
    real = high(scored)[rows]
    for name, score in _sensible(scored).items():
        _curve(axes, real, score[:, rows], scored.field_night[rows], name)
    axes.set_title(f"{title}\n{real.sum():,} with {HIGH}, {(~real).sum():,} with {LOW}")
    axes.set_xlabel(f"share with {LOW} that passes")


def _sensible(scored: Scored) -> dict[str, Floats]:
    """Each score, the higher the likelier real over all nights."""
    return {
        name: -score if name in TURNED and _falls(score[0], scored) else score
        for name, score in scores(scored).items()
    }


def _falls(score: Floats, scored: Scored) -> bool:
    return bool(np.nanmedian(score[high(scored)]) < np.nanmedian(score[low(scored)]))


def _curve(axes: Axes, real: Mask, score: Floats, field_night: Ints, name: str) -> None:
    """The mean of the seeds; of ours, each seed and the interval too."""
    curve = roc(real, score, field_night, SEED)
    if curve is None:
        return
    label, colour, line = LOOKS[name]
    if name == OURS:
        every = slice(None, None, BAND_STEP)
        axes.fill_between(
            curve.rates[every], curve.low[every], curve.high[every], color=colour, alpha=0.15, lw=0
        )
        axes.plot(curve.rates, curve.each.T, color=colour, lw=0.5, alpha=0.6)
        axes.set(xscale="log", xlim=(curve.rates[0], 1), ylim=(0, 1.01))
    width = 2.0 if name == OURS else 1.2
    axes.plot(curve.rates, curve.mean, line, color=colour, lw=width, label=label, zorder=2 + width)


def reliability_diagrams(outcome: Outcome) -> Figure:
    """Probability against what was found: of alerts with a drb, and of the simulated exam."""
    figure = Figure(figsize=(WIDTH_INCHES, 5.0), layout="constrained")
    found = calibrations(outcome, SEED)
    panels = figure.subplots(2, len(found), sharex=True, height_ratios=(5, 2), squeeze=False)
    for column, one in enumerate(found):
        _reliability(panels[0, column], panels[1, column], one)
    panels[0, 0].set_ylabel("share found to be real")
    panels[1, 0].set_ylabel("count")
    note(
        figure,
        f"Mean of {len(outcome.scored.ours)} seeds. Bars: 95 % intervals (Wilson) as if alerts "
        "were independent. Calibration error: 95 % interval from draws of field-nights and seeds.",
    )
    return figure


def _reliability(above: Axes, below: Axes, one: Calibration) -> None:
    """A diagram, and its counts below it."""
    full = [bin_ for bin_ in one.bins if bin_.count]
    said, found, count = np.array([(bin_.said, bin_.found, bin_.count) for bin_ in full]).T
    above.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls="--")
    bars = np.abs(wilson(found, count) - found)
    above.errorbar(said, found, bars, fmt="o-", color=BLUE, ms=4, lw=1)
    above.set(xlim=(0, 1), ylim=(-0.02, 1.02))
    error = one.error
    above.set_title(
        f"Against {one.against}, n = {one.count:,}\n"
        f"calibration error {error.value:.3f} ({error.low:.3f} to {error.high:.3f})"
    )
    middles = [(bin_.above + bin_.up_to) / 2 for bin_ in full]
    below.bar(middles, count, width=0.9 / len(one.bins), color=BLUE, alpha=0.35)
    below.set(yscale="log", ylim=(0.5, 2 * count.max()), xlabel="probability of real")
    below.yaxis.set_major_locator(LogLocator(numticks=9))
    below.yaxis.set_major_formatter("{x:,g}")


def confusion_matrices(exam: Exam) -> Figure:
    """What was drawn against what it was called, on each survey's stamps."""
    figure = Figure(figsize=(WIDTH_INCHES, 4.4), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    rows = (sources(exam) | artefacts(exam)) & ~np.isnan(exam.ours).any(axis=(0, 2))
    for axes, (survey, name) in zip(panels, SURVEYS.items(), strict=True):
        mine = rows & (exam.survey == survey)
        _matrix(axes, exam.label[mine], called(exam.ours[:, mine]))
        axes.set_title(f"Drawn onto {name}'s stamps (simulated), n = {mine.sum():,}")
    panels[0].set_ylabel("drawn")
    note(
        figure,
        f"Per cent of each row: of what was drawn, how much was called what. The likeliest label "
        f"counts; mean of {len(exam.ours)} seeds. Sources of S/N > {SNR_MIN:g}.",
    )
    return figure


def _matrix(axes: Axes, label: Ints, share: Floats) -> None:
    """`share` (n, labels) of the networks calls each stamp so."""
    counts = np.bincount(label, minlength=len(LABELS))
    sums = np.stack([np.bincount(label, one, len(LABELS)) for one in share.T], axis=1)
    percent = 100 * sums / np.maximum(counts, 1)[:, None]
    axes.imshow(percent, cmap="Blues", vmin=0, vmax=130, aspect="auto")
    for (row, column), one in np.ndenumerate(percent):
        colour = "white" if one > 65 else INK
        axes.text(column, row, f"{one:.1f}", ha="center", va="center", color=colour)
    names = [name.replace("_", "\n") for name in LABELS]
    for row, count in enumerate(counts):
        axes.text(len(LABELS), row, f"{count:,}", ha="center", va="center", color=GREY)
    axes.set_xlim(-0.5, len(LABELS) + 0.5)
    axes.set_xticks(range(len(LABELS) + 1), [*names, "n"])
    axes.set_yticks(range(len(LABELS)), names)
    axes.set_xlabel("called")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
