"""Examples are a sample that neither the order nor the cut of an archive changes."""

from __future__ import annotations

import numpy as np

from filters.alerts import Table
from gueststar.filtering.examples import Sample
from schemas.batch import AlertBatch
from tests.gueststar.filtering.tried import invented


def same(table: Table) -> AlertBatch:
    assert isinstance(table, AlertBatch)
    return table


def drawn(batch: AlertBatch, cuts: list[list[int]], seed: int = 1) -> list[int]:
    sample = Sample(same, seed=seed, most=4)
    for rows in cuts:
        sample.draw(batch.take(np.array(rows)), np.arange(len(rows)))
    return [each.alert_id for each in sample.alerts("bright")]


def test_neither_order_nor_cut_changes_who_is_drawn() -> None:
    batch = invented(20)
    whole = drawn(batch, [[*range(20)]])
    assert len({*whole}) == 4
    assert drawn(batch, [[19, 3, 4], [*range(5, 19)], [0, 1, 2]]) == whole
    assert drawn(batch, [[*range(20)]], seed=2) != whole


def test_fewer_than_asked_for_are_all_drawn() -> None:
    batch = invented(20)
    assert sorted(drawn(batch, [[7], [1, 2]])) == sorted(batch.alert_id[[1, 2, 7]].tolist())


def test_an_example_has_its_scores_and_the_filter_s_name() -> None:
    batch = invented(3)
    sample = Sample(same, seed=1, most=4)
    sample.draw(batch, np.array([0, 1]))
    by_id = {each.alert_id: each for each in sample.alerts("bright")}
    declined, scored = (by_id[int(each)] for each in batch.alert_id[:2])
    assert declined.scores == {}
    assert scored.scores["realbogus"]["real"] == batch.score("realbogus", "real")[1]
    assert scored.filters == ("bright",)
