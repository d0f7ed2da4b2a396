"""Drawn examples: the same on an alert whatever the others are, in the shares that were meant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.resampling import resample
from tests.training.realbogus.invented import examples, natives
from training.realbogus.alerts.examples import Examples, joined
from training.realbogus.drawing.artefacts import LABEL_SHARES
from training.realbogus.drawing.ground import (
    DECAM_GAIN,
    DIFFERENCE,
    RUBIN_GAIN,
    ZTF_FWHM,
    ZTF_GAIN,
)
from training.realbogus.drawing.pool import (
    ARTEFACTS,
    SOURCES,
    Pool,
    opened_all,
    pool,
)
from training.realbogus.labels import LABELS, REAL

SEED = 3
RUBIN_SIDE = 30
ZTF, RUBIN = 12, 4


def rubin(count: int, noise_njy: float) -> Examples:
    """Alerts of 30 x 30 pixels, numbered apart from ZTF's, never scored by drb."""
    random = np.random.default_rng(8)
    native = random.normal(0, noise_njy, (count, 3, RUBIN_SIDE, RUBIN_SIDE)).astype(np.float32)
    return replace(
        examples(count),
        survey=np.full(count, "lsst"),
        stamps=np.stack([resample(planes, 63) for planes in native]),
        native=natives(native),
        alert_id=10**16 + np.arange(count),
        teacher=np.full(count, np.nan),
        psf_fwhm_pixels=np.full(count, 5.0),
    )


@pytest.fixture(scope="module")
def some() -> Examples:
    """Of both surveys; every third of ZTF's is not doubtful."""
    return joined([examples(ZTF), rubin(RUBIN, noise_njy=20.0)])


def kept(stamps: NDArray[np.float32]) -> NDArray[np.float16]:
    """The stamps themselves, bit by bit: this pool's images are not a network's."""
    assert stamps.shape[1:] == (3, 63, 63) and stamps.dtype == np.float32
    return stamps.view(np.float16)


@pytest.fixture(scope="module")
def made(some: Examples) -> Pool:
    return pool(some, SEED, kept)


def of(drawn: Pool, row: int) -> tuple[bytes, list[int]]:
    """What is drawn on one row, and its labels."""
    rows = drawn.row == row
    return drawn.images[rows].tobytes(), drawn.label[rows].tolist()


def test_what_is_drawn_on_an_alert_does_not_depend_on_the_others(
    some: Examples, made: Pool
) -> None:
    rows = np.array([13, 7, 0, 2])
    fewer = pool(some.take(rows), SEED, kept)
    for place, row in enumerate(rows.tolist()):
        assert of(fewer, place) == of(made, row)


def test_another_seed_draws_others(some: Examples, made: Pool) -> None:
    other = pool(some.take(np.arange(1)), SEED + 1, kept)
    assert of(other, 0) != of(made, 0)


def test_sources_are_drawn_on_quiet_alerts_only_and_on_rubins_twice_as_many(
    some: Examples, made: Pool
) -> None:
    sources, artefacts = (
        np.bincount(made.row[side], minlength=len(some))
        for side in (made.label == REAL, made.label != REAL)
    )
    ztf, quiet = some.survey == "ztf", some.high
    assert 0 < quiet.sum() < ZTF and np.isnan(some.teacher[~ztf]).all()
    np.testing.assert_array_equal(sources[ztf], np.where(quiet[ztf], SOURCES, 0))
    np.testing.assert_array_equal(sources[~ztf], 2 * SOURCES)
    np.testing.assert_array_equal(artefacts[ztf], ARTEFACTS)
    np.testing.assert_array_equal(artefacts[~ztf], 2 * ARTEFACTS)


def test_artefacts_have_their_labels_shares() -> None:
    drawn = pool(examples(50), SEED, lambda stamps: np.zeros(len(stamps), np.float16))
    bogus = drawn.label[drawn.label != REAL]
    for label, share in LABEL_SHARES.items():
        spread = np.sqrt(share * (1 - share) / len(bogus))
        assert np.mean(bogus == label) == pytest.approx(share, abs=3.5 * spread), LABELS[label]


def test_no_two_drawings_are_alike(made: Pool) -> None:
    assert len({one.tobytes() for one in made.images}) == len(made.row)


def test_an_alert_with_an_empty_plane_is_not_drawn_on() -> None:
    two = examples(2)
    two.native[0][1] = np.nan
    assert set(pool(two, SEED, kept).row) == {1}


def test_a_ground_knows_its_sign_and_its_cameras_gain() -> None:
    both = joined([examples(6), rubin(1, noise_njy=20.0)])
    grounds = opened_all(both)
    assert [one.sign for one in grounds] == np.where(both.negative, -1, 1).tolist()
    assert {one.gain for one in grounds[1:]} == {ZTF_GAIN} and grounds[0].gain == RUBIN_GAIN
    (faint,) = opened_all(rubin(1, noise_njy=4.0))
    assert faint.gain == DECAM_GAIN and faint.noise[DIFFERENCE] == pytest.approx(4, rel=0.1)


def test_a_stamp_without_stars_takes_the_blur_that_is_usual_around_it() -> None:
    some = replace(
        examples(8, nights=1),
        field=np.array([1, 1, 1, 1, 1, 2, 2, 3]),
        psf_fwhm_pixels=np.array([3.0, 3.2, 3.4, 9.0, np.nan, 5.0, np.nan, np.nan]),
    )
    found = [one.fwhm_pixels for one in opened_all(some)]
    # The median of its field-night's four; of its night's five, where a field-night has one.
    assert found[4] == pytest.approx(3.3)
    assert found[6] == found[7] == pytest.approx(3.4)
    assert opened_all(examples(1))[0].fwhm_pixels == ZTF_FWHM
