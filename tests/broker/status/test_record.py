"""A status is read as it was written, from later versions too; what is none is refused by name."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from broker.alerts.counts import AlertCounts
from broker.alerts.outcome import AlertOutcome
from broker.clock import ManualClock
from broker.deployments.records import Cause, Change, State, Version
from broker.errors import TransactionAborted
from broker.json_records import RecordError
from broker.observer import Phase
from broker.status import OnDuty, Reporter, Status, read_status
from broker.status.record import Waited
from broker.status.reporter import DRIFTS_MAX, PAUSED_MAX
from classifiers.drift import Drift
from schemas.stage import Identity
from tests.broker.deployments.test_records import version_of
from tests.broker.test_metrics import PUBLISHED_UNIX_S, report_of

NOTHING = OnDuty((), ())


def outcome(*received_unix_s: float) -> AlertOutcome:
    times = np.array(received_unix_s)
    return AlertOutcome(AlertCounts(), received_unix_s=times, exposed_unix_s=times)


@pytest.fixture
def reporter() -> Reporter:
    found = Reporter("one", "1.2.3", ManualClock(PUBLISHED_UNIX_S))
    found.on_phase(Phase.POLLING)
    found.on_abort(TransactionAborted("fault"), Phase.OPEN)
    for _ in range(2):
        found.on_batch(report_of(outcome(np.nan, PUBLISHED_UNIX_S - 360)))
    return found


def paused(number: int) -> tuple[Version, Change]:
    return version_of(f"f{number}"), Change(
        State.PAUSED, Cause.COST, "x" * 900, "worker", float(number)
    )


def test_batches_add_up_and_are_read_as_they_were_written(reporter: Reporter) -> None:
    status = reporter.status(OnDuty([("realbogus", "1", "abc")], ()))
    assert read_status(status.encode()) == status
    assert (status.batches, status.consumed, status.aborts) == (2, 20, 1)
    assert status.published == {"enriched": 18, "young": 4}
    assert status.dead == {"truncated": 2}
    assert status.lag == {"ztf": {"0": 7, "1": 0}}
    assert (status.behind, status.phase, status.key) == (7, "polling", b"one")
    assert status.not_served == (Waited(PUBLISHED_UNIX_S - 300, PUBLISHED_UNIX_S),)
    assert status.hours_not_served == pytest.approx(300 / 3600)


def test_a_worker_that_did_nothing_yet_has_a_status(reporter: Reporter) -> None:
    status = Reporter("new", "1").status(NOTHING)
    assert read_status(status.encode()) == status
    assert status.last_commit_unix_s is None


def test_a_record_stays_small_whatever_is_paused(reporter: Reporter) -> None:
    status = reporter.status(OnDuty((), (), [paused(one) for one in range(1, 1001)]))
    assert len(status.paused) == PAUSED_MAX
    assert status.paused[0].name == "f1000"
    assert len(status.encode()) < 50_000


def test_what_a_later_version_adds_is_passed_over(reporter: Reporter) -> None:
    status = reporter.status(NOTHING)
    document = {**json.loads(status.encode()), "more": 1}
    assert read_status(json.dumps(document).encode()) == status


def test_what_drifts_is_told_the_worst_first_and_was_not_told_by_earlier_versions(
    reporter: Reporter,
) -> None:
    model = Identity("realbogus", "3", "abc")
    said = [Drift("ztf/g", f"x{one}", "psi", one / 10, 0.1, 500) for one in range(2, 100)]
    status = reporter.status(OnDuty((), (), (), [(model, 20231018, one) for one in said]))
    assert read_status(status.encode()) == status
    assert (len(status.drifts), status.drifts[0].column) == (DRIFTS_MAX, "x99")
    document = json.loads(status.encode())
    del document["drifts"]
    assert read_status(json.dumps(document).encode()).drifts == ()


@pytest.mark.parametrize(
    "value",
    [b"", b"[]", b"{}", b'{"format": 2}', b'{"format": 1}', b"\xff"],
)
def test_what_is_no_status_is_refused_in_one_line(value: bytes) -> None:
    with pytest.raises(RecordError) as raised:
        read_status(value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [("dead", {"x": "1"}), ("lag", {"ztf": 3}), ("filters", {"x": 1}), ("batches", 1.5)],
)
def test_a_value_of_another_kind_is_refused(reporter: Reporter, key: str, value: object) -> None:
    document = {**json.loads(reporter.status(NOTHING).encode()), key: value}
    with pytest.raises(RecordError):
        read_status(json.dumps(document).encode())


def test_a_status_of_another_format_is_never_made(reporter: Reporter) -> None:
    status: Status = reporter.status(NOTHING)
    with pytest.raises(RecordError, match="format"):
        replace(status, format=2)
