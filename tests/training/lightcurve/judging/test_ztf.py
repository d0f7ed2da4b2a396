"""Five types on three windows, and claims against trees."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.training.lightcurve.judging import invented
from training.lightcurve.judging import metrics, ztf
from training.lightcurve.judging.outcome import WINDOWS, ZtfOutcome
from training.lightcurve.judging.quoted import ZTF_TREES
from training.lightcurve.judging.sample import Sample

ROUNDS = 150


@pytest.fixture(scope="module")
def ours() -> ZtfOutcome:
    found = invented.ztf_outcome()
    found.types[0, :, 3] = np.nan
    found.present[0, 3] = True
    return found


@pytest.fixture(scope="module")
def sample(ours: ZtfOutcome) -> Sample:
    return ztf.sample_of(ours, 5, ROUNDS)


def test_a_window_is_scored_on_the_objects_that_have_it(ours: ZtfOutcome, sample: Sample) -> None:
    first, _, last = ztf.windows(ours, sample)
    assert (first.window, last.window) == (WINDOWS[0], WINDOWS[-1])
    assert first.declined == 1 and last.declined == 0
    rows = ours.present[2]
    assert sum(last.counts) == rows.sum()
    expected = [metrics.flat_log_loss(one[rows], ours.label[rows], 5) for one in ours.types[2]]
    assert last.seeds == pytest.approx(expected)
    assert last.flat.value == pytest.approx(np.mean(expected))
    assert last.flat.value < first.flat.value and last.auc.value > first.auc.value
    assert last.called.sum(axis=1) == pytest.approx(np.ones(5))
    aucs = [roc_auc_score(ours.label[rows] == one, ours.types[2, 0, rows, one]) for one in range(5)]
    single = sample.once().rows(rows).macro_auc(ours.types[2][:1, rows])
    assert single[0, 0] == pytest.approx(np.mean(aucs), abs=1e-5)


def test_claims_are_paired_where_answers_are_at_hand_and_else_against_the_quoted_figure(
    ours: ZtfOutcome, sample: Sample
) -> None:
    weak = invented.ztf_outcome("trees", 1.0, seed=6)
    found = ztf.claims(ours, [weak], sample)
    assert [one.rival for one in found] == ["trees"] * 3 + ["boosted trees, as quoted"] * 3
    assert found[2].flat.clear and found[2].auc.clear
    last, quoted = ztf.windows(ours, sample)[2], found[-1]
    assert quoted.flat.value == pytest.approx(ZTF_TREES["+40 d"].flat - last.flat.value)
    assert quoted.auc.value == pytest.approx(last.auc.value - ZTF_TREES["+40 d"].macro_auc)
    assert quoted.flat.low <= quoted.flat.value <= quoted.flat.high


def test_the_check_holds_the_objects_apart(ours: ZtfOutcome, sample: Sample) -> None:
    found = ztf.held_out(ours, sample)
    assert [one.setting for one in found] == list(WINDOWS)
    for one in found:
        assert one.difference.value == pytest.approx(one.held_out.value - one.rest.value)
        assert one.difference.error > 0
