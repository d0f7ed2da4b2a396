"""Deploying filters, and taking them back: what is asked first, what is written, what is said."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from broker.clock import ManualClock
from broker.deployments import records_of
from broker.deployments.records import Cause, Change, DryRun, State, Version
from broker.deployments.register import Register
from broker.memory import MemoryControlTopic, MemoryKafka
from broker.ports import Message
from filters.expressions.filter import ExpressionFilter
from gueststar.filtering.deployment import (
    Deployed,
    catalogues,
    change,
    check,
    deploy,
    lines,
    load,
    objections,
)
from gueststar.filtering.place import place_of
from schemas.errors import FilterError

RUN = DryRun("/nights", "cd" * 32, 1_000, 20, 0.02, looks_ahead=False, unix_s=1.0)
ADA, BOB = "ada@observatory", "bob@observatory"


def filter_of(name: str = "faint", **clauses: str) -> ExpressionFilter:
    return ExpressionFilter.of({"name": name, "clauses": clauses or {"faint": "magnitude > 18"}})


class Watched(MemoryControlTopic):
    """A control topic on which something may happen between a writer's reading and its writing."""

    def __init__(self, kafka: MemoryKafka) -> None:
        super().__init__(kafka, "control")
        self.before_write: list[Message] = []
        self.after_write: list[Message] = []

    def write(self, key: bytes, value: bytes) -> int:
        """As others write at the same time."""
        for message in self.before_write:
            super().write(message.key or b"", message.value)
        offset = super().write(key, value)
        for message in self.after_write:
            super().write(message.key or b"", message.value)
        self.before_write, self.after_write = [], []
        return offset


@pytest.fixture
def kafka() -> MemoryKafka:
    kafka = MemoryKafka(ManualClock())
    kafka.create_topic("control")
    return kafka


@pytest.fixture
def control(kafka: MemoryKafka) -> Watched:
    return Watched(kafka)


@pytest.fixture
def provided() -> list[str]:
    return []


def register(kafka: MemoryKafka) -> Register:
    return Register().after(records_of(kafka.read("control")))


def put(
    kafka: MemoryKafka,
    wanted: ExpressionFilter | None = None,
    by: str = ADA,
    control: MemoryControlTopic | None = None,
    **more: object,
) -> Deployed:
    given = {"dry_run": RUN, "provide": lambda topic: None, "word_s": 0.0} | more
    control = control or MemoryControlTopic(kafka, "control")
    given = {"place_of": lambda wanted, _: f"live.{wanted.name}"} | given
    return deploy(wanted or filter_of(), control, by=by, **given)  # type: ignore[arg-type]


def say(kafka: MemoryKafka, state: State, *, name: str = "faint", reason: str = "") -> Version:
    return change(MemoryControlTopic(kafka, "control"), name, state, reason=reason, by=BOB)


def test_a_deployed_filter_stands_on_the_control_topic_with_all_that_was_known(
    kafka: MemoryKafka, provided: list[str]
) -> None:
    found = put(kafka, filter_of(near='watchlist("galaxies")'), provide=provided.append)
    (version,) = register(kafka).active
    assert found == Deployed(version, fresh=True)
    assert (version.name, version.version, version.topic) == ("faint", 1, "live.faint")
    assert (version.by, version.catalogues, version.previous_sha256) == (ADA, ("galaxies",), None)
    assert version.dry_run is not None
    assert (version.dry_run.pass_rate, version.forced) == (0.02, False)
    assert provided == ["live.faint"]


def test_a_filter_keeps_the_topic_that_it_has_unless_it_is_told(kafka: MemoryKafka) -> None:
    place = place_of(None, None)
    first = put(kafka, place_of=partial(place.topic, asked="own")).version
    assert first.topic == "gueststar.filter.faint"
    assert not put(kafka, place_of=place.topic).fresh
    second = put(kafka, filter_of(faint="magnitude > 19"), place_of=place.topic).version
    assert second.topic == first.topic
    moved = put(
        kafka, filter_of(faint="magnitude > 19"), place_of=partial(place.topic, asked="shared")
    )
    assert (moved.fresh, moved.version.topic) == (True, "gueststar.selected.lite")
    assert put(kafka, filter_of("new"), place_of=place.topic).version.topic == moved.version.topic


def test_what_is_deployed_is_the_filter_that_was_written(kafka: MemoryKafka) -> None:
    wanted = filter_of(new="age_days < 3", real='score("realbogus", "real") > 0.8')
    put(kafka, wanted)
    (version,) = register(kafka).active
    assert ExpressionFilter.of(version.document) == wanted
    assert version.sha256 == wanted.sha256


def test_a_filter_that_changed_is_the_next_version_and_one_that_did_not_is_none(
    kafka: MemoryKafka,
) -> None:
    first = put(kafka)
    again = put(kafka)
    assert (again.fresh, again.version) == (False, first.version)
    second = put(kafka, filter_of(faint="magnitude > 19")).version
    assert (second.version, second.previous_sha256) == (2, first.version.sha256)
    assert put(kafka).version.version == 3
    assert [each.version for each in register(kafka).versions("faint")] == [1, 2, 3]


def test_a_filter_that_was_paused_may_be_deployed_again(kafka: MemoryKafka) -> None:
    put(kafka)
    say(kafka, State.PAUSED)
    assert put(kafka).version.version == 2


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (None, ("it had no dry run as it is now",)),
        (RUN, ()),
        (replace(RUN, pass_rate=0.05), ()),
        (
            replace(RUN, pass_rate=0.051),
            ("it let 5.1% of its dry run's 1,000 alerts pass, and 5.0% is the most",),
        ),
        (replace(RUN, alerts=0, pass_rate=0.0), ("its dry run judged no alert",)),
    ],
)
def test_what_speaks_against_a_filter_is_said(run: DryRun | None, said: tuple[str, ...]) -> None:
    assert objections(run) == said


def test_a_filter_that_looks_ahead_is_objected_to_beside_all_else() -> None:
    found = objections(replace(RUN, looks_ahead=True, pass_rate=0.2), pass_rate_max=0.1)
    assert [each.split()[1] for each in found] == ["let", "dry"]
    assert objections(replace(RUN, pass_rate=0.2), pass_rate_max=0.3) == ()


def test_an_objection_holds_unless_it_is_forced() -> None:
    with pytest.raises(FilterError, match=r"a\.toml is not deployed: no; try it with .* --force"):
        check(Path("a.toml"), ["no"], force=False)
    check(Path("a.toml"), ["no"], force=True)
    check(Path("a.toml"), [], force=False)


def test_what_was_overridden_is_on_the_record(kafka: MemoryKafka) -> None:
    found = put(kafka, dry_run=None, overridden=["it had no dry run as it is now"])
    (version,) = register(kafka).active
    assert version.overridden == ("it had no dry run as it is now",)
    assert next(lines(found)) == "warning: forced although it had no dry run as it is now"


def message_of(version: int = 1, by: str = BOB, **clauses: str) -> Message:
    """Somebody else's record of the same name."""
    kafka = MemoryKafka(ManualClock())
    kafka.create_topic("control")
    theirs = filter_of(**(clauses or {"theirs": "magnitude > 17"}))
    written = replace(put(kafka, theirs, by=by).version, version=version)
    return Message("control", 0, 0, 0, written.key, written.encode())


def test_of_two_that_deploy_one_version_the_later_stands_and_is_told(
    control: Watched, kafka: MemoryKafka
) -> None:
    control.before_write = [message_of()]
    found = put(kafka, control=control)
    assert found.replaced is not None
    assert found.replaced.by == BOB
    assert f"warning: {BOB} deployed version 1 at the same time" in next(lines(found))
    assert register(kafka).active == (found.version,)


def test_of_two_that_deploy_one_version_the_earlier_is_refused(
    control: Watched, kafka: MemoryKafka
) -> None:
    control.after_write = [message_of()]
    with pytest.raises(FilterError, match=f"{BOB} deployed version 1 of faint at the same time"):
        put(kafka, control=control)


def test_another_version_that_came_in_between_is_no_rival(
    control: Watched, kafka: MemoryKafka
) -> None:
    control.before_write = [message_of(version=7)]
    assert put(kafka, control=control).replaced is None


def test_a_worker_s_refusal_is_told_at_once(control: Watched, kafka: MemoryKafka) -> None:
    expected = put(kafka).version
    unfit = Change(State.PAUSED, Cause.UNFIT, "there is no region 'moc'", "worker one", 1.0)
    status = replace(Register().changed(expected, unfit), version=2)
    control.after_write = [Message("control", 0, 0, 0, status.key, status.encode())]
    found = put(kafka, filter_of(moc='in_region("moc")'), control=control, word_s=5.0)
    assert found.refusal == unfit
    assert [*lines(found)] == ["faint version 2 was paused by worker one: there is no region 'moc'"]


def test_a_filter_is_paused_resumed_and_removed_with_who_and_why(kafka: MemoryKafka) -> None:
    version = put(kafka).version
    for state, reason in (
        (State.PAUSED, "too many"),
        (State.LIVE, ""),
        (State.REMOVED, "done\nwith it"),
    ):
        assert say(kafka, state, reason=reason) == version
        now = register(kafka).change(version)
        assert (now.state, now.by) == (state, BOB)
        assert now.reason == reason.replace("\n", " ")
    assert len(register(kafka).changes(version)) == 3


def test_what_is_so_already_or_removed_is_said(kafka: MemoryKafka) -> None:
    put(kafka)
    with pytest.raises(FilterError, match="faint version 1 is live already, by ada@observatory"):
        say(kafka, State.LIVE)
    say(kafka, State.REMOVED)
    with pytest.raises(FilterError, match="was removed by bob@observatory; deploy it again"):
        say(kafka, State.LIVE)


def test_a_misspelt_filter_is_named_with_the_nearest(kafka: MemoryKafka) -> None:
    with pytest.raises(FilterError, match="no filter 'faint' is deployed; none is"):
        say(kafka, State.PAUSED)
    put(kafka)
    with pytest.raises(FilterError, match="no filter 'fiant' is deployed; did you mean 'faint'"):
        say(kafka, State.PAUSED, name="fiant")


def test_code_is_not_deployed(tmp_path: Path) -> None:
    with pytest.raises(FilterError, match="code is not run on the server"):
        load(tmp_path / "mine.py")


def test_catalogues_are_found_wherever_they_are_asked() -> None:
    wanted = filter_of(
        a='in_region("moc") & ~watchlist("galaxies")',
        b='-abs(watchlist_distance_arcsec("stars")) in (1, 2)',
        c='score("realbogus", "real") > 0.5',
        d='watchlist("galaxies")',
    )
    assert catalogues(wanted) == ("moc", "galaxies", "stars")
