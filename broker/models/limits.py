"""[models], [gates] and [drift]: what deployed models may take, and what they must show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from classifiers.drift import DriftLimits

COMPARISONS: Final = "gueststar.model-comparisons"
"""What shadows say beside the live ones."""


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
