"""How good the answers are when only the first days of a light curve are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from training.bootstrap import Measured
from training.lightcurve.judging.outcome import DAYS, Outcome, Redshift
from training.lightcurve.judging.sample import Sample, answered, over_seeds


class Early(NamedTuple):
    """One model's flat log-loss by days since the first detection."""

    model: str
    redshift: Redshift
    days: tuple[float, ...]
    flat: tuple[Measured, ...]
    answered: tuple[int, ...]
    """Objects; a model may decline the first points."""


def early(outcome: Outcome, redshift: Redshift, sample: Sample) -> Early | None:
    """The days that a model was tried at; None where it was tried at none but the whole."""
    tried = [(days, outcome.of(redshift, days)) for days in DAYS]
    known = [(days, answers) for days, answers in tried if answers is not None]
    if len(known) < 2:
        return None
    return Early(
        outcome.model,
        redshift,
        tuple(days for days, _ in known),
        tuple(over_seeds(sample.flat(answers), sample.seed) for _, answers in known),
        tuple(int(answered(answers).sum()) for _, answers in known),
    )


def all_early(outcomes: Sequence[Outcome], sample: Sample) -> tuple[Early, ...]:
    """Every model with and without photo-z, where it was tried."""
    found = [early(one, told, sample) for told in Redshift for one in outcomes]
    return tuple(one for one in found if one)
