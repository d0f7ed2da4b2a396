"""Compiled: how likely a light curve is of a walk that forgets, or of an oscillation that does.

A point that turns round 0 while it is pulled there and pushed at random, of which one coordinate
is seen: its covariance is variance exp(-|dt| / memory) cos(2 pi frequency dt), the simplest of
celerite's kernels (Foreman-Mackey et al. 2017, AJ 154, 220); of frequency 0 it is the damped
random walk. Written as a Kalman filter, which takes time in proportion to the points.
"""

from __future__ import annotations

import math

import numpy as np

from schemas.batch import Floats
from schemas.compiling import compiled


@compiled
def log_likelihood(days: Floats, flux: Floats, variance: Floats, model: Floats) -> float:
    """Of points (n,) by rising time, but for a constant. variance: of each one's error.

    model: logarithms of the variance of what varies, of its memory in days, and of its frequency
    in cycles a day, which may be -inf.
    """
    signal, memory, frequency = math.exp(model[0]), math.exp(model[1]), math.exp(model[2])
    first, second = 0.0, 0.0
    own, shared, other = signal, 0.0, signal
    found, before = 0.0, days[0]
    for at in range(len(days)):
        apart = days[at] - before
        before = days[at]
        if apart > 0:
            kept = math.exp(-apart / memory)
            turn = 2 * math.pi * frequency * apart
            c, s = kept * math.cos(turn), kept * math.sin(turn)
            new = signal * (1 - kept * kept)
            first, second = c * first - s * second, s * first + c * second
            own, shared, other = (
                c * c * own - 2 * c * s * shared + s * s * other + new,
                c * s * (own - other) + (c * c - s * s) * shared,
                s * s * own + 2 * c * s * shared + c * c * other + new,
            )
        spread = own + variance[at]
        left = flux[at] - first
        found -= 0.5 * (math.log(spread) + left * left / spread)
        first += own / spread * left
        second += shared / spread * left
        other -= shared * shared / spread
        shared -= own * shared / spread
        own -= own * own / spread
    return found


@compiled
def likeliest(
    days: Floats, flux: Floats, variance: Floats, starts: Floats, limits: Floats
) -> Floats:
    """Of models that are started from, (m, 3), the best, and uphill from there within limits.

    limits: (2, 3), lowest and highest. A frequency of 0 stays. Found is (4,), what is likeliest
    and the log of its likelihood.
    """
    best, top = 0, -np.inf
    for at in range(len(starts)):
        found = log_likelihood(days, flux, variance, starts[at])
        if found > top:
            best, top = at, found
    here = starts[best].copy()
    axes = 3 if here[2] > -np.inf else 2
    step = 0.4
    while step > 0.01:
        moved = False
        for axis in range(axes):
            size = step if axis < 2 else step / 4
            for sign in (-1.0, 1.0):
                there = here.copy()
                wanted = there[axis] + sign * size
                there[axis] = min(max(wanted, limits[0, axis]), limits[1, axis])
                found = log_likelihood(days, flux, variance, there)
                if found > top + 1e-6:
                    here, top, moved = there, found, True
        if not moved:
            step /= 2
    return np.append(here, top)
