"""What is no alert is said in few lines, with what would help."""

from __future__ import annotations

import logging

import pytest

from broker.ports import Message
from gueststar.passed_over import COUNT_INTERVAL_S, LINES_MAX, PassedOver
from schemas.batch import Reason, Rejected

CONFLUENT = b"\0\0\0\0\2rest"


def message(offset: int, value: bytes = b"junk") -> Message:
    """One message of a topic."""
    return Message("t", 0, offset, 0, None, value)


def test_many_messages_that_are_no_alerts_take_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    now_s = [0.0]
    passed_over = PassedOver(has_schemas=False, now_s=lambda: now_s[0])
    for offset in range(1_000):
        now_s[0] += COUNT_INTERVAL_S / 400
        passed_over.add(message(offset), Rejected(0, Reason.TRUNCATED, "begins with nothing"))
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == LINES_MAX + 3
    assert "t/0 offset 0: " in said[0]
    assert said[-1].startswith("no alerts, passed over: 8")


@pytest.mark.parametrize(
    ("value", "has_schemas", "hinted"),
    [(CONFLUENT, False, True), (CONFLUENT, True, False), (b"Obj\x01", False, False)],
)
def test_a_registry_is_asked_for_once_where_it_would_help(
    value: bytes, has_schemas: bool, hinted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    passed_over = PassedOver(has_schemas=has_schemas)
    for offset in range(3):
        passed_over.add(message(offset, value), Rejected(0, Reason.UNKNOWN_SCHEMA, "schema id 2"))
    assert caplog.text.count("--registry URL") == int(hinted)
