"""Every figure that an evaluation must show, made from one outcome."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from training.bootstrap import Measured
from training.realbogus.judging.agreement import TAUGHT_BY_DRB, Agreement, agreement
from training.realbogus.judging.calibration_figures import Calibration, calibrations
from training.realbogus.judging.contest import auc
from training.realbogus.judging.false_positives import FalsePositives, false_positives
from training.realbogus.judging.flags import Flags, flags
from training.realbogus.judging.outcome import Outcome
from training.realbogus.judging.recall import Recall, recall
from training.realbogus.judging.simulated import Simulated, simulated

__all__ = ["Aim", "Evaluation", "auc", "evaluated"]

NIGHT_AUC_MIN = 0.92
EXAM_AUC_MIN = 0.99


@dataclass(frozen=True)
class Aim:
    """What was asked for, what was measured, and whether that meets it."""

    asked: str
    measured: Measured
    met: bool


@dataclass(frozen=True)
class Evaluation:
    """All figures of one outcome."""

    agreement: Agreement
    recall: Recall
    false_positives: FalsePositives
    simulated: Simulated
    flags: Flags
    calibrations: tuple[Calibration, ...]

    @property
    def aims(self) -> tuple[Aim, ...]:
        """What the network had to reach."""
        night, exam = self.agreement.headline, self.simulated.headline
        ours, gain = night.auc["ours"], night.gain[TAUGHT_BY_DRB]
        return (
            Aim(
                f"agreement with drb, {night.part}: AUC at least {NIGHT_AUC_MIN}",
                ours,
                ours.value >= NIGHT_AUC_MIN,
            ),
            Aim("the same, less that of the net taught by drb alone: two errors", gain, gain.clear),
            Aim(
                f"simulated, {exam.part}: AUC at least {EXAM_AUC_MIN}",
                exam.auc,
                exam.auc.value >= EXAM_AUC_MIN,
            ),
        )

    def summary(self) -> dict[str, Any]:
        """All of it as JSON has it, under the dataclasses' names; null for what is not there."""
        return {**_plain(self), "aims": [_plain(aim) for aim in self.aims]}


def evaluated(outcome: Outcome, seed: int = 0) -> Evaluation:
    """Every figure; the same outcome and seed of the draws give the same figures."""
    return Evaluation(
        agreement=agreement(outcome.scored, seed),
        recall=recall(outcome.scored, seed),
        false_positives=false_positives(outcome, seed),
        simulated=simulated(outcome.exam, seed),
        flags=flags(outcome.scored, seed),
        calibrations=calibrations(outcome, seed),
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - any tree of figures
    """Dataclasses as dicts, tuples as lists, numbers that are not finite as None."""
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
