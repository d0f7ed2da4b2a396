"""What comes marked as a test is published marked as a test."""

from __future__ import annotations

from broker.alerts.pipeline import Pipeline
from broker.clock import ManualClock
from broker.headers import TEST_STREAM
from schemas.annotation import SEEN_BEFORE, TEST
from tests.broker.alerts.test_pipeline import on
from tests.broker.alerts.test_repeats import came
from tests.broker.fakes import (
    TOPICS,
    FakeDecoder,
    FakeEnricher,
    bright,
    filter_set_of,
    no_limit,
)


def test_a_test_has_its_flag_and_its_header_and_its_neighbours_have_neither() -> None:
    pipeline = Pipeline(
        decoder=FakeDecoder(),
        stages=[],
        filters=filter_set_of(bright()),
        enricher=FakeEnricher(),
        topics=TOPICS,
        bytes_max=no_limit,
        clock=ManualClock(),
        broker_version="test",
    )
    messages = came([0, 1, 1])
    mark = ((TEST_STREAM, b"1"),)
    messages[1:] = [message._replace(headers=mark) for message in messages[1:]]
    done = pipeline.process(messages)
    flags = [record["flags"] for record in on("enriched", done.outputs)]
    assert flags == [[], [TEST], [TEST, SEEN_BEFORE]]
    marked = [mark[0] in one.headers for one in done.outputs if one.topic == "enriched"]
    assert marked == [False, True, True]
