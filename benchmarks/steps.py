"""Step by step, without Kafka: gueststar by the batch and the textbook alert by alert."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.textbook import (
    Textbook,
    annotated,
    decode,
    read_stamps,
    without_cutouts,
)
from benchmarks.textbook_filters import FILTERS, passed
from classifiers.realbogus import STAMP_PIXELS, WEIGHTS, RealBogus
from filters.selection import Selection
from filters.sources import load
from schemas.annotation import Annotations
from schemas.batch import AlertBatch
from schemas.decode import Decoder
from schemas.enriched import Enricher
from schemas.learned import Learned

STEPS = ("decode", "stamps", "score", "select", "encode")
BATCH = 500
"""Alerts that gueststar handles together: what a poll brings when the stream is fast."""


@dataclass
class Timed:
    """CPU seconds by step, and what was made: lite packets, and full ones by filter."""

    seconds: dict[str, float] = field(default_factory=dict)
    lite: list[bytes] = field(default_factory=list)
    full: dict[str, list[bytes]] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what is done within."""
        began = time.process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - began


class Ours:
    """What a gueststar worker is made of, Kafka apart."""

    def __init__(self, model: Path = WEIGHTS) -> None:
        """Loads the model and the built-in filters, and warms up."""
        self.decoder, self.enricher, self.classifier = Decoder(), Enricher(), RealBogus(model)
        self.selections = load(builtins=tuple(FILTERS))
        self.decoder.warm_up()

    def run(self, packets: Sequence[bytes]) -> Timed:
        """All five steps over the packets."""
        timed = Timed()
        for begin in range(0, len(packets), BATCH):
            self._batch(packets[begin : begin + BATCH], timed)
        return timed

    def _batch(self, packets: Sequence[bytes], timed: Timed) -> None:
        with timed.step("decode"):
            batch = self.decoder.decode(packets)
        with timed.step("stamps"):
            stamps = batch.stamps.resampled(STAMP_PIXELS)
        with timed.step("score"):
            name = self.classifier.identity.name
            scores = self.classifier.score_stamps(stamps)
            batch.learned[name] = Learned.probabilities(self.classifier.labels, scores)
        with timed.step("select"):
            chosen = {
                each.name: np.flatnonzero(each.evaluate(batch).selected) for each in self.selections
            }
        with timed.step("encode"):
            notes = self._annotations(batch, self.selections, chosen)
            timed.lite += self.enricher.encode(batch, notes, "lite")
            for filter_name, rows in chosen.items():
                packed = self.enricher.encode(batch, notes, "full", rows)
                timed.full.setdefault(filter_name, []).extend(packed)

    def _annotations(
        self,
        batch: AlertBatch,
        selections: Sequence[Selection],
        chosen: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]],
    ) -> Annotations:
        filters: list[tuple[str, ...]] = [()] * len(batch)
        for each in selections:
            for row in chosen[each.name].tolist():
                filters[row] = (*filters[row], each.name)
        return Annotations(
            broker_version="benchmark",
            models=[self.classifier.identity],
            ingest_unix_us=np.full(len(batch), time.time_ns() // 1000),
            publish_unix_us=time.time_ns() // 1000,
            learned=batch.learned,
            filters=filters,
        )


def run_textbook(textbook: Textbook, packets: Sequence[bytes]) -> Timed:
    """The same five steps, alert by alert."""
    timed = Timed()
    for packet in packets:
        with timed.step("decode"):
            record, schema = decode(packet)
        with timed.step("stamps"):
            stamps = read_stamps(record)
        with timed.step("score"):
            scores = textbook.score(stamps)
        with timed.step("select"):
            filters = passed(record, scores)
        with timed.step("encode"):
            notes = annotated(textbook, record, scores, filters, time.time())
            timed.lite.append(textbook.encode(without_cutouts(record), schema, notes))
            full = textbook.encode(record, schema, notes) if filters else b""
        for name in filters:
            timed.full.setdefault(name, []).append(full)
    return timed


def run_laps(
    ours: Ours, textbook: Textbook, packets: Sequence[bytes], repeats: int
) -> Iterator[tuple[Timed, Timed]]:
    """Both in turn, the first to go changing each time."""
    for lap in range(repeats):
        if lap % 2:
            theirs = run_textbook(textbook, packets)
            yield ours.run(packets), theirs
        else:
            own = ours.run(packets)
            yield own, run_textbook(textbook, packets)


def medians_us(timed: Sequence[Timed], alerts: int) -> dict[str, float]:
    """By step, microseconds an alert: the median over the laps."""
    return {step: median(one.seconds[step] for one in timed) / alerts * 1e6 for step in STEPS}
