"""Which of Kafka's errors pass by themselves, and which do not."""

from __future__ import annotations

import errno
import os

import pytest
from confluent_kafka import KafkaError

from broker.errors import TransactionAborted
from broker.kafka.faults import REFUSED, REFUSED_TIMES, delivery_fault, passes
from broker.kafka.watch import Watch

CONNECTION = (
    *(KafkaError._ALL_BROKERS_DOWN, KafkaError._DESTROY_BROKER, KafkaError._NODE_UPDATE),
    *(KafkaError._RESOLVE, KafkaError._RETRY, KafkaError._TIMED_OUT, KafkaError._TIMED_OUT_QUEUE),
    *(KafkaError._TRANSPORT, KafkaError._UNKNOWN_BROKER, KafkaError._WAIT_CACHE),
    KafkaError._WAIT_COORD,
)
"""What a client says of a request that reached nobody, or that nobody answered."""


@pytest.mark.parametrize("code", CONNECTION)
def test_what_a_client_says_of_its_connections_passes(code: int) -> None:
    assert passes(KafkaError(code))


@pytest.mark.parametrize("code", [*REFUSED, KafkaError._FATAL, KafkaError._INVALID_ARG])
def test_what_no_retry_mends_does_not_pass(code: int) -> None:
    assert not passes(KafkaError(code))


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE])
def test_a_process_that_may_open_no_more_files_does_not_blame_kafka(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refused(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    watch = Watch("here:1", 60.0)
    assert watch.complaint().endswith("start it, or correct the address")
    monkeypatch.setattr(os, "open", refused)
    assert "may open no more files" in watch.complaint()


@pytest.mark.parametrize("code", REFUSED_TIMES)
def test_a_time_that_kafka_refuses_is_told_as_a_clock_that_is_wrong(code: int) -> None:
    fault = delivery_fault(KafkaError(code), "alerts", "here:1")
    assert isinstance(fault, TransactionAborted), "it is tried again: the clock may be set right"
    assert "'alerts'" in str(fault) and "clock" in str(fault)
