"""What Prometheus alerts on: the rules ask for metrics that there are, and fire in their time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from broker.alerts.metrics import AlertMetrics
from broker.metrics import Metrics
from broker.models.metrics import ModelMetrics
from classifiers.drift import DriftLimits
from telescope.metrics import SiteMetrics
from tests.prometheus_rules import RULES, check_case

SERIES = "gueststar_model_drift{model='realbogus', version='1', survey='ztf', band='r', column='x'"
CASE = f"""
rule_files: [{RULES}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: "{SERIES}, statistic='psi', instance='one'}}"
        values: "_x5 0.4x10 _x10"
      - series: "{SERIES}, statistic='psi', instance='two'}}"
        values: "_x5 0.3x10 _x10"
    alert_rule_test:
      - eval_time: 4m
        alertname: GueststarModelDrifts
        exp_alerts: []
      - eval_time: 8m
        alertname: GueststarModelDrifts
        exp_alerts:
          - exp_labels:
              {{severity: warning, model: realbogus, version: "1", survey: ztf, band: r, column: x,
               statistic: psi}}
            exp_annotations:
              summary: "x of realbogus 1 drifts in ztf r: psi 0.400"
              description: "{{}}"
"""


def test_the_rules_ask_for_metrics_that_there_are() -> None:
    metrics = Metrics(worker="one", version="1")
    alerts = AlertMetrics(metrics.instruments)
    ModelMetrics(metrics.instruments, alerts.models, DriftLimits())
    SiteMetrics(metrics.instruments, "camera")
    known = set(re.findall(r"# TYPE (gueststar_\w+)", metrics.text()))
    asked = re.findall(r"gueststar_\w+", "".join(re.findall(r"expr: (.*)", RULES.read_text())))
    assert len(asked) == 4
    assert set(asked) <= known


@pytest.mark.prometheus
def test_one_alert_is_raised_of_what_drifts_at_any_worker(tmp_path: Path) -> None:
    found = re.search(r"description: >-\n((?: {12}.*\n)+)", RULES.read_text())
    assert found is not None
    description = " ".join(line.strip() for line in found[1].splitlines())
    check_case(tmp_path, CASE.replace('"{}"', f'"{description}"'))
