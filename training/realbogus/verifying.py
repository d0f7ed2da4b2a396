"""The card's headlines recomputed from the committed answers alone: no torch and no alerts.

Written apart from the code that made the card, so that one may be held to the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.clauses import FADED_SCORE_MIN, REAL_SCORE_MIN
from training.realbogus.answers import FILE, NOT_DRAWN, read
from training.tables import figures_under

Columns = dict[str, NDArray[Any]]
Mask = NDArray[np.bool_]
NIGHT = 60235
LOW, HIGH, REFUSED, SNR_MIN, BINS, REAL = 0.1, 0.5, 0.95, 7.0, 15, 0
RECOMPUTED, BRAAI = "Recomputed", "braai, by its public weights"
RUBIN_SECTION = "Rubin's published layers, taught as ours"
"""Sections of the card; `training.realbogus.braai` and `.rubin` put their scores beside ours."""
RUBIN = "rubin_layers"
RIVALS = ("braai", RUBIN)
"""Columns of the answers, where they are there."""


def headlines(path: Path = FILE) -> dict[str, float]:
    """Each figure by its name in the card's sections of figures; of the one seed."""
    columns = read(path)
    drawn = columns["drawn"] != NOT_DRAWN
    alerts, exam = ({name: one[rows] for name, one in columns.items()} for rows in (~drawn, drawn))
    return {**_agreement(alerts), **_recall(alerts), **_passing(alerts), **_exam(exam)}


def claimed(card: str) -> dict[str, float]:
    """What the card's text says of each; empty where it has no such section."""
    return figures_under(card, RECOMPUTED, BRAAI, RUBIN_SECTION)


def _agreement(alerts: Columns) -> dict[str, float]:
    found = {}
    drb, night = alerts["drb"], alerts["night"] == NIGHT
    sides = (drb < LOW) | (drb >= HIGH)
    for name, rows in (("night 60235", sides & night), ("all nights", sides)):
        for score in ("ours", "taught_by_drb", "rb", *_rivals(alerts)):
            found[f"AUC against drb, {name}, {score}"] = _auc(alerts, rows, score)
    found["calibration error against drb"] = _error(alerts, sides)
    return found


def _rivals(columns: Columns) -> tuple[str, ...]:
    """Those that were asked about these rows."""
    return tuple(one for one in RIVALS if one in columns and np.isfinite(columns[one]).any())


def _auc(alerts: Columns, rows: Mask, score: str) -> float:
    known = rows & np.isfinite(alerts[score])
    return _ordered(alerts["drb"][known] >= HIGH, alerts[score][known])


def _ordered(real: Mask, score: NDArray[np.float32]) -> float:
    """Area under the curve, by the sum of ranks (Mann and Whitney 1947); ties share theirs."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    others = (~real).sum()
    return float((rank[real].mean() - (real.sum() + 1) / 2) / others)


def _error(alerts: Columns, rows: Mask) -> float:
    """Expected calibration error at even odds: both of drb's sides weigh alike."""
    said, real = _probability(alerts["ours"][rows]), alerts["drb"][rows] >= HIGH
    weight = np.where(real, 0.5 / real.mean(), 0.5 / (1 - real.mean()))
    place = np.minimum((said * BINS).astype(int), BINS - 1)
    gaps = [abs((weight * (said - real))[place == one].sum()) for one in range(BINS)]
    return float(sum(gaps) / weight.sum())


def _recall(alerts: Columns) -> dict[str, float]:
    """Asteroids without a drb above what REFUSED of the low alerts of other nights stay below."""
    night = alerts["night"]
    found = {}
    for score in ("ours", "taught_by_drb", *_rivals(alerts)):
        column, told = alerts[score], np.isfinite(alerts[score])
        low, asteroids = told & (alerts["drb"] < LOW), np.flatnonzero(told & _unchosen(alerts))
        limits = {one: _limit(column[low & (night != one)]) for one in np.unique(night[asteroids])}
        passed = [column[row] > limits[night[row]] for row in asteroids]
        found[f"recall of asteroids without a drb, {score}"] = float(np.mean(passed))
    return found


def _unchosen(alerts: Columns) -> Mask:
    mask: Mask = alerts["asteroid"] & np.isnan(alerts["drb"]) & (alerts["survey"] == "ztf")
    return mask


def _limit(scores: NDArray[np.float32]) -> float:
    """The lowest score that REFUSED of these do not exceed."""
    place = int(np.ceil(REFUSED * len(scores) - 1e-6)) - 1
    return float(np.sort(scores)[place])


def _passing(alerts: Columns) -> dict[str, float]:
    ztf, drb = alerts["survey"] == "ztf", alerts["drb"]
    asked = np.where(alerts["faded"], FADED_SCORE_MIN, REAL_SCORE_MIN)
    passed = _probability(alerts["ours"]) > asked
    kinds = {
        "drb below 0.1": drb < LOW,
        "drb below 0.5": drb < HIGH,
        "drb of 0.5 or more": drb >= HIGH,
        "asteroids without a drb": _unchosen(alerts),
        "spectroscopic class": ztf & alerts["spectroscopic"],
        "SIMBAD class": ztf & alerts["simbad"],
    }
    return {f"passes filters, {name}": float(passed[rows].mean()) for name, rows in kinds.items()}


def _exam(exam: Columns) -> dict[str, float]:
    real = exam["drawn"] == REAL
    asked = ~real | (exam["snr"] > SNR_MIN)
    rubin = exam["survey"] == "lsst"
    found = {}
    for score in ("ours", *_rivals(exam)):
        own, name = exam[score], "" if score == "ours" else f", {score}"
        some, here = (rows & np.isfinite(own) for rows in (asked, rubin))
        found[f"simulated, S/N above 7, AUC{name}"] = _ordered(real[some], own[some])
        where = f"simulated on Rubin's stamps, purity = completeness{name}"
        found[where] = _met(real[here], own[here])
    return found


def _met(real: Mask, score: NDArray[np.float32]) -> float:
    """The share at which purity, of as many sources as artefacts, equals completeness."""
    limits = np.unique(score)
    complete = np.array([(score[real] >= one).mean() for one in limits])
    false = np.array([(score[~real] >= one).mean() for one in limits])
    return float(complete[np.argmin(np.abs(complete / (complete + false) - complete))])


def _probability(log_odds: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-log_odds.astype(np.float64))))
