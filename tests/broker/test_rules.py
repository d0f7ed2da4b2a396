"""The rules of Prometheus: they ask for metrics that there are, and each alert has its runbook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from broker.alerts.metrics import AlertMetrics
from broker.metrics import Metrics
from broker.models.metrics import ModelMetrics
from classifiers.drift import DriftLimits
from telescope.metrics import SiteMetrics
from tests.prometheus_rules import RULES, check_case

RULED: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
]
RAISED = [rule for rule in RULED if "alert" in rule]
OPERATING = RULES.parents[1] / "docs" / "operating.md"

LATE = "gueststar_receipt_to_publish_seconds"
AGED = "gueststar_exposure_to_publish_seconds"
HALF = "0+100x60 6000+50x10 6500+100x60"
CASE = f"""
rule_files: [{RULES}]
evaluation_interval: 1m
tests:
  - name: half of all alerts are late for ten minutes, and then none
    interval: 1m
    input_series:
      - {{series: '{LATE}_bucket{{le="5.0", instance="one"}}', values: "{HALF}"}}
      - {{series: '{LATE}_count{{instance="one"}}', values: "0+100x130"}}
      - {{series: '{AGED}_bucket{{le="60.0", instance="one"}}', values: "{HALF}"}}
      - {{series: '{AGED}_bucket{{le="86400.0", instance="one"}}', values: "0+100x130"}}
    promql_expr_test:
      - {{expr: 'count(ALERTS{{severity="critical"}})', eval_time: 59m, exp_samples: []}}
      - expr: ALERTS{{alertname="GueststarLateFromIngest"}}
        eval_time: 63m
        exp_samples:
          - labels: >-
              ALERTS{{alertname="GueststarLateFromIngest", alertstate="firing",
              severity="critical"}}
            value: 1
      - expr: ALERTS{{alertname="GueststarLateFromExposure"}}
        eval_time: 63m
        exp_samples: []
      - {{expr: 'count(ALERTS{{severity="critical"}})', eval_time: 110m, exp_samples: []}}
  - name: every alert is 61 s old, and was received a moment ago
    interval: 1m
    input_series:
      - {{series: '{LATE}_bucket{{le="5.0"}}', values: "0+100x60"}}
      - {{series: '{LATE}_count', values: "0+100x60"}}
      - {{series: '{AGED}_bucket{{le="60.0"}}', values: "0+0x60"}}
      - {{series: '{AGED}_bucket{{le="86400.0"}}', values: "0+100x60"}}
    promql_expr_test:
      - expr: ALERTS{{severity="critical"}}
        eval_time: 5m
        exp_samples:
          - labels: >-
              ALERTS{{alertname="GueststarLateFromExposure", alertstate="firing",
              severity="critical"}}
            value: 1
  - name: a night of last year is sent again
    interval: 1m
    input_series:
      - {{series: '{LATE}_bucket{{le="5.0"}}', values: "0+100x60"}}
      - {{series: '{LATE}_count', values: "0+100x60"}}
      - {{series: '{AGED}_bucket{{le="60.0"}}', values: "0+0x60"}}
      - {{series: '{AGED}_bucket{{le="86400.0"}}', values: "0+0x60"}}
    promql_expr_test:
      - {{expr: ALERTS, eval_time: 30m, exp_samples: []}}
  - name: a quarter of a hundred is late for days, no more
    interval: 30m
    input_series:
      - {{series: '{LATE}_bucket{{le="5.0"}}', values: "0+3990x200"}}
      - {{series: '{LATE}_count', values: "0+4000x200"}}
    promql_expr_test:
      - expr: ALERTS
        eval_time: 80h
        exp_samples:
          - labels: >-
              ALERTS{{alertname="GueststarLateFromIngestSlowly", alertstate="firing",
              severity="warning"}}
            value: 1
  - name: one worker is gone, another is not ready
    interval: 1m
    input_series:
      - {{series: 'up{{job="gueststar", instance="one"}}', values: "1x5 0x10"}}
      - {{series: 'gueststar_ready{{job="gueststar", instance="two"}}', values: "1x5 0x10"}}
    promql_expr_test:
      - {{expr: 'ALERTS{{alertstate="firing"}}', eval_time: 5m, exp_samples: []}}
      - expr: ALERTS{{alertstate="firing"}}
        eval_time: 10m
        exp_samples:
          - labels: >-
              ALERTS{{alertname="GueststarDown", alertstate="firing", instance="one",
              job="gueststar", severity="critical"}}
            value: 1
          - labels: >-
              ALERTS{{alertname="GueststarNotReady", alertstate="firing", instance="two",
              job="gueststar", severity="critical"}}
            value: 1
"""


def test_the_rules_ask_for_metrics_that_there_are() -> None:
    metrics = Metrics(worker="one", version="1")
    alerts = AlertMetrics(metrics.instruments)
    ModelMetrics(metrics.instruments, alerts.models, DriftLimits())
    SiteMetrics(metrics.instruments, "camera")
    known = set(re.findall(r"# TYPE (gueststar_\w+)", metrics.text()))
    recorded = {rule["record"] for rule in RULED if "record" in rule}
    asked = {name for rule in RULED for name in re.findall(r"gueststar[_:][\w:]+", rule["expr"])}
    assert recorded < asked
    assert len(asked - recorded) == 8
    assert {re.sub(r"_(bucket|count)$", "", name) for name in asked - recorded} <= known


def test_the_bounds_that_the_objectives_ask_for_are_buckets() -> None:
    metrics = Metrics(worker="one", version="1")
    AlertMetrics(metrics.instruments)
    asked = {
        found for rule in RULED for found in re.findall(r'(\w+)_bucket\{le="(.*?)"\}', rule["expr"])
    }
    assert {float(bound) for _, bound in asked} == {5, 60, 86_400}
    for name, bound in asked:
        assert f'{name}_bucket{{le="{bound}"}}' in metrics.text()


@pytest.mark.parametrize("rule", RAISED, ids=lambda rule: str(rule["alert"]))
def test_each_alert_has_its_paragraph_in_the_runbook(rule: dict[str, Any]) -> None:
    name = rule["alert"]
    assert rule["annotations"]["runbook_url"] == f"docs/operating.md#{name.lower()}"
    _, found, after = OPERATING.read_text().partition(f"\n### {name}\n")
    assert found
    paragraph = after.partition("\n#")[0]
    assert len(paragraph.split()) > 15


def test_the_runbook_has_no_alert_that_is_not_raised() -> None:
    _, _, runbook = OPERATING.read_text().partition("\n## When Prometheus raises an alert\n")
    names = re.findall(r"^### (\w+)$", runbook.partition("\n## ")[0], re.MULTILINE)
    assert sorted(names) == sorted(rule["alert"] for rule in RAISED)


@pytest.mark.prometheus
def test_each_objective_raises_its_alert_in_its_time_and_clears(tmp_path: Path) -> None:
    check_case(tmp_path, CASE)
