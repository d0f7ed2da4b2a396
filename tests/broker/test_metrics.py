"""What Prometheus reads of a worker: every count, every time, and at little cost."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote
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
from broker.observer import BatchReport, Phase, Step
from broker.ports import Partition
from classifiers.classifier import ModelIdentity
from filters.filter_set import ActiveFilter

PUBLISHED_UNIX_S = 1_700_000_000.0
COUNTS = Counts(
    published={"enriched": 9, "young": 2},
    shortened={"young": 1},
    dead={"truncated": 1},
    selected={"young": 2},
    refused={"young": {"real": 4, "off-star": 1}},
    unknown={"young": {"off-star": 2}},
    filter_errors={"young": 3},
    classifier_errors={"realbogus": 5},
    unread={"candidate.fid: enum": 4},
)


def report_of(latencies_s: list[float], counts: Counts = COUNTS) -> BatchReport:
    consumed = (Range("ztf", 0, 0, 6, 6, ()), Range("ztf", 1, 5, 9, 4, ()))
    received = PUBLISHED_UNIX_S - np.array(latencies_s)
    return BatchReport(
        entry=Entry(
            worker="one",
            incarnation=1,
            sequence=0,
            delivery=Delivery.EXACTLY_ONCE,
            polled_unix_s=PUBLISHED_UNIX_S,
            published_unix_s=PUBLISHED_UNIX_S,
            enriched_topic="enriched",
            ranges=consumed,
            counts=counts,
        ),
        steps_s={Step.POLL: 0.004, Step.DECODE: 0.002, Step.PUBLISH: 0.02},
        committed_unix_s=PUBLISHED_UNIX_S,
        received_unix_s=received,
        exposed_unix_s=received - 600,
        lag={Partition("ztf", 0): 7, Partition("ztf", 1): 0},
        faults=(),
        disagreements={"realbogus": {"classifier": 3, "survey": 0}},
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def metrics(clock: ManualClock) -> Metrics:
    model = ModelIdentity("realbogus", "1", "ab" * 32)
    return Metrics(worker="one", version="0.1.0", models=[model], clock=clock)


@pytest.mark.parametrize(
    "line",
    [
        'alerts_consumed_total{topic="ztf"} 10.0',
        'alerts_published_total{topic="enriched"} 9.0',
        'alerts_published_total{topic="young"} 2.0',
        'alerts_shortened_total{topic="young"} 1.0',
        'alerts_selected_total{filter="young"} 2.0',
        'alerts_refused_total{clause="real",filter="young"} 4.0',
        'alerts_unknown_total{clause="off-star",filter="young"} 2.0',
        'alerts_dead_lettered_total{reason="truncated"} 1.0',
        'fields_unread_total{field="candidate.fid: enum"} 4.0',
        'filter_errors_total{filter="young"} 3.0',
        'classifier_errors_total{classifier="realbogus"} 5.0',
        'strong_disagreements_total{classifier="realbogus",says_real="classifier"} 3.0',
        'strong_disagreements_total{classifier="realbogus",says_real="survey"} 0.0',
        'batch_alerts_bucket{le="10.0"} 1.0',
        'step_duration_seconds_sum{step="decode"} 0.002',
        'receipt_to_publish_seconds_bucket{le="0.01"} 1.0',
        "receipt_to_publish_seconds_count 2.0",
        'exposure_to_publish_seconds_bucket{le="1800.0"} 2.0',
        'consumer_lag_messages{partition="0",topic="ztf"} 7.0',
        "last_commit_timestamp_seconds 1.7e+09",
        'build_info{version="0.1.0",worker="one"} 1.0',
        f'model_info{{name="realbogus",sha256="{"ab" * 32}",version="1"}} 1.0',
    ],
)
def test_a_committed_batch_is_counted(metrics: Metrics, line: str) -> None:
    metrics.on_batch(report_of([0.009, 0.2]))
    assert f"\ngueststar_{line}\n" in metrics.text()


def test_a_transaction_is_timed_to_its_end_whatever_that_is(
    metrics: Metrics, clock: ManualClock
) -> None:
    metrics.on_phase(Phase.OPEN)
    clock.advance(0.5)
    metrics.on_batch(report_of([0.1]))
    metrics.on_phase(Phase.OPEN)
    clock.advance(2)
    metrics.on_abort(TransactionAborted("fenced"), Phase.COMMITTING)
    text = metrics.text()
    assert 'gueststar_transaction_duration_seconds_sum{outcome="committed"} 0.5' in text
    assert 'gueststar_transaction_duration_seconds_sum{outcome="aborted"} 2.0' in text
    assert 'gueststar_transaction_aborts_total{phase="committing"} 1.0' in text


def test_the_lag_of_a_partition_that_went_elsewhere_is_forgotten(metrics: Metrics) -> None:
    metrics.on_batch(report_of([0.1]))
    assert 'partition="1"' in metrics.text()
    metrics.on_batch(BatchReport(**vars(report_of([0.1])) | {"lag": {Partition("ztf", 0): 3}}))
    assert 'partition="1"' not in metrics.text()


def test_filters_that_went_off_duty_are_forgotten(metrics: Metrics) -> None:
    active = [
        ActiveFilter(name, str(version), "ab" * 32, name, ("real",))
        for version, name in enumerate(["young", "fast"], 1)
    ]
    metrics.on_refresh(active)
    metrics.on_cost("fast", 2.0)
    assert 'gueststar_filter_live{filter="fast",version="2"} 1.0' in metrics.text()
    assert 'gueststar_filter_cost_seconds{filter="fast"} 2e-06' in metrics.text()
    metrics.on_pause("fast", "raised")
    metrics.on_refresh(active[:1])
    assert 'gueststar_filter_paused_total{filter="fast",reason="raised"} 1.0' in metrics.text()
    assert 'gueststar_filter_live{filter="young",version="1"} 1.0' in metrics.text()
    assert 'version="2"' not in metrics.text()
    assert "filter_cost_seconds{" not in metrics.text()


def test_every_metric_has_one_sentence_and_a_number_from_the_start(metrics: Metrics) -> None:
    sentences = dict(re.findall(r"# HELP (gueststar_\w+) (.*)", metrics.text()))
    assert len(sentences) >= 19
    assert {name for name, text in sentences.items() if len(text) < 20} == set()
    assert len(set(sentences.values())) == len(sentences)
    assert "gueststar_receipt_to_publish_seconds_count 0.0" in metrics.text()


def test_two_workers_of_one_process_share_no_number(metrics: Metrics) -> None:
    other = Metrics(worker="two", version="0.1.0")
    metrics.on_batch(report_of([0.1]))
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


def test_an_alert_without_a_timestamp_has_no_latency_and_a_future_one_has_none_below_zero(
    metrics: Metrics,
) -> None:
    metrics.on_batch(report_of([math.nan, -3.0, 0.5]))
    text = metrics.text()
    assert "gueststar_receipt_to_publish_seconds_count 2.0" in text
    assert "gueststar_receipt_to_publish_seconds_sum 0.5" in text


def test_metrics_are_served_over_http_and_a_taken_port_is_named(metrics: Metrics) -> None:
    metrics.on_batch(report_of([0.1]))
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
        complain(f"{tool} is absent: apt-get install prometheus")
    assert found is not None
    return found


@pytest.mark.prometheus
def test_promtool_finds_nothing_to_mend(metrics: Metrics) -> None:
    metrics.on_phase(Phase.OPEN)
    metrics.on_batch(report_of([0.1]))
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


@pytest.fixture
def prometheus(metrics: Metrics, tmp_path: Path) -> Iterator[str]:
    """A real Prometheus that scrapes `metrics` five times a second: its address."""
    program, port = needs("prometheus"), free_port()
    with closing(metrics.serve("127.0.0.1", 0)) as server:
        (tmp_path / "prometheus.yml").write_text(
            "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
            "scrape_configs:\n"
            "  - job_name: gueststar\n"
            f"    static_configs: [{{targets: ['127.0.0.1:{server.port}']}}]\n"
        )
        options = {
            "config.file": tmp_path / "prometheus.yml",
            "storage.tsdb.path": tmp_path / "data",
            "web.listen-address": f"127.0.0.1:{port}",
        }
        process = subprocess.Popen(
            [program, *(f"--{name}={value}" for name, value in options.items())],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def asked(address: str, query: str, *, patience_s: float = 30) -> dict[str, float]:
    """What Prometheus answers to a query, by the first label's value, once it has an answer."""
    deadline_s = time.monotonic() + patience_s
    while time.monotonic() < deadline_s:
        try:
            with urlopen(f"{address}/api/v1/query?query={quote(query)}") as answer:
                found: list[Any] = json.load(answer)["data"]["result"]
        except OSError:
            found = []
        if found:
            return {next(iter(one["metric"].values()), ""): float(one["value"][1]) for one in found}
        time.sleep(0.1)
    raise AssertionError(f"Prometheus had no answer to {query} within {patience_s} s")


@pytest.mark.prometheus
def test_a_real_prometheus_finds_the_latency_quantiles(prometheus: str, metrics: Metrics) -> None:
    latencies_s = np.random.default_rng(7).lognormal(np.log(0.02), 1, 2000)
    for part in np.array_split(latencies_s, 10):
        metrics.on_batch(report_of(part.tolist()))
    # A scrape may fall between two batches, so the answer waited for is that of the last.
    steps = "sum by (step) (gueststar_step_duration_seconds_count) == 10"
    assert asked(prometheus, steps) == {"poll": 10, "decode": 10, "publish": 10}
    for quantile in (0.5, 0.95, 0.99):
        buckets = "sum by (le) (gueststar_receipt_to_publish_seconds_bucket)"
        (found,) = asked(prometheus, f"histogram_quantile({quantile}, {buckets})").values()
        true = float(np.quantile(latencies_s, quantile))
        assert true / 1.7 < found < true * 1.7
