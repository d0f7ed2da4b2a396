"""Whether this night's alerts are as those that a model was taught: what was counted, added up."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from broker.models.shadows import Sketch
from classifiers.drift import Counts, Drift, DriftLimits, drifts
from classifiers.reference import Reference
from schemas.stage import Identity

LOG: Final = logging.getLogger("gueststar.models")

NIGHTS_KEPT: Final = 2
"""Of each model: the present one, and one whose last alerts may still come."""


@dataclass
class Night:
    """One model's night so far."""

    model: Identity
    night: int
    reference: Reference
    counts: dict[tuple[str, str], Counts] = field(default_factory=dict)
    """By group and column."""
    next_look: dict[str, int] = field(default_factory=dict)
    """By group, at how many alerts it is looked at next."""
    found: dict[tuple[str, str, str], Drift] = field(default_factory=dict)
    """By group, column and statistic, as last looked at; one that was flagged stays."""

    @property
    def flagged(self) -> list[Drift]:
        return [each for each in self.found.values() if each.is_flagged]

    @property
    def worst(self) -> float:
        """The largest statistic by its threshold; 0 of none."""
        return max((each.value / each.threshold for each in self.found.values()), default=0.0)

    def add(self, sketch: Sketch, limits: DriftLimits) -> Iterator[Drift]:
        """Count alerts, look where there are twice as many as at the last look; what is new."""
        groups = set()
        for group, column, counts in sketch.counts:
            known = self.counts.get((group, column))
            self.counts[group, column] = counts if known is None else known + counts
            groups.add(group)
        for group in sorted(groups):
            alerts = max(int(c.sum()) for (one, _), c in self.counts.items() if one == group)
            if alerts >= self.next_look.setdefault(group, limits.alerts_min):
                self.next_look[group] = 2 * alerts
                yield from self._look(group, limits)

    def close(self, limits: DriftLimits) -> None:
        """Look once more, at the whole night."""
        for group in self.reference.groups:
            for _ in self._look(group, limits):
                pass

    def _look(self, group: str, limits: DriftLimits) -> Iterator[Drift]:
        chance = limits.chance(self.reference.tests)
        for column, spread in self.reference.groups.get(group, {}).items():
            counts = self.counts.get((group, column))
            if counts is None:
                continue
            for one in drifts(group, column, spread.counts, counts, limits=limits, chance=chance):
                key = one.group, one.column, one.statistic
                before = self.found.get(key)
                if before is None or not before.is_flagged:
                    self.found[key] = one
                    if one.is_flagged:
                        yield one


class NightWatch:
    """All models' nights, as far as one worker sees them."""

    def __init__(self, limits: DriftLimits) -> None:
        self._limits = limits
        self._nights: dict[tuple[str, int], Night] = {}

    @property
    def nights(self) -> Mapping[tuple[str, int], Night]:
        """By the file's sha256 and night."""
        return self._nights

    def add(self, sketch: Sketch) -> None:
        """Count a sketch; what drifts is said in a line each, once a night."""
        key = sketch.model.sha256, sketch.night
        if key not in self._nights:
            self._nights[key] = Night(sketch.model, sketch.night, sketch.reference)
            self._forget(sketch.model.sha256)
        night = self._nights.get(key)
        for one in night.add(sketch, self._limits) if night else ():
            LOG.warning(
                "model %s %s drifts in night %d: %s of %s in %s is %.3f, and by chance at most"
                " %.3f after %d alerts",
                *(sketch.model.name, sketch.model.version, sketch.night),
                *(one.statistic, one.column, one.group, one.value, one.threshold, one.alerts),
            )

    def keep(self, models: set[str]) -> None:
        """Forget all but these files, by sha256."""
        self._nights = {key: each for key, each in self._nights.items() if key[0] in models}

    def _forget(self, sha256: str) -> None:
        nights = sorted(night for known, night in self._nights if known == sha256)
        for night in nights[:-NIGHTS_KEPT]:
            del self._nights[sha256, night]
