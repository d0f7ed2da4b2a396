"""`gueststar filter deploy`, `pause`, `resume`, `remove`: what the control topic gets, and why."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from broker.deployments import records_of
from broker.deployments.records import Cause, Change, DryRun, State, Version
from broker.deployments.register import Register
from broker.json_records import shortened
from broker.ports import ControlTopic, Message
from filters.expressions.filter import ExpressionFilter, read_filter
from filters.expressions.functions import FUNCTIONS, Works
from filters.expressions.tree import Call, Membership, Node, Operation
from schemas.errors import FilterError
from schemas.suggestion import nearest

PASS_RATE_MAX = 0.05
"""Of the alerts of its dry run; a filter that lets more pass is rarely what was meant."""

WORD_S = 1.5
"""How long workers have to say that they cannot ask a filter: a poll's wait, and a batch."""

ASK_S = 0.05
"""How often they are listened to meanwhile."""


@dataclass(frozen=True)
class Deployed:
    """What came of deploying a filter."""

    version: Version
    fresh: bool
    """False where this very filter was live already, so that nothing was written."""
    refusal: Change | None = None
    """How a worker paused it at once, where one did."""
    replaced: Version | None = None
    """Another's record of the same number, written in between; this one took its place."""


def load(path: Path) -> ExpressionFilter:
    """The filter of a .toml or .filter file. Raises FilterError; of a .py file, what to do."""
    if path.suffix == ".py":
        raise FilterError(
            f"{path}: code is not run on the server; write the clauses as expressions in a .toml or"
            " .filter file, or have the broker's operator name the file in [filters] files"
        )
    return read_filter(path)


def objections(run: DryRun | None, *, pass_rate_max: float | None = None) -> tuple[str, ...]:
    """What speaks against deploying a filter, a sentence each; none of a filter well tried."""
    return tuple(_objections(run, PASS_RATE_MAX if pass_rate_max is None else pass_rate_max))


def _objections(run: DryRun | None, pass_rate_max: float) -> Iterator[str]:
    if run is None:
        yield "it had no dry run as it is now"
        return
    if run.alerts == 0:
        yield "its dry run judged no alert"
    if run.pass_rate > pass_rate_max:
        yield (
            f"it let {run.pass_rate:.1%} of its dry run's {run.alerts:,} alerts pass, and"
            f" {pass_rate_max:.1%} is the most"
        )
    if run.looks_ahead:
        yield "its dry run found that it looks ahead: it uses what is not known at the alert's time"


def check(path: Path, against: Sequence[str], *, force: bool) -> None:
    """Raises FilterError where something speaks against a filter and nobody forces it."""
    if against and not force:
        raise FilterError(
            f"{path} is not deployed: {'; '.join(against)}; try it with `gueststar filter test"
            f" {path} --archive PATH`, or deploy it with --force, which is recorded"
        )


def deploy(
    wanted: ExpressionFilter,
    control: ControlTopic,
    *,
    place_of: Callable[[ExpressionFilter, Version | None], str],
    by: str,
    dry_run: DryRun | None = None,
    overridden: Sequence[str] = (),
    provide: Callable[[str], None],
    word_s: float = WORD_S,
) -> Deployed:
    """Write a filter's next version on a control topic just opened, and read it back.

    `place_of` says its topic, from it and its version before; `provide` has that topic exist;
    `overridden` is what was forced. Raises FilterError where
    somebody else wrote the same version at the same time and theirs is the one that stands.
    """
    register = Register().after(records_of(control.present()))
    live = next((each for each in register.active if each.name == wanted.name), None)
    previous = register.latest.get(wanted.name)
    topic = place_of(wanted, previous)
    if live is not None and (live.sha256, live.topic) == (wanted.sha256, topic):
        return Deployed(live, fresh=False)
    version = Version(
        name=wanted.name,
        version=register.next_version(wanted.name),
        sha256=wanted.sha256,
        document=wanted.document(),
        topic=topic,
        catalogues=catalogues(wanted),
        by=by,
        deployed_unix_s=time.time(),
        dry_run=dry_run,
        overridden=tuple(overridden),
        previous_sha256=previous.sha256 if previous else None,
    )
    provide(version.topic)
    offset = control.write(version.key, version.encode())
    since = control.present()
    replaced = _rival(version, offset, since)
    register = register.after(records_of(since))
    return Deployed(version, True, _refusal(version, register, control, word_s), replaced)


def catalogues(wanted: ExpressionFilter) -> tuple[str, ...]:
    """The regions and watchlists that a filter names, in the order named."""
    calls = (call for clause in wanted.clauses for call in calls_in(clause.node))
    return tuple(dict.fromkeys(name for call in calls for name in _places(call)))


def _places(call: Call) -> Iterator[str]:
    function = FUNCTIONS[call.function]
    if function.works is Works.ALERTS:
        names = zip(function.names, call.names, strict=True)
        yield from (name for kind, name in names if kind in {"region", "watchlist"})


def calls_in(node: Node) -> Iterator[Call]:
    """Every call in an expression, the outer before the inner."""
    match node:
        case Call():
            yield node
            yield from (call for each in node.operands for call in calls_in(each))
        case Operation():
            yield from (call for each in node.operands for call in calls_in(each))
        case Membership():
            yield from calls_in(node.value)


def _rival(version: Version, offset: int, since: Iterable[Message]) -> Version | None:
    """Another's record that this one replaced. Raises FilterError where one follows."""
    replaced = None
    for message in since:
        for record in records_of([message]):
            if message.offset == offset or record.key != version.key:
                continue
            assert isinstance(record, Version), "the key of a version holds a version"
            if message.offset > offset:
                raise FilterError(
                    f"{record.by} deployed version {record.version} of {record.name} at the same"
                    " time, and theirs stands; look at it, then deploy yours again"
                )
            replaced = record
    return replaced


def _refusal(
    version: Version, register: Register, control: ControlTopic, word_s: float
) -> Change | None:
    """How a worker paused it, where one does so at once."""
    deadline_s = time.monotonic() + word_s
    while (change := register.change(version)).state is State.LIVE:
        if time.monotonic() >= deadline_s:
            return None
        time.sleep(ASK_S)
        register = register.after(records_of(control.new()))
    return change


def lines(found: Deployed) -> Iterator[str]:
    """What its user is told of a deployment, and what to do next."""
    version = found.version
    called = f"{version.name} version {version.version}"
    if not found.fresh:
        yield f"{called} is this very filter, live already since {moment(version.deployed_unix_s)}"
        return
    if found.replaced is not None:
        yield (
            f"warning: {found.replaced.by} deployed version {version.version} at the same time, and"
            " yours took its place; tell them"
        )
    if found.refusal is not None:
        yield f"{called} was paused by {found.refusal.by}: {found.refusal.reason}"
        return
    yield from (f"warning: forced although {each}" for each in version.overridden)
    yield f"{called} is deployed; see what it selects with `gueststar subscribe {version.name}`"


def change(control: ControlTopic, name: str, state: State, *, reason: str, by: str) -> Version:
    """A filter's newest version, paused, resumed or removed on a control topic just opened.

    Raises FilterError where there is none, or where it stands so already.
    """
    register = Register().after(records_of(control.present()))
    version = newest(register, name)
    now = register.change(version)
    called = f"{name} version {version.version}"
    if now.state is state:
        raise FilterError(f"{called} is {state} already, by {now.by}: {now.reason}")
    if now.state is State.REMOVED:
        raise FilterError(f"{called} was removed by {now.by}; deploy it again")
    wanted = Change(state, Cause.ASKED, shortened(reason), by, time.time())
    status = register.changed(version, wanted)
    control.write(status.key, status.encode())
    return version


def moment(unix_s: float) -> str:
    """A time as it is read: UTC, to the second."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M:%S")


def newest(register: Register, name: str) -> Version:
    """A filter's newest version. Raises FilterError with the nearest name where there is none."""
    if name not in register.latest:
        hint = nearest(name, register.latest) if register.latest else "; none is"
        raise FilterError(f"no filter {name!r} is deployed{hint}")
    return register.latest[name]
