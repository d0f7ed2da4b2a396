"""What Prometheus reads of the alert job, beside what it reads of any worker."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from broker.alerts.counts import AlertCounts
from broker.alerts.metrics import AlertMetrics
from broker.alerts.outcome import AlertOutcome
from broker.errors import TransactionAborted
from broker.metrics import Metrics
from broker.observer import Observers, Phase
from classifiers.classifier import ModelIdentity
from filters.filter_set import ActiveFilter
from tests.broker.test_metrics import PUBLISHED_UNIX_S, report_of
from tests.monitoring import asked, check_dashboard, prometheus_of

COUNTS = AlertCounts(
    shortened={"young": 1},
    selected={"young": 2},
    refused={"young": {"real": 4, "off-star": 1}},
    unknown={"young": {"off-star": 2}},
    filter_errors={"young": 3},
    classifier_errors={"realbogus": 5},
    unread={"candidate.fid: enum": 4},
)


class Watched:
    """The numbers of a worker of the alert job, in one registry."""

    def __init__(self) -> None:
        model = ModelIdentity("realbogus", "1", "ab" * 32)
        self.metrics = Metrics(worker="one", version="0.1.0")
        self.alerts = AlertMetrics(self.metrics.instruments, [model])

    def on_batch(self, latencies_s: Sequence[float]) -> None:
        """A batch was committed whose alerts came so long before."""
        received = PUBLISHED_UNIX_S - np.array(latencies_s)
        disagreements = {"realbogus": {"classifier": 3, "survey": 0}}
        outcome = AlertOutcome(
            COUNTS,
            received,
            received - 600,
            disagreements=disagreements,
            stages_s={"realbogus": 0.01},
        )
        Observers(self.metrics, self.alerts).on_batch(report_of(outcome))


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.mark.parametrize(
    "line",
    [
        'alerts_shortened_total{topic="young"} 1.0',
        'alerts_selected_total{filter="young"} 2.0',
        'alerts_refused_total{clause="real",filter="young"} 4.0',
        'alerts_unknown_total{clause="off-star",filter="young"} 2.0',
        'fields_unread_total{field="candidate.fid: enum"} 4.0',
        'filter_errors_total{filter="young"} 3.0',
        'classifier_errors_total{classifier="realbogus"} 5.0',
        'strong_disagreements_total{classifier="realbogus",says_real="classifier"} 3.0',
        'strong_disagreements_total{classifier="realbogus",says_real="survey"} 0.0',
        'receipt_to_publish_seconds_bucket{le="0.01"} 1.0',
        "receipt_to_publish_seconds_count 2.0",
        'exposure_to_publish_seconds_bucket{le="1800.0"} 2.0',
        f'model_info{{name="realbogus",sha256="{"ab" * 32}",version="1"}} 1.0',
    ],
)
def test_a_committed_batch_is_counted(watched: Watched, line: str) -> None:
    watched.on_batch([0.009, 0.2])
    assert f"\ngueststar_{line}\n" in watched.metrics.text()


def test_filters_that_went_off_duty_are_forgotten(watched: Watched) -> None:
    active = [
        ActiveFilter(name, str(version), "ab" * 32, name, ("real",))
        for version, name in enumerate(["young", "fast"], 1)
    ]
    watched.alerts.on_refresh(active)
    watched.alerts.on_cost("fast", 2.0)
    assert 'gueststar_filter_live{filter="fast",version="2"} 1.0' in watched.metrics.text()
    assert 'gueststar_filter_cost_seconds{filter="fast"} 2e-06' in watched.metrics.text()
    watched.alerts.on_pause("fast", "raised")
    watched.alerts.on_refresh(active[:1])
    assert (
        'gueststar_filter_paused_total{filter="fast",reason="raised"} 1.0' in watched.metrics.text()
    )
    assert 'gueststar_filter_live{filter="young",version="1"} 1.0' in watched.metrics.text()
    assert 'version="2"' not in watched.metrics.text()
    assert "filter_cost_seconds{" not in watched.metrics.text()


def test_an_alert_without_a_timestamp_has_no_latency_and_a_future_one_has_none_below_zero(
    watched: Watched,
) -> None:
    watched.on_batch([math.nan, -3.0, 0.5])
    text = watched.metrics.text()
    assert "gueststar_receipt_to_publish_seconds_count 2.0" in text
    assert "gueststar_receipt_to_publish_seconds_sum 0.5" in text


def test_every_metric_has_one_sentence_and_a_number_from_the_start(watched: Watched) -> None:
    sentences = dict(re.findall(r"# HELP (gueststar_\w+) (.*)", watched.metrics.text()))
    assert len(sentences) >= 23
    assert {name for name, text in sentences.items() if len(text) < 20} == set()
    assert len(set(sentences.values())) == len(sentences)
    assert "gueststar_receipt_to_publish_seconds_count 0.0" in watched.metrics.text()


@pytest.fixture
def prometheus(watched: Watched, tmp_path: Path) -> Iterator[str]:
    """A real Prometheus that scrapes `metrics` five times a second: its address."""
    with (
        closing(watched.metrics.serve("127.0.0.1", 0)) as server,
        prometheus_of(tmp_path, server.port) as address,
    ):
        yield address


@pytest.mark.prometheus
def test_a_real_prometheus_finds_the_latency_quantiles(prometheus: str, watched: Watched) -> None:
    latencies_s = np.random.default_rng(7).lognormal(np.log(0.02), 1, 2000)
    for part in np.array_split(latencies_s, 10):
        watched.on_batch(part.tolist())
    # A scrape may fall between two batches, so the answer waited for is that of the last.
    steps = "sum by (step) (gueststar_step_duration_seconds_count) == 10"
    assert asked(prometheus, steps) == {"poll": 10, "decode": 10, "publish": 10}
    for quantile in (0.5, 0.95, 0.99):
        buckets = "sum by (le) (gueststar_receipt_to_publish_seconds_bucket)"
        (found,) = asked(prometheus, f"histogram_quantile({quantile}, {buckets})").values()
        true = float(np.quantile(latencies_s, quantile))
        assert true / 1.7 < found < true * 1.7


@pytest.mark.prometheus
def test_no_panel_of_the_dashboard_is_empty_once_all_has_happened(
    prometheus: str, watched: Watched
) -> None:
    for each in range(2):
        watched.metrics.on_abort(TransactionAborted("fenced"), Phase.COMMITTING)
        watched.on_batch([0.01, 0.2])
        asked(prometheus, f"gueststar_alerts_consumed_total == {10 * (each + 1)}")
    check_dashboard(prometheus, "gueststar.json")
