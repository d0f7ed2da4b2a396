"""Figures as Markdown: each table of the model card, none of it typed by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from training.bootstrap import Measured
from training.realbogus.judging.agreement import RIVALS, Agreement, Seeds
from training.realbogus.judging.calibration_figures import Calibration
from training.realbogus.judging.evaluation import Aim
from training.realbogus.judging.false_positives import FalsePositives, Threshold
from training.realbogus.judging.flags import FlagLine, Flags
from training.realbogus.judging.recall import COMPARED, Recall, RecallLine
from training.realbogus.judging.simulated import Confusion, Simulated
from training.realbogus.judging.thresholds import ROUNDING, Passing
from training.realbogus.labels import LABELS
from training.tables import NOTHING, markdown, number, per_cent

BY_ALERT = "†"
"""Marks an interval from draws of alerts, for want of field-nights."""


def figure(one: Measured) -> str:
    """To three places with its interval."""
    if math.isnan(one.value):
        return NOTHING
    return f"{one.value:.3f}" + _interval(one, 1, 3)


def share(one: Passing | None) -> str:
    """Per cent with its interval."""
    if one is None or math.isnan(one.passed.value):
        return NOTHING
    return f"{100 * one.passed.value:.1f} %" + _interval(one.passed, 100, 1)


def _interval(one: Measured, scale: float, places: int) -> str:
    if math.isnan(one.low):
        return ""
    ends = f"{scale * one.low:.{places}f} to {scale * one.high:.{places}f}"
    return f" ({ends}{BY_ALERT if one.by_alert else ''})"


def aims_table(aims: Sequence[Aim]) -> str:
    """What was asked for and whether it is met."""
    rows = [[aim.asked, figure(aim.measured), "yes" if aim.met else "**no**"] for aim in aims]
    return markdown(["asked", "measured", "met"], rows)


def agreement_table(found: Agreement) -> str:
    """AUC of each score, by part."""
    names = list(found.lines[0].auc)
    rows = [
        [
            line.part,
            *(f"{count:,}" for count in (line.low, line.high, line.field_nights)),
            *(figure(line.auc[name]) for name in names),
        ]
        for line in found.lines
    ]
    return markdown(["alerts", "low", "high", "field-nights of the low", *names], rows)


def gains_table(found: Agreement) -> str:
    """How far ours is above its rivals, by part."""
    head = [cell for name in RIVALS for cell in (f"ours less {name}", "errors", "clear")]
    rows = [
        [line.part, *(cell for name in RIVALS for cell in _gain(line.gain[name]))]
        for line in found.lines
    ]
    return markdown(["alerts", *head], rows)


def _gain(one: Measured) -> tuple[str, str, str]:
    if not one.error > 0:
        return figure(one), NOTHING, NOTHING
    return figure(one), f"{one.value / one.error:+.1f}", "yes" if one.clear else "no"


def seeds_table(found: Sequence[Seeds], seeds: Sequence[int]) -> str:
    """Every network's AUC by itself."""
    head = ["AUC", "score", *(f"seed {seed}" for seed in seeds)]
    rows = [
        [
            one.part,
            one.score,
            *(number(value) for value in one.each),
            number(one.mean),
            number(one.spread),
            number(one.together),
        ]
        for one in found
    ]
    return markdown([*head, "mean", "spread", "of the mean probability"], rows)


def recall_table(found: Recall) -> str:
    """How many alerts known to be real pass, by score."""
    return markdown(
        ["alerts", "count", "field-nights", *COMPARED, "threshold of ours"],
        [_recall_cells(line) for line in found.lines],
    )


def _recall_cells(line: RecallLine) -> list[str]:
    cells = [line.part, f"{line.known:,}"]
    if not line.passing:
        return [*cells, *[NOTHING] * (len(COMPARED) + 2)]
    ours = line.passing[COMPARED[0]]
    return [
        *cells,
        f"{ours.field_nights:,}",
        *(share(line.passing[name]) for name in COMPARED),
        number(ours.threshold),
    ]


def thresholds_table(found: FalsePositives) -> str:
    """Recall by rate of false positives and by what these are counted on."""
    columns: dict[str, Callable[[Threshold], Passing | None]] = {
        "drb high (agreement)": lambda row: row.real,
        "asteroids without a drb": lambda row: row.asteroids,
        "drawn sources (simulated)": lambda row: row.drawn,
        "drb low": lambda row: row.refused,
    }
    head = ["false positives", "of", "threshold", *(f"pass: {name}" for name in columns)]
    return markdown(head, [_threshold_cells(row, columns.values()) for row in found.rows])


def _threshold_cells(
    row: Threshold, columns: Iterable[Callable[[Threshold], Passing | None]]
) -> list[str]:
    cells = [
        f"{100 * row.rate:g} % ({_whole(row.rate * row.count):,} of {row.count:,})",
        row.background,
    ]
    if not row.measurable:
        needed = f"not measurable: needs {math.ceil(1 / row.rate - ROUNDING):,}"
        return [*cells, needed, *(NOTHING for _ in columns)]
    return [*cells, number(row.threshold), *(share(column(row)) for column in columns)]


def _whole(count: float) -> int:
    """How many alerts a rate lets pass."""
    return math.floor(count + ROUNDING)


def simulated_table(found: Simulated) -> str:
    """AUC of drawn sources against drawn artefacts."""
    rows = [
        [line.part, f"{line.sources:,}", f"{line.artefacts:,}", figure(line.auc)]
        for line in found.lines
    ]
    return markdown(["simulated", "sources", "artefacts", "AUC"], rows)


def confusion_table(found: Sequence[Confusion]) -> str:
    """What each drawn label is called, in per cent of its row."""
    rows = [
        [
            one.label,
            f"{one.count:,}",
            *(per_cent(value) for value in one.called),
            figure(one.right),
        ]
        for one in found
    ]
    return markdown(["drawn", "count", *LABELS, "share called what it is"], rows)


def flags_table(found: Flags) -> str:
    """What Rubin's flagged alerts are called, with the mean probability of each label."""
    head = ["Rubin's flag", "count", *LABELS, "mean P(real)"]
    return markdown(head, [_flag_cells(line) for line in found.lines])


def _flag_cells(line: FlagLine) -> list[str]:
    pairs = zip(line.called, line.probability, strict=True)
    return [
        line.flag,
        f"{line.count:,}",
        *(f"{per_cent(one)} ({number(mean)})" for one, mean in pairs),
        figure(line.real),
    ]


def calibration_table(found: Sequence[Calibration]) -> str:
    """One line for each idea of what is real."""
    rows = [
        [
            one.against,
            f"{one.count:,}",
            per_cent(one.share_real),
            figure(one.error),
            figure(one.brier),
        ]
        for one in found
    ]
    return markdown(["against", "count", "real", "calibration error", "Brier score"], rows)


def reliability_table(found: Calibration) -> str:
    """What was said and what was found, bin by bin; empty bins left out."""
    rows = [
        [
            f"{one.above:.2f} to {one.up_to:.2f}",
            f"{one.count:,.1f}",
            number(one.said),
            number(one.found),
        ]
        for one in found.bins
        if one.count
    ]
    return markdown([f"P(real), {found.against}", "alerts", "mean P(real)", "share real"], rows)
