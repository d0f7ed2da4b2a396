"""What Prometheus can ask of a worker of any job, each number with its sentence.

`broker/collectors.py` counts, this file says what; a job says what of its own beside it. The first
two are the one door to Prometheus' client.
"""

from __future__ import annotations

import threading
from typing import Final
from wsgiref.simple_server import WSGIServer

from prometheus_client import start_http_server

from broker.clock import SystemClock
from broker.collectors import Instruments
from broker.errors import SettingsError
from broker.health import Health, beside
from broker.observer import BatchReport, Phase
from broker.ports import Clock
from schemas.errors import BrokerError

DURATION_BOUNDS_S: Final = (
    *(round(step * 10.0**power, 6) for power in range(-3, 2) for step in (1, 1.5, 2, 3, 5, 7)),
    100.0,
    120.0,
)
"""1 ms to 120 s, each bound 1.2 to 1.7 times the last: as far off a quantile can be."""

BATCH_BOUNDS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


class Metrics:
    """An observer of the engine; `serve` lets Prometheus read it."""

    def __init__(self, *, worker: str, version: str, clock: Clock | None = None) -> None:
        """In a registry of its own, which a job's may join. `version` is gueststar's."""
        self.instruments = Instruments()
        self._clock = clock or SystemClock()
        self.health = Health(self._clock)
        self._opened_s: float | None = None
        self._count_messages()
        self._measure_times()
        self._describe(worker, version)

    def _count_messages(self) -> None:
        counter = self.instruments.counter
        self._consumed = counter(
            "alerts_consumed", "Alerts read from a survey's topic and accounted for.", "topic"
        )
        self._published = counter(
            "alerts_published", "Alerts published to a topic, dead letters not counted.", "topic"
        )
        self._dead = counter(
            "alerts_dead_lettered", "Messages that became dead letters, by reason.", "reason"
        )
        self._aborts = counter(
            "transaction_aborts",
            "Transactions given up, by the phase they were in; their alerts are read again.",
            "phase",
        )

    def _measure_times(self) -> None:
        distribution = self.instruments.distribution
        self._batch = distribution("batch_alerts", "Messages in one committed batch.", BATCH_BOUNDS)
        self._steps = distribution(
            "step_duration_seconds",
            "Time that one step of a batch took; poll is the wait for the first message too.",
            DURATION_BOUNDS_S,
            label="step",
        )
        self._transactions = distribution(
            "transaction_duration_seconds",
            "Time from opening a Kafka transaction to its end, committed or aborted.",
            DURATION_BOUNDS_S,
            label="outcome",
        )

    def _describe(self, worker: str, version: str) -> None:
        self._lag = self.instruments.present(
            "consumer_lag_messages",
            "Messages of a partition that were waiting when its last batch was committed.",
            "topic",
            "partition",
        )
        self._last_commit = self.instruments.gauge(
            "last_commit_timestamp_seconds", "When a batch was last committed, Unix time."
        )
        self.instruments.present(
            "build_info", "Which gueststar this is and which worker, always 1.", "version", "worker"
        ).values = {(version, worker): 1.0}
        self.instruments.gauge(
            "ready", "Whether the worker is at its work, as /-/ready says: 1, or 0."
        ).set_function(lambda: float(not self.health.refusal))

    def on_phase(self, phase: Phase) -> None:
        """Note when a transaction is opened."""
        self.health.on_phase(phase)
        if phase is Phase.OPEN:
            self._opened_s = self._clock.monotonic_s()

    def on_batch(self, report: BatchReport[object]) -> None:
        """Count a committed batch."""
        self.health.on_batch(report)
        self._end_transaction("committed")
        for consumed in report.entry.ranges:
            self._consumed.add({consumed.topic: consumed.consumed})
        self._published.add(report.entry.counts.published)
        self._dead.add(report.entry.counts.dead)
        self._batch.observe([report.entry.consumed])
        for step, seconds in report.steps_s.items():
            self._steps.observe([seconds], step)
        self._lag.values = {(each.topic, str(each.number)): n for each, n in report.lag.items()}
        self._last_commit.set(report.committed_unix_s)

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """Count a transaction that was given up."""
        self.health.on_abort(error, phase)
        self._end_transaction("aborted")
        self._aborts.add({phase: 1})

    def text(self) -> str:
        """What Prometheus reads."""
        return self.instruments.text()

    def serve(self, host: str, port: int, *, ports_max: int = 1) -> MetricsServer:
        """Answer Prometheus on the first free of `ports_max` ports from `port` (0: any free one),
        and beside it whether the loop is healthy and ready.

        Raises SettingsError where none is free.
        """
        registry = self.instruments.registry
        for candidate in range(port, port + ports_max):
            try:
                server, thread = start_http_server(candidate, host, registry)
            except OSError as error:
                last = error
            else:
                metrics = server.get_app()
                assert metrics is not None, "Prometheus' client serves"
                server.set_app(beside(metrics, self.health))
                return MetricsServer(server, thread)
        tried = f"{port}" if ports_max == 1 else f"{port} to {port + ports_max - 1}"
        raise SettingsError(
            f"metrics cannot be served at {host}, port {tried}: {last.strerror}; "
            "set another in [metrics]"
        )

    def _end_transaction(self, outcome: str) -> None:
        if self._opened_s is not None:
            self._transactions.observe([self._clock.monotonic_s() - self._opened_s], outcome)
        self._opened_s = None


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
