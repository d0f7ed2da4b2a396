"""The built-in filters' figures: the labels are joined by object, and the page is of today's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.labels import Labelled, labelled
from benchmarks.real_alerts import RealAlerts, rewritten
from benchmarks.recall import FIGURES, GOALS, interval, markdown, measure
from filters.handmade import handmade
from filters.sources import builtin_names, load_builtin
from tests.filters.builtin.making import batch_of

ROOT = Path(__file__).resolve().parents[2]


def test_the_interval_of_nine_in_ten_is_wilsons() -> None:
    assert interval(9, 10) == pytest.approx((0.596, 0.982), abs=1e-3)
    assert interval(0, 3) == pytest.approx((0.0, 0.562), abs=1e-3)
    assert interval(3, 3)[1] == 1


def test_a_history_of_one_instant_was_rewritten_and_a_detection_that_comes_twice_was_not() -> None:
    one, other, own = {"jd": 1.0, "fid": 2}, {"jd": 1.0, "fid": 1}, {"jd": 2.0, "fid": 2}
    twice = {"candidate": own, "prv_candidates": [one, one, other]}
    thrice = {"candidate": one, "prv_candidates": [one, one, None]}
    source = {"midpointMjdTai": 1.0, "band": "r"}
    rubin = {"diaSource": source, "prvDiaSources": [source] * 2}
    alone = {"diaSource": source, "prvDiaSources": None}
    assert rewritten([twice, thrice, rubin, alone, {}]).tolist() == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_a_label_is_the_objects_and_a_spectrum_counts_most(tmp_path: Path) -> None:
    batch = handmade(
        object_id=["a", "a", "b", "c", "d", "e"],
        asteroid_distance_arcsec=[np.inf, np.inf, 0.3, np.inf, np.inf, np.inf],
    )
    records = [
        {"cdsxmatch": "QSO"},
        {"tns": "SN Ia-91T"},
        {"cdsxmatch": "Star"},
        {"cdsxmatch": "CataclyV*"},
        {"cdsxmatch": "Galaxy"},
        {},
    ]
    known = labelled(RealAlerts(batch, records), tmp_path, learnt=frozenset("a"))
    assert known.kind.tolist() == [*["type Ia"] * 2, "asteroid", "cataclysmic", "unclear", ""]
    assert known.learnt.tolist() == [True, True, False, False, False, False]


def test_an_object_is_found_by_any_of_its_alerts_and_a_miss_has_its_clause() -> None:
    batch = batch_of({}, {"real": 0.1}, {"real": 0.1}, {"age_days": 30.0})
    batch.object_id[:] = ["a", "a", "b", "c"]
    known = Labelled(batch, np.array(["type Ia"] * 4), np.zeros(4, np.bool_))
    found = measure(load_builtin("young_supernovae"), known)
    assert (found.meant, found.recalled, found.missed) == (2, 1, "real 1")


def test_every_built_in_filter_has_a_goal_and_its_row_on_the_page() -> None:
    assert sorted(GOALS) == builtin_names()
    written = (ROOT / FIGURES).read_text(encoding="utf-8")
    assert [name for name in GOALS if written.count(f"| {name} |") != 2] == []


def test_a_table_has_a_line_a_row() -> None:
    assert markdown(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
