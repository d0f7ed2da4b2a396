"""Requests as a problem for the planner, and its plan as words: why this site, why not that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from broker.followup_settings import FollowupSection, Site
from services.followup.planning.ephemeris import DAY_S, Floats
from services.followup.planning.planner import Choice, Plan, Problem
from services.followup.planning.visibility import SEEN, Night, middles, why_not
from services.followup.planning.worth import Conditions, Wish, worth
from services.followup.programme import Programme
from services.followup.requests import ASKED, Request, State

HOUR_S: Final = 3_600.0


@dataclass(frozen=True)
class Posed:
    """A problem, and what it was made of."""

    problem: Problem
    requests: Sequence[Request]
    begin_unix_s: float
    slot_s: float
    verdicts: Mapping[str, NDArray[np.int8]]
    conditions: Mapping[str, Conditions]

    def placed(self, choice: Choice) -> Request:
        """A request with the site and the window that were chosen."""
        begin = self.begin_unix_s + choice.slot * self.slot_s
        length = int(self.problem.length[choice.site][choice.request])
        return replace(
            self.requests[choice.request],
            site=choice.site,
            begin_unix_s=begin,
            end_unix_s=begin + length * self.slot_s,
        )


def pose(
    open_requests: Sequence[Request],
    programmes: Mapping[str, Programme],
    conditions: Mapping[str, Conditions],
    section: FollowupSection,
    now_unix_s: float,
) -> Posed:
    """What there is to plan from now on, of requests that have not ended."""
    asked = [one for one in open_requests if one.state in ASKED]
    movable = [one for one in asked if one.state is State.PENDING and one.begin_unix_s > now_unix_s]
    chosen = [*movable, *_wanted(open_requests, programmes, now_unix_s)]
    chosen = [one for one in chosen if one.programme in programmes]
    slots = ceil(section.ahead_s / section.slot_s)
    unix_s = middles(now_unix_s, slots, section.slot_s)
    of = [programmes[one.programme] for one in chosen]
    values, lengths, verdicts = {}, {}, {}
    for name, site in section.sites.items():
        seen = _seen(name, site, unix_s, chosen, of)
        verdicts[name] = seen.verdicts
        value = np.where(
            seen.verdicts == SEEN, _worths(seen.night, chosen, of, conditions[name]), 0
        )
        for one in asked:
            if one.site == name and one not in movable:
                value[:, (unix_s > one.begin_unix_s) & (unix_s < one.end_unix_s)] = 0.0
        values[name], lengths[name] = value, _lengths(site, of, section.slot_s)
    names = [*programmes]
    problem = Problem(
        values,
        lengths,
        np.array([names.index(one.programme) for one in chosen], np.int64),
        {
            n: int(p.limits.hours_a_night * HOUR_S / section.slot_s)
            for n, p in enumerate(programmes.values())
        },
        [*_fixed(movable, now_unix_s, section.slot_s)],
    )
    return Posed(problem, chosen, now_unix_s, section.slot_s, verdicts, conditions)


@dataclass(frozen=True)
class _Seen:
    night: Night
    verdicts: NDArray[np.int8]


def _wanted(
    requests: Sequence[Request], programmes: Mapping[str, Programme], now: float
) -> Iterator[Request]:
    """The dearest of each programme, as many as it may ask for in a night."""
    left = {name: one.limits.requests_a_night for name, one in programmes.items()}
    for one in requests:
        if one.state in ASKED and now - one.submitted_unix_s < DAY_S and one.programme in left:
            left[one.programme] -= 1
    for one in requests:
        if one.state is State.WANTED and left.get(one.programme, 0) > 0:
            left[one.programme] -= 1
            yield one


def _seen(
    name: str, site: Site, unix_s: Floats, chosen: Sequence[Request], of: Sequence[Programme]
) -> _Seen:
    """What the site sees of each, within its limits, times and bands."""
    ra_deg = np.array([one.ra_deg for one in chosen], np.float64)
    dec_deg = np.array([one.dec_deg for one in chosen], np.float64)
    night = Night(site, unix_s, ra_deg, dec_deg)
    verdicts = np.full((len(chosen), len(unix_s)), SEEN, np.int8)
    for limits in {one.observe.limits for one in of}:
        rows = [at for at, one in enumerate(of) if one.observe.limits == limits]
        verdicts[rows] = night.verdicts(limits)[rows]
    for row, (request, programme) in enumerate(zip(chosen, of, strict=True)):
        observe = programme.observe
        elsewhere = bool(observe.sites) and name not in observe.sites
        without = not {*observe.bands} <= {*site.bands}
        if elsewhere or without or name in request.barred:
            verdicts[row] = NEVER
        out = (unix_s < request.not_before_unix_s) | (unix_s > request.until_unix_s)
        verdicts[row, out & (verdicts[row] == SEEN)] = UNTIMELY
    return _Seen(night, verdicts)


NEVER: Final = SEEN + 1
"""A verdict: the site lacks a band, refused it, or is not among the programme's."""
UNTIMELY: Final = SEEN + 2
"""A verdict: before it is wanted, or after."""


def _worths(
    night: Night, chosen: Sequence[Request], of: Sequence[Programme], conditions: Conditions
) -> Floats:
    wishes = [
        Wish(
            one.course,
            programme.observe.exposure_s,
            programme.observe.signal_to_noise,
            one.priority,
            programme.observe.halves_h,
        )
        for one, programme in zip(chosen, of, strict=True)
    ]
    return worth(night, wishes, conditions) if wishes else np.zeros((0, len(night.unix_s)))


def _lengths(site: Site, of: Sequence[Programme], slot_s: float) -> NDArray[np.int64]:
    each = [one.observe.exposure_s * len(one.observe.bands) + site.overhead_s for one in of]
    return np.array([max(1, ceil(one / slot_s)) for one in each], np.int64)


def _fixed(movable: Sequence[Request], now: float, slot_s: float) -> Iterator[Choice]:
    for row, one in enumerate(movable):
        yield Choice(row, one.site, int((one.begin_unix_s - now) // slot_s))


def explained(posed: Posed, plan: Plan, request: int) -> str:
    """Why a request went where it did, or nowhere: a clause for each site."""
    chosen = plan.of(request)
    parts = [_of_site(posed, plan, request, name, chosen) for name in posed.problem.worth]
    if chosen is None:
        return f"not planned; {'; '.join(filter(None, parts))}"
    value = posed.problem.starts(chosen.site)[request, chosen.slot]
    begin = _clock(posed.begin_unix_s + chosen.slot * posed.slot_s)
    unix_s = np.array([posed.begin_unix_s + chosen.slot * posed.slot_s])
    bright = f"{posed.requests[request].course.at(unix_s)[0]:.1f} mag"
    said = f"{chosen.site} at {begin}, {bright}, worth {value:.3g} ({plan.by})"
    return "; ".join([said, *filter(None, parts)])


def _of_site(posed: Posed, plan: Plan, request: int, name: str, chosen: Choice | None) -> str:
    """What a site that was not chosen would have given, or why it gives nothing."""
    if chosen is not None and chosen.site == name:
        return ""
    closed = posed.conditions[name].clear <= 0
    if closed and chosen is not None:
        return f"{name}: closed now{_because(posed.conditions[name].why)}"
    starts = posed.problem.starts(name)[request]
    if not (starts > 0).any():
        return f"{name}: {_unseen(posed.verdicts[name][request])}"
    slot = int(starts.argmax())
    best = (
        f"{name}: at best {starts[slot]:.3g} at {_clock(posed.begin_unix_s + slot * posed.slot_s)}"
    )
    length = int(posed.problem.length[name][request])
    others = [one for one in plan.chosen if one.site == name and _meet(posed, one, slot, length)]
    if chosen is None:
        taken = ", ".join(posed.requests[one.request].id for one in others)
        return f"{best}, taken by {taken}" if taken else f"{best}, over the programme's limit"
    return best


def _meet(posed: Posed, other: Choice, slot: int, length: int) -> bool:
    taken = int(posed.problem.length[other.site][other.request])
    return other.slot < slot + length and slot < other.slot + taken


def _unseen(verdicts: NDArray[np.int8]) -> str:
    if (verdicts == NEVER).all():
        return "it has not the bands, refused it, or is not asked"
    if (verdicts == UNTIMELY).any():
        return "it is seen only when it is not wanted"
    return why_not(verdicts) or "it is not seen for long enough"


def _because(why: str) -> str:
    return f", {why}" if why else ""


def _clock(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%d %H:%M")
