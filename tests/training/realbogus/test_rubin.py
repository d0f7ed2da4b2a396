"""Rubin's layers: as published, taught what ours are, and set beside ours under the same draws."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from classifiers.realbogus import WEIGHTS
from schemas.errors import ModelError
from tests.training.realbogus.invented import examples
from training.arrays import Mask, Singles
from training.realbogus.answers import FILE, NOT_DRAWN, read
from training.realbogus.fitting import Lesson, logits, seen
from training.realbogus.labels import REAL
from training.realbogus.material import Material, material
from training.realbogus.rubin import crossing
from training.realbogus.rubin.beside import keep, put_into
from training.realbogus.rubin.crossing import RECIPES, Answers, crossed, real_or_not
from training.realbogus.rubin.model import SIDE, RubinNet, multiplications
from training.realbogus.rubin.paired import found, met
from training.realbogus.verifying import RUBIN, claimed, headlines

PARAMETERS = 3 * 16 * 25 + 16 + 16 * 32 * 25 + 32 + 32 * 64 * 25 + 64 + 256 * 32 + 32 + 32 + 1
"""Of the published layers, with their biases."""
STEPS = 3


@pytest.fixture(scope="module")
def some() -> Material:
    made = material(examples(40, objects=1000, nights=9), seed=0, exam_stamps=20, build=RubinNet)
    return replace(made, fold=np.arange(len(made.fold)) % 2)


def test_the_layers_have_the_published_sizes() -> None:
    net = RubinNet().eval()
    layers = [*net.features.parameters(), *net.head.parameters()]
    assert sum(one.numel() for one in layers) == PARAMETERS
    assert net.features(torch.zeros(2, 3, SIDE, SIDE)).shape == (2, 64, 2, 2)


def test_multiplications_are_those_of_each_layer_at_each_place() -> None:
    first, second, third = 47 * 47 * 16 * 75, 19 * 19 * 32 * 400, 5 * 5 * 64 * 800
    assert multiplications(RubinNet()) == first + second + third + 256 * 32 + 32


def test_its_two_numbers_are_a_sigmoid_of_one() -> None:
    stamps: Singles = np.random.default_rng(2).normal(size=(3, 3, 63, 63)).astype(np.float32)
    net = RubinNet().eval()
    both = logits(net, seen(net, stamps))
    assert both.shape == (3, 2) and not both[:, 1].any()
    with torch.no_grad():
        one = net.head(net.features(net.images(torch.from_numpy(stamps))))
    chance = torch.softmax(torch.from_numpy(both), dim=1)[:, REAL]
    torch.testing.assert_close(chance, torch.sigmoid(one[:, 0]), atol=1e-3, rtol=0)


def test_a_stamp_in_another_unit_or_with_rows_missing_is_read() -> None:
    stamps = np.random.default_rng(2).normal(size=(2, 3, 63, 63)).astype(np.float32)
    net = RubinNet().eval()
    np.testing.assert_allclose(seen(net, stamps), seen(net, 1e-4 * stamps), atol=2e-3)
    stamps[:, :, :9] = np.nan
    images = seen(net, stamps)
    assert np.isfinite(images).all() and not images[:, :, :3].any()


def test_of_a_drawn_artefact_it_is_told_no_more_than_that_it_is_none() -> None:
    images = np.zeros((3, 3, SIDE, SIDE), np.float16)
    named = real_or_not(Lesson(images, np.array([REAL, 2, 4]), 1.0))
    assert named.said.dtype == np.float32
    np.testing.assert_array_equal(named.said, [1, 0, 0])
    doubted = Lesson(images, np.array([0.2, 0.9, 0.5], np.float32), 1.0)
    np.testing.assert_array_equal(real_or_not(doubted).said, doubted.said)


def test_every_alert_and_exam_stamp_is_answered_by_the_recipe_that_did_best(
    some: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    worth = iter((0.6, 0.9))
    monkeypatch.setattr(crossing, "_agreed", lambda *_: next(worth))
    answers, tried = crossed(some, STEPS)
    assert np.isfinite(answers.alerts).all() and np.isfinite(answers.exam).all()
    assert [line.endswith("| yes |") for line in tried.splitlines()[2:]] == [False, True]


def test_it_is_taught_nothing_of_the_fold_that_it_answers(
    some: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Mask] = []

    def heard(_: Material, rows: Mask, __: int) -> tuple[list[Lesson], Mask]:
        told.append(rows)
        return [], rows

    monkeypatch.setattr(crossing, "set_apart", heard)
    monkeypatch.setattr(crossing, "tuned", lambda *_: None)
    crossing.taught(some, 1, next(iter(RECIPES.values())))
    assert not np.any(told[0] & (some.fold == 1))


def test_it_stands_beside_ours_in_answers_and_card(some: Material, tmp_path: Path) -> None:
    kept, card = tmp_path / "answers.parquet", tmp_path / "realbogus.md"
    shutil.copy(FILE, kept)
    shutil.copy(WEIGHTS.with_suffix(".md"), card)
    own = _as_kept(some, kept)
    columns = read(kept)
    drawn = columns["drawn"] != NOT_DRAWN
    chance = 1 / (1 + np.exp(-columns["ours"].astype(np.float64)))
    keep(Answers(chance[~drawn], chance[drawn]), own, kept)
    for _ in range(2):
        put_into(card, kept, "| recipe |\n| --- |", STEPS)
        text = card.read_text("utf-8")
        assert claimed(text) == pytest.approx(headlines(kept), abs=1e-4)
    assert text.count("## Ours less Rubin's layers") == 1
    for one in found(kept):
        assert one.less.value == pytest.approx(0, abs=0.01)
    with pytest.raises(ModelError, match="other alerts"):
        keep(Answers(chance[~drawn], chance[drawn]), some, kept)


def test_a_fold_that_it_was_not_fitted_for_is_told_and_counts_for_neither(
    some: Material, tmp_path: Path
) -> None:
    kept, card = tmp_path / "answers.parquet", tmp_path / "realbogus.md"
    shutil.copy(FILE, kept)
    shutil.copy(WEIGHTS.with_suffix(".md"), card)
    columns = read(kept)
    drawn = columns["drawn"] != NOT_DRAWN
    chance = 1 / (1 + np.exp(-columns["ours"].astype(np.float64)))
    chance[columns["fold"] == 2] = np.nan
    keep(Answers(chance[~drawn], chance[drawn]), _as_kept(some, kept), kept)
    put_into(card, kept, "", STEPS)
    assert "as it was not fitted there: fold 2." in " ".join(card.read_text("utf-8").split())
    asteroids = next(one for one in found(kept) if one.what.startswith("recall"))
    asked = ~drawn & columns["asteroid"] & np.isnan(columns["drb"]) & (columns["fold"] != 2)
    assert asteroids.real == (asked & (columns["survey"] == "ztf")).sum()


def _as_kept(some: Material, kept: Path) -> Material:
    """Material of the alerts and stamps that the answers are about."""
    columns = read(kept)
    drawn = columns["drawn"] != NOT_DRAWN
    own = replace(some.examples, alert_id=columns["alert_id"][~drawn])
    exam = replace(some.exam, label=columns["drawn"][drawn], snr=columns["snr"][drawn])
    return replace(some, examples=own, fold=columns["fold"][~drawn], exam=exam)


def test_purity_meets_completeness_where_a_plain_search_finds_it() -> None:
    random = np.random.default_rng(4)
    real = random.random(60) < 0.4
    score = (random.normal(size=60) + 1.5 * real).astype(np.float32)
    weights = random.integers(0, 3, size=(3, 60)).astype(np.float64)
    for share, row in zip(met(real, score, weights), weights, strict=True):
        repeated = np.repeat(np.arange(60), row.astype(int))
        gaps = []
        for limit in np.sort(score[repeated]):
            complete = (score[repeated][real[repeated]] >= limit).mean()
            false = (score[repeated][~real[repeated]] >= limit).mean()
            gaps.append((abs(complete / (complete + false) - complete), complete))
        assert share == pytest.approx(min(gaps)[1])


def test_a_rival_is_quoted_in_its_own_section_only() -> None:
    assert not any(RUBIN in name for name in claimed("# card\n\n## Recomputed\n"))
