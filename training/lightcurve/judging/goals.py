"""Each goal that was set, what was measured, and by how much it is met or missed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from training.bootstrap import CLEAR_ERRORS, Measured
from training.lightcurve.judging import quoted
from training.lightcurve.judging.contest import Claim, Line
from training.lightcurve.judging.outcome import (
    SELDOM,
    SERVED,
    SPOILT,
    SPOILT_WHOLE,
    T2,
    TREES,
    TREES_GP,
    Redshift,
)
from training.lightcurve.judging.sample import AUC, CALIBRATION, FLAT, PRECISION
from training.lightcurve.judging.ztf import ZtfClaim
from training.lightcurve.judging.ztf_headlines import (
    DISRUPTED,
    OLD,
    STARS,
    AtTheShares,
    Sure,
)
from training.lightcurve.judging.ztf_others import Called


class Goal(NamedTuple):
    """A figure and the bound that it is held to: by CLEAR_ERRORS standard errors, on either side.

    A figure without an error is held to the bound as it is.
    """

    asked: str
    measured: Measured
    bound: float
    at_most: bool
    """Whether the bound is from above."""
    places: int = 3
    """Of the figure's decimals."""

    @property
    def margin(self) -> float:
        """By how much two errors are within the bound; negative where the goal is missed."""
        distance = self.bound - self.measured.value
        doubt = 0.0 if math.isnan(self.measured.error) else CLEAR_ERRORS * self.measured.error
        return (distance if self.at_most else -distance) - doubt

    @property
    def met(self) -> bool:
        """Whether the bound is kept; false where the figure is not known."""
        return self.margin >= 0


class Given(NamedTuple):
    """Figures that are measured elsewhere, as they come."""

    size_bytes: int
    time_us: float
    """An alert at batch 32 on one thread, from decoded light curve to probabilities."""
    live_difference: float
    """The largest between the live path's probabilities and the training code's."""


def six_band_goals(
    lines: Mapping[tuple[str, Redshift], Line],
    claims: Sequence[Claim],
    changes: Sequence[Claim],
    sure: Sequence[Sure],
    given: Given,
) -> tuple[Goal, ...]:
    """Of the six-band network; those whose models were tried."""
    return (
        *_bounds(lines),
        *(_as_sure(one) for one in sure),
        *(one for change in changes for one in _unchanged(change)),
        *(one for claim in claims for one in _ahead(claim)),
        *(one for claim in claims for one in _behind(claim)),
        *_baseline(lines),
        *_of_the_file(given),
    )


_Bound = tuple[str, Redshift, str, float, bool]
_BOUNDS: tuple[_Bound, ...] = (
    ("flat log-loss with photo-z", Redshift.WITH, FLAT, quoted.FLAT_WITH_MAX, True),
    ("flat log-loss without photo-z", Redshift.WITHOUT, FLAT, quoted.FLAT_WITHOUT_MAX, True),
    ("micro ROC-AUC with photo-z", Redshift.WITH, AUC, quoted.AUC_MIN, False),
    ("micro AP with photo-z", Redshift.WITH, PRECISION, quoted.PRECISION_MIN, False),
    ("calibration error with photo-z", Redshift.WITH, CALIBRATION, quoted.CALIBRATION_MAX, True),
    (
        "calibration error without photo-z",
        Redshift.WITHOUT,
        CALIBRATION,
        quoted.CALIBRATION_MAX,
        True,
    ),
)


def _bounds(lines: Mapping[tuple[str, Redshift], Line]) -> Iterable[Goal]:
    """The served file against fixed bounds."""
    for what, told, figure, bound, at_most in _BOUNDS:
        if (SERVED, told) in lines:
            pooled = lines[SERVED, told].pooled[figure]
            sign = "at most" if at_most else "at least"
            yield Goal(
                f"{what} {sign} {bound:g}", pooled, bound, at_most, 4 if figure == AUC else 3
            )


TOLD = {
    Redshift.WITH: "with photo-z",
    Redshift.WITHOUT: "without photo-z",
    Redshift.MASKED: "photo-z masked",
}
"""How each setting is called."""


def _as_sure(one: Sure) -> Goal:
    asked = f"calibration error without photo-z, {one.window}, within a perfect network's limit"
    return Goal(asked, Measured(one.error), one.limit, at_most=True)


_CHANGES = {
    SPOILT: ("1 % gross outliers, as served: loss rises by at most", quoted.SPOILT_MAX),
    SPOILT_WHOLE: ("1 % gross outliers, none left out: loss rises by at most", quoted.SPOILT_MAX),
    SELDOM: ("deep fields thinned: loss other by at most", quoted.SELDOM_MAX),
}


def _unchanged(change: Claim) -> Iterable[Goal]:
    """The loss without photo-z in a case that should change nothing."""
    if change.rival in _CHANGES:
        asked, bound = _CHANGES[change.rival]
        away = Measured(abs(change.gain.value), error=change.gain.error)
        yield Goal(f"{asked} {bound:g}", away, bound, at_most=True)


def _ahead(claim: Claim) -> Iterable[Goal]:
    if claim.rival in (T2, TREES) and claim.redshift != Redshift.MASKED:
        asked = f"ahead of {claim.rival}, {TOLD[claim.redshift]}"
        yield Goal(asked, claim.gain, 0.0, at_most=False)


def _behind(claim: Claim) -> Iterable[Goal]:
    """The distance to the trees that may use a Gaussian process: ours less theirs."""
    if claim.rival == TREES_GP and claim.redshift != Redshift.MASKED:
        gain, bound = claim.gain, quoted.BEHIND_TREES_GP_MAX
        behind = Measured(-gain.value, -gain.high, -gain.low, gain.error)
        asked = f"behind {claim.rival}, {TOLD[claim.redshift]}, by at most {bound:g}"
        yield Goal(asked, behind, bound, at_most=True)


def _baseline(lines: Mapping[tuple[str, Redshift], Line]) -> Iterable[Goal]:
    """Whether the trees are good enough to be held against."""
    bounds = {
        Redshift.WITH: quoted.BASELINE_WITH_MAX,
        Redshift.WITHOUT: quoted.BASELINE_WITHOUT_MAX,
    }
    for told, bound in bounds.items():
        if (TREES_GP, told) in lines:
            asked = f"{TREES_GP}: a fair rival {TOLD[told]}, at most {bound:g}"
            yield Goal(asked, lines[TREES_GP, told].pooled[FLAT], bound, at_most=True)


def _of_the_file(given: Given) -> tuple[Goal, ...]:
    size, time, live = quoted.SIZE_BYTES_MAX, quoted.TIME_US_MAX, quoted.LIVE_DIFFERENCE_MAX
    return (
        Goal(f"file of at most {size:,} bytes", Measured(given.size_bytes), size, True, 0),
        Goal(
            f"at most {time:g} µs an alert, one thread, batch 32",
            Measured(given.time_us),
            time,
            True,
            1,
        ),
        Goal(
            f"live path within {live:g} of the training code",
            Measured(given.live_difference),
            live,
            True,
            7,
        ),
    )


def ztf_goals(
    called: Mapping[str, Called],
    sure: Sequence[Sure],
    shares: AtTheShares,
    claims: Sequence[ZtfClaim],
    given: Given,
) -> tuple[Goal, ...]:
    """Of the ZTF network; `shares` of the last window."""
    ahead = [
        Goal(f"{what} at {one.window}: ahead of {one.rival}", gain, 0.0, at_most=False)
        for one in claims
        for what, gain in (("flat log-loss", one.flat), ("macro AUC", one.auc))
    ]
    return (
        *_of_what_is_none(called),
        *(_calibrated(one) for one in sure),
        *_of_the_field(shares),
        *ahead,
        *_of_the_file(given),
    )


def _of_what_is_none(called: Mapping[str, Called]) -> Iterable[Goal]:
    bounds = ((STARS, quoted.STARS_MAX), (OLD, quoted.OLD_MAX))
    for what, bound in bounds:
        if what in called:
            asked = f"{what}: at most {100 * bound:g} % called a supernova"
            yield Goal(f"{asked}, natural prior", called[what].natural, bound, at_most=True)
            yield Goal(f"{asked}, even odds", called[what].even, bound, at_most=True)
    for what in DISRUPTED:
        if what in called:
            bound = quoted.DISRUPTIONS_MAX
            asked = f"{what}: at most {100 * bound:g} % called SLSN-I, even odds"
            yield Goal(asked, called[what].slsn, bound, at_most=True)


def _calibrated(one: Sure) -> Goal:
    """The limit holds the error already."""
    asked = f"calibration error at {one.window}: within a perfect network's limit, {one.limit:.3f}"
    return Goal(asked, Measured(one.error), one.limit, at_most=True)


def _of_the_field(shares: AtTheShares) -> Iterable[Goal]:
    """What is reached in published work, on other objects."""
    for what, one, bound in (
        ("macro F1", shares.macro_f1, quoted.MACRO_F1_MIN),
        ("accuracy", shares.accuracy, quoted.ACCURACY_MIN),
    ):
        yield Goal(
            f"{what} at {shares.window}, the archive's shares: at least {bound:g}",
            one,
            bound,
            at_most=False,
        )
