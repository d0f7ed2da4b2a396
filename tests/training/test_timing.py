"""Scorers are timed in turn, on as many stamps each, and in batches of the sizes promised."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from training.timing import ALERTS, BATCHES, Scorer, medians_us


def test_every_scorer_sees_every_batch_size_as_often_and_none_goes_first_always() -> None:
    seen: list[tuple[str, int]] = []

    def scorer(name: str) -> Scorer:
        def score(stamps: NDArray[np.float32]) -> NDArray[np.float32]:
            seen.append((name, len(stamps)))
            return stamps[:, 0, 0]

        return score

    stamps = np.zeros((10, 3, 2, 2), np.float32)
    times = medians_us({name: scorer(name) for name in "ab"}, stamps, rounds=2)
    warm, rounds = seen[:2], seen[2:]
    assert warm == [("a", ALERTS), ("b", ALERTS)]
    assert Counter(rounds) == {(name, b): 2 * ALERTS // b for name in "ab" for b in BATCHES}
    assert [rounds[0][0], rounds[-1][0]] == ["a", "a"]
    assert times.keys() == {"a", "b"}
    assert all(tuple(one) == BATCHES for one in times.values())
