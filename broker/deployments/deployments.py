"""Active filters: those of the settings, and those deployed, as the control topic has them now."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from broker.control_log import RETRY_S, StatusLog
from broker.deployments.activation import Activated, Context, activated
from broker.deployments.inspection import Complaint, Inspector
from broker.deployments.lists import Lists, is_of_list, sky_with
from broker.deployments.records import (
    Cause,
    Change,
    Record,
    State,
    Status,
    Version,
    read_record,
)
from broker.deployments.register import Register
from broker.errors import KafkaUnavailable
from broker.json_records import shortened
from broker.ports import Clock, ControlTopic, Message
from broker.versions import records_in
from filters.filter_set import ActiveFilter, FilterDecision, FilterSet
from filters.selection import Selection
from schemas.batch import AlertBatch
from schemas.errors import FilterError, GueststarError

LOG: Final = logging.getLogger("gueststar.filters")


class DeploymentsObserver(Protocol):
    """Someone who watches the deployed filters: `broker.metrics.Metrics`."""

    def on_refresh(self, active: Sequence[ActiveFilter]) -> None:
        """These are asked from now on, those of the settings first."""
        ...

    def on_pause(self, name: str, cause: str) -> None:
        """This worker paused one."""
        ...

    def on_cost(self, name: str, cost_us: float) -> None:
        """What one costs, µs of CPU an alert."""
        ...


@dataclass(frozen=True)
class Limits:
    """What deployed filters may take."""

    live_max: int = 1_000
    """Filters active at once."""
    cost_us_max: float = 10.0
    """µs of CPU an alert, each."""


def records_of(messages: Iterable[Message]) -> Iterator[Record]:
    """The records that messages hold; one that is none is logged and passed over."""
    of_filters = (each for each in messages if not is_of_list(each))
    return records_in(of_filters, read_record, what="filter", log=LOG)


class Deployments:
    """A `Judges` whose filters change in `look`, between two batches, and at no other time."""

    def __init__(
        self,
        control: ControlTopic,
        *,
        selections: Sequence[Selection],
        active: Sequence[ActiveFilter],
        context: Context,
        limits: Limits,
        by: str,
        clock: Clock,
        inspector: Inspector | None = None,
        observer: DeploymentsObserver | None = None,
    ) -> None:
        """`selections`, with their `active`, are those of the settings. `by`: who pauses."""
        self._log = StatusLog[Version, Status](
            control, clock, records_of=self._records_of, what="filter", log=LOG
        )
        self._selections = tuple(selections)
        self._fixed = tuple(active)
        self._context = context
        self._limits = limits
        self._by = by
        self._clock = clock
        self._inspector = inspector or Inspector(limits.cost_us_max)
        self._observer = observer
        self._register = Register()
        self._lists = Lists()
        self._sky = context.sky
        """Of the settings; deployed lists stand beside it in the context's."""
        self._activated: dict[str, Activated] = {}
        self._places: dict[str, int] = {}
        self._filter_set = FilterSet(self._selections, self._fixed, context.sky)
        self._complaints: list[Complaint] = []
        self._retry_s = -RETRY_S
        self._undecided = False

    @property
    def active(self) -> Sequence[ActiveFilter]:
        """The filters asked now, those of the settings first."""
        return self._filter_set.active

    @property
    def paused(self) -> Iterator[tuple[Version, Change]]:
        """The filters of which the newest version is paused, and why; any thread may ask."""
        register = self._register
        for version in register.latest.values():
            if (change := register.change(version)).state is State.PAUSED:
                yield version, change

    def open(self) -> None:
        """Read the whole control topic. Raises KafkaUnavailable after the configured patience."""
        self._register = self._register.after(self._log.present())
        self._refresh()

    def look(self) -> None:
        """See what changed on the control topic, and pause what was complained of."""
        lists = self._lists
        records = self._log.news()
        self._register = self._register.after(records)
        changed = bool(records) or self._lists != lists
        complaints, self._complaints = self._complaints, []
        for complaint in complaints:
            changed |= self._pause(complaint.activated.version, complaint.cause, complaint.reason)
        due = self._clock.monotonic_s() - self._retry_s >= RETRY_S
        if changed or (self._undecided and due):
            self._refresh()
        self._log.settle()

    def judge(self, batch: AlertBatch) -> Sequence[FilterDecision]:
        """Each filter's answer; one that raised is paused at the next `look`."""
        decisions = list(self._filter_set.judge(batch))
        for decision in decisions[len(self._fixed) :]:
            if decision.faults:
                each = self._activated[decision.name]
                self._complaints.append(Complaint(each, Cause.RAISED, decision.faults[0].message))
        self._inspect(batch, decisions)
        return decisions

    def close(self) -> None:
        self._log.close()

    def _inspect(self, batch: AlertBatch, decisions: list[FilterDecision]) -> None:
        """Have one filter asked alone: its answer then is the one that counts."""
        each = self._inspector.next_for(len(batch))
        if each is None:
            return
        name = each.version.name
        place = self._places[name]
        found = self._inspector.inspect(each, batch, decisions[place], self._filter_set.alone)
        decisions[place] = found.decision
        if found.cost_us is not None and self._observer is not None:
            self._observer.on_cost(name, found.cost_us)
        if found.complaint is not None:
            self._complaints.append(found.complaint)

    def _records_of(self, messages: Iterable[Message]) -> Iterator[Record]:
        messages = list(messages)
        self._learn_lists(messages)
        return records_of(messages)

    def _learn_lists(self, messages: Sequence[Message]) -> None:
        """Have filters asked of the lists as they stand now; whoever names one is tried anew."""
        before, self._lists = self._lists, self._lists.after(messages)
        changed = self._lists.changed_since(before)
        if not changed:
            return
        LOG.info("lists of the sky that changed: %s", ", ".join(sorted(changed)))
        self._context = replace(self._context, sky=sky_with(self._sky, self._lists))
        for name, each in [*self._activated.items()]:
            if changed.intersection(each.version.catalogues):
                del self._activated[name]

    def _pause(self, version: Version, cause: Cause, reason: str) -> bool:
        """Pause a version here and, by its record, everywhere; whether it was active."""
        if version not in self._register.active:
            return False
        now = Change(State.PAUSED, cause, shortened(reason), self._by, self._clock.now_s())
        status = self._register.changed(version, now)
        self._register = self._register.after([status])
        if self._observer is not None:
            self._observer.on_pause(version.name, cause)
        self._log.write(status)
        return True

    def _refresh(self) -> None:
        """Activate what the register says, as far as that can be done here."""
        before, self._undecided = self._activated, False
        found = list(self._fit())
        self._activated = {each.version.name: each for each in found}
        self._filter_set = self._set_with(found)
        self._places = {each.name: place for place, each in enumerate(self._filter_set.active)}
        self._inspector.assign(found)
        self._say(before)
        if self._observer is not None:
            self._observer.on_refresh(self._filter_set.active)

    def _set_with(self, found: Sequence[Activated]) -> FilterSet:
        return FilterSet(
            self._selections,
            (*self._fixed, *(each.active for each in found)),
            self._context.sky,
            expressions=[each.expressions for each in found],
        )

    def _fit(self) -> Iterator[Activated]:
        """The deployed filters that can be active; the others are paused."""
        for place, version in enumerate(self._register.active):
            known = self._activated.get(version.name)
            try:
                if place >= self._limits.live_max:
                    raise FilterError(
                        f"{self._limits.live_max} filters are live before it, and [filters]"
                        " live_max allows no more; remove one, then resume it"
                    )
                if known is not None and known.version == version:
                    yield known
                else:
                    yield activated(version, self._context)
            except KafkaUnavailable as error:
                LOG.warning("filter %s waits for Kafka: %s", version.name, error)
                self._undecided, self._retry_s = True, self._clock.monotonic_s()
            except GueststarError as error:
                self._pause(version, Cause.UNFIT, str(error))
            except Exception as error:  # whatever a record says, the alerts go on
                fault = f"a fault of ours, {type(error).__name__}: {error}; please report it"
                self._pause(version, Cause.UNFIT, fault)

    def _say(self, before: Mapping[str, Activated]) -> None:
        """A line for each filter that came or went."""
        for name, each in self._activated.items():
            if before.get(name) is not each:
                version = each.version
                LOG.info(
                    "filter %s version %d is active: topic %s, deployed by %s",
                    *(name, version.version, version.topic, version.by),
                )
        for name in before.keys() - self._activated.keys():
            version = before[name].version
            why = self._register.change(version)
            LOG.warning(
                "filter %s version %d is no longer active: %s by %s: %s",
                *(name, version.version, why.state, why.by, why.reason),
            )
