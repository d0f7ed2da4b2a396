"""Each request to its end: asked for at most once at a time, never forgotten, whatever is lost.

The order is everything. That a telescope is about to be asked is written before it is; what it
answered after. So after a kill, or a lost answer, all that can be is that it knows of a request
that we only mean to make, and it is asked by the request's id before anything else is done. Only
when it knows nothing, so long after that nothing can be on its way any more, is it asked again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from broker.ports import Output
from services.followup.adapters.port import (
    CannotTell,
    Found,
    NotReached,
    Refused,
    Result,
    Telescope,
    TelescopeError,
    told,
)
from services.followup.requests import Request, Requests, State

LOG: Final = logging.getLogger("gueststar.followup")


class Journal(Protocol):
    """Where changes are written."""

    def write(self, requests: Sequence[Request], others: Sequence[Output] = ()) -> None:
        """All of it, or nothing; returns once it is there."""
        ...


class Returned(Protocol):
    """What is published of what came back."""

    def __call__(self, request: Request, results: Sequence[Result]) -> Sequence[Output]: ...


@dataclass(frozen=True)
class Patience:
    """How long what is waited for."""

    poll_s: float
    settle_s: float
    """After a submission that is nowhere found it may still arrive for so long."""
    attempts_max: int
    calls_max: int = 50
    """Of telescopes in one step: alerts wait meanwhile."""


class Tracker:
    """Takes requests from state to state; the store and the journal are others'."""

    def __init__(
        self,
        requests: Requests,
        telescopes: Mapping[str, Telescope],
        journal: Journal,
        patience: Patience,
        returned: Returned = lambda _request, _results: (),
        *,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """meanwhile: called after each call of a telescope, which may have taken long."""
        self._requests = requests
        self._telescopes = telescopes
        self._journal = journal
        self._patience = patience
        self._returned = returned
        self._meanwhile = meanwhile
        self._asked_unix_s: dict[str, float] = {}

    def submit(self, planned: Sequence[Request], now_unix_s: float) -> None:
        """Ask for what is planned: each has its site and window."""
        begun = [
            one.now(
                State.SUBMITTED,
                one.reason,
                now_unix_s,
                attempt=one.attempt + 1,
                submitted_unix_s=now_unix_s,
                reference="",
            )
            for one in planned[: self._patience.calls_max]
        ]
        self._write(begun)
        for request in begun:
            answered, outputs = self._submitted(request, now_unix_s)
            self._write([answered], outputs)
            self._meanwhile()

    def withdraw(self, chosen: Iterable[Request], reason: str, now: float, *, replan: bool) -> None:
        """Give these up, or have them planned anew, once it is certain that nobody has them."""
        changed = list[Request]()
        for one in chosen:
            if one.state is State.WANTED:
                if not replan:
                    changed.append(one.now(State.CANCELED, reason, now))
            elif one.state is not State.WITHDRAWING or (one.replan and not replan):
                changed.append(one.now(State.WITHDRAWING, reason, now, replan=replan))
                self._asked_unix_s.pop(one.id, None)
        self._write(changed)

    def have_due(self, named: Iterable[str]) -> None:
        """Ask how these stand in the next step: something was said of them."""
        for each in named:
            self._asked_unix_s.pop(each, None)

    def step(self, now_unix_s: float) -> int:
        """Ask how each stands that is due; how many were."""
        due = [one for one in self._requests.open if self._is_due(one, now_unix_s)]
        for request in due[: self._patience.calls_max]:
            self._asked_unix_s[request.id] = now_unix_s
            changed, outputs = self._looked_after(request, now_unix_s)
            if changed is not request:
                self._write([changed], outputs)
            self._meanwhile()
        return min(len(due), self._patience.calls_max)

    def _is_due(self, one: Request, now: float) -> bool:
        if one.state is State.WANTED:
            return False
        return now - self._asked_unix_s.get(one.id, float("-inf")) >= self._patience.poll_s

    def _submitted(self, request: Request, now: float) -> tuple[Request, Sequence[Output]]:
        try:
            found = self._telescopes[request.site].submit(request)
        except NotReached as error:
            return self._again(request, told(error), now), ()
        except Refused as error:
            barred = (*request.barred, request.site)
            return self._again(request, told(error), now, barred=barred), ()
        except TelescopeError as error:
            return request.now(State.UNKNOWN, told(error), now), ()
        return self._adopted(request, found, now), found.outputs

    def _looked_after(self, request: Request, now: float) -> tuple[Request, Sequence[Output]]:
        telescope = self._telescopes.get(request.site)
        if telescope is None:
            return self._ended(request, State.FAILURE_LIMIT_REACHED, "its site is gone", now), ()
        try:
            found = [one for one in telescope.find(request) if request.may_have(one.made_unix_s)]
            return self._reconciled(request, telescope, found, now)
        except CannotTell as error:
            return self._without_record(request, told(error), now), ()
        except TelescopeError as error:
            LOG.info("request %s: %s", request.id, told(error))
            return request, ()

    def _reconciled(
        self, request: Request, telescope: Telescope, found: Sequence[Found], now: float
    ) -> tuple[Request, Sequence[Output]]:
        """By what the telescope knows. Raises TelescopeError where it did not take a cancel."""
        live = [one for one in found if one.state is State.PENDING]
        done = next((one for one in found if one.state is State.COMPLETED), None)
        keep = None if done or request.state is State.WITHDRAWING else _kept(request, live)
        for one in live:
            if one is not keep:
                telescope.cancel(request, one.reference)
        if done is not None:
            ended = self._ended(request, State.COMPLETED, done.reason, now, done.reference)
            return ended, self._returned(ended, done.results)
        if keep is not None:
            return self._adopted(request, keep, now), ()
        if live:
            # Whether it was given up, or done meanwhile, is seen when it is asked again.
            self._asked_unix_s.pop(request.id, None)
            return request, ()
        return self._without(request, found, now), ()

    def _without(self, request: Request, found: Sequence[Found], now: float) -> Request:
        """Of one that nobody is going to observe, as far as the telescope knows."""
        new = [one for one in found if one.reference not in request.past]
        if not new and request.state is State.PENDING:
            return request.now(
                State.UNKNOWN, "the telescope knows it no more", now, submitted_unix_s=now
            )
        if not new and now - request.submitted_unix_s < self._patience.settle_s:
            return request
        past = (*request.past, *(one.reference for one in new))
        if request.state is State.WITHDRAWING:
            if request.replan:
                return self._again(request, request.reason, now, past=past)
            return self._ended(request, State.CANCELED, request.reason, now)
        if not new:
            return self._again(request, "it never arrived", now)
        return self._over(request, new[-1], past, now)

    def _over(self, request: Request, last: Found, past: tuple[str, ...], now: float) -> Request:
        """Of one that was given up there, and not by us."""
        if last.state is State.WINDOW_EXPIRED and now < request.until_unix_s:
            return self._again(request, last.reason or "its window passed", now, past=past)
        return self._ended(request, last.state, last.reason, now, last.reference)

    def _without_record(self, request: Request, reason: str, now: float) -> Request:
        """Of one whose telescope keeps no record: it is never asked twice."""
        if request.state is State.WITHDRAWING:
            return self._ended(request, State.CANCELED, f"{request.reason}; {reason}", now)
        if request.state is State.PENDING:
            if now <= request.end_unix_s:
                return request
            return self._ended(request, State.WINDOW_EXPIRED, "nothing came back", now)
        return self._ended(request, State.FAILURE_LIMIT_REACHED, reason, now)

    def _adopted(self, request: Request, found: Found, now: float) -> Request:
        if found.state is not State.PENDING:
            return self._ended(request, found.state, found.reason, now, found.reference)
        if (request.state, request.reference) == (State.PENDING, found.reference):
            return request
        # Why it is asked for there is worth keeping; that it is pending its state says.
        return request.now(State.PENDING, request.reason, now, reference=found.reference)

    def _again(self, request: Request, reason: str, now: float, **changes: object) -> Request:
        """Wanted anew, unless it was asked for too often."""
        if request.attempt >= self._patience.attempts_max:
            return self._ended(request, State.FAILURE_LIMIT_REACHED, reason, now)
        kept = {"site": "", "reference": "", "replan": False, **changes}
        return request.now(State.WANTED, reason, now, **kept)

    def _ended(
        self, request: Request, state: State, reason: str, now: float, reference: str = ""
    ) -> Request:
        self._asked_unix_s.pop(request.id, None)
        return request.now(state, reason, now, reference=reference or request.reference)

    def _write(self, requests: Sequence[Request], others: Sequence[Output] = ()) -> None:
        if not requests:
            return
        self._journal.write(requests, others)
        for request in requests:
            before = self._requests.get(request.id)
            self._requests.put(request)
            if before is None or before.state is not request.state:
                LOG.info("request %s: %s: %s", request.id, request.state, request.reason)


def _kept(request: Request, live: Sequence[Found]) -> Found | None:
    """Of several the one that is known, else the first: the others are given up."""
    known = [one for one in live if one.reference == request.reference]
    return next(iter(known or live), None)
