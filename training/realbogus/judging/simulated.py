"""The exam on drawn stamps, which says what a network can tell apart, not how a night looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from training.arrays import Floats, Mask
from training.bootstrap import Measured
from training.realbogus.judging.agreement import Seeds
from training.realbogus.judging.contest import Contest, auc, measured_mean
from training.realbogus.judging.meeting import Meeting, meeting
from training.realbogus.judging.outcome import Exam
from training.realbogus.labels import LABELS, REAL

SNR_MIN = 7.0
"""Of a drawn source that is to be found: surveys send alerts from five on."""
SNR_EDGES = (5.0, 7.0, 10.0, 20.0)


@dataclass(frozen=True)
class ExamLine:
    """Some sources against some artefacts."""

    part: str
    sources: int
    artefacts: int
    auc: Measured


@dataclass(frozen=True)
class Confusion:
    """One drawn label: what share the networks call each label, mean over networks."""

    label: str
    count: int
    called: tuple[float, ...]
    """In the order of LABELS."""
    right: Measured
    """Share called what was drawn."""


@dataclass(frozen=True)
class Simulated:
    """All figures of the exam."""

    stamps: int
    declined: int
    """Stamps that a network gave no score; they take no part in what follows."""
    lines: tuple[ExamLine, ...]
    confusion: tuple[Confusion, ...]
    """Of sources above SNR_MIN and all artefacts."""
    seeds: Seeds
    meetings: tuple[Meeting, ...]
    """Of Rubin's stamps, then of ZTF's."""

    @property
    def headline(self) -> ExamLine:
        """Sources above SNR_MIN against all artefacts."""
        return self.lines[0]


def simulated(exam: Exam, seed: int) -> Simulated:
    """The exam's figures; `seed` is of the draws."""
    known = _known(exam)
    headline = known & (sources(exam) | artefacts(exam))
    low, ours = ~sources(exam)[headline], exam.ours[:, headline, REAL]
    return Simulated(
        stamps=len(exam.label),
        declined=int((~known).sum()),
        lines=tuple(_line(exam, part, *sides, seed) for part, sides in _parts(exam)),
        confusion=tuple(_confusion(exam, label, seed) for label in range(len(LABELS))),
        seeds=Seeds(
            part="exam (simulated)",
            score="ours",
            each=tuple(auc(low, one) for one in ours),
            together=auc(low, ours.mean(axis=0)),
        ),
        meetings=tuple(meeting(exam, survey) for survey in ("lsst", "ztf")),
    )


def sources(exam: Exam) -> Mask:
    """Drawn sources that are bright enough to be asked for."""
    mask: Mask = (exam.label == REAL) & (exam.snr > SNR_MIN)
    return mask


def artefacts(exam: Exam) -> Mask:
    """All that was drawn and is no source."""
    mask: Mask = exam.label != REAL
    return mask


def called(ours: Floats) -> Floats:
    """Share of the networks that call each alert each label, (n, labels), of (networks, n, 5)."""
    likeliest = ours.argmax(axis=-1)[..., None] == np.arange(len(LABELS))
    share: Floats = likeliest.mean(axis=0)
    return share


def _known(exam: Exam) -> Mask:
    return np.logical_not(np.isnan(exam.ours).any(axis=(0, 2)))


def _parts(exam: Exam) -> Iterator[tuple[str, tuple[Mask, Mask]]]:
    """Named (sources, artefacts); the headline first."""
    bright, artefact = sources(exam), artefacts(exam)
    yield f"S/N above {SNR_MIN:g}", (bright, artefact)
    yield (
        f"S/N above {SNR_MIN:g}, the artefacts' too",
        (bright, artefact & (exam.snr > SNR_MIN)),
    )
    for number, label in enumerate(LABELS):
        if number != REAL:
            yield f"… against {label}", (bright, exam.label == number)
    for name, faded in (("brightened", False), ("faded", True)):
        sign = exam.negative == faded
        yield f"… both {name}", (bright & sign, artefact & sign)
    for survey in np.unique(exam.survey):
        here = exam.survey == survey
        yield f"… on stamps of {survey}", (bright & here, artefact & here)
    for faint, strong in pairwise((0.0, *SNR_EDGES, np.inf)):
        inside = (exam.label == REAL) & (exam.snr > faint) & (exam.snr <= strong)
        name = f"above {faint:g}" if np.isinf(strong) else f"{faint:g} to {strong:g}"
        yield f"sources of S/N {name}", (inside, artefact)


def _line(exam: Exam, part: str, real: Mask, artefact: Mask, seed: int) -> ExamLine:
    rows = (real | artefact) & _known(exam)
    low = artefact[rows]
    figure = Measured(np.nan)
    if low.any() and not low.all():
        contest = Contest.of(low, exam.field_night[rows], seed)
        figure = contest.measured(exam.ours[:, rows, REAL])
    return ExamLine(part, int((~low).sum()), int(low.sum()), figure)


def _confusion(exam: Exam, label: int, seed: int) -> Confusion:
    rows = _known(exam) & (sources(exam) if label == REAL else exam.label == label)
    count = int(rows.sum())
    if not count:
        return Confusion(LABELS[label], 0, (np.nan,) * len(LABELS), Measured(np.nan))
    shares = tuple(called(exam.ours[:, rows]).mean(axis=0).tolist())
    right = exam.ours[:, rows].argmax(axis=-1) == label
    figure = measured_mean(right.astype(np.float64), exam.field_night[rows], seed)
    return Confusion(LABELS[label], count, shares, figure)
