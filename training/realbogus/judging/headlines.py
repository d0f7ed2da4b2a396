"""The figures that `training.realbogus.verifying` recomputes, as this evaluation has them."""

from __future__ import annotations

from collections.abc import Iterator

from training.realbogus.judging.agreement import OURS, POOLED, RB, TAUGHT_BY_DRB
from training.realbogus.judging.evaluation import Evaluation
from training.realbogus.judging.working_point import KINDS

COLUMNS = {OURS: "ours", TAUGHT_BY_DRB: "taught_by_drb", RB: "rb"}
"""What the scores are called among the answers."""


def headlines(found: Evaluation) -> dict[str, float]:
    """By name, as the recomputing code has them."""
    return dict(_all(found))


def _all(found: Evaluation) -> Iterator[tuple[str, float]]:
    agreed = found.agreement
    for name, line in (("night 60235", agreed.headline), (POOLED, agreed.pooled)):
        for score, column in COLUMNS.items():
            yield f"AUC against drb, {name}, {column}", line.auc[score].value
    by_name = {one.against: one.error.value for one in found.calibrations}
    yield "calibration error against drb", by_name["drb (agreement), at even odds"]
    for score in (OURS, TAUGHT_BY_DRB):
        if passing := found.recall.headline.passing.get(score):
            yield f"recall of asteroids without a drb, {COLUMNS[score]}", passing.passed.value
    for kind in KINDS:
        yield f"passes filters, {kind}", found.working_point.share(kind).at_filters.value
    yield "simulated, S/N above 7, AUC", found.simulated.headline.auc.value
    yield "simulated on Rubin's stamps, purity = completeness", found.simulated.meetings[0].share
