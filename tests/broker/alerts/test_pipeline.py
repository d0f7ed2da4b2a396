"""Steps 2 to 5: each message becomes one enriched record or one dead letter, and is counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from broker.alerts.outcome import AlertOutcome, Step
from broker.alerts.packer import CUTOUTS_DROPPED, Topics
from broker.alerts.pipeline import Pipeline
from broker.alerts.reasons import NOT_ENRICHABLE, OUTPUT_TOO_LARGE
from broker.clock import ManualClock
from broker.ports import Message, Output
from broker.processor import Processed
from classifiers.classifier import Classifier, Scoring
from schemas.annotation import Annotations
from schemas.batch import AlertBatch
from schemas.enriched import Written
from schemas.enriched_framing import FramingName
from schemas.errors import SchemaError
from schemas.form import Form
from schemas.stage import RUNS_MAX, run_stages
from tests.broker.fakes import (
    TOPICS,
    FakeClassifier,
    FakeDecoder,
    FakeEnricher,
    bright,
    filter_set_of,
    is_bright,
    no_limit,
    number_of,
    packet,
)


def messages(packets: Sequence[bytes]) -> list[Message]:
    """As one partition of the survey sends them, a second apart."""
    return [Message("survey", 0, at, at * 1000, None, one) for at, one in enumerate(packets)]


def processed(
    packets: Sequence[bytes],
    **parts: Any,  # noqa: ANN401 - any part
) -> Processed[AlertOutcome]:
    """What a pipeline of fakes, some replaced, makes of packets."""
    fakes: dict[str, Any] = {
        "decoder": FakeDecoder(),
        "stages": [Scoring(FakeClassifier())],
        "filters": filter_set_of(bright()),
        "enricher": FakeEnricher(),
        "topics": TOPICS,
        "bytes_max": no_limit,
        "clock": ManualClock(),
        "broker_version": "test",
    }
    return Pipeline(**fakes | parts).process(messages(packets))


def limits(**bytes_max: int) -> Callable[[str], int]:
    """A limit for some topics, and none for the others."""
    return lambda topic: bytes_max.get(topic, 2**30)


def on(topic: str, outputs: Sequence[Output]) -> list[dict[str, Any]]:
    """A topic's records."""
    return [json.loads(output.value) for output in outputs if output.topic == topic]


def numbers(topic: str, outputs: Sequence[Output]) -> list[int]:
    """The alerts on a topic."""
    return [number_of(output.value) for output in outputs if output.topic == topic]


def test_alerts_go_to_the_topic_of_all_and_to_their_filters_topics() -> None:
    done = processed([packet(n) for n in range(10)])
    assert numbers("enriched", done.outputs) == list(range(10))
    assert numbers("bright", done.outputs) == [n for n in range(10) if is_bright(n)]
    assert done.counts.published == {"enriched": 10, "bright": 4}
    assert (done.outcome.counts.selected, done.outcome.counts.refused) == (
        {"bright": 4},
        {"bright": {"bright": 6}},
    )


def test_the_topic_of_all_is_lite_and_a_filters_topic_full_unless_set_otherwise() -> None:
    done = processed([packet(0, cutouts=9)])
    assert "cutouts" not in on("enriched", done.outputs)[0]
    assert "cutouts" in on("bright", done.outputs)[0]
    turned = Topics(forms={"enriched": "full", "bright": "lite"})
    done = processed([packet(0, cutouts=9)], topics=turned)
    assert "cutouts" in on("enriched", done.outputs)[0]
    assert "cutouts" not in on("bright", done.outputs)[0]


def test_records_are_keyed_by_their_object() -> None:
    done = processed([packet(n) for n in range(3)])
    keys = [output.key for output in done.outputs if output.topic == "enriched"]
    assert keys == [b"object-0", b"object-1", b"object-2"]


def test_a_rejected_packet_is_a_dead_letter_and_its_neighbours_live() -> None:
    done = processed([packet(0), packet(1, bad=True), packet(2)])
    assert numbers("enriched", done.outputs) == [0, 2]
    (letter,) = on("dead-letters", done.outputs)
    assert (letter["reason"], letter["offset"], letter["detail"]) == (
        "truncated",
        1,
        "it said so",
    )
    assert done.counts.dead == {"truncated": 1}


def test_a_batch_in_which_everything_is_bad_is_all_dead_letters() -> None:
    done = processed([packet(n, bad=True) for n in range(3)])
    assert {output.topic for output in done.outputs} == {"dead-letters"}
    assert done.counts.published == {}


def test_a_record_too_large_in_full_is_published_lite_and_says_so() -> None:
    packets = [packet(0, cutouts=500), packet(1)]
    done = processed(packets, bytes_max=limits(bright=450))
    first, second = on("bright", done.outputs)
    assert ("cutouts" in first, first["flags"]) == (False, [CUTOUTS_DROPPED])
    assert ("cutouts" in second, second["flags"]) == (True, [])
    assert done.outcome.counts.shortened == {"bright": 1}
    assert done.counts.published == {"enriched": 2, "bright": 2}


def test_an_alert_too_large_for_one_of_its_topics_is_a_dead_letter_and_on_none() -> None:
    packets = [packet(0, history=500), packet(1), packet(2, history=500)]
    done = processed(packets, bytes_max=limits(bright=450))
    assert numbers("enriched", done.outputs) == [1, 2]
    assert numbers("bright", done.outputs) == [1]
    (letter,) = on("dead-letters", done.outputs)
    assert (letter["reason"], letter["offset"]) == (OUTPUT_TOO_LARGE, 0)
    assert "topic bright" in letter["detail"]
    assert done.counts.published == {"enriched": 2, "bright": 1}


def test_the_key_and_the_headers_count_towards_the_limit() -> None:
    size = processed([packet(2)]).outputs[0].size_bytes
    assert size > len(packet(2)) + len(b"object-2")
    fits = processed([packet(2)], bytes_max=limits(enriched=size))
    over = processed([packet(2)], bytes_max=limits(enriched=size - 1))
    assert (fits.counts.dead, over.counts.dead) == ({}, {OUTPUT_TOO_LARGE: 1})


def test_a_row_that_makes_a_classifier_raise_is_flagged_and_the_others_are_scored() -> None:
    bad = FakeClassifier(raises_on=frozenset({3, 8}))
    done = processed(
        [packet(n) for n in range(10)], stages=[Scoring(bad), Scoring(FakeClassifier("good"))]
    )
    for record in on("enriched", done.outputs):
        broken = record["id"] in {3, 8}
        assert record["flags"] == (["classifier-error:fake"] if broken else [])
        assert record["scores"] == {"fake": "nan" if broken else "1.0", "good": "1.0"}
    assert done.outcome.counts.classifier_errors == {"fake": 2}
    assert len(done.outcome.faults) == 2
    assert all(
        line == "classifier 'fake' raised ValueError: this alert is too much for me (1 alerts)"
        for line in done.outcome.faults
    )


def test_a_broken_classifier_costs_a_bounded_number_of_runs() -> None:
    broken = FakeClassifier(raises_on=frozenset(range(1000)))
    batch = FakeDecoder().decode([packet(n) for n in range(1000)])
    faults = run_stages(batch, [Scoring(broken)])
    assert broken.calls <= RUNS_MAX
    assert sorted(np.concatenate([fault.rows for fault in faults]).tolist()) == list(range(1000))
    assert np.isnan(batch.scores["fake"]).all()


@given(st.sets(st.integers(0, 29)), st.integers(1, 30))
def test_exactly_the_rows_at_fault_have_no_score(bad: set[int], rows: int) -> None:
    batch = FakeDecoder().decode([packet(n) for n in range(rows)])
    run_stages(batch, [Scoring(FakeClassifier(raises_on=frozenset(bad)))])
    assert np.isnan(batch.score("fake", "real")).tolist() == [n in bad for n in range(rows)]


def test_scores_of_a_wrong_shape_are_an_error_of_the_classifier() -> None:
    class Flat(FakeClassifier):
        def score(self, batch: AlertBatch) -> NDArray[np.float32]:
            return np.ones(len(batch), dtype=np.float32)

    flat: Classifier = Flat()
    done = processed([packet(0)], stages=[Scoring(flat)])
    assert done.outcome.counts.classifier_errors == {"fake": 1}
    assert "shape (1, 1), not (1,)" in done.outcome.faults[0]


class SchemasWithoutRoom(FakeEnricher):
    """Cannot write records of the writer schema with index 1."""

    def write(
        self,
        batch: AlertBatch,
        annotations: Annotations,
        form: Form,
        rows: NDArray[np.int64] | None,
        framing: FramingName = "container",
    ) -> list[Written]:
        """Raises SchemaError for a batch with any such row."""
        if (batch.schema[rows] == 1).any():
            raise SchemaError("no room")
        return super().write(batch, annotations, form, rows, framing)


class TwoSchemas(FakeDecoder):
    """Odd alerts come with another writer schema."""

    def decode(self, packets: Sequence[bytes]) -> AlertBatch:
        """As FakeDecoder."""
        batch = super().decode(packets)
        return replace(batch, schema=(batch.alert_id % 2).astype(np.int32))


def test_alerts_of_a_schema_that_cannot_be_enriched_are_dead_letters() -> None:
    done = processed(
        [packet(n) for n in range(6)], decoder=TwoSchemas(), enricher=SchemasWithoutRoom()
    )
    assert numbers("enriched", done.outputs) == [0, 2, 4]
    assert done.counts.dead == {NOT_ENRICHABLE: 3}
    assert [letter["offset"] for letter in on("dead-letters", done.outputs)] == [1, 3, 5]


def test_a_decoder_that_loses_a_packet_does_not_go_unseen() -> None:
    class Careless(FakeDecoder):
        def decode(self, packets: Sequence[bytes]) -> AlertBatch:
            return super().decode(packets[:-1])

    with pytest.raises(AssertionError, match="one row, or rejected once"):
        processed([packet(0), packet(1)], decoder=Careless())


def test_values_that_were_not_read_are_counted_and_said() -> None:
    class Drifted(FakeDecoder):
        def decode(self, packets: Sequence[bytes]) -> AlertBatch:
            return replace(super().decode(packets), unread={"candidate.fid: enum": 2})

    done = processed([packet(0), packet(1)], decoder=Drifted())
    assert done.outcome.counts.unread == {"candidate.fid: enum": 2}
    (line,) = done.outcome.faults
    assert line == (
        "a value of candidate.fid: enum cannot be read and counts as missing (2 alerts)"
    )


def test_times_are_of_the_alerts_on_the_topic_of_all() -> None:
    sent = [packet(0), packet(1, bad=True), packet(2, history=900), packet(3)]
    done = processed(sent, bytes_max=limits(enriched=500))
    assert done.outcome.received_unix_s.tolist() == [0.0, 3.0]
    assert len(done.outcome.exposed_unix_s) == 2
    assert set(done.steps_s) == {Step.DECODE, Step.SCORE, Step.SELECT, Step.ENCODE}


def test_a_message_without_a_timestamp_has_no_latency() -> None:
    pipeline_input = [Message("survey", 0, 0, -1, None, packet(0))]
    done = Pipeline(
        decoder=FakeDecoder(),
        stages=[],
        filters=filter_set_of(),
        enricher=FakeEnricher(),
        topics=TOPICS,
        bytes_max=no_limit,
        clock=ManualClock(),
        broker_version="test",
    ).process(pipeline_input)
    assert np.isnan(done.outcome.received_unix_s).all()


KINDS = st.fixed_dictionaries(
    {
        "bad": st.booleans(),
        "cutouts": st.sampled_from([0, 300]),
        "history": st.sampled_from([0, 200, 500]),
    }
)


@given(st.lists(KINDS, max_size=20), st.integers(100, 700), st.integers(100, 700))
def test_each_message_ends_once_whatever_the_limits(
    kinds: list[dict[str, Any]], enriched: int, bright_max: int
) -> None:
    packets = [packet(number, **kind) for number, kind in enumerate(kinds)]
    done = processed(packets, bytes_max=limits(enriched=enriched, bright=bright_max))
    dead = [letter["offset"] for letter in on("dead-letters", done.outputs)]
    published = numbers("enriched", done.outputs)
    assert Counter([*dead, *published]) == Counter(range(len(packets)))
    assert numbers("bright", done.outputs) == [n for n in published if is_bright(n)]
    assert sum(done.counts.dead.values()) == len(dead)
    for output in done.outputs:
        room = {"enriched": enriched, "bright": bright_max}.get(output.topic, 2**30)
        assert len(output.key or b"") + len(output.value) <= room
