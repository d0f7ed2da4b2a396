"""A batch once scored and selected: what its alerts say of it, and what is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from broker.alerts.counts import AlertCounts
from broker.alerts.disagreement import Disagreements
from broker.alerts.packer import Packed
from broker.headers import TEST_STREAM
from broker.ports import Message
from filters.decision import Fault
from filters.filter_set import ActiveFilter, FilterDecision
from schemas.annotation import SEEN_BEFORE, TEST, Catalogue, SelectedBy
from schemas.batch import AlertBatch
from schemas.stage import StageFault


class DecidedBatch(NamedTuple):
    """A batch once scored and selected."""

    batch: AlertBatch
    messages: Sequence[Message]
    ingested_unix_s: float
    stage_faults: tuple[StageFault, ...]
    disagreements: Disagreements
    active: Sequence[ActiveFilter]
    decisions: Sequence[FilterDecision]
    """Of each active filter."""

    def picked(self) -> list[tuple[ActiveFilter, list[int]]]:
        """The active filters that selected anything, and what."""
        return [
            (active, decision.selected.tolist())
            for active, decision in zip(self.active, self.decisions, strict=True)
            if len(decision.selected)
        ]

    def failing(self, faults: Mapping[str, str]) -> DecidedBatch:
        """The same, with those filters at fault, by name and message, on what they selected."""
        decisions = (_failed(each, faults.get(each.name)) for each in self.decisions)
        return self._replace(decisions=tuple(decisions))

    def selected_by(self) -> list[tuple[SelectedBy, ...]]:
        """By row: the filters that selected it."""
        found: list[tuple[SelectedBy, ...]] = [()] * len(self.batch)
        for active, rows in self.picked():
            one = (_named(active),)
            for row in rows:
                found[row] += one
        return found

    def flags(self) -> list[tuple[str, ...]]:
        """By row: whether it is a test, whether it was seen before, and the flags of classifiers
        that raised on it."""
        seen = self.batch.seen_before.tolist()
        flags: list[tuple[str, ...]] = [(SEEN_BEFORE,) if each else () for each in seen]
        for row, index in enumerate(self.batch.source_index.tolist()):
            if any(name == TEST_STREAM for name, _ in self.messages[index].headers):
                flags[row] = (TEST, *flags[row])
        for fault in self.stage_faults:
            for row in fault.rows.tolist():
                flags[row] = (*flags[row], fault.flag)
        return flags

    def fault_lines(self) -> Iterator[str]:
        """What was not read, and what classifiers and filters raised, a line each."""
        for field, alerts in self.batch.unread.items():
            yield f"a value of {field} cannot be read and counts as missing ({alerts} alerts)"
        for fault in self.stage_faults:
            yield f"{fault.message} ({len(fault.rows)} alerts)"
        for decision in self.decisions:
            for error in decision.faults:
                yield f"{error.message} ({len(error.rows)} alerts)"

    def counts(self, packed: Packed) -> AlertCounts:
        """What became of the alerts, beside published and dead."""
        errors: dict[str, int] = {}
        for fault in self.stage_faults:
            errors[fault.stage] = errors.get(fault.stage, 0) + len(fault.rows)
        decisions = self.decisions
        return AlertCounts(
            shortened=packed.shortened,
            selected={each.name: len(each.selected) for each in decisions if len(each.selected)},
            named=self._named(packed),
            refused=_by_clause((each.name, each.refused) for each in decisions),
            unknown=_by_clause((each.name, each.unknown) for each in decisions),
            filter_errors={each.name: each.errors for each in decisions if each.faults},
            classifier_errors=errors,
            unread=self.batch.unread,
        )

    def _named(self, packed: Packed) -> dict[str, int]:
        """By filter: what was published of it on a topic that it shares."""
        gone = {each.row for each in packed.refused}
        picked = ((active, rows) for active, rows in self.picked() if active.shares)
        counts = ((active.name, sum(row not in gone for row in rows)) for active, rows in picked)
        return {name: count for name, count in counts if count}


def _failed(decision: FilterDecision, message: str | None) -> FilterDecision:
    if message is None:
        return decision
    fault = Fault(decision.selected, message)
    return decision._replace(selected=decision.selected[:0], faults=(*decision.faults, fault))


@lru_cache(maxsize=4096)
def _named(active: ActiveFilter) -> SelectedBy:
    """What an alert says of a filter that selected it."""
    catalogues = tuple(Catalogue(*each) for each in active.catalogues)
    return SelectedBy(active.name, active.version, active.sha256, catalogues)


def _by_clause(counts: Iterable[tuple[str, Mapping[str, int]]]) -> dict[str, Mapping[str, int]]:
    """By filter and clause, what is not zero."""
    present = ((name, by if all(by.values()) else _not_zero(by)) for name, by in counts)
    return {name: by for name, by in present if by}


def _not_zero(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
