"""What so few objects could have shown: made-up numbers of known worth in place of the stamps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from training.arrays import Floats, Ints
from training.lightcurve.calibration import chances_of
from training.lightcurve.judging.metrics import flat_log_loss
from training.lightcurve.stamps.fusion import KEPT, fused
from training.lightcurve.stamps.questions import QUESTIONS, Question
from training.lightcurve.ztf_answers import Answers

WORTH = {0.75: 0.6745, 0.9: 1.2816}
"""By the AUC of any two groups: how far each stands out in a number of its own, in its spread."""
ROUNDS = 20


class Power(NamedTuple):
    """Gains of flat log-loss over the light curve alone, of ROUNDS draws of numbers."""

    question: str
    auc: float
    mean: float
    spread: float


def power(answers: Answers, chances: Floats) -> Iterator[Power]:
    """Of each question and worth."""
    for question in QUESTIONS:
        rows = question.rows(answers)
        some, base = answers.take(rows), question.base(chances[rows])
        for auc, apart in WORTH.items():
            gains = [
                _gain(question, base, some.fold, question.label(some), apart, seed)
                for seed in range(ROUNDS)
            ]
            yield Power(question.name, auc, float(np.mean(gains)), float(np.std(gains, ddof=1)))


def _gain(  # noqa: PLR0917 - one draw and all that it depends on
    question: Question, base: Floats, fold: Ints, label: Ints, apart: float, seed: int
) -> float:
    groups = len(question.groups)
    numbers = np.random.default_rng(seed).normal(size=(len(label), KEPT))
    numbers[:, :groups] += apart * np.eye(groups)[label]
    found = fused(base, [numbers] * (int(fold.max()) + 1), label, fold)
    lost = [flat_log_loss(one, label, groups) for one in (chances_of(base), found)]
    return lost[0] - lost[1]
