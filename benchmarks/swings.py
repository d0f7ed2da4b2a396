"""Which quasi-periods are found, how often red noise has one, and what it costs:
`python -m benchmarks.swings`, with GUESTSTAR_DATA.

Points lie where ZTF took real ones of twelve stars over three years; fluxes are drawn: a damped
random walk, steeper noise, or a damped oscillation, with noise that is as large as its error says.
Then those stars themselves.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.patterns import stars
from lake.patterns.periods import period_of
from lake.patterns.points import Points
from lake.patterns.wandering import Swing, swing_of
from schemas.batch import Floats

COUNTS = (40, 80, 160, 320)
AMPLITUDES = (1.0, 2.0, 4.0)
"""Root mean square of the brighter band over the error of a point."""
QUALITIES = (3.0, 10.0, 30.0)
PERIODS_DAYS = (10.0, 150.0)
MEMORIES_DAYS = (10.0, 100.0, 1_000.0)
NOISE_AMPLITUDE = 3.0
DRAWN, NOISES = 40, 100
"""Light curves of each kind."""
NEAR = 0.15
"""A quasi-period within this share is the right one."""


def walked(days: Floats, memory: float, frequency: float, random: np.random.Generator) -> Floats:
    """A damped oscillation of variance 1 at rising times; of frequency 0 a damped random walk."""
    found, state, before = np.empty(len(days)), complex(*random.normal(size=2)), days[0]
    for at, day in enumerate(days):
        kept = math.exp(-(day - before) / memory)
        turn = np.exp(2j * math.pi * frequency * (day - before))
        pushed = complex(*random.normal(size=2)) * math.sqrt(1 - kept * kept)
        state, before = kept * turn * state + pushed, day
        found[at] = state.real
    return found


def steep(days: Floats, random: np.random.Generator) -> Floats:
    """Of power that falls as the cube of frequency, of variance 1 in the span."""
    span = float(np.ptp(days))
    frequency = np.arange(1, 2_000) / (2 * span)
    phase = random.uniform(0, 2 * math.pi, len(frequency))
    waves = np.cos(2 * math.pi * np.outer(days - days[0], frequency) + phase)
    found = waves @ (frequency**-1.5 * random.rayleigh(size=len(frequency)))
    return np.asarray((found - found.mean()) / found.std())


def seen(cadence: Points, shape: Floats, amplitude: float, random: np.random.Generator) -> Points:
    """With noise; the redder band swings less."""
    size = amplitude * np.where(cadence.band == cadence.band.min(), 1.0, 0.7)
    flux = size * shape + random.normal(size=len(shape))
    return Points(cadence.mjd, cadence.band, flux, np.ones(len(shape)))


def cadence(some: list[Points], count: int, random: np.random.Generator) -> Points:
    """So many real times."""
    enough = [one for one in some if len(one.mjd) >= count]
    star = enough[random.integers(len(enough))]
    rows = np.sort(random.choice(len(star.mjd), count, replace=False))
    return Points._make(each[rows] for each in star)


def both(points: Points) -> tuple[bool, Swing]:
    """Whether a strict period is told, as the table has it, and what wanders."""
    period = period_of(points).period_days
    swing = swing_of(points, period)
    return not math.isnan(period) and not swing.wander_score > 0, swing


def noises(cadences: list[Points], memory: float, count: int) -> Iterator[tuple[Swing, bool]]:
    """Of red noise: what is told, and whether a strict period is, too. memory 0: steeper noise."""
    random = np.random.default_rng([1, count, int(memory)])
    for place in range(NOISES):
        times = cadence(cadences, count, random)
        days = times.mjd
        shape = walked(days, memory, 0, random) if memory else steep(days, random)
        points = seen(times, shape, NOISE_AMPLITUDE, random)
        strict, swing = both(points) if place < DRAWN else (False, swing_of(points))
        yield swing, strict


def recovered(cadences: list[Points], quality: float, amplitude: float, count: int) -> str:
    """Share with the right quasi-period, with another, and with a strict one."""
    random = np.random.default_rng([count, int(quality), int(amplitude)])
    right = wrong = keeps = 0
    for _ in range(DRAWN):
        times = cadence(cadences, count, random)
        period = float(np.exp(random.uniform(*np.log(PERIODS_DAYS))))
        shape = walked(times.mjd, quality * period / math.pi, 1 / period, random)
        strict, swing = both(seen(times, shape, amplitude, random))
        told = swing.quasi_period_days
        near = abs(told / period - 1) < NEAR
        right, wrong = right + near, wrong + (not near and not math.isnan(told))
        keeps += strict
    return " / ".join(f"{one / DRAWN:.2f}" for one in (right, wrong, keeps))


def main(data: Path) -> None:
    """Print all."""
    say = sys.stdout.write
    known = stars(data)
    cadences = [*known.values()]
    for count in COUNTS:
        for memory in (*MEMORIES_DAYS, 0.0):
            lot = [*noises(cadences, memory, count)]
            said = [one.quasi_score for one, _ in lot if not math.isnan(one.quasi_score)]
            score = np.sort(said)[::-1]
            told = sum(not math.isnan(one.quasi_period_days) for one, _ in lot)
            strict = sum(one for _, one in lot)
            name = f"walk of {memory:.0f} days" if memory else "steep noise"
            say(f"{count} points, {name}: {told} of {NOISES} swing, highest {score[:3].round(1)};")
            say(f" {strict} of {DRAWN} have a strict period\n")
    for quality in QUALITIES:
        for count in COUNTS:
            row = [recovered(cadences, quality, one, count) for one in AMPLITUDES]
            say(f"quality {quality:.0f}, {count} points: {'   '.join(row)}\n")
    for count in COUNTS:
        random = np.random.default_rng(count)
        at = [cadence(cadences, count, random) for _ in range(10)]
        drawn = [seen(one, walked(one.mjd, 50.0, 0.0, random), 3.0, random) for one in at]
        for name, found in (("swing", swing_of), ("period", period_of)):
            began = time.process_time()
            for one in drawn:
                found(one)
            say(f"{count} points, {name}: {100 * (time.process_time() - began):.1f} ms an object\n")
    for name, one in known.items():
        strict, swing = both(one)
        say(f"{name} {len(one.mjd)} points, a strict period: {strict}; {swing}\n")


if __name__ == "__main__":
    main(Path(os.environ["GUESTSTAR_DATA"]))
