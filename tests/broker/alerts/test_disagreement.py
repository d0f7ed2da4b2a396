"""Strong disagreements with the survey: counted from both sides, by hand and by law."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.alerts.disagreement import CERTAINTY, Certainty, disagreements
from filters.handmade import handmade
from schemas.batch import AlertBatch

NAN = math.nan
LABELS = ("real", "bad_subtraction", "cosmic_ray")
SCORES = st.floats(0, 1, width=32) | st.just(NAN) | st.sampled_from([0.1, 0.9])
BATCH_ALERTS = 1000


def scored(ours: list[float], theirs: list[float], labels: tuple[str, ...] = LABELS) -> AlertBatch:
    """Alerts scored by a network and the survey; the labels that are not "real" share the rest."""
    others = [(1 - one) / max(1, len(labels) - 1) for one in ours]
    by_label = {label: ours if label == "real" else others for label in labels}
    return handmade(rows=len(ours), survey_real_score=theirs, scores={"net": by_label})


def test_each_side_is_counted_where_it_alone_says_real_and_surely() -> None:
    batch = scored([0.95, 0.9, 0.05, 0.5, 0.95, 0.02], [0.05, 0.1, 0.99, 0.01, 0.95, 0.5])
    assert disagreements(batch, CERTAINTY) == {"net": {"classifier": 2, "survey": 1}}


@pytest.mark.parametrize(("ours", "theirs"), [(NAN, 0.0), (NAN, 1.0), (0.0, NAN), (1.0, NAN)])
def test_a_score_that_is_not_there_takes_no_part(ours: float, theirs: float) -> None:
    counts = disagreements(scored([ours], [theirs]), CERTAINTY)
    assert counts == {"net": {"classifier": 0, "survey": 0}}


@pytest.mark.parametrize("labels", [LABELS, ("bogus", "real"), ("a", "real", "b")])
def test_the_label_real_is_found_wherever_it_stands(labels: tuple[str, ...]) -> None:
    counts = disagreements(scored([0.95, 0.95], [0.0, 0.5], labels), CERTAINTY)
    assert counts == {"net": {"classifier": 1, "survey": 0}}


def test_a_classifier_without_a_label_real_has_nothing_to_disagree_about() -> None:
    assert disagreements(scored([0.9], [0.0], ("supernova", "star")), CERTAINTY) == {}


def test_the_bounds_are_the_settings() -> None:
    batch = scored([0.7, 0.95], [0.2, 0.05])
    assert disagreements(batch, Certainty(0.6, 0.3)) == {"net": {"classifier": 2, "survey": 0}}
    assert disagreements(batch, Certainty(0.99, 0.01)) == {"net": {"classifier": 0, "survey": 0}}


@given(st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=20))
def test_the_count_is_that_of_a_plain_loop(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = [one for one, _ in pairs], [other for _, other in pairs]
    plain = {
        "classifier": sum(np.float32(a) >= np.float32(0.9) and b <= 0.1 for a, b in pairs),
        "survey": sum(np.float32(a) <= np.float32(0.1) and b >= 0.9 for a, b in pairs),
    }
    assert disagreements(scored(ours, theirs), CERTAINTY) == {"net": plain}


def test_counting_costs_next_to_nothing_an_alert() -> None:
    rng = np.random.default_rng(3)
    batch = scored(rng.random(BATCH_ALERTS).tolist(), rng.random(BATCH_ALERTS).tolist())
    laps_s = []
    for _ in range(20):
        began_s = time.perf_counter()
        disagreements(batch, CERTAINTY)
        laps_s.append(time.perf_counter() - began_s)
    assert min(laps_s) / BATCH_ALERTS < 0.5e-6
