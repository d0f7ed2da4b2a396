"""Counters, histograms and gauges as Prometheus collects them, each given a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

Registered = TypeVar("Registered", bound=Collector)


class Distribution(Collector):
    """A histogram that is given a batch at a time: 300 values for the price of a few calls."""

    def __init__(
        self, name: str, sentence: str, bounds: Sequence[float], label: str | None = None
    ) -> None:
        """`bounds` are the buckets' upper ends, rising; the last bucket, without end, is added."""
        self._name = name
        self._sentence = sentence
        self._label = label
        self._bounds = np.array(bounds, dtype=np.float64)
        self._ends = [*(str(float(bound)) for bound in bounds), "+Inf"]
        self._seen: dict[str, tuple[NDArray[np.int64], float]] = {}
        if label is None:
            self.observe([])

    def observe(self, values: ArrayLike, label: str = "") -> None:
        """Add values; NaN is not counted, and below 0 (two clocks that differ) counts as 0."""
        known = np.asarray(values, dtype=np.float64)
        known = np.maximum(known[~np.isnan(known)], 0)
        places = np.searchsorted(self._bounds, known)
        added = np.bincount(places, minlength=len(self._ends))
        counts, total = self._seen.get(label, (np.zeros_like(added), 0.0))
        # One assignment, so that a scrape in another thread sees all of a batch or nothing of it.
        self._seen[label] = (counts + added, total + float(known.sum()))

    def collect(self) -> Iterator[Metric]:
        """The histogram as Prometheus wants it: counts up to each bound."""
        labels = [] if self._label is None else [self._label]
        family = HistogramMetricFamily(self._name, self._sentence, labels=labels)
        for value, (counts, total) in tuple(self._seen.items()):
            buckets = zip(self._ends, np.cumsum(counts).astype(float).tolist(), strict=True)
            family.add_metric([value] * len(labels), [*buckets], total)
        yield family


class Tally(Collector):
    """A counter: what 500 filters' clauses refused is added by dictionaries, not by objects."""

    def __init__(self, name: str, sentence: str, labels: Sequence[str]) -> None:
        self._name = name
        self._sentence = sentence
        self._labels = labels
        self._seen: dict[tuple[str, ...], dict[str, int]] = {}

    def add(self, counts: Mapping[str, int], *labels: str) -> None:
        """Add counts by the last label's value; `labels` are the values of those before it."""
        seen = self._seen.setdefault(labels, {})
        for value, count in counts.items():
            seen[value] = seen.get(value, 0) + count

    def collect(self) -> Iterator[Metric]:
        """A line for each combination of labels that was ever counted."""
        family = CounterMetricFamily(self._name, self._sentence, labels=self._labels)
        # Copied first: another thread adds meanwhile.
        for labels, seen in tuple(self._seen.items()):
            for value, count in tuple(seen.items()):
                family.add_metric([*labels, value], count)
        yield family


class Present(Collector):
    """A gauge of what is there now, of nothing that was there once."""

    def __init__(self, name: str, sentence: str, labels: Sequence[str]) -> None:
        self._name = name
        self._sentence = sentence
        self._labels = labels
        self.values: Mapping[tuple[str, ...], float] = {}
        """By the labels' values; replaced whole, as another thread reads it."""

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(self._name, self._sentence, labels=self._labels)
        for labels, value in self.values.items():
            family.add_metric(labels, value)
        yield family


class Instruments:
    """A worker's metrics in a registry of their own, each made here under its name."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)

    def text(self) -> str:
        """What Prometheus reads."""
        return generate_latest(self.registry).decode()

    def counter(self, name: str, sentence: str, *labels: str) -> Tally:
        return self._registered(Tally(f"gueststar_{name}", sentence, labels))

    def gauge(self, name: str, sentence: str) -> Gauge:
        return Gauge(f"gueststar_{name}", sentence, registry=self.registry)

    def present(self, name: str, sentence: str, *labels: str) -> Present:
        return self._registered(Present(f"gueststar_{name}", sentence, labels))

    def distribution(
        self, name: str, sentence: str, bounds: Sequence[float], label: str | None = None
    ) -> Distribution:
        return self._registered(Distribution(f"gueststar_{name}", sentence, bounds, label))

    def _registered(self, metric: Registered) -> Registered:
        self.registry.register(metric)
        return metric
