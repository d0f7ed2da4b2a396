"""What the card of the six-band network is quoted by comes from the answers that are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.lightcurve.judging import invented
from training.lightcurve.answers import SERVED
from training.lightcurve.judging.metrics import flat_log_loss
from training.lightcurve.judging.outcome import DAYS, WHOLE, Redshift
from training.lightcurve.judging.six_band_headlines import (
    OBJECTS,
    asked,
    headlines,
    headlines_of,
    surely,
)
from training.lightcurve.labels import SIX_BAND
from training.lightcurve.six_band_answers import FILE, SixBandAnswers

BYTES_MAX = 500_000


@pytest.fixture(scope="module")
def answers() -> SixBandAnswers:
    return invented.six_band_answers()


def test_what_is_kept_is_read_back_and_gives_the_same_headlines(
    answers: SixBandAnswers, tmp_path: Path
) -> None:
    answers.keep(tmp_path / "some.parquet")
    again = SixBandAnswers.read(tmp_path / "some.parquet")
    assert set(again.asked.tolist()) == set(answers.asked.tolist())
    assert headlines(tmp_path / "some.parquet") == pytest.approx(headlines_of(answers), abs=1e-9)


def test_a_headline_is_of_those_that_were_answered_out_of_fold(answers: SixBandAnswers) -> None:
    found, chances = headlines_of(answers), answers.chances()
    rows = asked(answers, Redshift.WITHOUT, WHOLE)
    assert (answers.fold[rows] != SERVED).all() and 0 < len(rows) < invented.OBJECTS
    wanted = flat_log_loss(chances[rows], answers.label[rows], len(SIX_BAND))
    assert found["flat log-loss, whole"] == pytest.approx(wanted)
    assert found["share answered, whole"] == pytest.approx(len(rows) / OBJECTS)


def test_a_network_that_shouts_is_calmed_by_the_other_folds(answers: SixBandAnswers) -> None:
    louder = replace(answers, logits=(3 * answers.logits).astype(np.float16))
    for one, other in zip(surely(answers), surely(louder), strict=True):
        assert one.objects == other.objects
        assert other.error == pytest.approx(one.error, abs=0.02)
    assert len(surely(answers)) == len(DAYS)


def test_what_is_kept_is_small() -> None:
    assert FILE.stat().st_size <= BYTES_MAX
