"""The built-in filters' figures: the labels are joined by object, and the page is of today's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.labels import Labelled, labelled
from benchmarks.real_alerts import RealAlerts, rewritten
from benchmarks.recall import ANY, FIGURES, GOALS, measure
from benchmarks.recall_page import (
    Found,
    Share,
    interval,
    markdown,
    purity_row,
    recall_row,
    sample_rows,
    selected_kinds,
)
from filters.handmade import Epoch, handmade
from filters.sources import builtin_names, load_builtin
from schemas.batch import AlertBatch
from tests.filters.builtin.making import FLUX, NOW, batch_of

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


def test_a_spectrum_counts_most_and_an_asteroid_is_one_alerts(tmp_path: Path) -> None:
    batch = handmade(
        object_id=["a", "a", "b", "b", "c", "d", "e"],
        asteroid_distance_arcsec=[np.inf, 0.3, 0.3, np.inf, np.inf, np.inf, np.inf],
    )
    records = [
        {"cdsxmatch": "QSO"},
        {"tns": "SN Ia-91T"},
        {"cdsxmatch": "Star"},
        {},
        {"cdsxmatch": "CataclyV*"},
        {"cdsxmatch": "Galaxy"},
        {},
    ]
    known = labelled(RealAlerts(batch, records), tmp_path, {})
    kinds = [*["type Ia"] * 2, "asteroid", "star", "cataclysmic", "unclear", ""]
    assert known.kind.tolist() == kinds
    assert not known.astray.any()


def test_a_supernova_of_years_ago_is_no_label_and_a_star_of_years_ago_is(tmp_path: Path) -> None:
    batch = handmade(object_id=["a", "b", "c"], age_days=[2600.0, 2600.0, 10.0])
    records = [{"tns": "SLSN-I"}, {"cdsxmatch": "Star"}, {"tns": "SLSN-I"}]
    known = labelled(RealAlerts(batch, records), tmp_path, {})
    assert known.kind.tolist() == ["", "star", "superluminous"]
    assert known.astray.tolist() == [True, False, False]


def known_as(batch: AlertBatch, kinds: list[str], **learnt: list[bool]) -> Labelled:
    none = np.zeros(len(batch), np.bool_)
    return Labelled(
        batch, np.array(kinds), none, {name: np.array(rows) for name, rows in learnt.items()}
    )


def found_by_hand() -> Found:
    """Of a found, a missed and an older supernova, a selected nucleus, and an unknown."""
    batch = batch_of({}, {"real": 0.1}, {"real": 0.1}, {"age_days": 30.0}, {}, {})
    batch.object_id[:] = ["a", "a", "b", "c", "d", "e"]
    known = known_as(
        batch,
        [*["type Ia"] * 4, "active nucleus", ""],
        realbogus=[True, True, False, False, False, False],
        supernova=[True] * 6,
    )
    return measure(load_builtin("young_supernovae"), known)


def test_an_object_is_found_by_any_of_its_alerts_and_a_miss_has_its_clause() -> None:
    found = found_by_hand()
    assert (found.recall, found.missed) == (Share(1, 2), "real 1")


def test_purity_is_of_selected_objects_that_are_known_to_be_right_or_wrong() -> None:
    found = found_by_hand()
    assert (found.purity, found.told) == (Share(1, 2), Share(2, 3))


def test_what_a_network_learnt_from_is_told_apart_where_the_filter_asks_it() -> None:
    (sample,) = found_by_hand().samples
    assert sample.network == "realbogus"
    assert (sample.meant, sample.recall) == (Share(1, 2), Share(0, 1))
    assert (sample.judged, sample.purity) == (Share(1, 2), Share(0, 1))


def test_a_filter_that_no_label_speaks_of_has_no_purity_and_labels_all_the_same() -> None:
    batch = batch_of({"history": (Epoch(NOW - 1, "r", FLUX / 2),)})
    found = measure(load_builtin("fast_transients"), known_as(batch, ["type Ia"]))
    assert (found.recall, found.purity, found.told) == (Share(0, 0), Share(0, 0), Share(1, 1))


def test_of_several_networks_the_objects_that_none_learnt_from_are_told() -> None:
    batch = batch_of(*[{"SNIa": 0.9, "supernova SNIa": 0.9}] * 3)
    batch.object_id[:] = ["a", "b", "c"]
    learnt = {"realbogus": [True, False, False], "supernova": [False, True, False]}
    known = known_as(batch, ["type Ia"] * 3, **learnt)
    samples = measure(load_builtin("type_ia_supernovae"), known).samples
    assert [one.network for one in samples] == ["realbogus", "supernova", ANY]
    assert [one.recall.of for one in samples] == [2, 2, 1]


def test_in_sample_figures_are_marked_and_few_objects_have_no_share() -> None:
    found = found_by_hand()
    assert recall_row(found)[1] == "1 of 2 †"
    assert purity_row(found)[3:5] == ("1 of 3", "1 of 2 †")
    assert recall_row(found._replace(samples=()))[1] == "1 of 2"
    assert [*sample_rows(found)] == [
        ("young_supernovae", "realbogus", "1 of 2", "0 of 1", "1 of 2", "0 of 1")
    ]


def test_a_share_of_ten_has_an_interval_and_one_of_nothing_is_none() -> None:
    assert [str(Share(9, of)) for of in (9, 10)] == ["9 of 9", "9 of 10, 60-98%"]
    assert str(Share(0, 0)) == "–"


def test_an_object_of_two_kinds_is_counted_once() -> None:
    batch = handmade(object_id=["a", "a", "b"])
    known = known_as(batch, ["", "type II", ""])
    found = found_by_hand()._replace(selected=np.ones(3, np.bool_))
    kinds = selected_kinds(found, known)
    assert (sum(kinds), kinds[1], kinds[-1]) == (2, 1, 1)


def test_every_built_in_filter_has_a_goal_and_its_row_on_the_page() -> None:
    assert sorted(GOALS) == builtin_names()
    written = (ROOT / FIGURES).read_text(encoding="utf-8")
    assert [name for name in GOALS if written.count(f"| {name} |") < 3] == []


def test_a_table_has_a_line_a_row() -> None:
    assert markdown(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
