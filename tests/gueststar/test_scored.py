"""Scores out of the packets: the same columns as those that were published."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.builtin.young_supernovae import young_supernovae
from filters.handmade import handmade
from schemas.decode import Decoder
from schemas.learned import Given
from schemas.scored import NO_NOTE, noted, scored
from tests.gueststar.conftest import ALERTS, SCORES

LABELS = ("real", "bogus")


def test_what_was_published_comes_back_as_columns(enriched: list[bytes]) -> None:
    batch = Decoder(rescore=True).decode(enriched)
    again = scored(batch, noted(batch))
    assert again is batch
    assert set(batch.score_labels["realbogus"]) == set(SCORES)
    for label, value in SCORES.items():
        expected = [value] * (ALERTS - 1) + [np.nan]
        np.testing.assert_array_equal(batch.score("realbogus", label), expected)


def test_a_filter_runs_on_enriched_alerts(enriched: list[bytes]) -> None:
    batch = Decoder(rescore=True).decode(enriched)
    decision = young_supernovae.judge(scored(batch, noted(batch)))
    assert decision.unknown[-1]
    assert decision.clauses[decision.trace[-1]] == "real"


def test_an_alert_that_nobody_enriched_has_no_note(packets: list[bytes]) -> None:
    batch = Decoder().decode(packets)
    assert noted(batch) == [NO_NOTE] * ALERTS
    assert not scored(batch, noted(batch)).scores


def test_what_was_flagged_as_seen_before_is_so_in_its_column() -> None:
    notes = [{"flags": ["classifier-error:kind"]}, {"flags": ["seen-before"]}, NO_NOTE]
    assert scored(handmade(rows=3), notes).seen_before.tolist() == [0, 1, 0]


def test_packets_that_are_no_single_record_have_no_notes() -> None:
    assert noted(handmade(rows=2)) == [NO_NOTE, NO_NOTE]


def test_a_classifier_that_declined_everything_has_its_columns_where_it_is_named() -> None:
    batch = scored(
        handmade(rows=2),
        [NO_NOTE] * 2,
        given={"realbogus": Given("realbogus", "probabilities", tuple(LABELS))},
    )
    assert np.isnan(batch.score("realbogus", "bogus")).all()


def test_labels_of_two_versions_stand_beside_each_other() -> None:
    notes = [{"scores": {"kind": {"a": 0.5}}}, {"scores": {"kind": {"b": 0.25, "a": 0.75}}}]
    batch = scored(handmade(rows=2), notes)
    assert batch.score_labels["kind"] == ("a", "b")
    np.testing.assert_array_equal(batch.scores["kind"], [[0.5, np.nan], [0.75, 0.25]])


@settings(max_examples=50)
@given(st.lists(st.one_of(st.none(), st.floats(0, 1, width=32)), min_size=1, max_size=8))
def test_every_row_has_its_own_scores(values: list[float | None]) -> None:
    notes = [NO_NOTE if one is None else {"scores": {"net": {"real": one}}} for one in values]
    batch = scored(
        handmade(rows=len(values)), notes, given={"net": Given("net", "probabilities", ("real",))}
    )
    found: NDArray[np.float32] = batch.score("net", "real")
    np.testing.assert_array_equal(found, [np.nan if one is None else one for one in values])
