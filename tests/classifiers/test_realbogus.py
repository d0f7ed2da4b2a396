"""The real/bogus network as it is served: odd stamps, its card, and real alerts."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from classifiers.classifier import Classifier
from classifiers.realbogus import WEIGHTS, RealBogus
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from tests.classifiers.stamped import batch_of, invented_stamps

WEIGHTS_BYTES_MAX = 150_000
LABELS = ("real", "bad_subtraction", "cosmic_ray", "bad_pixel", "satellite_trail")
REALBOGUS = RealBogus()
REAL = REALBOGUS.labels.index("real")


def real(stamps: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[float]:
    """The probability of "real" of each row of stamps."""
    column: list[float] = REALBOGUS.score_stamps(stamps)[:, REAL].tolist()
    return column


def test_it_is_a_classifier_that_reads_stamps() -> None:
    assert isinstance(REALBOGUS, Classifier)
    assert REALBOGUS.identity.name == "realbogus"
    assert REALBOGUS.reads == ("stamps",)


def test_it_tells_real_from_four_kinds_of_artefact() -> None:
    assert REALBOGUS.labels == LABELS


def test_its_card_describes_the_served_file() -> None:
    card = WEIGHTS.with_suffix(".md").read_text(encoding="utf-8")
    assert re.findall(r"\| sha256 \| `(\w+)` \|", card) == [REALBOGUS.identity.sha256]
    assert card.startswith(f"# realbogus {REALBOGUS.identity.version}\n")


def test_the_weights_are_small_and_tell_nothing_of_the_machine_that_made_them() -> None:
    content = WEIGHTS.read_bytes()
    assert len(content) < WEIGHTS_BYTES_MAX
    assert b".py" not in content


def test_a_row_of_probabilities_sums_to_one() -> None:
    scores = REALBOGUS.score(batch_of(list(invented_stamps(5, seed=1))))
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("plane", range(3))
def test_an_alert_without_a_plane_is_declined_and_its_neighbours_scored(plane: int) -> None:
    first, second, third = ([*row] for row in invented_stamps(3, seed=2))
    bare = [None if place == plane else one for place, one in enumerate(second)]
    scores = REALBOGUS.score(batch_of([first, bare, third]))
    assert np.isnan(scores).all(axis=1).tolist() == [False, True, False]
    np.testing.assert_array_equal(scores[::2], REALBOGUS.score(batch_of([first, third])))


def test_a_plane_without_a_finite_pixel_is_as_good_as_none() -> None:
    stamps = invented_stamps(2, seed=3)
    stamps[1, 0] = np.nan
    assert np.isnan(real(stamps)).tolist() == [False, True]
    stamps[1, 0, 33, 35] = 1.0
    assert np.isnan(real(stamps)).tolist() == [False, False]


def test_an_empty_batch_is_scored_to_an_empty_table() -> None:
    batch = batch_of(list(invented_stamps(1, seed=4))).take(np.arange(0))
    assert REALBOGUS.score(batch).shape == (0, len(REALBOGUS.labels))


def test_a_smaller_stamp_is_resampled() -> None:
    small = invented_stamps(1, seed=5)[0, :, :30, :30].copy()
    assert np.isfinite(REALBOGUS.score(batch_of([list(small)]))).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e6, 0.0])
@pytest.mark.parametrize("rows", [slice(0, 1), slice(31, 32), slice(20, 50), slice(0, 62)])
def test_bad_pixels_never_make_a_bad_score(value: float, rows: slice) -> None:
    stamps = invented_stamps(1, seed=6, amplitude=20)
    stamps[0, :, rows] = value
    assert 0 <= real(stamps)[0] <= 1


@settings(max_examples=60)
@given(
    arrays(np.float32, (1, 3, 7, 7), elements=st.floats(width=32)),
    st.integers(0, 56),
    st.integers(0, 56),
)
def test_no_pixels_make_a_bad_score(
    patch: np.ndarray[tuple[int, ...], np.dtype[np.float32]], row: int, column: int
) -> None:
    stamps = invented_stamps(1, seed=7)
    stamps[:, :, row : row + 7, column : column + 7] = patch
    scores = REALBOGUS.score_stamps(stamps)
    assert np.isfinite(scores).all()
    assert abs(float(scores.sum()) - 1) < 1e-6


@pytest.mark.parametrize("plane", range(3))
def test_neither_the_level_of_the_sky_nor_the_gain_is_seen(plane: int) -> None:
    stamps = invented_stamps(4, seed=8, amplitude=30)
    other = stamps.copy()
    other[:, plane] = 16 * other[:, plane] + 4096
    np.testing.assert_allclose(real(other), real(stamps), atol=2e-3)


@settings(max_examples=40)
@given(seed=st.integers(0, 1000), power=st.integers(-14, 14), hole=st.integers(0, 62))
def test_stamps_in_other_units_score_the_same(seed: int, power: int, hole: int) -> None:
    stamps = invented_stamps(2, seed, amplitude=20)
    stamps[1, :, hole] = np.nan
    other = stamps * np.float32(2.0**power)  # exact; another factor would round the pixels, too
    np.testing.assert_allclose(real(other), real(stamps), atol=1e-6)


@pytest.mark.parametrize("factor", [1e-4, 1e4])
def test_so_they_do_in_units_that_round_the_pixels(factor: float) -> None:
    stamps = invented_stamps(20, seed=10, amplitude=20)
    np.testing.assert_allclose(real(stamps * np.float32(factor)), real(stamps), atol=1e-5)


def test_warming_up_changes_no_score() -> None:
    stamps = invented_stamps(3, seed=9)
    before = real(stamps)
    REALBOGUS.warm_up()
    assert real(stamps) == before


@pytest.mark.data
def test_real_alerts_are_told_apart_as_drb_tells_them(data_folder: Path) -> None:
    """On alerts that the network has seen: this finds a broken path, not a good network."""
    archive = data_folder / "ztf" / "astrolabsoftware+fink-broker" / "alerts.tar.xz"
    if not archive.is_file():
        pytest.skip("the data have no such archive of ZTF alerts")
    batch = _decoded(archive)
    ours = REALBOGUS.score(batch)[:, REAL]
    assert np.isfinite(ours).all()
    low = batch.survey_real_score < 0.5
    assert (ours[~low][:, None] > ours[low]).mean() > 0.85


def _decoded(archive: Path) -> AlertBatch:
    """Every alert with three stamps and a drb in an archive of Avro files."""
    decoder = Decoder()
    with tarfile.open(archive) as members:
        files = [members.extractfile(member) for member in members if member.isfile()]
        contents = [file.read() for file in files if file]
    batch = decoder.decode([packet for content in contents for packet in decoder.split(content)])
    whole = ~batch.stamps.missing.any(axis=1) & np.isfinite(batch.survey_real_score)
    return batch.take(np.flatnonzero(whole))
