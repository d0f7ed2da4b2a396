"""Follow-up measured: plans over simulated nights with weather, and requests over a lossy network.

python -m benchmarks.followup nights 100
python -m benchmarks.followup jobs 10000
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broker.followup_settings import Site
from broker.toml_tables import Signed
from services.followup.planning.brightness import Course
from services.followup.planning.optimum import optimum
from services.followup.planning.planner import Plan, Problem, at_random, greedy
from services.followup.planning.visibility import SEEN, Limits, Night, middles
from services.followup.planning.worth import Conditions, Wish, clear_of, worth
from tests.services.followup.jobs import World, faults_of

REQUESTS: Final = 120
SLOT_S: Final = 900.0
SLOTS: Final = 96
REPLAN_SLOTS: Final = 12
"""Three hours."""
LIMIT_S: Final = 3.0
WEATHER_SLOTS: Final = 16
"""A site's weather lasts four hours, on the mean."""
DRAWS: Final = 10_000

SITES: Final = {
    "ctio": Site(Signed(-30.17), Signed(-70.81)),
    "teide": Site(Signed(28.30), Signed(-16.51)),
    "haleakala": Site(Signed(20.71), Signed(-156.26)),
}

Planner = Callable[[Problem], Plan]


class Evening(NamedTuple):
    """A night that is drawn: its requests' worth if it is clear, by site, and its weather."""

    value: Mapping[str, NDArray[np.float64]]
    chance: Mapping[str, Callable[[int], NDArray[np.float64]]]
    """By site, from what slot on: how likely it is that each slot is open."""
    open: Mapping[str, NDArray[np.bool_]]
    length: NDArray[np.int64]


def evening(draw: np.random.Generator) -> Evening:
    """Targets, magnitudes, priorities and weather of one night."""
    begin_unix_s = 1.79e9 + float(draw.uniform(0, 365)) * 86_400
    ra_deg = draw.uniform(0, 360, REQUESTS)
    dec_deg = np.degrees(np.arcsin(draw.uniform(-0.9, 0.9, REQUESTS)))
    wishes = [
        Wish(
            course=Course(
                begin_unix_s,
                ((0.0, float(draw.uniform(17.0, 21.0))),),
                fades_mag_per_day=float(draw.choice([0.0, 0.0, 0.3])),
            ),
            exposure_s=float(draw.choice([300.0, 600.0, 900.0])),
            goal=20.0,
            priority=float(draw.lognormal(0.0, 1.0)),
            halves_h=24.0,
        )
        for _ in range(REQUESTS)
    ]
    value, chance, weather = {}, {}, {}
    for name, site in SITES.items():
        night = Night(site, middles(begin_unix_s, SLOTS, SLOT_S), ra_deg, dec_deg)
        clear = Conditions(1.0, site.seeing_arcsec)
        worths = worth(night, wishes, clear) / clear_of(night, clear)
        value[name] = np.where(night.verdicts(Limits()) == SEEN, worths, 0.0)
        weather[name] = _weather(draw, site.clear_fraction)
        chance[name] = _chance(night, weather[name])
    length = np.array([max(1, round(wish.exposure_s * 2 / SLOT_S)) for wish in wishes])
    return Evening(value, chance, weather, length.astype(np.int64))


def _weather(draw: np.random.Generator, clear: float) -> NDArray[np.bool_]:
    """Open or closed, slot by slot: drawn anew now and then."""
    now, found = draw.random() < clear, np.zeros(SLOTS, np.bool_)
    for slot in range(SLOTS):
        if draw.random() < 1 / WEATHER_SLOTS:
            now = draw.random() < clear
        found[slot] = now
    return found


def _chance(night: Night, weather: NDArray[np.bool_]) -> Callable[[int], NDArray[np.float64]]:
    def told(slot: int) -> NDArray[np.float64]:
        later = Night(night.site, night.unix_s[slot:], night.ra_deg, night.dec_deg)
        return clear_of(later, Conditions(float(weather[slot]), night.site.seeing_arcsec))

    return told


def obtained(one: Evening, planner: Planner) -> float:
    """What is observed when it is planned anew every three hours, and when a site changes."""
    left, total = np.ones(REQUESTS, np.bool_), 0.0
    busy = dict.fromkeys(SITES, 0)
    plan: dict[str, dict[int, int]] = {name: {} for name in SITES}
    for slot in range(SLOTS):
        if slot % REPLAN_SLOTS == 0 or _changes(one, slot):
            plan = _planned(one, planner, left, busy, slot)
        for name in SITES:
            request = plan[name].get(slot)
            if request is None or busy[name] > slot or not left[request]:
                continue
            end = slot + int(one.length[request])
            busy[name] = end
            if one.open[name][slot:end].all():
                left[request] = False
                total += float(one.value[name][request, slot:end].mean())
    return total


def _changes(one: Evening, slot: int) -> bool:
    return slot > 0 and any(one.open[name][slot] != one.open[name][slot - 1] for name in SITES)


def _planned(
    one: Evening, planner: Planner, left: NDArray[np.bool_], busy: Mapping[str, int], slot: int
) -> dict[str, dict[int, int]]:
    """By site and slot the request that begins there."""
    worths = {}
    for name, value in one.value.items():
        now = value[:, slot:] * one.chance[name](slot) * left[:, None]
        now[:, : max(0, busy[name] - slot)] = 0.0
        worths[name] = now
    lengths = dict.fromkeys(SITES, one.length)
    found = planner(Problem(worths, lengths, np.zeros(REQUESTS, np.int64), {}))
    plan: dict[str, dict[int, int]] = {name: {} for name in SITES}
    for choice in found.chosen:
        plan[choice.site][slot + choice.slot] = choice.request
    return plan


def nights(number: int) -> None:
    """Print what each way of planning obtains, and how they compare, with intervals."""
    values: dict[str, list[float]] = {"optimum": [], "greedy": [], "random": []}
    took_s = list[float]()
    for seed in range(number):
        one = evening(np.random.default_rng(seed))
        draw = np.random.default_rng(seed)
        began = time.monotonic()
        values["optimum"].append(obtained(one, lambda it: optimum(it, limit_s=LIMIT_S)))
        took_s.append(time.monotonic() - began)
        values["greedy"].append(obtained(one, greedy))
        values["random"].append(obtained(one, partial(at_random, draw=draw)))
        if (seed + 1) % 10 == 0:
            _tell(values, took_s)


def _tell(values: Mapping[str, Sequence[float]], took_s: Sequence[float]) -> None:
    said = [f"{len(took_s)} nights"]
    for name in ("greedy", "random"):
        low, mean, high = _ratio(np.array(values["optimum"]), np.array(values[name]))
        said.append(f"optimum / {name} {mean:.3f} ({low:.3f} to {high:.3f}, 95 %)")
    means = ", ".join(f"{name} {np.mean(found):.1f}" for name, found in values.items())
    said += [f"worth a night: {means}", f"{np.mean(took_s):.1f} s a night of plans"]
    _say("; ".join(said))


def _ratio(ours: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float, float]:
    """Of the sums, with the interval of nights drawn again."""
    rows = np.random.default_rng(0).integers(0, len(ours), (DRAWS, len(ours)))
    drawn = ours[rows].sum(axis=1) / other[rows].sum(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(ours.sum() / other.sum()), float(high)


def jobs(number: int) -> None:
    """Print how so many requests end, over 50 kills."""
    began = time.monotonic()
    told = World(wanted=number, kills=50, seed=0).run()
    ends = Counter(str(one.state) for one in told.requests.values())
    _say(f"{number} requests, {told.kills} kills, {told.records:,} records: {dict(ends)}")
    _say(f"faults of the network: {dict(told.faults)}")
    _say(f"broken promises: {faults_of(told) or 'none'}; {time.monotonic() - began:.0f} s")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    {"nights": nights, "jobs": jobs}[sys.argv[1]](int(sys.argv[2]))
