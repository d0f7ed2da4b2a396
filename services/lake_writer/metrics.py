"""What Prometheus can ask of the lake's writer, each number with its sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from broker.collectors import Instruments
from broker.metrics import DURATION_BOUNDS_S
from broker.observer import PUBLISH, BatchReport, Phase
from lake.flush import Flushed
from schemas.errors import BrokerError
from services.lake_writer.job import Kept

AGE_BOUNDS_S: Final = (*DURATION_BOUNDS_S, 300.0, 600.0, 1800.0, 3600.0, 86400.0)
"""A writer that was away finds alerts that are hours old."""


class LakeMetrics:
    """An observer of the job, which hears of flushes, too."""

    def __init__(
        self,
        instruments: Instruments,
        small: Callable[[], Mapping[str, int]],
        compactions: Callable[[], int],
    ) -> None:
        """small: by night, the parts that are to be joined; compactions: how many there were."""
        self._small, self._done, self._told = small, compactions, 0
        counter = instruments.counter
        self._rows = counter("lake_rows", "Alerts written to the lake, by night.", "night")
        self._bytes = counter("lake_written", "What flushes wrote, in bytes and in files.", "what")
        self._joined = counter("lake_compactions", "Times that small parts were joined.", "what")
        self._parts = instruments.present(
            "lake_small_parts", "Parts of single flushes, which are to be joined.", "night"
        )
        self._flushes = instruments.distribution(
            "lake_flush_seconds", "Time that one flush took to be on the disk.", DURATION_BOUNDS_S
        )
        self._age = instruments.distribution(
            "lake_age_seconds",
            "Time from Kafka's timestamp of a message to its being in the lake.",
            AGE_BOUNDS_S,
        )

    def flushed(self, flushed: Flushed) -> None:
        """Count what was written."""
        self._rows.add(flushed.rows)
        self._bytes.add({"bytes": flushed.bytes, "files": flushed.files})

    def on_phase(self, phase: Phase) -> None:
        """The engine's to time."""

    def on_abort(self, error: BrokerError, phase: Phase) -> None:
        """The engine's to count."""

    def on_batch(self, report: BatchReport[Kept]) -> None:
        """Time a flush, and note what is to be joined."""
        self._flushes.observe([report.steps_s[PUBLISH]])
        self._age.observe(report.committed_unix_s - report.outcome.received_unix_s)
        self._parts.values = {(night,): count for night, count in self._small().items()}
        done = self._done()
        self._joined.add({"compactions": done - self._told})
        self._told = done
