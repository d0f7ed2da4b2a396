"""Answers rank what is like them, by weights that a plain computation gives, too."""

from __future__ import annotations

import numpy as np

from gueststar.anomalies import taste
from gueststar.anomalies.taste import scores
from tests.gueststar.anomalies.drawn import drawn


def test_without_answers_the_oddest_comes_first() -> None:
    seen, _ = drawn(50)
    none = seen.take(slice(0, 0))
    found = scores(seen, none, np.zeros(0, np.bool_))
    assert np.array_equal(np.argsort(found), np.argsort(seen.rarity))


def test_a_kind_that_is_liked_comes_first_and_one_that_is_not_comes_last() -> None:
    seen, second = drawn(400)
    rows = np.concatenate([np.flatnonzero(second)[:4], np.flatnonzero(~second)[:8]])
    found = scores(seen, seen.take(rows), second[rows])
    assert found[second].min() > found[~second].max()
    other = scores(seen, seen.take(rows), ~second[rows])
    assert np.median(other[second]) < np.quantile(other[~second], 0.05)


def test_tables_of_leaves_weigh_as_the_kernel_does() -> None:
    seen, _ = drawn(60)
    answered = seen.take(slice(0, 12))
    weights = np.random.default_rng(1).normal(size=12)
    plain = taste._kernel(seen, answered) @ weights
    assert np.allclose(taste._weighed(seen, answered, weights), plain, atol=1e-9)


def test_the_weights_are_where_the_penalised_likelihood_is_flat() -> None:
    seen, second = drawn(80)
    kernel, offset = taste._kernel(seen, seen), taste._offset(seen)
    weights = taste._fitted(kernel, offset, second)
    chance = 1 / (1 + np.exp(-(offset + kernel @ weights)))
    assert np.allclose(second - chance, taste.RIDGE * weights, atol=1e-6)


def test_how_alerts_are_cut_into_pieces_does_not_show() -> None:
    seen, second = drawn(100)
    whole = scores(seen, seen.take(slice(0, 9)), second[:9])
    parts = [scores(seen.take(slice(b, b + 7)), seen.take(slice(0, 9)), second[:9]) for b in (0, 7)]
    assert np.allclose(np.concatenate(parts), whole[:14])
