"""Everything that is measured on what was predicted, for the two cards and their pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.bootstrap import ROUNDS
from training.lightcurve.judging import ztf
from training.lightcurve.judging.contest import (
    Claim,
    Early,
    HeldOut,
    Line,
    all_early,
    claims,
    held_out,
    line,
    sample_of,
)
from training.lightcurve.judging.goals import (
    Given,
    Goal,
    six_band_goals,
    ztf_goals,
)
from training.lightcurve.judging.novelty import Novelty, novelty
from training.lightcurve.judging.outcome import (
    SERVED,
    LeftOut,
    Outcome,
    Redshift,
    ThreeTypes,
    ZtfOutcome,
)
from training.lightcurve.judging.three_types import Check, checks

SEED = 0
"""Of the draws."""


@dataclass(frozen=True)
class SixBand:
    """Of the six-band network and its rivals."""

    lines: Mapping[tuple[str, Redshift], Line]
    """By model and setting, in the order of the models given."""
    claims: tuple[Claim, ...]
    check: tuple[HeldOut, ...]
    early: tuple[Early, ...]
    novelty: tuple[Novelty, ...]
    three_types: tuple[Check, ...]
    goals: tuple[Goal, ...]
    counts: tuple[int, ...]
    """Objects of each class."""


def six_band(
    outcomes: Sequence[Outcome],
    left_out: Sequence[LeftOut],
    supernovae: ThreeTypes,
    given: Given,
    *,
    checked: Sequence[Outcome] = (),
    rounds: int = ROUNDS,
) -> SixBand:
    """`outcomes` are of the same objects, the served network's first.

    `checked` answer about the objects held out alone, NaN for the rest: the served file itself.
    """
    ours, *others = outcomes
    assert ours.model == SERVED, ours.model
    assert all((one.label == ours.label).all() for one in others)
    sample = sample_of(ours, SEED, rounds)
    each = [line(one, told, sample) for one in outcomes for told in Redshift]
    lines = {(one.model, one.redshift): one for one in each if one}
    claimed = claims(ours, others, sample)
    apart = [held_out(one, told, sample) for one in (*checked, *outcomes) for told in Redshift]
    return SixBand(
        lines,
        claimed,
        tuple(one for one in apart if one),
        all_early(outcomes, sample),
        tuple(novelty(one, SEED, rounds) for one in left_out),
        checks(supernovae, SEED, rounds),
        six_band_goals(lines, claimed, given),
        tuple(int((ours.label == place).sum()) for place in range(sample.classes)),
    )


@dataclass(frozen=True)
class Ztf:
    """Of the ZTF network and its rivals."""

    windows: tuple[ztf.Window, ...]
    claims: tuple[ztf.ZtfClaim, ...]
    check: tuple[HeldOut, ...]
    not_shown: tuple[ztf.NotShown, ...]
    others: tuple[ztf.Others, ...]
    goals: tuple[Goal, ...]


def ztf_network(outcomes: Sequence[ZtfOutcome], given: Given, rounds: int = ROUNDS) -> Ztf:
    """`outcomes` are of the same objects, the served network's first."""
    ours, *rivals = outcomes
    assert ours.model == SERVED, ours.model
    assert all((one.object_name == ours.object_name).all() for one in rivals)
    sample = ztf.sample_of(ours, SEED, rounds)
    claimed = ztf.claims(ours, rivals, sample)
    return Ztf(
        tuple(window for one in outcomes for window in ztf.windows(one, sample)),
        claimed,
        ztf.held_out(ours, sample),
        ztf.not_shown(ours, SEED, rounds),
        ztf.others(ours),
        ztf_goals(claimed, given),
    )
