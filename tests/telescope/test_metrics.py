"""What Prometheus is told of a site's frames, and when it raises an alert."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from broker.metrics import Metrics
from telescope.metrics import SiteMetrics
from telescope.pipeline import Report
from telescope.quality import Flag, Quality
from telescope.transparency import transparency
from tests.prometheus_rules import RULES, check_case

CASE = f"""
rule_files: [{RULES}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: "gueststar_telescope_quality{{camera='dome', instance='one'}}"
        values: "80x5 12x30"
      - series: "gueststar_telescope_frames_total{{camera='dome', outcome='refused'}}"
        values: "0x5 0+1x30"
    promql_expr_test:
      - expr: ALERTS{{alertname="GueststarTelescopePoor", alertstate="firing"}}
        eval_time: 12m
        exp_samples: []
      - expr: ALERTS{{alertname="GueststarTelescopePoor", alertstate="firing"}}
        eval_time: 20m
        exp_samples:
          - labels: >-
              ALERTS{{alertname="GueststarTelescopePoor", alertstate="firing", camera="dome",
              severity="warning"}}
            value: 1
      - expr: ALERTS{{alertname="GueststarTelescopeRefuses", alertstate="firing"}}
        eval_time: 5m
        exp_samples: []
      - expr: ALERTS{{alertname="GueststarTelescopeRefuses", alertstate="firing"}}
        eval_time: 15m
        exp_samples:
          - labels: >-
              ALERTS{{alertname="GueststarTelescopeRefuses", alertstate="firing", camera="dome",
              severity="warning"}}
            value: 1
"""


CLEAR = transparency(np.zeros((0, 4)), (100, 100))


def quality(score: float, flags: Flag) -> Quality:
    return Quality(score, flags, 3.0, 0.1, 200.0, 10.0, 1.0, 26.0, 20.0, {}, CLEAR)


def test_frames_are_counted_by_what_became_of_them_and_the_last_quality_is_told() -> None:
    metrics = Metrics(worker="site", version="1")
    site = SiteMetrics(metrics.instruments, "dome")
    site.on_report(Report("a", quality=quality(80.0, Flag(0))))
    site.on_report(Report("b", quality=quality(12.5, Flag.CLOUDS | Flag.SEEING)))
    site.on_report(Report("c", reason="cannot be read"))
    text = metrics.text()
    assert 'gueststar_telescope_frames_total{camera="dome",outcome="used"} 2.0' in text
    assert 'gueststar_telescope_frames_total{camera="dome",outcome="refused"} 1.0' in text
    assert 'gueststar_telescope_flagged_frames_total{camera="dome",flag="clouds"} 1.0' in text
    assert 'gueststar_telescope_quality{camera="dome"} 12.5' in text


@pytest.mark.prometheus
def test_an_alert_is_raised_where_frames_stay_poor_or_are_refused(tmp_path: Path) -> None:
    check_case(tmp_path, CASE)
