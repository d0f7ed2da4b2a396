"""Fast risers: each clause on alerts made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from filters.builtin.fast_risers import fast_risers
from filters.conformance import violations
from filters.handmade import Epoch, handmade
from schemas.batch import AlertBatch

NAN = np.nan
NOW = 60000.0


def alerts(*histories: list[Epoch], flux_njy: float = 20_000.0, real: float = 0.9) -> AlertBatch:
    rows = len(histories)
    columns: dict[str, Any] = {
        "mjd": [NOW] * rows,
        "band": ["r"] * rows,
        "flux_njy": [flux_njy] * rows,
        "asteroid_distance_arcsec": [np.inf] * rows,
        "star_distance_arcsec": [9.0] * rows,
        "star_galaxy_score": [0.1] * rows,
    }
    curves = [[*history, Epoch(NOW, "r", flux_njy)] for history in histories]
    scores = {"realbogus": {"bogus": [1 - real] * rows, "real": [real] * rows}}
    return handmade(light_curve=curves, scores=scores, **columns)


RISING = [Epoch(NOW - 2, "r", 5_000.0)]
LIMIT = [Epoch(NOW - 2, "r", limit_mag=21.5)]
SLOW = [Epoch(NOW - 2, "r", 19_000.0)]
NEW: list[Epoch] = []


def test_a_source_that_doubles_in_a_day_is_selected() -> None:
    assert fast_risers.judge(alerts(RISING)).selected.all()


def test_a_source_that_was_below_a_deep_limit_is_selected() -> None:
    assert fast_risers.judge(alerts(LIMIT)).selected.all()


def test_a_slow_source_is_refused_and_a_new_one_is_unknown() -> None:
    verdict = fast_risers.judge(alerts(SLOW, NEW))
    assert verdict.refused_by["rising fast"] == 1
    assert verdict.unknown_by["rising fast"] == 1


@pytest.mark.parametrize(
    ("clause", "batch"),
    [("real", alerts(RISING, real=0.2)), ("brighter", alerts(RISING, flux_njy=-20_000.0))],
)
def test_each_clause_refuses_what_it_is_for(clause: str, batch: AlertBatch) -> None:
    assert fast_risers.judge(batch).refused_by[clause] == 1


def test_fast_risers_keep_the_law_of_the_stream() -> None:
    assert violations(fast_risers, alerts(RISING, LIMIT, SLOW, NEW, NEW, RISING)) == []
