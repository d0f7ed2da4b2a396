"""Every figure that an evaluation must show, made from one outcome."""

from __future__ import annotations

from dataclasses import dataclass

from training.bootstrap import Measured
from training.realbogus.judging.agreement import TAUGHT_BY_DRB, Agreement, agreement
from training.realbogus.judging.calibration_figures import Calibration, calibrations
from training.realbogus.judging.false_positives import FalsePositives, false_positives
from training.realbogus.judging.flags import Flags, flags
from training.realbogus.judging.outcome import Outcome
from training.realbogus.judging.recall import Recall, recall
from training.realbogus.judging.simulated import Simulated, simulated
from training.realbogus.judging.working_point import WorkingPoint, working_point

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
    working_point: WorkingPoint
    simulated: Simulated
    flags: Flags
    calibrations: tuple[Calibration, ...]

    @property
    def aims(self) -> tuple[Aim, ...]:
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


def evaluated(outcome: Outcome, seed: int = 0) -> Evaluation:
    """Every figure; the same outcome and seed of the draws give the same figures."""
    return Evaluation(
        agreement=agreement(outcome.scored, seed),
        recall=recall(outcome.scored, seed),
        false_positives=false_positives(outcome, seed),
        working_point=working_point(outcome.scored, seed),
        simulated=simulated(outcome.exam, seed),
        flags=flags(outcome.scored, seed),
        calibrations=calibrations(outcome, seed),
    )
