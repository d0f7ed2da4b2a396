"""All figures of an outcome together."""

from __future__ import annotations

import pytest

from tests.training.realbogus.judging.invented_outcome import outcome
from training.realbogus.judging.agreement import OURS
from training.realbogus.judging.evaluation import evaluated

FOUND = evaluated(outcome(), seed=1)


def test_the_same_outcome_and_seed_give_the_same_figures() -> None:
    assert repr(evaluated(outcome(), seed=1)) == repr(FOUND)
    other = evaluated(outcome(), seed=2)
    assert other.agreement.headline.auc[OURS].value == FOUND.agreement.headline.auc[OURS].value
    assert other.agreement.headline.auc[OURS] != FOUND.agreement.headline.auc[OURS]


@pytest.mark.parametrize("skill", [0.0, 4.0])
def test_aims_are_met_by_skill_and_by_nothing_else(skill: float) -> None:
    met = [aim.met for aim in evaluated(outcome(skill=skill), seed=1).aims]
    refused, calibrated = met.pop(4), met.pop(4)
    assert met == [skill > 0] * 5
    # Whoever knows nothing is never sure, and these logits are at no even odds.
    assert refused and not calibrated
