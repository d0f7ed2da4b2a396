"""Users who are interested in one class, and rankings that they look through.

Two never learn, one is Astronomaly's (Lochner and Bassett 2021, Astronomy and Computing 36,
100481), written here from its description, one is what is served (`gueststar.anomalies.taste`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from gueststar.anomalies.taste import Seen, scores
from training.arrays import Floats, Ints, Mask, Singles

ANSWERS, AT_ONCE, TOP = 50, 10, 100
"""Looks of a user, after how many of them the ranking is made anew, and what is judged."""
ONE_BY_ONE = 1
"""As `gueststar anomalies review` does."""
FULL_MARKS: Final = 5.0
"""That an interesting object gets, of none for others."""
FLOOR, SPAN = 0.1, 0.85
"""Of a user's score as it enters, so that no object's falls to 0 nor grows without end."""
ALPHA, ALPHA_LOW = 1.0, 0.1
"""Of the distance to what was scored: as its authors have it; and one that trusts the user more,
since among hundreds of features all distances are alike."""
TREES = 100


class Pool(NamedTuple):
    """n objects, one row each."""

    seen: Seen
    features: Singles
    """(n, f), what all rankings may read."""
    forest: Floats
    """(n,): the isolation forest's score, which is Astronomaly's own oddness."""
    oddness: Floats
    """(n,): log10 of one in how many is this odd, by both judges."""

    def take(self, rows: Ints) -> Pool:
        """Some of them."""
        return Pool(
            self.seen.take(rows), self.features[rows], self.forest[rows], self.oddness[rows]
        )


Ranking = Callable[[Pool, Ints, Mask, int], Floats]
"""Scores (n,) of a pool, given rows that were answered, which of these were liked, and a seed."""


def unlearnt(pool: Pool, rows: Ints, liked: Mask, seed: int) -> Floats:
    """As odd as it is."""
    return pool.oddness


def farthest(pool: Pool, rows: Ints, liked: Mask, seed: int) -> Floats:
    """As far from what is known as it is."""
    return pool.seen.rarity


def served(pool: Pool, rows: Ints, liked: Mask, seed: int) -> Floats:
    """As `gueststar anomalies review` has it."""
    return scores(pool.seen, pool.seen.take(rows), liked)


def from_oddest(pool: Pool, rows: Ints, liked: Mask, seed: int) -> Floats:
    """The same, but for where it begins."""
    seen = Seen(pool.oddness, pool.seen.leaves, pool.seen.vector)
    return served(pool._replace(seen=seen), rows, liked, seed)


def astronomaly(pool: Pool, rows: Ints, liked: Mask, seed: int, alpha: float = ALPHA) -> Floats:
    """The oddness times what a regression expects the user to give, where that can be known.

    How far an object is from the nearest that was scored, in units of the mean, lifts the factor
    towards 1: there the oddness alone counts.
    """
    oddness: Floats = (pool.forest - pool.forest.min()) / np.ptp(pool.forest)
    if not len(rows):
        return oddness
    forest = RandomForestRegressor(TREES, random_state=seed)
    forest.fit(pool.features[rows], np.where(liked, FULL_MARKS, 0.0))
    expected = FLOOR + SPAN * forest.predict(pool.features) / FULL_MARKS
    distance = _to_nearest(pool.features, pool.features[rows])
    lift = np.exp(alpha * distance / max(distance.mean(), 1e-9))
    return np.asarray(oddness * np.tanh(lift - 1 + np.arctanh(expected)))


def _to_nearest(features: Singles, scored: Singles) -> Floats:
    squares = np.square(features).sum(axis=1)[:, None] + np.square(scored).sum(axis=1)
    apart = np.maximum(squares - 2 * features @ scored.T, 0).min(axis=1)
    return np.asarray(np.sqrt(apart.astype(np.float64)))


RANKINGS: Mapping[str, tuple[Ranking, int]] = {
    "no learning": (unlearnt, AT_ONCE),
    "no learning, farthest": (farthest, AT_ONCE),
    "Astronomaly": (astronomaly, AT_ONCE),
    "Astronomaly, alpha 0.1": (partial(astronomaly, alpha=ALPHA_LOW), AT_ONCE),
    "from the oddest, ten at once": (from_oddest, AT_ONCE),
    "from the farthest, ten at once": (served, AT_ONCE),
    "served": (served, ONE_BY_ONE),
}
"""And after how many answers each is made anew."""


class Session(NamedTuple):
    """What a user found."""

    hits: int
    """Interesting ones among ANSWERS looks."""
    top: int
    """Interesting ones among the next TOP, none of which was looked at."""


def session(pool: Pool, interesting: Mask, rank: Ranking, at_once: int, seed: int = 0) -> Session:
    """A user looks at the highest that are not looked at yet, and answers."""
    rows = np.zeros(0, np.int64)
    while len(rows) < ANSWERS:
        order = _unseen(rank(pool, rows, interesting[rows], seed), rows)
        rows = np.concatenate([rows, order[: min(at_once, ANSWERS - len(rows))]])
    order = _unseen(rank(pool, rows, interesting[rows], seed), rows)
    return Session(int(interesting[rows].sum()), int(interesting[order[:TOP]].sum()))


def _unseen(score: Floats, rows: Ints) -> Ints:
    """Rows by falling score, without those that were looked at."""
    order = np.argsort(-score, kind="stable")
    return order[~np.isin(order, rows)]
