"""What is taught: evidence before drb before rb, and nothing of rows that were not asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.realbogus.invented import VARIED, material, rows_of
from training.arrays import Mask
from training.realbogus.alerts.examples import LOW_SCORE, Examples
from training.realbogus.drawing.pool import Pool
from training.realbogus.fitting import Lesson
from training.realbogus.lessons import (
    KNOWN_REAL,
    RB_BOGUS,
    RB_DOUBT,
    RB_REAL,
    SHARE_DRAWN,
    SHARE_LOW,
    SHARE_SCORED,
    SHARE_UNSCORED,
    lesson_of_drb,
    lessons,
    real_chance,
)
from training.realbogus.material import Material

LAW = settings(max_examples=25)


@pytest.fixture(scope="module")
def some() -> Material:
    """Every second alert has no drb; every sixth of all is an asteroid, every fifth has no rb."""
    whole = material()
    count = np.arange(len(whole.examples))
    return replace(
        whole,
        examples=replace(
            whole.examples,
            teacher=np.where(count % 2 == 0, whole.examples.teacher, np.nan),
            asteroid_distance_arcsec=np.where(count % 6 < 2, 0.3, np.inf),
            rb=np.where(count % 5 == 0, np.nan, whole.examples.rb),
        ),
    )


def taught(some: Material, rows: Mask) -> list[Lesson]:
    return lessons(some.examples, some.variants, some.pool, rows)


def one(**columns: object) -> Examples:
    """A single alert with these columns."""
    some = material(1).examples
    return replace(some, **{name: np.array([value]) for name, value in columns.items()})


@pytest.mark.parametrize(
    ("columns", "chance"),
    [
        ({"teacher": np.nan, "rb": 0.1, "spectroscopic": "SN Ia"}, KNOWN_REAL),
        ({"teacher": np.nan, "rb": 0.1, "asteroid_distance_arcsec": 0.4}, KNOWN_REAL),
        ({"teacher": 0.01, "asteroid_distance_arcsec": 0.4}, KNOWN_REAL),
        ({"teacher": 0.3, "rb": 0.9}, 0.3),
        ({"teacher": np.nan, "rb": 0.1, "simbad": "QSO"}, RB_DOUBT),
        ({"teacher": np.nan, "rb": RB_BOGUS - 0.1}, RB_DOUBT),
        ({"teacher": np.nan, "rb": (RB_BOGUS + RB_REAL) / 2}, 0.5),
        ({"teacher": np.nan, "rb": RB_REAL + 0.1}, 1 - RB_DOUBT),
        ({"teacher": np.nan, "rb": np.nan, "asteroid_distance_arcsec": 3.0}, np.nan),
    ],
)
def test_evidence_speaks_before_any_score(columns: dict[str, object], chance: float) -> None:
    np.testing.assert_allclose(real_chance(one(**columns)), [chance])


def test_every_alert_is_in_the_lesson_that_its_scores_put_it_in(some: Material) -> None:
    examples = some.examples
    low, scored, unscored, drawn = taught(some, np.ones(len(examples), np.bool_))
    said, none = real_chance(examples), np.isnan(examples.teacher)
    bogus = ~none & (said < LOW_SCORE)
    assert rows_of(low.images).tolist() == varied(bogus)
    assert rows_of(scored.images).tolist() == varied(~none & ~bogus)
    assert rows_of(unscored.images).tolist() == varied(none & ~np.isnan(said))
    assert rows_of(drawn.images).tolist() == some.pool.row.tolist()
    shares = tuple(one.share for one in (low, scored, unscored, drawn))
    assert shares == (SHARE_LOW, SHARE_SCORED, SHARE_UNSCORED, SHARE_DRAWN)


def varied(rows: Mask) -> list[int]:
    """The places of these rows, once for each variant."""
    return np.repeat(np.flatnonzero(rows), VARIED).tolist()


def test_each_image_keeps_what_is_said_of_it(some: Material) -> None:
    *real, drawn = taught(some, np.arange(len(some.examples)) % 7 > 2)
    said = real_chance(some.examples).astype(np.float32)
    for lesson in real:
        assert lesson.said.dtype == np.float32
        np.testing.assert_array_equal(lesson.said, said[rows_of(lesson.images)])
    kept = np.isin(some.pool.row, np.flatnonzero(np.arange(len(some.examples)) % 7 > 2))
    np.testing.assert_array_equal(drawn.said, some.pool.label[kept])
    assert drawn.said.dtype == np.int64


@LAW
@given(seed=st.integers(0, 1000), share=st.floats(0.05, 1.0))
def test_rows_that_were_not_asked_for_are_in_no_lesson(
    some: Material, seed: int, share: float
) -> None:
    rows = np.random.default_rng(seed).uniform(size=len(some.examples)) < share
    for lesson in taught(some, rows):
        assert rows[rows_of(lesson.images)].all()


def test_what_is_drawn_goes_where_its_alert_goes(some: Material) -> None:
    rows = np.arange(len(some.examples)) == 7
    order = np.random.default_rng(2).permutation(len(some.pool.row))
    mixed = Pool(some.pool.images[order], some.pool.label[order], some.pool.row[order])
    *_, drawn = taught(replace(some, pool=mixed), rows)
    assert rows_of(drawn.images).tolist() == [7] * 3
    assert sorted(drawn.said) == sorted(some.pool.label[some.pool.row == 7])


def test_a_lesson_of_nothing_is_left_out(some: Material) -> None:
    unscored = np.isnan(some.examples.teacher)
    assert lesson_of_drb(some.examples, some.images, unscored) == []
    assert len(taught(some, unscored)) == 2
    assert len(taught(some, ~unscored)) == 3


def test_what_drb_alone_teaches_is_drb_itself(some: Material) -> None:
    (lesson,) = lesson_of_drb(some.examples, some.images, np.ones(len(some.examples), np.bool_))
    assert rows_of(lesson.images).tolist() == np.flatnonzero(some.examples.teacher > 0).tolist()
    np.testing.assert_allclose(lesson.said, some.examples.teacher[rows_of(lesson.images)])
