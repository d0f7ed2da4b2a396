"""[models], [gates] and [drift]: what deployed models may take, and what they must show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Self

from classifiers.drift import DriftLimits

COMPARISONS: Final = "gueststar.model-comparisons"
"""What shadows say beside the live ones."""
RETRAINS: Final = "gueststar.retrains"
"""Requests to make models again."""


@dataclass(frozen=True)
class ModelLimits:
    """What deployed models may take of a worker."""

    shadows_max: int = 4
    """Of all models together."""
    cost_us_max: float = 500.0
    """µs of CPU an alert of one shadow, beyond which it is paused."""


@dataclass(frozen=True)
class ModelsSection(ModelLimits):
    """[models]: where they are deployed, and where what shadows say is published."""

    live: str = ""
    """The topic of their records; empty: none is deployed."""
    comparisons: str = COMPARISONS
    retrains: str = RETRAINS
    """The topic of requests to make a model again."""
    retrain_nights_max: int = 30
    """That a request by drift names, the one that drifted the last."""
    retrain_wait_days: int = 14
    """After which what still drifts is asked for again."""

    @property
    def records(self) -> tuple[str, ...]:
        """The topics of records, which workers read and write; none where none is deployed."""
        return (self.live, self.retrains) if self.live else ()

    def prefixed(self, named: Callable[[str], str]) -> Self:
        """The same with its topics as `TopicsSection.named` calls them."""
        live, comparisons = self.live and named(self.live), named(self.comparisons)
        return replace(self, live=live, comparisons=comparisons, retrains=named(self.retrains))


@dataclass(frozen=True)
class GatesSection:
    """[gates]: what a version must show before it is live."""

    alerts_min: int = 1_000
    """Compared with the live one."""
    labelled_min: int = 100
    """Alerts with a label among them: the hold-out."""
    recall_loss_max: float = 0.01
    """By how much the labels' mean recall there may be worse than the live one's."""
    log_loss_rise_max: float = 0.02
    """By how much its log loss there may be higher, in nats."""
    declines_change_max: float = 0.005
    """By how much the share that it declines may differ."""
    cost_us_max: float = 200.0
    """µs of CPU an alert."""


@dataclass(frozen=True)
class DriftSection(DriftLimits):
    """[drift]: what is flagged."""
