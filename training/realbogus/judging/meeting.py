"""Where purity and completeness of drawn sources meet, and how flat completeness is in S/N there.

Simulated: an exam's sources and artefacts, weighed as if there were as many of either.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from training.arrays import Floats, Mask
from training.realbogus.judging.outcome import Exam
from training.realbogus.labels import REAL

SNR_EDGES = (5.0, 6.0, 7.0, 8.0, 10.0, 12.0, np.inf)


@dataclass(frozen=True)
class Meeting:
    """On stamps of one survey, mean over networks; NaN where a side is missing."""

    survey: str
    share: float
    """Of sources found, and of what is found that is a source: the two are equal there."""
    threshold: float
    snr: tuple[tuple[float, int, float], ...]
    """From which S/N on, how many sources, what share of them is found at the threshold."""


def meeting(exam: Exam, survey: str) -> Meeting:
    here = (exam.survey == survey) & ~np.isnan(exam.ours).any(axis=(0, 2))
    real, snr, scores = exam.label[here] == REAL, exam.snr[here], exam.ours[:, here, REAL]
    if not real.any() or real.all():
        return Meeting(survey, np.nan, np.nan, ())
    shares, limits = np.array([_met(real, one) for one in scores]).T
    found = (scores >= limits[:, None]).mean(axis=0)
    bins = [(low, real & (snr > low) & (snr <= high)) for low, high in pairwise(SNR_EDGES)]
    return Meeting(
        survey,
        float(shares.mean()),
        float(limits.mean()),
        tuple((low, int(one.sum()), float(found[one].mean())) for low, one in bins if one.any()),
    )


def _met(real: Mask, score: Floats) -> tuple[float, float]:
    """The share, and the score from which on this share of the sources is found."""
    order = np.argsort(-score, kind="stable")
    complete = np.cumsum(real[order]) / real.sum()
    false = np.cumsum(~real[order]) / (~real).sum()
    place = int(np.argmin(np.abs(complete / (complete + false) - complete)))
    return float(complete[place]), float(score[order][place])
