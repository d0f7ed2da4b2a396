"""Rubin's layers taught on our folds: our lessons, as many draws, and what is published or ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from training.arrays import Columns, Floats, Mask
from training.fit import seeded
from training.realbogus.alerts.splits import training_rows
from training.realbogus.crossing import calibration_of, probabilities, set_apart
from training.realbogus.fitting import Lesson, Recipe, tuned
from training.realbogus.judging.agreement import DRB_HIGH_MIN, DRB_LOW_MAX
from training.realbogus.judging.contest import auc
from training.realbogus.labels import REAL
from training.realbogus.material import FOLDS, Material
from training.realbogus.rubin.model import RubinNet
from training.tables import markdown
from training.workers import shown

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "ours: AdamW, one cycle up to 0.004": Recipe(),
        "as published: Adam at 0.0001, weight decay 0.036": Recipe(
            learning_rate=1e-4, weight_decay=3.6e-2, constant=True
        ),
    }
)
"""Tried on fold 0, the development night; batches of 128 are published, and ours."""
CHOICE_FOLD = 0


@dataclass(frozen=True)
class Answers(Columns):
    """P(real) out of fold, calibrated as ours are."""

    alerts: Floats
    """(n,)."""
    exam: Floats
    """(m,)."""


def taught(material: Material, fold: int, recipe: Recipe) -> Answers:
    """What a network that may not know a fold says of it; NaN of the rest."""
    rows = training_rows(material.examples, material.fold, fold)
    lessons, apart = set_apart(material, rows, recipe.seed)
    with seeded(recipe.seed):
        net = RubinNet()
    tuned(net, [real_or_not(one) for one in lessons], recipe)
    own = material.fold == fold
    given = probabilities(net, calibration_of(net, material, apart), material, own)
    return Answers(*map(_placed, (own, own[material.exam.row]), given))


def _placed(rows: Mask, given: Floats) -> Floats:
    """P(real) of some rows, NaN of all others."""
    found = np.full(len(rows), np.nan)
    found[rows] = given[:, REAL]
    return found


def real_or_not(lesson: Lesson) -> Lesson:
    """The same, where of a drawn artefact is said no more than that it is none: there is one
    output."""
    said = lesson.said
    drawn = np.issubdtype(said.dtype, np.integer)
    return replace(lesson, said=(said == REAL).astype(np.float32) if drawn else said)


def together(parts: Iterable[Answers]) -> Answers:
    """One of all folds, each of which answers about rows of its own."""
    alerts, exam = zip(*((one.alerts, one.exam) for one in parts), strict=True)
    return Answers(*(np.fmax.reduce(one) for one in (alerts, exam)))


def crossed(
    material: Material, steps: int, folds: Sequence[int] = range(FOLDS)
) -> tuple[Answers, str]:
    """Out of these folds, by the recipe that does best on the first; what each did there, too."""
    tried = {
        name: taught(material, CHOICE_FOLD, replace(recipe, steps=steps))
        for name, recipe in shown(RECIPES.items(), "trying recipes", len(RECIPES))
    }
    agreed = {name: _agreed(material, one) for name, one in tried.items()}
    best = max(agreed, key=agreed.__getitem__)
    recipe = replace(RECIPES[best], steps=steps)
    others = [one for one in folds if one != CHOICE_FOLD and np.any(material.fold == one)]
    rest = [taught(material, one, recipe) for one in shown(others, "fitting", len(others))]
    return together([tried[best], *rest]), _table(agreed, best)


def _agreed(material: Material, found: Answers) -> float:
    """AUC against drb, of the fold that was answered."""
    drb = material.examples.teacher
    known = ((drb < DRB_LOW_MAX) | (drb >= DRB_HIGH_MIN)) & ~np.isnan(found.alerts)
    return auc(drb[known] < DRB_LOW_MAX, found.alerts[known])


def _table(agreed: Mapping[str, float], best: str) -> str:
    lines = [[name, f"{one:.3f}", "yes" if name == best else "no"] for name, one in agreed.items()]
    return markdown(["recipe", "AUC against drb, night 60235", "taken for the other folds"], lines)
