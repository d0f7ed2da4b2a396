"""One light curve as its points arrive, and what a probability says against what is found."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers.observations.layout import TOKENS
from tests.training.lightcurve.judging import invented
from training.lightcurve.judging import metrics
from training.lightcurve.judging.contest import sample_of
from training.lightcurve.judging.growing import growing
from training.lightcurve.judging.outcome import Redshift
from training.lightcurve.judging.sample import reliability
from training.lightcurve.objects.objects import Objects


def test_each_night_after_the_first_detection_has_an_answer() -> None:
    one = invented.one_object(points=90, seed=1)
    asked: list[int] = []

    def score(parts: Objects) -> np.ndarray:
        asked.extend(np.diff(parts.curves.offsets))
        return np.full((len(parts), 14), 1 / 14, np.float32)

    found = growing(one, score)
    assert len(found.told) == len(found.told_days) == len(asked)
    assert (np.diff(asked) > 0).all() and asked[-1] == 90
    assert (np.diff(found.told_days) > 0).all() and found.told_days[0] > 0
    assert found.days[found.detected].min() == 0


def test_as_many_points_are_chosen_as_a_row_holds() -> None:
    for points, expected in ((30, 30), (90, TOKENS)):
        one = invented.one_object(points=points, seed=2)
        found = growing(one, lambda parts: np.ones((len(parts), 14), np.float32))
        assert found.chosen.sum() == expected


def test_said_and_found_of_a_bin_are_means_over_objects_and_networks() -> None:
    outcome = invented.outcome()
    sample = sample_of(outcome, 1, 150)
    answers = outcome.of(Redshift.WITH)
    assert answers is not None
    found = reliability(answers, sample)
    assert found.counts.sum() == pytest.approx(len(outcome.label))
    told = metrics.with_prior(answers, sample.prior)
    confidence, right = told.max(axis=2), told.argmax(axis=2) == outcome.label
    mine = metrics.bins(confidence) == 14
    assert found.said[14] == pytest.approx(confidence[mine].mean())
    assert found.found[14] == pytest.approx(right[mine].mean())
    full = found.counts > 20
    assert (found.low[full] <= found.found[full]).all()
    assert (found.high[full] >= found.found[full]).all()
