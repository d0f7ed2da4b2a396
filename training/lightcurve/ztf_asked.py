"""The windows that ZTF's networks are asked about, each of an object that they did not learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.arrays import Columns, Floats, Ints, Mask
from training.lightcurve.judging.outcome import WINDOWS
from training.lightcurve.objects.history import as_packets_say
from training.lightcurve.objects.objects import Objects, joined
from training.lightcurve.objects.windows import Windows, newest_after, nth_detection, windows
from training.lightcurve.objects.ztf import DISRUPTION, SUPERNOVA, Material

OTHERS = "others"
"""Name of what is asked about all that is no supernova."""
ASKED_SEED = 45


def cut_windows(some: Material, rows: Mask) -> dict[str, Windows]:
    """By `WINDOWS`: the windows that figures are quoted on, of whole light curves (n,)."""
    whole = some.objects.take(np.flatnonzero(rows))
    ends = (nth_detection(whole, 3), newest_after(whole, 20.0), newest_after(whole, 40.0))
    return {name: windows(whole, end) for name, end in zip(WINDOWS, ends, strict=True)}


def asked_windows(some: Material) -> dict[str, Asked]:
    """All that networks are asked about out of fold, by name: WINDOWS of supernovae, OTHERS."""
    random = np.random.default_rng(ASKED_SEED)
    found = {
        name: _asked(some, np.flatnonzero(some.supernova), cut, random)
        for name, cut in cut_windows(some, some.supernova).items()
    }
    disrupted = np.flatnonzero(some.kind == DISRUPTION)
    cuts = cut_windows(some, some.kind == DISRUPTION)
    parts = [_asked(some, disrupted, cut, random, name) for name, cut in cuts.items()]
    real = np.flatnonzero(some.real & ~some.whole)
    seen = Asked(real, some.objects.take(real), some.kind[real], some.history[real])
    return {**found, OTHERS: joined_asked([seen, *parts])}


@dataclass(frozen=True)
class Asked(Columns):
    """Windows that a network is asked about."""

    origin: Ints
    """(k,): the row of the material that each is of."""
    objects: Objects
    kind: NDArray[np.str_]
    history: Floats


def joined_asked(parts: Sequence[Asked]) -> Asked:
    """One after another."""
    return Asked(
        np.concatenate([one.origin for one in parts]),
        joined([one.objects for one in parts]),
        np.concatenate([one.kind for one in parts]),
        np.concatenate([one.history for one in parts]),
    )


def _asked(
    some: Material, rows: Ints, cut: Windows, random: np.random.Generator, when: str = ""
) -> Asked:
    """Windows of these rows' light curves, with what packets would say of the time before."""
    kind = np.full(len(cut.parent), f"disruption, {when}" if when else SUPERNOVA)
    history = as_packets_say(cut.history, cut.parent, random)
    return Asked(rows[cut.parent], cut.objects, kind, history)
