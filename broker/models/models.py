"""Which files of the models run: what gueststar came with, what was promoted, and the shadows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from broker.control_log import StatusLog
from broker.json_records import shortened
from broker.models.limits import ModelLimits
from broker.models.records import Cause, Change, ModelVersion, State, Status
from broker.models.register import ModelRegister, records_of
from broker.ports import Clock, ControlTopic
from classifiers.classifier import Scoring
from classifiers.reference import Reference, read_table
from classifiers.slot import Slot, opened, reference_in
from schemas.errors import GueststarError, ModelError

LOG: Final = logging.getLogger("gueststar.models")

Place = tuple[str, int]
"""A model's name and the number of its version."""


class Running(NamedTuple):
    """A model's file that is open and warm."""

    version: ModelVersion | None
    """None: that which gueststar came with."""
    scoring: Scoring
    reference: Reference | None


class Opening(Protocol):
    """A file that is being opened, as `concurrent.futures.Future` has it."""

    def done(self) -> bool:
        """Whether it is over."""
        ...

    def result(self) -> Running:
        """What was opened; raises what stood in the way."""
        ...


class Opens(Protocol):
    """Who opens files beside the loop; `ThreadPoolExecutor(1)` is one."""

    def submit(self, step: Callable[[], Running], /) -> Opening:
        """Have it done."""
        ...


class ModelsObserver(Protocol):
    """Someone who watches which models run: `broker.models.metrics.ModelMetrics`."""

    def on_models(self, live: Sequence[Running], shadows: Sequence[Running]) -> None:
        """These run from now on."""
        ...

    def on_model_pause(self, name: str, cause: str) -> None:
        """This worker paused one."""
        ...


class Models:
    """Slots that serve what was promoted last; they change in `look`, between two batches.

    Files are opened beside the loop. What is live keeps being so until its successor is open, and
    all that is live stays open, so a rollback takes one batch.
    """

    def __init__(
        self,
        control: ControlTopic,
        *,
        slots: Sequence[Slot],
        limits: ModelLimits,
        by: str,
        clock: Clock,
        opens: Opens,
        observer: ModelsObserver | None = None,
    ) -> None:
        """`by`: who pauses."""
        self._log = StatusLog[ModelVersion, Status](
            control, clock, records_of=records_of, what="model", log=LOG
        )
        self._slots = {each.own.identity.name: each for each in slots}
        self._limits = limits
        self._by = by
        self._clock = clock
        self._opens = opens
        self._observer = observer
        self._register = ModelRegister()
        self._own = {name: _own(each.own) for name, each in self._slots.items()}
        self._open: dict[Place, Running] = {}
        self._opening: dict[Place, tuple[ModelVersion, Opening]] = {}
        self._complaints: list[tuple[ModelVersion, Cause, str]] = []
        self.live: Sequence[Running] = tuple(self._own.values())
        """What each slot runs."""
        self.shadows: Sequence[Running] = ()

    @property
    def slots(self) -> Mapping[str, Slot]:
        """By the model's name."""
        return self._slots

    def open(self) -> None:
        """Read the control topic, and open all that it names, before the first batch.

        Raises KafkaUnavailable after the configured patience.
        """
        self._register = self._register.after(self._log.present())
        self._refresh(waits=True)

    def look(self) -> None:
        """See what changed on the control topic, what was opened, and what was complained of."""
        records = self._log.news()
        self._register = self._register.after(records)
        complaints, self._complaints = self._complaints, []
        for version, cause, reason in complaints:
            self._pause(version, cause, reason)
        if records or complaints or any(each.done() for _, each in self._opening.values()):
            self._refresh()
        self._log.settle()

    def complain(self, version: ModelVersion, cause: Cause, reason: str) -> None:
        """Have a version paused at the next `look`, for all."""
        self._complaints.append((version, cause, reason))

    def close(self) -> None:
        self._log.close()

    def _refresh(self, *, waits: bool = False) -> None:
        """Open what the register names, and run what is open of it; again where one is unfit."""
        wanted = {(each.name, each.version): each for each in self._wanted()}
        self._open = {place: one for place, one in self._open.items() if place in wanted}
        for place, version in wanted.items():
            if place not in self._open and place not in self._opening:
                self._opening[place] = version, self._submit(version)
        found_unfit = False
        for place, (version, opening) in [*self._opening.items()]:
            if waits or opening.done():
                del self._opening[place]
                found_unfit |= not self._take(place, version, opening)
        if found_unfit:
            self._refresh(waits=waits)
        else:
            self._run()

    def _wanted(self) -> Iterator[ModelVersion]:
        for versions in self._register.live.values():
            yield from versions
        for number, version in enumerate(self._register.shadows):
            if number < self._limits.shadows_max:
                yield version
            else:
                most = self._limits.shadows_max
                reason = f"{most} shadows run, and [models] shadows_max allows no more"
                self.complain(version, Cause.UNFIT, f"{reason}; pause one, then resume it")

    def _submit(self, version: ModelVersion) -> Opening:
        slot = self._slots.get(version.name)
        own = slot.own if slot else None
        return self._opens.submit(lambda: _opened(version, own))

    def _take(self, place: Place, version: ModelVersion, opening: Opening) -> bool:
        """Keep what was opened; False where it cannot be, and was paused."""
        try:
            self._open[place] = opening.result()
            return True
        except GueststarError as error:
            self._pause(version, Cause.UNFIT, str(error))
        except Exception as error:  # whatever a file holds, the alerts go on
            fault = f"a fault of ours, {type(error).__name__}: {error}; please report it"
            self._pause(version, Cause.UNFIT, fault)
        return False

    def _run(self) -> None:
        """Have slots and shadows run what is open."""
        before = [*self.live, *self.shadows]
        self.live = tuple(self._serving(name) for name in self._slots)
        for each in self.live:
            slot = self._slots[each.scoring.identity.name]
            if slot.now is not each.scoring:
                slot.serve(each.scoring)
        shadows = (self._open.get((v.name, v.version)) for v in self._register.shadows)
        self.shadows = tuple(each for each in shadows if each is not None)
        if before != [*self.live, *self.shadows]:
            self._say()
        if self._observer is not None:
            self._observer.on_models(self.live, self.shadows)

    def _serving(self, name: str) -> Running:
        """The last promoted that is open; at last what gueststar came with."""
        live = self._register.live.get(name, ())
        found = (self._open.get((name, version.version)) for version in live)
        return next(filter(None, found), self._own[name])

    def _pause(self, version: ModelVersion, cause: Cause, reason: str) -> None:
        """Pause a version here and, by its record, everywhere."""
        if self._register.change(version).state not in (State.SHADOW, State.LIVE):
            return
        now = Change(State.PAUSED, cause, shortened(reason), self._by, self._clock.now_s())
        status = self._register.changed(version, now)
        self._register = self._register.after([status])
        LOG.warning("model %s version %d is paused: %s", version.name, version.version, reason)
        if self._observer is not None:
            self._observer.on_model_pause(version.name, cause)
        self._log.write(status)

    def _say(self) -> None:
        """A line for each that runs."""
        for how, running in (("live", self.live), ("a shadow", self.shadows)):
            for each in running:
                name, version, sha256 = each.scoring.identity
                number = f"version {each.version.version}" if each.version else "its own file"
                LOG.info("model %s %s (%s, %s) is %s", name, version, number, sha256[:12], how)


def _own(scoring: Scoring) -> Running:
    return Running(None, scoring, reference_in(scoring))


def _opened(version: ModelVersion, own: Scoring | None) -> Running:
    """Raises ModelError."""
    if own is None:
        raise ModelError(f"no {version.name!r} is served here; name it in [classifiers]")
    scoring = opened(own, Path(version.place), version.sha256)
    reference = reference_in(scoring)
    if reference is None and version.reference:
        reference = read_table(Path(version.reference))
    return Running(version, scoring, reference)
