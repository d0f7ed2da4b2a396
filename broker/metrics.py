"""Every number that Prometheus can ask of a worker, each with its sentence.

`broker/collectors.py` counts, this file says what: together the one door to its client.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final
from wsgiref.simple_server import WSGIServer

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    ProcessCollector,
    generate_latest,
    start_http_server,
)

from broker.clock import SystemClock
from broker.collectors import Distribution, Present, Tally
from broker.errors import SettingsError
from broker.ledger import Entry
from broker.observer import BatchReport, Phase
from broker.ports import Clock
from classifiers.classifier import ModelIdentity
from filters.filter_set import ActiveFilter
from schemas.errors import BrokerError

DURATION_BOUNDS_S: Final = (
    *(round(step * 10.0**power, 6) for power in range(-3, 2) for step in (1, 1.5, 2, 3, 5, 7)),
    100.0,
    120.0,
)
"""1 ms to 120 s, each bound 1.2 to 1.7 times the last: as far off a quantile can be."""

EXPOSURE_BOUNDS_S: Final = (*DURATION_BOUNDS_S, 300.0, 600.0, 1800.0, 3600.0, 86400.0)
"""A survey needs minutes before it sends an alert, and a replayed night is years old."""

BATCH_BOUNDS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


class Metrics:
    """An observer of the engine; `serve` lets Prometheus read it."""

    def __init__(
        self,
        *,
        worker: str,
        version: str,
        models: Sequence[ModelIdentity] = (),
        clock: Clock | None = None,
    ) -> None:
        """Every metric there is, in a registry of its own. `version` is gueststar's."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._clock = clock or SystemClock()
        self._opened_s: float | None = None
        self._count_alerts()
        self._count_disagreements()
        self._count_faults()
        self._watch_filters()
        self._measure_times()
        self._describe(worker, version, models)

    def _count_alerts(self) -> None:
        self._consumed = self._counter(
            "alerts_consumed", "Alerts read from a survey's topic and accounted for.", "topic"
        )
        self._published = self._counter(
            "alerts_published", "Alerts published to a topic, dead letters not counted.", "topic"
        )
        self._shortened = self._counter(
            "alerts_shortened",
            "Published alerts that were too large in full and went without their cutouts.",
            "topic",
        )
        self._selected = self._counter(
            "alerts_selected", "Alerts that every clause of a filter let pass.", "filter"
        )
        self._refused = self._counter(
            "alerts_refused",
            "Alerts that a filter refused, by the first clause that did.",
            "filter",
            "clause",
        )
        self._unknown = self._counter(
            "alerts_unknown",
            "Alerts that a clause refused because something it read was not measured.",
            "filter",
            "clause",
        )
        self._dead = self._counter(
            "alerts_dead_lettered", "Messages that became dead letters, by reason.", "reason"
        )
        self._unread = self._counter(
            "fields_unread",
            "Alerts with a value of a type that its column is not read from: it is missing there.",
            "field",
        )

    def _count_disagreements(self) -> None:
        self._disagreements = self._counter(
            "strong_disagreements",
            "Alerts that a classifier surely calls real and the survey surely bogus, or the"
            " reverse, by which of them says real.",
            "classifier",
            "says_real",
        )

    def _count_faults(self) -> None:
        self._filter_errors = self._counter(
            "filter_errors", "Alerts that made a filter raise.", "filter"
        )
        self._classifier_errors = self._counter(
            "classifier_errors", "Alerts that made a classifier raise.", "classifier"
        )
        self._aborts = self._counter(
            "transaction_aborts",
            "Transactions given up, by the phase they were in; their alerts are read again.",
            "phase",
        )

    def _watch_filters(self) -> None:
        self._live = self._present(
            "filter_live", "The active filters and their versions, always 1.", "filter", "version"
        )
        self._paused = self._counter(
            "filter_paused",
            "Deployed filters that this worker paused: as they raised, cost too much, answered"
            " differently alone, or could not be asked here.",
            "filter",
            "reason",
        )
        self._cost = self._present(
            "filter_cost_seconds", "CPU time an alert of a deployed filter asked alone.", "filter"
        )

    def _measure_times(self) -> None:
        self._batch = self._distribution(
            "batch_alerts", "Messages in one committed batch.", BATCH_BOUNDS
        )
        self._steps = self._distribution(
            "step_duration_seconds",
            "Time that one step of a batch took; poll is the wait for the first message too.",
            DURATION_BOUNDS_S,
            label="step",
        )
        self._stages = self._distribution(
            "stage_duration_seconds",
            "Time that one stage took over a batch, in step score: a network, a cross-match.",
            DURATION_BOUNDS_S,
            label="stage",
        )
        self._transactions = self._distribution(
            "transaction_duration_seconds",
            "Time from opening a Kafka transaction to its end, committed or aborted.",
            DURATION_BOUNDS_S,
            label="outcome",
        )
        self._receipt = self._distribution(
            "receipt_to_publish_seconds",
            "Time from the survey's Kafka timestamp of an alert to our commit of it.",
            DURATION_BOUNDS_S,
        )
        self._exposure = self._distribution(
            "exposure_to_publish_seconds",
            "Time from the exposure of an alert to our commit of it.",
            EXPOSURE_BOUNDS_S,
        )

    def _describe(self, worker: str, version: str, models: Sequence[ModelIdentity]) -> None:
        self._lag = self._present(
            "consumer_lag_messages",
            "Messages of a partition that were waiting when its last batch was committed.",
            "topic",
            "partition",
        )
        self._last_commit = self._gauge(
            "last_commit_timestamp_seconds", "When a batch was last committed, Unix time."
        )
        build = self._gauge(
            "build_info", "Which gueststar this is and which worker, always 1.", "version", "worker"
        )
        build.labels(version, worker).set(1)
        served = self._gauge(
            "model_info",
            "A served model, its version and the hash of its file, always 1.",
            *ModelIdentity._fields,
        )
        for model in models:
            served.labels(*model).set(1)

    def on_phase(self, phase: Phase) -> None:
        """Note when a transaction is opened."""
        if phase is Phase.OPEN:
            self._opened_s = self._clock.monotonic_s()

    def on_batch(self, report: BatchReport) -> None:
        """Count a committed batch."""
        self._end_transaction("committed")
        self._count(report.entry)
        for classifier, by_side in report.disagreements.items():
            self._disagreements.add(by_side, classifier)
        self._batch.observe([report.entry.consumed])
        for step, seconds in report.steps_s.items():
            self._steps.observe([seconds], step)
        for stage, seconds in report.stages_s.items():
            self._stages.observe([seconds], stage)
        self._receipt.observe(report.committed_unix_s - report.received_unix_s)
        self._exposure.observe(report.committed_unix_s - report.exposed_unix_s)
        self._lag.values = {(each.topic, str(each.number)): n for each, n in report.lag.items()}
        self._last_commit.set(report.committed_unix_s)

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """Count a transaction that was given up."""
        self._end_transaction("aborted")
        self._aborts.add({phase: 1})

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

    def text(self) -> str:
        """What Prometheus reads."""
        return generate_latest(self.registry).decode()

    def serve(self, host: str, port: int, *, ports_max: int = 1) -> MetricsServer:
        """Answer Prometheus on the first free of `ports_max` ports from `port` (0: any free one).

        Raises SettingsError where none is free.
        """
        for candidate in range(port, port + ports_max):
            try:
                return MetricsServer(*start_http_server(candidate, host, self.registry))
            except OSError as error:
                last = error
        tried = f"{port}" if ports_max == 1 else f"{port} to {port + ports_max - 1}"
        raise SettingsError(
            f"metrics cannot be served at {host}, port {tried}: {last.strerror}; "
            "set another in [metrics]"
        )

    def _end_transaction(self, outcome: str) -> None:
        if self._opened_s is not None:
            self._transactions.observe([self._clock.monotonic_s() - self._opened_s], outcome)
        self._opened_s = None

    def _count(self, entry: Entry) -> None:
        for consumed in entry.ranges:
            self._consumed.add({consumed.topic: consumed.consumed})
        counts = entry.counts
        self._published.add(counts.published)
        self._shortened.add(counts.shortened)
        self._dead.add(counts.dead)
        self._unread.add(counts.unread)
        self._selected.add(counts.selected)
        self._filter_errors.add(counts.filter_errors)
        self._classifier_errors.add(counts.classifier_errors)
        for name, by_clause in counts.refused.items():
            self._refused.add(by_clause, name)
        for name, by_clause in counts.unknown.items():
            self._unknown.add(by_clause, name)

    def _counter(self, name: str, sentence: str, *labels: str) -> Tally:
        tally = Tally(f"gueststar_{name}", sentence, labels)
        self.registry.register(tally)
        return tally

    def _gauge(self, name: str, sentence: str, *labels: str) -> Gauge:
        return Gauge(f"gueststar_{name}", sentence, labels, registry=self.registry)

    def _present(self, name: str, sentence: str, *labels: str) -> Present:
        present = Present(f"gueststar_{name}", sentence, labels)
        self.registry.register(present)
        return present

    def _distribution(
        self, name: str, sentence: str, bounds: Sequence[float], label: str | None = None
    ) -> Distribution:
        distribution = Distribution(f"gueststar_{name}", sentence, bounds, label)
        self.registry.register(distribution)
        return distribution


class MetricsServer:
    """The HTTP port that Prometheus reads, in a thread of its own."""

    def __init__(self, server: WSGIServer, thread: threading.Thread) -> None:
        """Takes over a server that runs."""
        self._server = server
        self._thread = thread

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
