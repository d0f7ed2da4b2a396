"""Recall on alerts known to be real, where most of the low ones of other nights are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from training.arrays import Mask
from training.realbogus.judging.agreement import OURS, RB, TAUGHT_BY_DRB, low, scores
from training.realbogus.judging.outcome import Scored
from training.realbogus.judging.thresholds import Gate, Passing, Sample

REFUSED = 0.95
"""Share of the low alerts that the threshold refuses."""
MAGNITUDE_EDGES = (18.0, 19.0, 19.5, 20.0)
COMPARED = (OURS, TAUGHT_BY_DRB, RB)
UNCHOSEN = "asteroids without a drb"


@dataclass(frozen=True)
class RecallLine:
    """Some alerts with evidence that they are real, and how many of them each score passes."""

    part: str
    known: int
    faded: int
    field_nights: int
    passing: Mapping[str, Passing]
    """By score, each at its own threshold; empty where there is no such alert."""


@dataclass(frozen=True)
class Recall:
    """All lines, at thresholds read off so many low alerts."""

    background: int
    background_field_nights: int
    lines: tuple[RecallLine, ...]

    @property
    def headline(self) -> RecallLine:
        """Of the asteroids that drb did not choose."""
        return next(line for line in self.lines if line.part == UNCHOSEN)


def recall(scored: Scored, seed: int) -> Recall:
    """Recall by kind of evidence, magnitude and sign; `seed` is of the draws."""
    lows = low(scored)
    return Recall(
        background=int(lows.sum()),
        background_field_nights=len(np.unique(scored.field_night[lows])),
        lines=tuple(_line(scored, part, mask, seed) for part, mask in _parts(scored)),
    )


def unchosen_asteroids(scored: Scored) -> Mask:
    """ZTF's known asteroids that have no drb, so that it did not choose them."""
    mask: Mask = scored.asteroid & np.isnan(scored.drb) & (scored.survey == "ztf")
    return mask


def sample(scored: Scored, mask: Mask) -> Sample:
    """Where and when some alerts were seen."""
    return Sample(scored.field_night, scored.night).take(mask)


def _parts(scored: Scored) -> Iterator[tuple[str, Mask]]:
    ztf = scored.survey == "ztf"
    unchosen = unchosen_asteroids(scored)
    yield UNCHOSEN, unchosen
    for bright, faint in pairwise((-np.inf, *MAGNITUDE_EDGES, np.inf)):
        inside = (scored.magnitude >= bright) & (scored.magnitude < faint)
        yield f"… magnitude {_between(bright, faint)}", unchosen & inside
    yield from _by_sign(scored, unchosen)
    spectroscopic, simbad = (
        ztf & (column != "") for column in (scored.spectroscopic, scored.simbad)
    )
    for name, kind in (
        ("asteroids with a drb", scored.asteroid & ztf & ~unchosen),
        ("spectroscopic class", spectroscopic),
        ("SIMBAD class", simbad),
    ):
        yield name, kind
        yield from _by_sign(scored, kind)
    yield "SIMBAD class, without a drb", simbad & np.isnan(scored.drb)


def _by_sign(scored: Scored, mask: Mask) -> Iterator[tuple[str, Mask]]:
    yield "… brightened", mask & ~scored.negative
    yield "… faded", mask & scored.negative


def _between(bright: float, faint: float) -> str:
    if np.isinf(bright):
        return f"below {faint:g}"
    return f"{bright:g} and above" if np.isinf(faint) else f"{bright:g} to {faint:g}"


def _line(scored: Scored, part: str, mask: Mask, seed: int) -> RecallLine:
    lows, passing = low(scored), {}
    if mask.any() and lows.any():
        gate = Gate(sample(scored, lows), sample(scored, mask), REFUSED, seed, other_nights=True)
        columns = {name: score for name, score in scores(scored).items() if name in COMPARED}
        passing = {name: gate.passing(one[:, lows], one[:, mask]) for name, one in columns.items()}
    return RecallLine(
        part=part,
        known=int(mask.sum()),
        faded=int((mask & scored.negative).sum()),
        field_nights=len(np.unique(scored.field_night[mask])),
        passing=passing,
    )
