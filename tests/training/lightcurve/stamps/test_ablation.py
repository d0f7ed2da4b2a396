"""Stamps beside the light curve: whom it is asked of, and figures that are had again."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from training.bootstrap import Measured
from training.lightcurve.calibration import chances_of
from training.lightcurve.labels import ZTF
from training.lightcurve.stamps import power as module
from training.lightcurve.stamps.ablation import (
    ALONE,
    STAMPS,
    Told,
    figures,
    swapped,
    told,
)
from training.lightcurve.stamps.pairs import Alert, paired
from training.lightcurve.stamps.power import WORTH, Power, power
from training.lightcurve.stamps.questions import CIRCULAR, QUESTIONS
from training.lightcurve.stamps.section import FIGURES, described, headlines, put_into
from training.lightcurve.ztf_answers import Answers
from training.tables import figures_under
from training.verify import CARDS

EACH, FOLDS = 12, 5
COULD = [Power("five types", 0.9, 0.1, 0.2)]
ASKED = [place for place, label in enumerate(ZTF) if label != "TDE"]


@pytest.fixture(scope="module")
def answers() -> Answers:
    label = np.repeat(ASKED, EACH)
    count = len(label)
    random = np.random.default_rng(1)
    logits = random.normal(size=(count, len(ZTF)))
    logits[np.arange(count), label] += 1.0
    kind = np.where(label < 5, "supernova", np.where(np.arange(count) % 2, CIRCULAR, "nucleus"))
    return Answers(
        np.array([f"ZTF{one}" for one in range(count)]),
        np.where(label < 5, "+20 d", "others"),
        label,
        np.arange(count) % FOLDS,
        np.zeros(count, np.bool_),
        np.full(count, 6),
        logits.astype(np.float16),
        kind,
        np.full(count, 20),
        np.ones(count, np.bool_),
    )


@pytest.fixture(scope="module")
def found(answers: Answers) -> Told:
    """Stamps that tell the label."""
    random = np.random.default_rng(2)
    layers = random.normal(size=(FOLDS, len(answers.label), 20))
    layers[:, :, : len(ZTF)] += 3 * np.eye(len(ZTF))[answers.label]
    chances = chances_of(answers.logits.astype(np.float64))
    return told(answers, chances, list(layers), np.arange(len(answers.label)) // 4)


def test_each_question_is_asked_of_those_that_it_may_be(found: Told, answers: Answers) -> None:
    for question in QUESTIONS:
        some = found.take((found.question == question.name) & (found.model == ALONE))
        assert len(some.label) == len(question.rows(answers))
        np.testing.assert_allclose(np.nansum(some.chances, axis=1), 1, atol=1e-5)
    assert CIRCULAR not in answers.take(QUESTIONS[-1].rows(answers)).kind


def test_the_light_curve_alone_is_at_even_odds_of_the_groups(answers: Answers) -> None:
    even = np.full((1, len(ZTF)), 1 / len(ZTF))
    for question in QUESTIONS:
        np.testing.assert_allclose(
            chances_of(question.base(even)), 1 / len(question.groups), atol=1e-12
        )


def test_what_stamps_tell_is_a_gain_over_the_light_curve_alone(found: Told) -> None:
    for one in figures(found, rounds=200):
        assert isinstance(one.flat, Measured) and one.flat.error > 0
        if one.model == ALONE:
            assert one.flat_gain.value == one.f1_gain.value == 0
        if one.model == STAMPS and one.question != QUESTIONS[-1].name:
            assert one.flat_gain.clear


def test_another_object_is_of_the_same_night_where_there_is_one() -> None:
    night = np.array([1, 1, 1, 2, 3, 3, 4])
    other = swapped(night)
    assert sorted(other) == list(range(7)) and not (other == np.arange(7)).any()
    together = np.isin(night, (1, 3))
    np.testing.assert_array_equal(night[other][together], night[together])


def test_figures_are_had_again_from_what_is_kept(found: Told, tmp_path: Path) -> None:
    kept, card = tmp_path / "stamps.parquet", tmp_path / "supernova.md"
    found.keep(kept)
    shutil.copy(CARDS / "supernova.md", card)
    for _ in range(2):
        put_into(card, kept, described(100, found, 24, [10.0, 20.0]), COULD)
        claimed = figures_under(card.read_text("utf-8"), FIGURES)
        assert claimed == pytest.approx(headlines(Told.read(kept)), abs=1e-4)
    assert len(claimed) == 2 * len(QUESTIONS) * 2


def test_numbers_of_known_worth_gain_the_more_the_more_they_tell(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUESTIONS", QUESTIONS[2:3])
    monkeypatch.setattr(module, "ROUNDS", 3)
    monkeypatch.setattr(module, "WORTH", {0.75: 0.6745, 0.999: 3.0})
    found = list(power(answers, chances_of(answers.logits.astype(np.float64))))
    assert [one.auc for one in found] == [0.75, 0.999]
    assert found[0].mean < found[1].mean and found[1].mean > 2 * found[1].spread


def test_a_worth_is_the_auc_of_two_groups() -> None:
    draws = np.random.default_rng(0).normal(size=(2, 2, 20_000))
    for auc, apart in WORTH.items():
        draws_apart = draws + apart * np.eye(2)[:, :, None]
        cut = draws_apart[:, 0] - draws_apart[:, 1]
        assert (cut[0] > cut[1]).mean() == pytest.approx(auc, abs=0.01)


def test_an_object_counts_once_by_its_earliest_alert_that_has_stamps(answers: Answers) -> None:
    first, star = answers.name[0], answers.name[-1]
    alerts = [
        Alert(first, 1, 15.0, 6),
        Alert(first, 2, 19.0, 6),
        Alert(first, 3, 25.0, 9),
        Alert(star, 4, 900.0, 5),
        Alert(star, 5, 901.0, 6),
        Alert("ZTF of no answer", 6, 3.0, 6),
    ]
    pairs = paired(answers, alerts, np.array([2, 3, 4, 5, 6]))
    assert pairs.alert_id.tolist() == [2, 5]
    assert answers.name[pairs.row].tolist() == [first, star]
    assert pairs.exact.tolist() == [False, True]
