"""Each alert's interval stands beside the truth, and single objects are drawn by rank."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from classifiers.phase_layout import LABELS, TARGETS
from training.phase.judging import SYSTEMS
from training.phase.material import Material
from training.phase.pictures.alerts import drawn_alerts, met_by, singles

OBJECTS, ALERTS = 6, 10


class Late:
    """Stands for the network: the peak two days after the true one, which its row holds, +- 1."""

    def quantiles(self, rows: np.ndarray) -> np.ndarray:
        """Float32 (n, LABELS)."""
        given = np.zeros((len(rows), len(LABELS)), np.float32)
        begin = LABELS.index("days_to_peak_low")
        given[:, begin : begin + 3] = rows[:, :1] + np.array([1.0, 2.0, 3.0], np.float32)
        return given


def material() -> Material:
    """Alerts of six objects a survey, every five days, not in order."""
    order = np.random.default_rng(0).permutation(2 * OBJECTS * ALERTS)
    number, alert = np.divmod(order, ALERTS)
    to_peak = 12.0 - 5.0 * alert
    truth = np.full((len(order), len(TARGETS)), np.nan)
    truth[:, TARGETS.index("days_to_peak")] = to_peak
    return Material(
        np.array([f"object{one}" for one in number]),
        to_peak[:, None].astype(np.float32),
        truth,
        number // OBJECTS,
        number % 2 == 0,
        np.zeros(len(order), np.int64),
        np.ones(len(order), bool),
        np.full(len(order), 18.0),
        60_000.0 + 5.0 * alert,
    )


def test_each_alert_has_its_interval_about_the_true_peak_and_the_object_its_row() -> None:
    some = material()
    met = met_by(Late(), some.take(some.system == 0))
    np.testing.assert_allclose((met.low.mean(), met.middle.mean(), met.high.mean()), (1, 2, 3))
    np.testing.assert_allclose(met.widths, 2.0)
    assert met.is_ia.tolist() == [True] * 3 + [False] * 3
    assert all(np.diff(met.phase[met.object == one]).tolist() == [5.0] * 9 for one in range(6))
    assert len(singles(met)) == 4


def test_a_picture_a_survey_is_written(tmp_path: Path) -> None:
    drawn_alerts(Late(), material(), tmp_path)
    assert {one.name for one in tmp_path.iterdir()} == {
        f"alerts_{one.lower()}.png" for one in SYSTEMS
    }
