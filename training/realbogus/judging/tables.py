"""Figures as Markdown: each table of the model card, none of it typed by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from training.bootstrap import Measured
from training.realbogus.judging.agreement import RIVALS, Agreement, Line, Seeds
from training.realbogus.judging.calibration_figures import Calibration
from training.realbogus.judging.evaluation import Aim
from training.realbogus.judging.false_positives import FalsePositives, Threshold
from training.realbogus.judging.flags import FlagLine, Flags
from training.realbogus.judging.meeting import SNR_EDGES, Meeting
from training.realbogus.judging.recall import COMPARED, Recall, RecallLine
from training.realbogus.judging.simulated import Confusion, Simulated
from training.realbogus.judging.thresholds import ROUNDING, Passing
from training.realbogus.judging.working_point import BEFORE, WorkingPoint
from training.realbogus.labels import LABELS
from training.tables import (
    NOTHING,
    counted,
    in_errors,
    markdown,
    number,
    per_cent,
    table,
    verdict,
)

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
    return table(
        aims,
        ("asked", lambda aim: aim.asked),
        ("measured", lambda aim: figure(aim.measured)),
        ("met", lambda aim: verdict(aim.met, no="**no**")),
    )


def agreement_table(found: Agreement) -> str:
    """AUC of each score, by part."""
    return table(
        found.lines,
        ("alerts", lambda line: line.part),
        ("low", lambda line: counted(line.low)),
        ("high", lambda line: counted(line.high)),
        ("field-nights of the low", lambda line: counted(line.field_nights)),
        *((name, _auc_of(name)) for name in found.lines[0].auc),
    )


def _auc_of(name: str) -> Callable[[Line], str]:
    return lambda line: figure(line.auc[name])


def gains_table(found: Agreement) -> str:
    """How far ours is above its rivals, by part."""
    head = [cell for name in RIVALS for cell in (f"ours less {name}", "errors", "clear")]
    rows = [
        [line.part, *(cell for name in RIVALS for cell in _gain(line.gain[name]))]
        for line in found.lines
    ]
    return markdown(["alerts", *head], rows)


def _gain(one: Measured) -> tuple[str, str, str]:
    clear = verdict(one.clear) if one.error > 0 else NOTHING
    return figure(one), in_errors(one), clear


def seeds_table(found: Sequence[Seeds], seeds: Sequence[int]) -> str:
    """Every network's AUC by itself."""
    head = ["AUC", "score", *(f"seed {seed}" for seed in seeds)]
    rows = [
        [one.part, one.score, *map(number, (*one.each, one.mean, one.spread, one.together))]
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
    cells = [line.part, counted(line.known)]
    if not line.passing:
        return [*cells, *[NOTHING] * (len(COMPARED) + 2)]
    ours = line.passing[COMPARED[0]]
    shares = (share(line.passing[name]) for name in COMPARED)
    return [*cells, counted(ours.field_nights), *shares, number(ours.threshold)]


def thresholds_table(found: FalsePositives) -> str:
    """Recall by rate of false positives and by what these are counted on."""
    return table(
        found.rows,
        ("false positives", _rate),
        ("of", lambda row: row.background),
        ("threshold", _threshold),
        ("pass: drb high (agreement)", lambda row: share(row.passing["real"])),
        ("pass: asteroids without a drb", lambda row: share(row.passing["asteroids"])),
        ("pass: drawn sources (simulated)", lambda row: share(row.passing["drawn"])),
        ("pass: drb low", lambda row: share(row.passing["low"])),
    )


def _rate(row: Threshold) -> str:
    passing = math.floor(row.rate * row.count + ROUNDING)
    return f"{100 * row.rate:g} % ({passing:,} of {row.count:,})"


def _threshold(row: Threshold) -> str:
    needed = f"not measurable: needs {math.ceil(1 / row.rate - ROUNDING):,}"
    return number(row.threshold) if row.measurable else needed


def working_point_table(found: WorkingPoint) -> str:
    """What share of each kind passes each threshold."""
    return table(
        found.shares,
        ("alerts", lambda one: one.part),
        ("count", lambda one: counted(one.count)),
        (f"above {BEFORE}", lambda one: _per_cent(one.at_before)),
        ("above what filters ask for", lambda one: _per_cent(one.at_filters)),
    )


def _per_cent(one: Measured) -> str:
    if math.isnan(one.value):
        return NOTHING
    return f"{100 * one.value:.1f} %" + _interval(one, 100, 1)


def simulated_table(found: Simulated) -> str:
    """AUC of drawn sources against drawn artefacts."""
    return table(
        found.lines,
        ("simulated", lambda line: line.part),
        ("sources", lambda line: counted(line.sources)),
        ("artefacts", lambda line: counted(line.artefacts)),
        ("AUC", lambda line: figure(line.auc)),
    )


def meetings_table(found: Sequence[Meeting]) -> str:
    """Completeness by S/N where it equals purity."""
    edges = [f"S/N above {low:g}" for low in SNR_EDGES[:-1]]
    return markdown(
        ["on stamps of", "purity = completeness", "threshold", *edges],
        [_meeting_cells(one) for one in found],
    )


def _meeting_cells(one: Meeting) -> list[str]:
    by_edge = {low: f"{100 * share:.0f} % of {count:,}" for low, count, share in one.snr}
    cells = (by_edge.get(low, NOTHING) for low in SNR_EDGES[:-1])
    return [one.survey, number(one.share), number(one.threshold), *cells]


def confusion_table(found: Sequence[Confusion]) -> str:
    """What each drawn label is called, in per cent of its row."""
    rows = [
        [one.label, counted(one.count), *map(per_cent, one.called), figure(one.right)]
        for one in found
    ]
    return markdown(["drawn", "count", *LABELS, "share called what it is"], rows)


def flags_table(found: Flags) -> str:
    """What Rubin's flagged alerts are called, with the mean probability of each label."""
    head = ["Rubin's flag", "count", *LABELS, "mean P(real)"]
    return markdown(head, [_flag_cells(line) for line in found.lines])


def _flag_cells(line: FlagLine) -> list[str]:
    pairs = zip(line.called, line.probability, strict=True)
    labels = (f"{per_cent(one)} ({number(mean)})" for one, mean in pairs)
    return [line.flag, counted(line.count), *labels, figure(line.real)]


def calibration_table(found: Sequence[Calibration]) -> str:
    """One line for each idea of what is real."""
    return table(
        found,
        ("against", lambda one: one.against),
        ("count", lambda one: counted(one.count)),
        ("real", lambda one: per_cent(one.share_real)),
        ("calibration error", lambda one: figure(one.error)),
        ("Brier score", lambda one: figure(one.brier)),
    )


def reliability_table(found: Calibration) -> str:
    """What was said and what was found, bin by bin; empty bins left out."""
    return table(
        (one for one in found.bins if one.count),
        (f"P(real), {found.against}", lambda one: f"{one.above:.2f} to {one.up_to:.2f}"),
        ("alerts", lambda one: f"{one.count:,.1f}"),
        ("mean P(real)", lambda one: number(one.said)),
        ("share real", lambda one: number(one.found)),
    )
