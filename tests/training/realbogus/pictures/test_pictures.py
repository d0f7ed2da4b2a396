"""Pictures of an invented outcome: all there, small, of the right alerts, the same to the byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.training.realbogus.judging.invented_outcome import outcome
from training.pictures.look import GREYS
from training.realbogus.judging.agreement import high, low
from training.realbogus.judging.outcome import Outcome
from training.realbogus.judging.recall import unchosen_asteroids
from training.realbogus.labels import REAL
from training.realbogus.pictures.gallery import (
    MARGIN,
    RANGE_SIGMA,
    SHOWN,
    SIDE,
    TOP,
    Called,
    gallery,
    stretched,
)
from training.realbogus.pictures.page import asteroid_recall, drawn, mistakes

BYTES_MAX = 150_000
"""Of a picture in the repository."""
STAMP = 63
NAMES = [
    "roc.svg",
    "reliability.svg",
    "asteroids.svg",
    "confusion.svg",
    "scores.png",
    "called-real.png",
    "called-bogus.png",
]


def stamps_of(alert_id: NDArray[np.int64]) -> NDArray[np.float32]:
    """Noise, the same for the same alert, with a source, a hole and a pixel out of bounds."""
    stamps = np.stack(
        [np.random.default_rng(one).normal(200, 5, (3, STAMP, STAMP)) for one in alert_id]
    ).astype(np.float32)
    stamps[:, :, 31, 31] += 100
    stamps[:, :, :9, 50:] = np.nan
    stamps[:, 0, 3, 3] = 3e38
    return stamps


@pytest.fixture(scope="module")
def invented() -> Outcome:
    """Scores that lean the right way; one alert was declined."""
    found = outcome(seed=1)
    found.scored.ours[:, 5] = np.nan
    return found


@pytest.fixture(scope="module")
def files(invented: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Path]:
    """Every picture of it."""
    return drawn(invented, stamps_of, tmp_path_factory.mktemp("once"))


def test_every_picture_is_drawn_and_small(files: Sequence[Path]) -> None:
    assert [path.name for path in files] == NAMES
    assert max(path.stat().st_size for path in files) < BYTES_MAX


def test_the_same_outcome_gives_the_same_bytes(
    invented: Outcome, files: Sequence[Path], tmp_path: Path
) -> None:
    again = drawn(invented, stamps_of, tmp_path)
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]


def test_no_picture_says_when_or_by_what_it_was_drawn(files: Sequence[Path]) -> None:
    for path in files:
        content = path.read_bytes()
        assert b"dc:date" not in content and b"atplotlib.org" not in content
        assert b"tIME" not in content and b"Software" not in content


def test_mistakes_come_worst_first_and_from_the_right_side(invented: Outcome) -> None:
    scored = invented.scored
    real = scored.ours[:, :, REAL].mean(axis=0)
    called_real, called_bogus = mistakes(scored)
    assert low(scored)[called_real.rows].all()
    assert (high(scored) | unchosen_asteroids(scored))[called_bogus.rows].all()
    assert (np.diff(real[called_real.rows]) <= 0).all()
    assert (np.diff(real[called_bogus.rows]) >= 0).all()


def test_a_declined_alert_is_nobodys_mistake(invented: Outcome) -> None:
    for called in mistakes(invented.scored):
        assert 5 not in called.rows and len(called.rows) > SHOWN


def test_a_gallery_shows_every_pixel_of_a_stamp_as_nine(invented: Outcome, tmp_path: Path) -> None:
    called = Called("one", np.array([7]))
    path = gallery(invented.scored, called, stamps_of, tmp_path)
    whole = np.asarray(Image.open(path).convert("RGB"))
    plane = whole[MARGIN + TOP :][:SIDE, MARGIN:][:, :SIDE][::-1]
    blocks = plane.reshape(STAMP, 3, STAMP, 3, 3)
    assert (blocks == blocks[:, :1, :, :1]).all()
    shown = stretched(stamps_of(invented.scored.alert_id[[7]])[0, 0])
    grey = blocks[:, 0, :, 0, 0] / 255
    assert np.abs(grey - shown)[~np.isnan(shown)].max() <= 0.51 / (GREYS - 1) + 1 / 255


@pytest.mark.parametrize("value", [0.0, 3e38, -3e38, np.nan])
def test_a_plane_of_one_value_can_be_shown(value: float) -> None:
    shown = stretched(np.full((STAMP, STAMP), value, np.float32))
    assert np.isnan(shown).all() if np.isnan(value) else len(np.unique(shown)) == 1


def test_black_and_white_are_where_the_note_says() -> None:
    plane = np.random.default_rng(3).normal(50, 2, (STAMP, STAMP)).astype(np.float32)
    for place, sigma in enumerate((*RANGE_SIGMA, 0.0)):
        plane[0, place] = 50 + 2 * sigma
    shown = stretched(plane)[0]
    assert shown[:2] == pytest.approx([0, 1], abs=0.02)
    assert 0.2 < shown[2] < 0.4


def test_asteroids_that_nobody_knows_leave_an_empty_plot(invented: Outcome) -> None:
    none = replace(invented.scored, asteroid=np.zeros_like(invented.scored.asteroid))
    assert asteroid_recall(none).axes[0].get_xticklabels() == []
