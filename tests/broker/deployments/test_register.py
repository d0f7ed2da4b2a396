"""What the records of deployed filters add up to, in whatever order they come."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.deployments.records import Record, State
from broker.deployments.register import Register
from broker.versions import CHANGES_KEPT, Erased
from tests.broker.deployments.test_records import CHANGE, NAMES, status_of, version_of


@st.composite
def records(draw: st.DrawFn, name: st.SearchStrategy[str]) -> Record:
    """A record of some version, which may be written more than once, as races do."""
    version = version_of(draw(name), draw(st.integers(1, 4)))
    kind = draw(st.sampled_from(["version", "status", "erased"]))
    if kind == "status":
        return status_of(version, *draw(st.lists(st.sampled_from(State), min_size=1, max_size=3)))
    if kind == "erased":
        return Erased(version.name, version.version, draw(st.booleans()))
    return replace(version, by=draw(st.sampled_from(["ada", "bob"])))


histories = st.lists(records(st.sampled_from(NAMES)), max_size=20)


def test_the_newest_version_is_on_duty_and_an_older_one_does_not_come_back() -> None:
    first, second = version_of(version=1), version_of(version=2)
    register = Register().after([first])
    assert register.active == (first,)
    register = register.after([second])
    assert register.active == (second,)
    for state in (State.PAUSED, State.REMOVED):
        assert register.after([status_of(second, state)]).active == ()
    assert register.after([status_of(second, State.PAUSED, State.LIVE)]).active == (second,)


@given(histories)
@settings(max_examples=100)
def test_a_status_of_an_older_version_never_changes_what_is_on_duty(history: list[Record]) -> None:
    register = Register().after(history)
    for newest in register.latest.values():
        for older in register.versions(newest.name)[:-1]:
            for state in State:
                assert register.after([status_of(older, state)]).active == register.active


@given(histories)
@settings(max_examples=100)
def test_the_order_of_records_of_different_filters_does_not_matter(
    history: list[Record],
) -> None:
    by_name = {name: [one for one in history if one.name == name] for name in NAMES}
    grouped = [one for name in reversed(NAMES) for one in by_name[name]]
    assert Register().after(grouped) == Register().after(history)
    assert Register().after(grouped).active == Register().after(history).active


@given(histories)
@settings(max_examples=100)
def test_compaction_which_keeps_the_last_of_a_key_changes_nothing(history: list[Record]) -> None:
    last: dict[bytes, Record] = {}
    for record in history:
        last.pop(record.key, None)
        last[record.key] = record
    assert Register().after(last.values()) == Register().after(history)


@given(histories, st.integers(0, 20))
@settings(max_examples=100)
def test_records_that_come_in_two_readings_add_up_as_in_one(
    history: list[Record], cut: int
) -> None:
    parts = Register().after(history[:cut]).after(history[cut:])
    assert parts == Register().after(history)


@given(histories)
@settings(max_examples=100)
def test_the_next_version_is_a_number_that_nothing_has_had(history: list[Record]) -> None:
    register = Register().after(history)
    for name in NAMES:
        fresh = version_of(name, register.next_version(name))
        assert register.after([fresh]).changes(fresh) == ()
        assert fresh in register.after([fresh]).active


def test_a_version_is_live_from_its_deployment_on() -> None:
    version = version_of()
    change = Register().after([version]).change(version)
    assert (change.state, change.by, change.unix_s) == (
        State.LIVE,
        version.by,
        version.deployed_unix_s,
    )


def test_a_status_remembers_its_last_changes_and_no_more() -> None:
    version = version_of()
    register = Register().after([version])
    for number in range(CHANGES_KEPT + 7):
        change = replace(CHANGE, reason=str(number))
        register = register.after([register.changed(version, change)])
    reasons = [change.reason for change in register.changes(version)]
    assert reasons == [str(number) for number in range(7, CHANGES_KEPT + 7)]
    assert register.change(version).reason == reasons[-1]


def test_the_versions_of_a_filter_come_oldest_first() -> None:
    known = [version_of(version=number) for number in (10, 2, 9)]
    found = Register().after([*known, version_of("fast_1")]).versions("bright")
    assert [one.version for one in found] == [2, 9, 10]
