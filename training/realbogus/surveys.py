"""Whether one network serves all surveys as well as one for each would: the study and its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from training.arrays import Floats, Ints, Mask
from training.bootstrap import Measured
from training.realbogus.crossing import Answers, Job, answered
from training.realbogus.fitting import Recipe
from training.realbogus.judging.agreement import busiest_night, high, low
from training.realbogus.judging.contest import Contest
from training.realbogus.judging.flags import RUBIN, flagged
from training.realbogus.judging.outcome import Outcome
from training.realbogus.judging.simulated import artefacts, sources
from training.realbogus.judging.tables import figure
from training.realbogus.labels import REAL
from training.realbogus.material import Material
from training.tables import markdown

OWN = "one for each survey"


@dataclass(frozen=True)
class Row:
    """One figure of both."""

    part: str
    one: Measured
    own: Measured
    gain: Measured
    """One network's AUC less the own network's, under the same draws."""


def own_networks(path: Path, seeds: Sequence[int], recipe: Recipe, workers: int) -> Answers:
    """Fit a network for each survey, fold and seed, and score that survey's alerts of the fold."""
    material = Material.load(path)
    survey, fold = material.examples.survey, material.fold
    pairs = sorted(set(zip(fold.tolist(), survey.tolist(), strict=True)))
    jobs = [Job(OWN, place, seed, name) for (place, name), seed in product(pairs, seeds)]
    return answered(path, material, jobs, seeds, recipe, workers)[OWN]


def compared(outcome: Outcome, own: Answers, seed: int) -> list[Row]:
    """Both on the same alerts, the one network with as many of its seeds as the others have."""
    count = len(own.scored)
    ours = outcome.scored.ours[:count, :, REAL], outcome.exam.ours[:count, :, REAL]
    theirs = own.scored[:, :, REAL], own.exam[:, :, REAL]
    nights = outcome.scored.field_night, outcome.exam.field_night
    return [
        _row(part, bogus, real, nights[place], ours[place], theirs[place], seed=seed)
        for part, place, bogus, real in _parts(outcome)
    ]


def _row(  # noqa: PLR0917 - a line of columns
    part: str, bogus: Mask, real: Mask, night: Ints, ours: Floats, theirs: Floats, *, seed: int
) -> Row:
    some = bogus | real
    if not bogus.any() or not real.any():
        return Row(part, *[Measured(np.nan)] * 3)
    contest = Contest.of(bogus[some], night[some], seed)
    one, two = ours[:, some], theirs[:, some]
    return Row(part, contest.measured(one), contest.measured(two), contest.gain(one, two))


def _parts(outcome: Outcome) -> Iterator[tuple[str, int, Mask, Mask]]:
    """Name, 0 for alerts or 1 for the exam, and which are bogus and which real."""
    scored, exam = outcome.scored, outcome.exam
    busiest = scored.night == busiest_night(scored)
    yield "ZTF: agreement with drb, all nights", 0, low(scored), high(scored)
    yield "ZTF: agreement with drb, busiest night", 0, low(scored) & busiest, high(scored) & busiest
    for survey, name in (("ztf", "ZTF"), (RUBIN, "Rubin")):
        here = exam.survey == survey
        yield f"{name}: exam (simulated)", 1, artefacts(exam) & here, sources(exam) & here
    asteroids = (scored.survey == RUBIN) & scored.asteroid & ~flagged(scored)
    yield "Rubin: asteroids against flagged alerts", 0, flagged(scored), asteroids


def table(rows: Sequence[Row]) -> str:
    lines = [[row.part, figure(row.one), figure(row.own), figure(row.gain)] for row in rows]
    return markdown(["AUC", "one network", "one for each survey", "difference"], lines)
