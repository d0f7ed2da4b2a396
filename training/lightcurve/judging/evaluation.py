"""Everything that is measured on what was predicted, for the two cards and their pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.bootstrap import ROUNDS
from training.lightcurve.answers import SERVED as ANSWERED_BY_SERVED
from training.lightcurve.judging import ztf
from training.lightcurve.judging.contest import (
    Claim,
    Early,
    HeldOut,
    Line,
    all_early,
    changes,
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
from training.lightcurve.judging.sample import Sample
from training.lightcurve.judging.six_band_headlines import headlines_of, surely
from training.lightcurve.judging.three_types import Check, checks
from training.lightcurve.judging.ztf_headlines import (
    AtTheShares,
    Sure,
    at_the_shares,
    calibrated,
    headlines,
    types_of,
)
from training.lightcurve.judging.ztf_others import Called, named, others
from training.lightcurve.labels import SUPERNOVAE
from training.lightcurve.six_band_answers import SixBandAnswers
from training.lightcurve.ztf_answers import Answers

SEED = 0
"""Of the draws."""
FILE_ITSELF = "the served file itself"


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
    changes: tuple[Claim, ...]
    """By how much the loss without photo-z rises in each case."""
    sure: tuple[Sure, ...]
    headlines: Mapping[str, float]
    counts: tuple[int, ...]
    """Objects of each class."""


def six_band(
    outcomes: Sequence[Outcome],
    left_out: Sequence[LeftOut],
    supernovae: ThreeTypes,
    given: Given,
    *,
    answers: SixBandAnswers,
    cases: Mapping[str, Outcome],
    checked: Sequence[Outcome] = (),
    rounds: int = ROUNDS,
) -> SixBand:
    """`outcomes` are of the same objects, the served network's first; so are `cases`.

    `answers` are those that are kept, of one seed.

    `checked` answer about the objects held out alone, NaN for the rest: the served file itself.
    """
    ours, *others = outcomes
    assert ours.model == SERVED, ours.model
    assert all((one.label == ours.label).all() for one in others)
    sample = sample_of(ours, SEED, rounds)
    each = [line(one, told, sample) for one in outcomes for told in Redshift]
    lines = {(one.model, one.redshift): one for one in each if one}
    claimed = claims(ours, others, sample)
    changed, sure = changes(ours, cases, sample), surely(answers)
    apart = [held_out(one, told, sample) for one in (*checked, *outcomes) for told in Redshift]
    return SixBand(
        lines,
        claimed,
        tuple(one for one in apart if one),
        all_early(outcomes, sample),
        tuple(novelty(one, SEED, rounds) for one in left_out),
        checks(supernovae, SEED, rounds),
        six_band_goals(lines, claimed, changed, sure, given),
        changed,
        sure,
        headlines_of(answers),
        tuple(int((ours.label == place).sum()) for place in range(sample.classes)),
    )


@dataclass(frozen=True)
class Ztf:
    """Of the ZTF network and its rivals."""

    windows: tuple[ztf.Window, ...]
    claims: tuple[ztf.ZtfClaim, ...]
    check: tuple[HeldOut, ...]
    sure: tuple[Sure, ...]
    others: tuple[Called, ...]
    shares: tuple[AtTheShares, ...]
    goals: tuple[Goal, ...]
    headlines: Mapping[str, float]


def ztf_network(
    answers: Answers,
    learnt: Answers,
    rivals: Sequence[ZtfOutcome],
    given: Given,
    rounds: int = ROUNDS,
) -> Ztf:
    """learnt: answers of the served file about what it learnt; rivals: of the same objects as ours.

    Rivals' objects are by rising name.
    """
    chances, crossed = answers.chances(), np.flatnonzero(answers.fold != ANSWERED_BY_SERVED)
    ours = types_of(answers.take(crossed), chances[crossed], SERVED)
    assert all((one.object_name == ours.object_name).all() for one in rivals)
    sample = ztf.sample_of(ours, SEED, rounds)
    claimed = ztf.claims(ours, rivals, sample)
    called = others(answers.take(crossed), chances[crossed], rounds)
    sure = calibrated(answers, chances)
    shares = at_the_shares(answers, chances, rounds)
    return Ztf(
        tuple(window for one in (ours, *rivals) for window in ztf.windows(one, sample)),
        claimed,
        (*_checked(answers, learnt, rounds), *ztf.held_out(ours, sample)),
        sure,
        called,
        shares,
        ztf_goals(named(called), sure, shares[-1], claimed, given),
        headlines(answers),
    )


def _checked(answers: Answers, learnt: Answers, rounds: int) -> tuple[HeldOut, ...]:
    """The served file itself on the objects held out, beside those that it learnt."""
    apart = answers.take(answers.fold == ANSWERED_BY_SERVED)
    served = Answers.joined([apart, learnt])
    alone = types_of(served, served.chances_by(answers.calibration()), FILE_ITSELF)
    even = np.full((len(alone.label), len(SUPERNOVAE)), 1 / len(SUPERNOVAE))
    return ztf.held_out(alone, Sample.of(alone.label, even, SEED, rounds))
