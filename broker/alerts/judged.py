"""A batch once scored and selected: what its alerts say of it, and what is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from broker.alerts.dead_letters import DeadLetter
from broker.alerts.disagreement import Disagreements
from broker.alerts.packing import Packed
from broker.ledger import Counts
from broker.ports import Message
from filters.filter_set import ActiveFilter, Ruling
from filters.verdict import Fault
from schemas.annotation import Catalogue, SelectedBy
from schemas.batch import AlertBatch
from schemas.stage import StageFault


class Judged(NamedTuple):
    """A batch once scored and selected."""

    batch: AlertBatch
    messages: Sequence[Message]
    ingested_unix_s: float
    stage_faults: tuple[StageFault, ...]
    disagreements: Disagreements
    active: Sequence[ActiveFilter]
    rulings: Sequence[Ruling]
    """Of each active filter."""

    def picked(self) -> list[tuple[ActiveFilter, list[int]]]:
        """The active filters that selected anything, and what."""
        return [
            (active, ruling.selected.tolist())
            for active, ruling in zip(self.active, self.rulings, strict=True)
            if len(ruling.selected)
        ]

    def failing(self, faults: Mapping[str, str]) -> Judged:
        """The same, with those filters at fault, by name and message, on what they selected."""
        rulings = (_failed(each, faults.get(each.name)) for each in self.rulings)
        return self._replace(rulings=tuple(rulings))

    def selected_by(self) -> list[tuple[SelectedBy, ...]]:
        """By row: the filters that selected it."""
        found: list[tuple[SelectedBy, ...]] = [()] * len(self.batch)
        for active, rows in self.picked():
            one = (_named(active),)
            for row in rows:
                found[row] += one
        return found

    def flags(self) -> list[tuple[str, ...]]:
        """By row: the flags of classifiers that raised on it."""
        flags: list[tuple[str, ...]] = [()] * len(self.batch)
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
        for ruling in self.rulings:
            for error in ruling.faults:
                yield f"{error.message} ({len(error.rows)} alerts)"

    def counts(self, packed: Packed, dead: Sequence[DeadLetter]) -> Counts:
        """What became of the alerts."""
        errors: dict[str, int] = {}
        for fault in self.stage_faults:
            errors[fault.stage] = errors.get(fault.stage, 0) + len(fault.rows)
        rulings = self.rulings
        return Counts(
            published=packed.published,
            shortened=packed.shortened,
            dead=Counter(letter.reason for letter in dead),
            selected={each.name: len(each.selected) for each in rulings if len(each.selected)},
            refused=_by_clause((each.name, each.refused) for each in rulings),
            unknown=_by_clause((each.name, each.unknown) for each in rulings),
            filter_errors={each.name: each.errors for each in rulings if each.faults},
            classifier_errors=errors,
            unread=self.batch.unread,
        )


def _failed(ruling: Ruling, message: str | None) -> Ruling:
    if message is None:
        return ruling
    fault = Fault(ruling.selected, message)
    return ruling._replace(selected=ruling.selected[:0], faults=(*ruling.faults, fault))


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
