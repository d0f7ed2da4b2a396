"""What the alert job counts in the ledger beside published and dead, and the sums that it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields

from broker.alerts.reasons import AFTER_DECODING
from broker.ledger import Counts, Entry

FILTERS = "filters"
"""The ledger's note of how many were asked, so that one without any count is missed.

Older entries have none.
"""


@dataclass(frozen=True)
class AlertCounts:
    """The details of an entry's counts (`ledger.Counts`).

    For each filter, selected + refused + unknown + errors = the alerts that were decoded.
    """

    shortened: Mapping[str, int] = field(default_factory=dict)
    """By topic: published alerts that were too large in full and went without their cutouts."""
    selected: Mapping[str, int] = field(default_factory=dict)
    """By filter."""
    named: Mapping[str, int] = field(default_factory=dict)
    """By filter on a topic that it shares: records there that name it."""
    refused: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By filter and clause."""
    unknown: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By filter and clause: refused because something the clause read was not measured."""
    filter_errors: Mapping[str, int] = field(default_factory=dict)
    """By filter: alerts that made it raise."""
    classifier_errors: Mapping[str, int] = field(default_factory=dict)
    """By classifier: alerts that made it raise, published with NaN scores and a flag."""
    unread: Mapping[str, int] = field(default_factory=dict)
    """By field and type: alerts with a value there that was not read, as `AlertBatch.unread`."""

    @classmethod
    def of(cls, counts: Counts) -> AlertCounts:
        """Those of a ledger's counts; what this version does not know is left out."""
        return cls(**{each.name: counts.details.get(each.name, {}) for each in fields(cls)})

    @property
    def filters(self) -> list[str]:
        """The names of filters that answered for any alert, sorted."""
        return sorted({*self.selected, *self.refused, *self.unknown, *self.filter_errors})


def filter_sums(entry: Entry) -> Iterator[str]:
    """What does not add up: each filter answers for every alert that was decoded."""
    counts, asked = AlertCounts.of(entry.counts), entry.notes.get(FILTERS)
    dead = entry.counts.dead
    decoded = entry.counts.published.get(entry.main_topic, 0)
    decoded += sum(dead.get(reason, 0) for reason in AFTER_DECODING)
    if decoded and asked is not None and len(counts.filters) != asked:
        yield f"{len(counts.filters)} of {asked} filters answered"
    for name in counts.filters:
        answered = _answered(counts, name)
        if answered != decoded:
            yield f"filter {name} answered for {answered} of {decoded} alerts"
        if counts.named.get(name, 0) > counts.selected.get(name, 0):
            yield f"filter {name} is named by more records than it selected alerts"


def _answered(counts: AlertCounts, name: str) -> int:
    """Alerts that a filter selected, refused, could not judge, or raised on."""
    by_clause = (*counts.refused.get(name, {}).values(), *counts.unknown.get(name, {}).values())
    return counts.selected.get(name, 0) + sum(by_clause) + counts.filter_errors.get(name, 0)
