"""Figures of the ZTF network as Markdown: each table of its card."""

from __future__ import annotations

import math
from collections.abc import Sequence

from training.lightcurve.judging.outcome import SERVED, WINDOWS
from training.lightcurve.judging.quoted import ZTF_TREES
from training.lightcurve.judging.sample import (
    ACCURACY,
    AUC,
    CALIBRATION,
    PRECISION,
)
from training.lightcurve.judging.tables import WHAT, errors, figure
from training.lightcurve.judging.ztf import NotShown, Others, Window, ZtfClaim
from training.lightcurve.labels import SUPERNOVAE
from training.tables import NOTHING, markdown, number, per_cent

AT_THE_PRIOR = (AUC, PRECISION, ACCURACY, CALIBRATION)


def windows_table(found: Sequence[Window]) -> str:
    """Flat log-loss and macro AUC of each model on each window, trees as quoted, and guessing."""
    rows = [
        [
            one.model,
            one.window,
            f"{sum(one.counts):,}",
            f"{one.declined:,}",
            figure(one.flat),
            figure(one.flat_folds),
            figure(one.auc),
            figure(one.auc_folds),
        ]
        for one in found
    ]
    quoted = [
        ["boosted trees, as quoted", window, *[NOTHING] * 2, number(flat), NOTHING, number(auc)]
        for window, (flat, auc) in ZTF_TREES.items()
    ]
    guess = ["always the same odds", "any", *[NOTHING] * 2, number(math.log(len(SUPERNOVAE)))]
    head = ["model", "window", "objects", "declined", "flat log-loss", "over folds", "macro AUC"]
    padded = [[*row, *[NOTHING] * (len(head) + 1 - len(row))] for row in (*quoted, guess)]
    return markdown([*head, "over folds"], [*rows, *padded])


def claims_table(found: Sequence[ZtfClaim]) -> str:
    """Ours against each rival on each window."""
    rows = [
        [
            one.rival,
            one.window,
            figure(one.flat),
            errors(one.flat),
            figure(one.auc),
            errors(one.auc),
            "yes" if one.flat.clear and one.auc.clear else "no",
        ]
        for one in found
    ]
    head = ["rival", "window", "flat: rival less ours", "errors", "AUC: ours less rival"]
    return markdown([*head, "errors", "both ahead by two"], rows)


def at_the_prior_table(found: Sequence[Window]) -> str:
    """The served network's other figures."""
    rows = [
        [one.window, *(number(one.others[name]) for name in AT_THE_PRIOR)]
        for one in found
        if one.model == SERVED
    ]
    return markdown(["at the training's shares", *(WHAT[name] for name in AT_THE_PRIOR)], rows)


def types_table(found: Sequence[Window]) -> str:
    """The mean loss of each type on each window, of the served network."""
    ours = [one for one in found if one.model == SERVED]
    rows = [
        [
            name,
            *(
                cell
                for one in ours
                for cell in (f"{one.counts[place]:,}", figure(one.by_type[place]))
            ),
        ]
        for place, name in enumerate(SUPERNOVAE)
    ]
    head = [cell for window in WINDOWS for cell in ("objects", f"loss at {window}")]
    return markdown(["type", *head], rows)


def called_table(one: Window) -> str:
    """What each type is called on one window, in per cent of its row."""
    rows = [
        [name, f"{one.counts[place]:,}", *(per_cent(share) for share in one.called[place])]
        for place, name in enumerate(SUPERNOVAE)
    ]
    return markdown([f"{one.window}: is", "objects", *SUPERNOVAE], rows)


def seeds_table(found: Sequence[Window]) -> str:
    """Flat log-loss of every network by itself."""
    ours = [one for one in found if one.model == SERVED]
    rows = [[one.window, *map(number, one.seeds)] for one in ours]
    count = max((len(one.seeds) for one in ours), default=0)
    return markdown(["flat log-loss", *(f"seed {place}" for place in range(count))], rows)


def not_shown_table(found: Sequence[NotShown]) -> str:
    """How the label tells others from supernovae."""
    rows = [[one.window, figure(one.auc), figure(one.called)] for one in found]
    head = ["supernovae at", "AUC of others against them", "share of them not shown"]
    return markdown(head, rows)


def others_table(found: Sequence[Others]) -> str:
    """What objects that are no supernovae are called, by kind."""
    rows = [
        [
            one.kind,
            f"{one.objects:,}",
            f"{one.objects - one.answered:,}",
            number(one.mean),
            per_cent(one.called),
        ]
        for one in found
    ]
    head = ["real others", "objects", "declined", "mean P(not shown)", "share not shown"]
    return markdown(head, rows)
