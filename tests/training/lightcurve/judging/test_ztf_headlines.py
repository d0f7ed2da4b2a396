"""What the card of ZTF's network is quoted by comes from the answers that are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.lightcurve.judging import invented
from training.lightcurve.answers import SERVED
from training.lightcurve.judging import metrics
from training.lightcurve.judging.outcome import WINDOWS
from training.lightcurve.judging.ztf_headlines import (
    HEADLINES,
    calibrated,
    claimed,
    headlines,
    macro_f1,
    types_of,
)
from training.lightcurve.judging.ztf_others import by_object, named, others
from training.lightcurve.labels import SUPERNOVAE
from training.lightcurve.ztf_answers import Answers
from training.tables import figures_table


@pytest.fixture(scope="module")
def answers() -> Answers:
    return invented.ztf_answers()


def crossed(answers: Answers) -> Answers:
    return answers.take(np.flatnonzero(answers.fold != SERVED))


def test_what_is_kept_is_read_back_to_the_bit_by_rising_name(
    answers: Answers, tmp_path: Path
) -> None:
    answers.keep(tmp_path / "some.parquet")
    again = Answers.read(tmp_path / "some.parquet")
    assert again.name.tolist() == sorted(answers.name.tolist())
    order = np.lexsort((answers.asked, answers.fold == SERVED, answers.name))
    for name, column in vars(answers.take(order)).items():
        np.testing.assert_array_equal(getattr(again, name), column)


def test_rounded_logits_are_as_near_as_they_say() -> None:
    # Beyond eight, sixteen bits hold no finer parts.
    logits = np.random.default_rng(2).uniform(-8, 8, (90, 8)).astype(np.float32)
    assert np.abs(Answers.rounded(logits) - logits).max() <= 0.5 / Answers.rounded_to


def test_no_fold_says_how_sure_it_is_itself(answers: Answers) -> None:
    own = answers.fold == 2
    other = np.where(own, (answers.label + 1) % 8, answers.label)
    before, after = answers.chances(), replace(answers, label=other).chances()
    np.testing.assert_array_equal(after[own], before[own])
    assert (after[~own] != before[~own]).any(axis=1).all()


def test_types_are_those_of_each_window_by_rising_name(answers: Answers) -> None:
    some = crossed(answers)
    found = types_of(some, some.chances(), "ours")
    assert found.object_name.tolist() == sorted(found.object_name.tolist())
    assert found.types.shape == (len(WINDOWS), 1, 60, len(SUPERNOVAE))
    assert found.present.all()
    row = np.flatnonzero((some.name == found.object_name[7]) & (some.asked == WINDOWS[1]))
    wanted = some.chances()[row[0], : len(SUPERNOVAE)]
    np.testing.assert_allclose(found.types[1, 0, 7], wanted / wanted.sum(), rtol=1e-5)


def test_headlines_agree_with_plain_code_on_the_same_answers(answers: Answers) -> None:
    found, some = headlines(answers), crossed(answers)
    rows = some.asked == "+20 d"
    types = some.chances()[rows, : len(SUPERNOVAE)]
    assert found["flat log-loss, +20 d"] == pytest.approx(
        metrics.flat_log_loss(types / types.sum(axis=1, keepdims=True), some.label[rows], 5)
    )
    stars = (some.label == 7) & some.brighter & (some.asked == "others")
    said = some.chances()[stars, : len(SUPERNOVAE)].sum(axis=1) > 0.5
    shares = [said[some.name[stars] == one].mean() for one in np.unique(some.name[stars])]
    assert found["called a supernova, even odds: stars, brighter"] == pytest.approx(np.mean(shares))


def test_a_perfect_caller_has_a_macro_f1_of_one() -> None:
    label = np.arange(10) % 5
    assert macro_f1(label, label) == 1
    assert macro_f1(np.zeros(10, np.int64), label) == pytest.approx(2 * 2 / 12 / 5)


def test_an_object_counts_once_however_many_windows_it_has() -> None:
    name = np.array(["a"] * 9 + ["b"])
    found = by_object(name, np.array([True] * 9 + [False]), 200)
    assert found.value == 0.5 and found.error > 0.2


def test_what_is_none_is_counted_by_kind(answers: Answers) -> None:
    some = crossed(answers)
    found = named(others(some, some.chances(), 50))
    assert found["active nuclei"].objects == 12 and found["active nuclei"].windows == 24
    assert found["disruptions, +20 d"].slsn.value < 0.5 < found["disruptions, +20 d"].right.value
    assert found["stars, brighter"].natural.value <= found["stars, brighter"].even.value


def test_a_window_is_as_sure_as_it_may_be_where_its_error_keeps_the_limit(answers: Answers) -> None:
    found = calibrated(answers, answers.chances())
    assert [one.window for one in found] == list(WINDOWS)
    assert all(0 < one.limit < 0.5 and 0 < one.error < 0.5 for one in found)


def test_a_card_s_claims_are_read_back_from_its_text(answers: Answers) -> None:
    found = headlines(answers)
    told = figures_table("headline", found)
    text = f"# x\n\n## {HEADLINES}\n\nWords.\n\n{told}\n\n## More\n\n| a | b |\n"
    assert claimed(text) == pytest.approx(found, abs=5e-5)
