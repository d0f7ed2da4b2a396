"""Figures of the six-band network as Markdown: each table of its card, none of it typed by hand."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence

from training.bootstrap import Measured
from training.lightcurve.judging.contest import Claim, Early, HeldOut, Line, OverFolds
from training.lightcurve.judging.goals import TOLD, Goal
from training.lightcurve.judging.novelty import SCORES, Novelty
from training.lightcurve.judging.outcome import DAYS, Redshift, days_name
from training.lightcurve.judging.quoted import OTHER_SPLIT, PUBLISHED
from training.lightcurve.judging.sample import (
    ACCURACY,
    AUC,
    CALIBRATION,
    FLAT,
    PRECISION,
)
from training.lightcurve.judging.three_types import TYPES, Check
from training.lightcurve.labels import SIX_BAND
from training.tables import (
    NOTHING,
    confusion,
    counted,
    in_errors,
    markdown,
    number,
    per_cent,
    table,
    verdict,
)

Lines = Mapping[tuple[str, Redshift], Line]
WHAT = {
    FLAT: "flat log-loss",
    AUC: "micro AUC",
    PRECISION: "micro AP",
    ACCURACY: "accuracy",
    CALIBRATION: "calibration error",
}
"""How each figure is called."""
PLACES = {AUC: 4}
"""Decimals, where three do not tell two models apart."""
COLUMNS = (
    *((FLAT, told) for told in Redshift),
    *((one, Redshift.WITH) for one in (AUC, PRECISION, ACCURACY, CALIBRATION)),
)
"""Of the main table."""


def figure(one: Measured | OverFolds | None, places: int = 3) -> str:
    """With its standard error."""
    if one is None:
        return NOTHING
    value = one.value if isinstance(one, Measured) else one.mean
    if math.isnan(value):
        return NOTHING
    error = "" if math.isnan(one.error) else f" ± {one.error:.{places}f}"
    return f"{value:,.{places}f}{error}"


def models(lines: Lines) -> list[str]:
    """In the order in which they came."""
    return list(dict.fromkeys(model for model, _ in lines))


def main_table(lines: Lines, *, pooled: bool) -> str:
    """Every model; the mean and its error over folds, or pooled with errors of draws."""
    head = [
        "model",
        *(f"flat, {TOLD[told]}" for told in Redshift),
        *(WHAT[one] for one, _ in COLUMNS[len(Redshift) :]),
    ]
    rows = [
        [model, *(_cell(lines.get((model, told)), one, pooled=pooled) for one, told in COLUMNS)]
        for model in models(lines)
    ]
    return markdown(head, [*rows, *_published()])


def _cell(line: Line | None, name: str, *, pooled: bool) -> str:
    if line is None or (name == CALIBRATION and not pooled):
        return NOTHING
    return figure(line.pooled[name] if pooled else line.folds[name], PLACES.get(name, 3))


def _published() -> Iterable[list[str]]:
    for one in PUBLISHED:
        known = (one.flat_with, one.flat_without, None, one.auc, one.precision, None, None)
        cells = [NOTHING if value is None else f"{value:g}" for value in known]
        yield [f"{one.model} ({one.source}; {OTHER_SPLIT})", *cells]


def other_settings_table(lines: Lines, model: str) -> str:
    """Every figure of one model at each setting, pooled."""
    rows = [
        [TOLD[told], *(_cell(line, one, pooled=True) for one in WHAT)]
        for (name, told), line in lines.items()
        if name == model
    ]
    return markdown([model, *WHAT.values()], rows)


def goals_table(goals: Sequence[Goal]) -> str:
    """What was asked, what was measured, and by how much it is met or missed."""
    return table(
        goals,
        ("goal", lambda one: one.asked),
        ("measured", lambda one: figure(one.measured, one.places)),
        ("met or missed", _margin),
    )


def _margin(one: Goal) -> str:
    if math.isnan(one.margin):
        return "**not measured**"
    return f"{'met' if one.met else '**missed**'} by {abs(one.margin):,.{one.places}f}"


def claims_table(claims: Sequence[Claim]) -> str:
    return table(
        claims,
        ("rival", lambda one: one.rival),
        ("setting", lambda one: TOLD[one.redshift]),
        ("rival less ours", lambda one: figure(one.gain)),
        ("errors", lambda one: in_errors(one.gain)),
        ("ahead by two", lambda one: verdict(one.gain.clear)),
    )


def changes_table(changes: Sequence[Claim]) -> str:
    """By how much more is lost in each case."""
    return table(
        changes,
        ("case", lambda one: one.rival),
        ("loss rises by", lambda one: figure(one.gain)),
        ("errors", lambda one: in_errors(one.gain)),
    )


def class_table(lines: Lines, told: Redshift, counts: Sequence[int]) -> str:
    """The mean loss of each class, by model."""
    names = [model for model in models(lines) if (model, told) in lines]
    rows = [
        [name, counted(counts[place]), *(figure(lines[one, told].by_class[place]) for one in names)]
        for place, name in enumerate(SIX_BAND)
    ]
    return markdown([f"class, {TOLD[told]}", "objects", *names], rows)


def seeds_table(lines: Lines) -> str:
    """Flat log-loss of every network by itself, pooled over folds; empty of one seed alone."""
    many = [one for one in lines.values() if len(one.seeds[FLAT]) > 1]
    if not many:
        return ""
    count = max((len(one.seeds[FLAT]) for one in many), default=0)
    rows = [
        [one.model, TOLD[one.redshift], *_padded(one.seeds[FLAT], count), _spread(one.seeds[FLAT])]
        for one in many
    ]
    head = ["flat log-loss", "setting", *(f"seed {place}" for place in range(count)), "spread"]
    return markdown(head, rows)


def _padded(values: Sequence[float], count: int) -> list[str]:
    return [number(one) for one in values] + [NOTHING] * (count - len(values))


def _spread(values: Sequence[float]) -> str:
    """The standard deviation."""
    return number(statistics.stdev(values))


def early_table(found: Sequence[Early]) -> str:
    """Flat log-loss by days since the first detection, and how many objects were answered."""
    rows = [[one.model, TOLD[one.redshift], *(_early(one, days) for days in DAYS)] for one in found]
    first = found[0] if found else None
    seen = dict(zip(first.days, first.answered, strict=True)) if first else {}
    answered = ["objects answered", "", *(counted(seen.get(days, 0)) for days in DAYS)]
    return markdown(["flat log-loss", "setting", *map(days_name, DAYS)], [answered, *rows])


def _early(one: Early, days: float) -> str:
    return figure(dict(zip(one.days, one.flat, strict=True)).get(days))


def held_out_table(found: Sequence[HeldOut]) -> str:
    """Flat log-loss of the objects held out, beside that of the others."""
    return table(
        found,
        ("model", lambda one: one.model),
        ("setting", lambda one: SETTINGS.get(one.setting, one.setting)),
        ("held out", lambda one: counted(one.objects)),
        ("flat, held out", lambda one: figure(one.held_out)),
        ("flat, the rest", lambda one: figure(one.rest)),
        ("difference", lambda one: figure(one.difference)),
        ("errors", lambda one: in_errors(one.difference)),
    )


SETTINGS: Mapping[str, str] = {str(told): name for told, name in TOLD.items()}


def novelty_table(found: Sequence[Novelty]) -> str:
    """AUC of each score of doubt, and what the unseen class was taken for."""
    return table(
        found,
        ("left out", lambda one: one.name),
        ("setting", lambda one: TOLD[one.redshift]),
        ("objects", lambda one: counted(one.unseen)),
        ("others", lambda one: counted(one.seen)),
        *((f"AUC, {score}", _auc_of(score)) for score in SCORES),
        ("taken for", lambda one: ", ".join(f"{name} {per_cent(at)}" for name, at in one.called)),
    )


def _auc_of(score: str) -> Callable[[Novelty], str]:
    return lambda one: figure(one.auc[score])


def three_table(found: Sequence[Check]) -> str:
    return table(
        found,
        ("test supernovae", lambda one: TOLD[one.redshift]),
        ("objects", lambda one: counted(sum(one.counts))),
        ("accuracy", lambda one: figure(one.accuracy)),
        ("flat log-loss of three", lambda one: figure(one.flat)),
        ("on the three", lambda one: per_cent(one.on_the_three)),
    )


def all_called(found: Sequence[Check]) -> str:
    """What each type is called, a table for each setting."""
    return "\n\n".join(
        confusion(f"{TOLD[one.redshift]}: is", "objects", TYPES, one.counts, one.called)
        for one in found
    )
