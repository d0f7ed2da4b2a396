"""What Prometheus reads of a worker: every count, every time, and at little cost."""

from __future__ import annotations

import math
import os
import re
import shutil
import socket
import subprocess
from contextlib import closing
from urllib.request import urlopen

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from broker.clock import ManualClock
from broker.collectors import Distribution, Tally
from broker.errors import SettingsError, TransactionAborted
from broker.ledger import Counts, Delivery, Entry, Range
from broker.metrics import BATCH_BOUNDS, DURATION_BOUNDS_S, Metrics
from broker.observer import POLL, PUBLISH, BatchReport, Outcome, Phase
from broker.ports import Partition

PUBLISHED_UNIX_S = 1_700_000_000.0


def report_of(outcome: Outcome) -> BatchReport[Outcome]:
    """A committed batch of two partitions, of which a job tells that."""
    return BatchReport(
        entry=Entry(
            worker="one",
            incarnation=1,
            sequence=0,
            delivery=Delivery.EXACTLY_ONCE,
            polled_unix_s=PUBLISHED_UNIX_S,
            published_unix_s=PUBLISHED_UNIX_S,
            main_topic="enriched",
            ranges=(Range("ztf", 0, 0, 6, 6, ()), Range("ztf", 1, 5, 9, 4, ())),
            counts=Counts({"enriched": 9, "young": 2}, {"truncated": 1}),
        ),
        steps_s={POLL: 0.004, "decode": 0.002, PUBLISH: 0.02},
        committed_unix_s=PUBLISHED_UNIX_S,
        lag={Partition("ztf", 0): 7, Partition("ztf", 1): 0},
        dead=(),
        outcome=outcome,
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def metrics(clock: ManualClock) -> Metrics:
    return Metrics(worker="one", version="0.1.0", clock=clock)


@pytest.mark.parametrize(
    "line",
    [
        'alerts_consumed_total{topic="ztf"} 10.0',
        'alerts_published_total{topic="enriched"} 9.0',
        'alerts_published_total{topic="young"} 2.0',
        'alerts_dead_lettered_total{reason="truncated"} 1.0',
        'batch_alerts_bucket{le="10.0"} 1.0',
        'step_duration_seconds_sum{step="decode"} 0.002',
        'consumer_lag_messages{partition="0",topic="ztf"} 7.0',
        "last_commit_timestamp_seconds 1.7e+09",
        'build_info{version="0.1.0",worker="one"} 1.0',
    ],
)
def test_a_committed_batch_is_counted(metrics: Metrics, line: str) -> None:
    metrics.on_batch(report_of(None))
    assert f"\ngueststar_{line}\n" in metrics.text()


def test_a_transaction_is_timed_to_its_end_whatever_that_is(
    metrics: Metrics, clock: ManualClock
) -> None:
    metrics.on_phase(Phase.OPEN)
    clock.advance(0.5)
    metrics.on_batch(report_of(None))
    metrics.on_phase(Phase.OPEN)
    clock.advance(2)
    metrics.on_abort(TransactionAborted("fenced"), Phase.COMMITTING)
    text = metrics.text()
    assert 'gueststar_transaction_duration_seconds_sum{outcome="committed"} 0.5' in text
    assert 'gueststar_transaction_duration_seconds_sum{outcome="aborted"} 2.0' in text
    assert 'gueststar_transaction_aborts_total{phase="committing"} 1.0' in text


def test_the_lag_of_a_partition_that_went_elsewhere_is_forgotten(metrics: Metrics) -> None:
    metrics.on_batch(report_of(None))
    assert 'partition="1"' in metrics.text()
    metrics.on_batch(BatchReport(**vars(report_of(None)) | {"lag": {Partition("ztf", 0): 3}}))
    assert 'partition="1"' not in metrics.text()


def test_every_metric_has_one_sentence_and_a_number_from_the_start(metrics: Metrics) -> None:
    sentences = dict(re.findall(r"# HELP (gueststar_\w+) (.*)", metrics.text()))
    assert len(sentences) >= 10
    assert {name for name, text in sentences.items() if len(text) < 20} == set()
    assert len(set(sentences.values())) == len(sentences)
    assert "gueststar_batch_alerts_count 0.0" in metrics.text()


def test_two_workers_of_one_process_share_no_number(metrics: Metrics) -> None:
    other = Metrics(worker="two", version="0.1.0")
    metrics.on_batch(report_of(None))
    assert "alerts_consumed_total{" not in other.text()


def test_buckets_reach_from_a_millisecond_to_two_minutes_in_small_steps() -> None:
    assert (DURATION_BOUNDS_S[0], DURATION_BOUNDS_S[-1]) == (0.001, 120)
    assert max(np.divide(DURATION_BOUNDS_S[1:], DURATION_BOUNDS_S[:-1])) < 1.7


def plain_histogram(bounds: list[float], values: list[float]) -> str:
    registry = CollectorRegistry()
    histogram = Histogram("some_seconds", "Some.", buckets=bounds, registry=registry)
    for value in values:
        histogram.observe(value)
    return without_birthdays(generate_latest(registry).decode())


def without_birthdays(text: str) -> str:
    """Prometheus' own objects write a second series, of when each was made."""
    return "".join(line for line in text.splitlines(keepends=True) if "_created" not in line)


DURATIONS = st.lists(
    st.one_of(st.floats(0, 200), st.sampled_from([*DURATION_BOUNDS_S, 0.0, math.inf])), max_size=30
)


@settings(max_examples=50)
@given(
    batches=st.lists(DURATIONS, max_size=3),
    bounds=st.sampled_from([DURATION_BOUNDS_S, BATCH_BOUNDS]),
)
def test_a_distribution_counts_a_batch_as_plain_observations_would(
    batches: list[list[float]], bounds: tuple[float, ...]
) -> None:
    registry = CollectorRegistry()
    distribution = Distribution("some_seconds", "Some.", bounds)
    registry.register(distribution)
    for batch in batches:
        distribution.observe(batch)
    flat = [value for batch in batches for value in batch]
    ours, theirs = (
        dict(line.rsplit(" ", 1) for line in text.splitlines())
        for text in (generate_latest(registry).decode(), plain_histogram([*bounds], flat))
    )
    assert ours.keys() == theirs.keys()
    assert float(ours.pop("some_seconds_sum")) == pytest.approx(
        float(theirs.pop("some_seconds_sum"))
    )
    assert ours == theirs


@settings(max_examples=50)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 9)), max_size=5))
def test_a_tally_counts_as_plain_counters_would(batches: list[dict[str, int]]) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    labels = ["filter", "clause"]
    tally = Tally("some", "Some.", labels)
    ours.register(tally)
    counter = Counter("some", "Some.", labels, registry=theirs)
    for number, batch in enumerate(batches):
        tally.add(batch, f"filter-{number % 2}")
        for clause, count in batch.items():
            counter.labels(f"filter-{number % 2}", clause).inc(count)
    one, other = (generate_latest(each).decode() for each in (ours, theirs))
    assert sorted(one.splitlines()) == sorted(without_birthdays(other).splitlines())


def test_metrics_are_served_over_http_and_a_taken_port_is_named(metrics: Metrics) -> None:
    metrics.on_batch(report_of(None))
    with closing(metrics.serve("127.0.0.1", 0)) as server:
        with urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
            assert 'gueststar_alerts_consumed_total{topic="ztf"} 10.0' in answer.read().decode()
        with pytest.raises(
            SettingsError, match=rf"port {server.port}: .*set another in \[metrics\]"
        ):
            metrics.serve("127.0.0.1", server.port)


def test_a_second_worker_on_a_machine_takes_the_next_port(metrics: Metrics) -> None:
    with (
        closing(metrics.serve("127.0.0.1", 0)) as first,
        closing(metrics.serve("127.0.0.1", first.port, ports_max=50)) as second,
    ):
        assert first.port < second.port < first.port + 50


def needs(tool: str) -> str:
    """The path of one of Prometheus' programs; skips where it is absent, fails in CI."""
    found = shutil.which(tool)
    if found is None:
        complain = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        package = "prometheus" if tool == "promtool" else tool
        complain(f"{tool} is absent: apt-get install {package}")
    assert found is not None
    return found


@pytest.mark.prometheus
def test_promtool_finds_nothing_to_mend(metrics: Metrics) -> None:
    metrics.on_phase(Phase.OPEN)
    metrics.on_batch(report_of(None))
    metrics.on_abort(TransactionAborted("fenced"), Phase.COMMITTING)
    checked = subprocess.run(
        [needs("promtool"), "check", "metrics"],
        input=metrics.text(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port: int = taken.getsockname()[1]
    return port
