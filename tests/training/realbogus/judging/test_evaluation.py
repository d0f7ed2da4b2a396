"""All figures of an outcome together, and as JSON."""

from __future__ import annotations

import json

from tests.training.realbogus.judging.invented_outcome import outcome
from training.realbogus.judging.agreement import OURS
from training.realbogus.judging.evaluation import evaluated

FOUND = evaluated(outcome(), seed=1)


def test_the_same_outcome_and_seed_give_the_same_figures() -> None:
    assert evaluated(outcome(), seed=1).summary() == FOUND.summary()
    other = evaluated(outcome(), seed=2)
    assert other.agreement.headline.auc[OURS].value == FOUND.agreement.headline.auc[OURS].value
    assert other.agreement.headline.auc[OURS] != FOUND.agreement.headline.auc[OURS]


def test_a_summary_is_json_without_nan() -> None:
    read = json.loads(json.dumps(FOUND.summary(), allow_nan=False))
    assert read["agreement"]["lines"][0]["auc"][OURS]["value"] > 0.9
    assert read["recall"]["lines"][0]["passing"][OURS]["passed"]["low"] is not None
    assert read["false_positives"]["rows"][-1]["real"] is None
    assert len(read["aims"]) == 3


def test_aims_are_met_by_skill_and_by_nothing_else() -> None:
    assert [aim.met for aim in evaluated(outcome(skill=4.0), seed=1).aims] == [True] * 3
    assert [aim.met for aim in evaluated(outcome(skill=0.0), seed=1).aims] == [False] * 3
