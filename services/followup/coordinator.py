"""What is done between two batches of alerts: look, plan, ask, and see how each request stands."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from broker.between import Changing
from broker.followup_settings import FollowupSection
from broker.ports import Clock, ControlTopic
from services.followup.adapters.port import Telescope
from services.followup.conditions import SitesNow
from services.followup.deployed import Programmes
from services.followup.nights import Posed, explained, pose
from services.followup.others import LastAlerts, Others
from services.followup.planning.ephemeris import DAY_S
from services.followup.planning.optimum import optimum
from services.followup.planning.planner import Choice, Plan, Problem
from services.followup.programme import Programme
from services.followup.requests import Request, Requests, State, id_of
from services.followup.tracker import Journal, Patience, Returned, Tracker

LOG: Final = logging.getLogger("gueststar.followup")

FORGET_S: Final = 3_600.0
"""So often it is looked for what may be forgotten."""

Planner = Callable[[Problem], Plan]


@dataclass
class Parts:
    """What the coordinator works with."""

    section: FollowupSection
    programmes: Programmes
    sites: SitesNow
    records: ControlTopic
    telescopes: Mapping[str, Telescope]
    journal: Journal
    clock: Clock
    returned: Returned = lambda _request, _results: ()
    planner: Planner | None = None
    beside: Changing | None = None
    """What else is looked after: events of other messengers."""
    knows_event: Callable[[str], bool] = lambda _event: True
    answered: Callable[[], Iterable[str]] = tuple
    """The requests of which answers came since last asked: they do not wait for `poll_s`."""
    others: Others | None = None
    """What other users say of objects."""
    last: LastAlerts = field(default_factory=LastAlerts)
    plans: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "plans"))
    """Makes plans, one after another: what else is looked at does not wait for them."""


class Coordinator:
    """Owns the requests; whoever makes new ones tells it (`wanted`)."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        section = parts.section
        self.requests = Requests()
        self._tracker = Tracker(
            self.requests,
            parts.telescopes,
            parts.journal,
            Patience(section.poll_s, section.answer_s + section.settle_s, section.attempts_max),
            parts.returned,
            meanwhile=self._hear,
        )
        self._planner = parts.planner or _optimal(section)
        self._planned_unix_s = float("-inf")
        self._forgot_unix_s = float("-inf")
        self._planning: Future[tuple[Posed, Plan]] | None = None
        self._stale = True
        self._is_open = False

    def look(self) -> None:
        """One round. Raises BrokerError where Kafka does not do what must be done."""
        parts, now = self._parts, self._parts.clock.now_s()
        if not self._is_open:
            self._open()
        if parts.beside is not None:
            parts.beside.look()
        self._hear()
        self._stale |= parts.programmes.look() | parts.sites.look()
        self._stale |= bool(self.requests.learn(parts.records.new(), LOG))
        self._give_up(now)
        self._forget(now)
        if self._planning is not None:
            self._end_plan(now)
        elif self._stale and now - self._planned_unix_s >= parts.section.plan_s:
            self._planned_unix_s, self._stale = now, False
            self._planning = parts.plans.submit(_planned, self._question(now), self._planner)
        elif now - self._planned_unix_s >= parts.section.replan_s:
            self._stale = True
        self._tracker.have_due(parts.answered())
        if self._tracker.step(now):
            self._go_on(now)

    def wanted(self, requests: Sequence[Request]) -> None:
        """What was written of alerts."""
        for request in requests:
            self._stale |= self.requests.put(request)

    def _hear(self) -> None:
        """Join what others say of objects: whoever waits for a telescope lets it pass between."""
        parts = self._parts
        if parts.others is not None:
            parts.others.look(lambda named: parts.last.of(named, self.requests.all.values()))

    def _open(self) -> None:
        """Know what earlier lives of the job wrote; called once nobody else can write."""
        parts = self._parts
        parts.programmes.open()
        parts.sites.open()
        self.requests.learn(parts.records.complete(), LOG)
        if parts.others is not None:
            parts.others.open()
        self._is_open = True
        self._go_on(parts.clock.now_s())
        LOG.info("%d requests are open", len(self.requests.open))

    def _give_up(self, now: float) -> None:
        """Withdraw what is not wanted any more: retracted, faded, removed, or too late."""
        programmes = self._programmes
        for why, chosen in self._unwanted(programmes, now).items():
            self._tracker.withdraw(chosen, why, now, replan=False)
        late = [
            one.now(State.WINDOW_EXPIRED, one.reason, now)
            for one in self.requests.open
            if one.state is State.WANTED and now > one.until_unix_s
        ]
        self._written(late)

    def _forget(self, now: float) -> None:
        """Take off memory and topic what ended so long ago that an alert may ask anew."""
        if now - self._forgot_unix_s < FORGET_S:
            return
        section, self._forgot_unix_s = self._parts.section, now
        gone = self.requests.forgettable(now - section.kept_days_max * DAY_S)
        if gone:
            self._parts.journal.write((), [one.deletion(section.requests) for one in gone])
            self.requests.forget(gone)
            LOG.info(
                "forgot %d requests that ended over %g days ago", len(gone), section.kept_days_max
            )

    def _unwanted(
        self, programmes: Mapping[str, Programme], now: float
    ) -> Mapping[str, list[Request]]:
        found: dict[str, list[Request]] = {}
        for one in self.requests.open:
            if one.state is State.WITHDRAWING and not one.replan:
                continue
            programme = programmes.get(one.programme)
            if one.events and not any(map(self._parts.knows_event, one.events)):
                found.setdefault(f"{', '.join(one.events)} was retracted", []).append(one)
            elif programme is None and not self._parts.programmes.is_known(one.programme):
                found.setdefault("its programme was removed", []).append(one)
            elif programme is not None and one.priority < programme.limits.priority_min:
                found.setdefault("it is worth too little now", []).append(one)
        return found

    @property
    def _programmes(self) -> dict[str, Programme]:
        return {name: one for name, (_, one) in self._parts.programmes.active.items()}

    def _question(self, now: float) -> Callable[[], Posed]:
        """What there is to plan, to be posed by another thread: it reads what is so now."""
        section = self._parts.section
        sites = section.sites.items()
        conditions = {name: self._parts.sites.of(name, site, now) for name, site in sites}
        return partial(pose, self.requests.open, self._programmes, conditions, section, now)

    def _end_plan(self, now: float) -> None:
        """Ask for what begins soon; have what stands badly given up first.

        A request that changed since the plan was begun is planned anew.
        """
        if self._planning is None or not self._planning.done():
            return
        (posed, plan), self._planning = self._planning.result(), None
        due, badly = list[Request](), list[Request]()
        for row, request in enumerate(posed.requests):
            choice = plan.of(row)
            if self.requests.get(request.id) is not request:
                self._stale = True
            elif request.state is State.PENDING:
                if choice is None or not _stays(request, choice, posed):
                    badly.append(request)
            elif choice is not None and self._is_soon(choice, posed):
                due.append(replace(posed.placed(choice), reason=explained(posed, plan, row)))
        LOG.info(
            "planned %d of %d requests, worth %.4g by %s",
            len(plan.chosen),
            len(posed.requests),
            plan.value,
            plan.by,
        )
        self._tracker.withdraw(badly, "better planned anew", now, replan=True)
        self._tracker.submit(due, now)

    def _is_soon(self, choice: Choice, posed: Posed) -> bool:
        return choice.slot * posed.slot_s <= self._parts.section.lead_s

    def _go_on(self, now: float) -> None:
        """The next visits of what was observed."""
        programmes = self._parts.programmes.active
        follows = list[Request]()
        for one in [*self.requests.all.values()]:
            version, programme = programmes.get(one.programme, (0, None))
            if one.state is not State.COMPLETED or programme is None:
                continue
            named = id_of(one.programme, one.object_id, one.visit + 1)
            if one.visit < programme.observe.visits and self.requests.get(named) is None:
                follows.append(_next(one, named, version, programme, now))
        self._written(follows)

    def _written(self, requests: Sequence[Request]) -> None:
        if requests:
            self._parts.journal.write(requests)
            self.wanted(requests)


def _planned(question: Callable[[], Posed], planner: Planner) -> tuple[Posed, Plan]:
    posed = question()
    return posed, planner(posed.problem) if posed.requests else Plan((), 0.0, "nothing")


def _next(one: Request, named: str, version: int, programme: Programme, now: float) -> Request:
    """The visit after one that was observed."""
    return replace(
        one,
        id=named,
        visit=one.visit + 1,
        version=version,
        state=State.WANTED,
        reason=f"visit {one.visit + 1} of {programme.observe.visits}",
        wanted_unix_s=now,
        changed_unix_s=now,
        not_before_unix_s=one.changed_unix_s + programme.observe.cadence_days * DAY_S,
        site="",
        attempt=0,
        reference="",
        past=(),
        sequence=1,
    )


def _stays(request: Request, choice: Choice, posed: Posed) -> bool:
    """Whether the plan leaves it where it was asked for, to a slot."""
    placed = posed.placed(choice)
    close = abs(placed.begin_unix_s - request.begin_unix_s) <= posed.slot_s
    return placed.site == request.site and close


def _optimal(section: FollowupSection) -> Planner:
    return lambda problem: optimum(problem, limit_s=section.plan_limit_s)
