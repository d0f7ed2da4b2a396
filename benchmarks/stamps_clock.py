"""How long stamps take within the whole path, which times them together with what scores them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks.whole_path import Stopwatch
from classifiers.realbogus import RealBogus
from schemas.batch import AlertBatch

STAMPS: Final = "stamps"
"""A step of a lap, beside those of the loop: a part of "score"."""

Scores = NDArray[np.float32]


@contextmanager
def stamps_timed() -> Iterator[Callable[[], float]]:
    """A clock of the seconds that real/bogus spends before its network: from packets to pixels."""
    score, of_pixels, spent = RealBogus.score, RealBogus.score_stamps, [0.0]

    def whole(self: RealBogus, batch: AlertBatch) -> Scores:
        began = time.perf_counter()
        scores = score(self, batch)
        spent[0] += time.perf_counter() - began
        return scores

    def network(self: RealBogus, stamps: Scores) -> Scores:
        began = time.perf_counter()
        scores = of_pixels(self, stamps)
        spent[0] -= time.perf_counter() - began
        return scores

    with patch.object(RealBogus, "score", whole), patch.object(RealBogus, "score_stamps", network):
        yield lambda: spent[0]


@dataclass
class StampsWatch(Stopwatch):
    """Knows what of "score" were stamps."""

    stamps_s: Callable[[], float] = float
    before_s: float = 0.0

    def note(self, alerts: int, steps_s: Mapping[str, float]) -> None:
        """A transaction was committed."""
        now_s = self.stamps_s()
        super().note(alerts, {**steps_s, STAMPS: now_s - self.before_s})
        self.before_s = now_s
