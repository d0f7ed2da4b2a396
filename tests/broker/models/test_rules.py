"""What Prometheus alerts on of models: one alert of what drifts, in its time."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

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
              runbook_url: docs/operating.md#gueststarmodeldrifts
"""


@pytest.mark.prometheus
def test_one_alert_is_raised_of_what_drifts_at_any_worker(tmp_path: Path) -> None:
    (description,) = (
        rule["annotations"]["description"]
        for group in yaml.safe_load(RULES.read_text())["groups"]
        for rule in group["rules"]
        if rule.get("alert") == "GueststarModelDrifts"
    )
    check_case(tmp_path, CASE.replace('"{}"', f'"{description}"'))
