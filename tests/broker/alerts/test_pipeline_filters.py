"""The pipeline and its filters: who is asked, where it goes, in which form, and what goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from broker.alerts.packer import Topics
from broker.alerts.pipeline import Judges, Pipeline
from broker.alerts.reasons import OUTPUT_TOO_LARGE
from broker.clock import ManualClock
from broker.errors import TopicMissing
from broker.headers import named
from filters.alerts import Alerts
from filters.filter_set import ActiveFilter, FilterDecision, FilterSet
from filters.selection import Clauses, Selection
from schemas.batch import AlertBatch
from schemas.form import Form
from tests.broker.alerts.test_pipeline import messages, on, processed
from tests.broker.fakes import (
    TOPICS,
    FakeDecoder,
    FakeEnricher,
    bright,
    filter_set_of,
    no_limit,
    number_of,
    packet,
    sharing,
)

SHARED = [("bright", "bright"), ("bright", "shiny"), ("other", "o")]
"""Topics and names of three filters that select the same."""


class Several:
    """Some filter sets as one, whose filters may share a topic."""

    def __init__(self, sets: Sequence[Judges]) -> None:
        """In that order."""
        self.sets = sets

    @property
    def active(self) -> list[ActiveFilter]:
        """All of them."""
        return [each for filter_set in self.sets for each in filter_set.active]

    def judge(self, batch: AlertBatch) -> list[FilterDecision]:
        """As each judges."""
        return [decision for filter_set in self.sets for decision in filter_set.judge(batch)]


def test_two_filters_of_one_topic_publish_an_alert_once_with_both_names() -> None:
    sets = [filter_set_of(bright(topic, name)) for topic, name in SHARED]
    done = processed([packet(0), packet(2)], filters=Several(sets))
    (record,) = on("bright", done.outputs)
    assert record["filters"] == ["bright", "shiny", "o"]
    assert record["selected_by"] == [["bright", "1"], ["shiny", "1"], ["o", "1"]]
    assert done.counts.published == {"enriched": 2, "bright": 1, "other": 1}
    assert done.outcome.counts.selected == {"bright": 1, "shiny": 1, "o": 1}


def even_and_third(topic: str = "shared") -> FilterSet:
    return sharing(topic, even=lambda number: number % 2 == 0, third=lambda number: number % 3 == 0)


def test_a_record_on_a_shared_topic_names_in_its_header_those_that_selected_it() -> None:
    done = processed([packet(number) for number in range(7)], filters=even_and_third())
    found = [each for each in done.outputs if each.topic == "shared"]
    names = {number_of(each.value): named(each.headers) for each in found}
    both, even, third = (b"even", b"third"), (b"even",), (b"third",)
    assert names == {0: both, 2: even, 3: third, 4: even, 6: both}
    assert all(named(each.headers) == () for each in done.outputs if each.topic != "shared")
    assert done.counts.published["shared"] == 5
    assert done.outcome.counts.selected == {"bright": 4, "even": 4, "third": 3}
    assert done.outcome.counts.named == {"even": 4, "third": 3}


def test_the_names_of_a_record_count_as_its_bytes() -> None:
    def bytes_max(topic: str) -> int:
        return largest if topic == "shared" else 2**30

    largest = 2**30
    (record,) = [
        each
        for each in processed([packet(0)], filters=even_and_third(), bytes_max=bytes_max).outputs
        if each.topic == "shared"
    ]
    largest = record.size_bytes
    done = processed([packet(0)], filters=even_and_third(), bytes_max=bytes_max)
    assert (done.dead, done.outcome.counts.named) == ([], {"even": 1, "third": 1})
    largest -= 1
    done = processed([packet(0)], filters=even_and_third(), bytes_max=bytes_max)
    assert [each.reason for each in done.dead] == [OUTPUT_TOO_LARGE]
    assert done.outcome.counts.selected == {"bright": 1, "even": 1, "third": 1}
    assert (done.counts.published, done.outcome.counts.named) == ({}, {})


def test_what_a_filter_selects_for_a_topic_that_does_not_exist_is_its_fault_and_no_halt() -> None:
    def bytes_max(topic: str) -> int:
        if topic == "bright":
            raise TopicMissing("topic 'bright' does not exist; create it first")
        return 2**30

    both = Several([filter_set_of(bright()), filter_set_of(bright("other", "other"))])
    done = processed([packet(n) for n in range(10)], filters=both, bytes_max=bytes_max)
    assert done.counts.published == {"enriched": 10, "other": 4}
    assert (done.outcome.counts.selected, done.outcome.counts.filter_errors) == (
        {"other": 4},
        {"bright": 4},
    )
    assert done.outcome.faults == (
        "filter 'bright': topic 'bright' does not exist; create it first (4 alerts)",
    )
    assert all("bright" not in record["filters"] for record in on("enriched", done.outputs))


def test_topics_without_rows_are_not_asked_for_their_limits() -> None:
    asked: list[str] = []

    def bytes_max(topic: str) -> int:
        asked.append(topic)
        return 2**30

    processed([packet(2), packet(3)], bytes_max=bytes_max)
    assert set(asked) == {"enriched"}


FORMS = [(None, None, "full"), (None, "lite", "lite"), ("full", "lite", "full")]
"""What the settings say of a topic, what its filter says, and what is published."""


@pytest.mark.parametrize(("set_to", "own", "published"), FORMS)
def test_the_settings_say_a_topic_s_form_before_its_filter_does(
    set_to: Form | None, own: Form | None, published: Form
) -> None:
    filter_set = filter_set_of(bright())
    active = [replace(each, form=own) for each in filter_set.active]
    topics = Topics(forms={"bright": set_to} if set_to else {})
    done = processed([packet(0)], filters=FilterSet([bright()], active), topics=topics)
    assert ("cutouts" in on("bright", done.outputs)[0]) == (published == "full")


class Changing:
    """Filters that change when they are told to."""

    def __init__(self, first: Judges) -> None:
        self.now = first

    @property
    def active(self) -> Sequence[ActiveFilter]:
        """The filters active now."""
        return self.now.active

    def judge(self, batch: AlertBatch) -> Sequence[FilterDecision]:
        """As they do."""
        return self.now.judge(batch)


def test_filters_may_change_between_two_batches() -> None:
    filters = Changing(filter_set_of(bright()))
    parts: dict[str, Any] = {
        "decoder": FakeDecoder(),
        "stages": [],
        "enricher": FakeEnricher(),
        "topics": TOPICS,
        "bytes_max": no_limit,
        "clock": ManualClock(),
        "broker_version": "test",
    }
    pipeline = Pipeline(filters=filters, **parts)
    first = pipeline.process(messages([packet(0)]))
    filters.now = filter_set_of(bright("other", "other"), bright("more", "more"))
    second = pipeline.process(messages([packet(0)]))
    assert (first.outcome.counts.selected, first.notes["filters"]) == ({"bright": 1}, 1)
    assert (second.outcome.counts.selected, second.notes["filters"]) == ({"other": 1, "more": 1}, 2)
    assert on("other", second.outputs)[0]["filters"] == ["other", "more"]


def test_a_filter_that_raises_is_counted_and_never_stops_the_stream() -> None:
    def _raises(alerts: Alerts) -> Clauses:
        if (np.asarray(alerts.magnitude) > 18).any():
            raise ValueError("too faint")
        yield "all", np.ones(len(alerts.magnitude), dtype=np.bool_)

    broken = Selection(_raises, topic="bright", name="broken")
    done = processed([packet(n) for n in range(10)], filters=filter_set_of(broken))
    assert done.counts.published == {"enriched": 10, "bright": 8}
    assert done.outcome.counts.filter_errors == {"broken": 2}
    assert "too faint" in done.outcome.faults[0]
