"""What Prometheus can ask of the alert job, each number with its sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from broker.alerts.counts import AlertCounts
from broker.alerts.outcome import AlertReport
from broker.collectors import Instruments
from broker.metrics import DURATION_BOUNDS_S
from broker.observer import Phase
from classifiers.classifier import ModelIdentity
from filters.filter_set import ActiveFilter
from schemas.errors import BrokerError

EXPOSURE_BOUNDS_S: Final = (
    *(bound for bound in DURATION_BOUNDS_S if bound < 60),
    60.0,
    *(bound for bound in DURATION_BOUNDS_S if bound > 60),
    *(300.0, 600.0, 1800.0, 3600.0, 86400.0),
)
"""A survey needs minutes before it sends an alert, and a replayed night is years old; 60 s are what
is promised of Rubin's."""


class AlertMetrics:
    """An observer of the alert job, and of its deployed filters."""

    def __init__(self, instruments: Instruments, models: Sequence[ModelIdentity] = ()) -> None:
        """`instruments`: those of the worker's `Metrics`, which Prometheus reads."""
        self._count_alerts(instruments)
        self._count_faults(instruments)
        self._watch_filters(instruments)
        self._measure_times(instruments)
        self.models = instruments.present(
            "model_info",
            "A served model, its version and the hash of its file, always 1.",
            *ModelIdentity._fields,
        )
        self.models.values = dict.fromkeys(models, 1.0)

    def _count_alerts(self, instruments: Instruments) -> None:
        counter = instruments.counter
        self._shortened = counter(
            "alerts_shortened",
            "Published alerts that were too large in full and went without their cutouts.",
            "topic",
        )
        self._selected = counter(
            "alerts_selected", "Alerts that every clause of a filter let pass.", "filter"
        )
        self._refused = counter(
            "alerts_refused",
            "Alerts that a filter refused, by the first clause that did.",
            "filter",
            "clause",
        )
        self._unknown = counter(
            "alerts_unknown",
            "Alerts that a clause refused because something it read was not measured.",
            "filter",
            "clause",
        )
        self._disagreements = counter(
            "strong_disagreements",
            "Alerts that a classifier surely calls real and the survey surely bogus, or the"
            " reverse, by which of them says real.",
            "classifier",
            "says_real",
        )

    def _count_faults(self, instruments: Instruments) -> None:
        counter = instruments.counter
        self._unread = counter(
            "fields_unread",
            "Alerts with a value of a type that its column is not read from: it is missing there.",
            "field",
        )
        self._filter_errors = counter("filter_errors", "Alerts that made a filter raise.", "filter")
        self._classifier_errors = counter(
            "classifier_errors", "Alerts that made a classifier raise.", "classifier"
        )

    def _watch_filters(self, instruments: Instruments) -> None:
        self._live = instruments.present(
            "filter_live", "The active filters and their versions, always 1.", "filter", "version"
        )
        self._paused = instruments.counter(
            "filter_paused",
            "Deployed filters that this worker paused: as they raised, cost too much, answered"
            " differently alone, or could not be asked here.",
            "filter",
            "reason",
        )
        self._cost = instruments.present(
            "filter_cost_seconds", "CPU time an alert of a deployed filter asked alone.", "filter"
        )

    def _measure_times(self, instruments: Instruments) -> None:
        distribution = instruments.distribution
        self._stages = distribution(
            "stage_duration_seconds",
            "Time that one stage took over a batch, in step score: a network, a cross-match.",
            DURATION_BOUNDS_S,
            label="stage",
        )
        self._receipt = distribution(
            "receipt_to_publish_seconds",
            "Time from the survey's Kafka timestamp of an alert to our commit of it.",
            DURATION_BOUNDS_S,
        )
        self._exposure = distribution(
            "exposure_to_publish_seconds",
            "Time from the exposure of an alert to our commit of it.",
            EXPOSURE_BOUNDS_S,
        )

    def on_phase(self, phase: Phase) -> None:
        """The engine's to time."""

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """The engine's to count."""

    def on_batch(self, report: AlertReport) -> None:
        """Count a committed batch."""
        outcome = report.outcome
        self._count(outcome.counts)
        for classifier, by_side in outcome.disagreements.items():
            self._disagreements.add(by_side, classifier)
        for stage, seconds in outcome.stages_s.items():
            self._stages.observe([seconds], stage)
        self._receipt.observe(report.committed_unix_s - outcome.received_unix_s)
        self._exposure.observe(report.committed_unix_s - outcome.exposed_unix_s)

    def on_refresh(self, active: Sequence[ActiveFilter]) -> None:
        """Note which filters are asked from now on."""
        self._live.values = {(each.name, each.version): 1.0 for each in active}
        self._cost.values = {
            (each.name,): self._cost.values[each.name,]
            for each in active
            if (each.name,) in self._cost.values
        }

    def on_pause(self, name: str, cause: str) -> None:
        """Count a deployed filter that was paused."""
        self._paused.add({cause: 1}, name)

    def on_cost(self, name: str, cost_us: float) -> None:
        """Note what a deployed filter costs, µs an alert."""
        self._cost.values = {**self._cost.values, (name,): cost_us / 1e6}

    def _count(self, counts: AlertCounts) -> None:
        self._shortened.add(counts.shortened)
        self._unread.add(counts.unread)
        self._selected.add(counts.selected)
        self._filter_errors.add(counts.filter_errors)
        self._classifier_errors.add(counts.classifier_errors)
        for name, by_clause in counts.refused.items():
            self._refused.add(by_clause, name)
        for name, by_clause in counts.unknown.items():
            self._unknown.add(by_clause, name)
