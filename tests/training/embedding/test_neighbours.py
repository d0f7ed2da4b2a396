"""Neighbours, votes and areas under curves are what a plain computation gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.embedding.neighbours import (
    auc,
    auc_drawn,
    balanced,
    evenly,
    found_again,
    nearest,
    voted,
)


def test_neighbours_are_the_nearest_of_other_objects() -> None:
    random = np.random.default_rng(0)
    asked, known = (random.normal(size=(n, 4)).astype(np.float32) for n in (7, 50))
    mine, theirs = np.arange(7).astype(str), (np.arange(50) % 9).astype(str)
    distance, place = nearest(asked, known, 3, (mine, theirs))
    for row in range(7):
        plain = np.square(known - asked[row]).sum(axis=1)
        plain[theirs == mine[row]] = np.inf
        assert place[row].tolist() == np.argsort(plain)[:3].tolist()
        assert np.allclose(distance[row], np.sort(plain)[:3], atol=1e-4)


def test_votes_are_at_even_odds() -> None:
    label = np.array([0, 0, 0, 1])
    votes = voted(np.array([[0, 1, 3]]), label, evenly(label, 2), 2)
    assert np.allclose(votes, [[0.4, 0.6]])
    assert balanced(np.array([0, 0, 1]), np.array([0, 1, 1])) == 0.75


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_an_area_is_the_share_of_pairs_in_order(pairs: list[tuple[int, bool]]) -> None:
    score, unseen = (np.array(each) for each in zip(*pairs, strict=True))
    if unseen.all() or not unseen.any():
        return
    high, low = score[unseen][:, None], score[~unseen][None]
    plain = ((high > low) + 0.5 * (high == low)).mean()
    assert np.isclose(auc(score.astype(float), unseen), plain)
    assert np.isclose(auc_drawn(score.astype(float), unseen, (0, 1))[0], plain)


def test_an_interval_is_as_wide_as_samples_differ() -> None:
    random = np.random.default_rng(5)
    unseen = np.arange(300) < 100
    samples = [random.normal(size=300) + unseen for _ in range(200)]
    spread = np.std([auc(one, unseen) for one in samples])
    drawn = np.mean([auc_drawn(one, unseen, (0, 1))[1:].std() for one in samples[:10]])
    assert 0.85 < drawn / spread < 1.15


def test_an_object_is_found_again_where_its_own_row_is_nearest() -> None:
    kept = np.eye(3, dtype=np.float32)
    asked = np.array([[1, 0.1, 0], [0.9, 0.2, 0], [0, 0, 1]], np.float32)
    assert found_again(asked, kept).tolist() == [True, False, True]
