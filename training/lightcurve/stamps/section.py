"""The section of ZTF's card about stamps beside the light curve; its figures are had again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.lightcurve.judging.tables import figure
from training.lightcurve.stamps.ablation import (
    ALONE,
    MOVED,
    STAMPS,
    SWAPPED,
    Figures,
    Told,
    figures,
)
from training.lightcurve.stamps.fusion import KEPT
from training.lightcurve.stamps.power import ROUNDS, Power
from training.lightcurve.stamps.questions import QUESTIONS
from training.tables import figures_table, in_errors, table, with_section, wrapped

SECTION, FIGURES = "Stamps beside the light curve", "Stamps beside the light curve: figures"
TEXT = """
An ablation, not served: {kept} numbers of the stamps beside what the light curve says. They are the
main directions of the real/bogus network's own last layer (its middle and its mean, 128 numbers)
about one alert of an object; for each fold of a network of its own, taught as that card says but
without any alert of an object of the fold. The fusion adds a matrix times these numbers to the
logits of the light curve's network, which are those out of fold that stand in the answers; it is
fitted on the other folds, its ridge chosen among them. "{moved}" is the fusion without stamps: a
label is moved as a whole. "{swapped}" has the stamps of another object of the same night: what that
gains is the night's.

**Which objects have both.** The archive of supernovae has no stamps. Of its {archive:,} objects
{supernovae} have a packet here with stamps and two detections ({by_type}); their stamps are of the
earliest such alert, beside the answer on the window nearest to its age (median {age:.0f} days after
the first detection). Of the rest, {others:,} objects have a packet that was asked about itself; two
of them are disruptions, which are not asked about.
"""
BEFORE = """
Gains are over the light curve alone, so that more is better; macro F1 is at even odds of the
groups; errors are of draws of objects within each group, and none knows what two objects of a type
cannot tell.
"""
AFTER = """
{verdict} **These objects could not have shown it either.** In place of the stamps, numbers were
made up of which each two groups have the AUC below, {rounds} times: what they gain of flat
log-loss, and the spread of that. Stamps that told as much would have been missed wherever the gain
is not two spreads above zero.
"""
LAST = """
That a star is no supernova a template shows, but of most stars here another survey's image of the
place is how they are known: stars by SIMBAD alone are the fairer line. A first grid of ridges ended
at 1 and gains were over "{moved}"; after a look it was made wider, as labels of two objects were
moved far under it, and gains are over the light curve alone; stamps gained nothing under either.
"""


def put_into(card: Path, answers: Path, counts: str, could: Sequence[Power]) -> None:
    """Both sections, anew; `counts` is the first's beginning, as `described` has it."""
    found = Told.read(answers)
    body = f"{counts}\n{_read(list(figures(found)), could)}"
    text = with_section(card.read_text("utf-8"), SECTION, wrapped(body))
    body = figures_table("figure", headlines(found))
    card.write_text(with_section(text, FIGURES, body), encoding="utf-8")


def headlines(found: Told) -> dict[str, float]:
    """Flat log-loss and macro F1 of every question with stamps and without, by name."""
    return {
        f"{name}, {one.question}, {one.model}": measured.value
        for one in figures(found, rounds=0)
        if one.model in {ALONE, STAMPS}
        for name, measured in (("flat log-loss", one.flat), ("macro F1", one.f1))
    }


def described(archive: int, found: Told, exact: int, age_days: Sequence[float]) -> str:
    """Which objects have both, in words."""
    first = found.take((found.question == QUESTIONS[0].name) & (found.model == ALONE))
    types = QUESTIONS[0].groups
    count = np.bincount(first.label, minlength=len(types))
    return TEXT.format(
        kept=KEPT,
        moved=MOVED,
        swapped=SWAPPED,
        archive=archive,
        supernovae=len(first.label),
        by_type=", ".join(f"{n} {name}" for name, n in zip(types, count, strict=True)),
        age=np.median(age_days),
        others=exact,
    )


def _read(some: Sequence[Figures], could: Sequence[Power]) -> str:
    parts = (
        BEFORE,
        _table(some),
        AFTER.format(verdict=_verdict(some), rounds=ROUNDS),
        _could(could),
        LAST.format(moved=MOVED),
    )
    return "\n".join(parts)


def _verdict(some: Sequence[Figures]) -> str:
    clear = [one.question for one in some if one.model == STAMPS and one.flat_gain.clear]
    told = f"Stamps gain two errors of flat log-loss in: {', '.join(clear)}."
    return told if clear else "**With stamps, no line gains two errors of flat log-loss.**"


def _could(could: Sequence[Power]) -> str:
    return table(
        could,
        ("told apart", lambda one: one.question),
        ("AUC of the numbers", lambda one: f"{one.auc:g}"),
        ("gain of loss", lambda one: f"{one.mean:.3f}"),
        ("its spread", lambda one: f"{one.spread:.3f}"),
    )


def _table(some: Sequence[Figures]) -> str:
    return table(
        some,
        ("told apart", lambda one: one.question),
        ("by", lambda one: one.model),
        ("objects of each", lambda one: ", ".join(map(str, one.counts))),
        ("flat log-loss", lambda one: figure(one.flat)),
        ("macro F1", lambda one: figure(one.f1)),
        ("gain of loss", lambda one: figure(one.flat_gain)),
        ("errors", lambda one: in_errors(one.flat_gain)),
        ("gain of F1", lambda one: figure(one.f1_gain)),
        ("errors", lambda one: in_errors(one.f1_gain)),
    )
