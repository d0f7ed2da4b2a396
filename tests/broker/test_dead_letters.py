"""A dead letter says where its alert lies and why it died; a bound stops a dying stream."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from broker.dead_letters import (
    DETAIL_CHARACTERS_MAX,
    PREFIX_BYTES_MAX,
    DeadLetter,
    DeadLetterBound,
)
from broker.errors import TooManyDead
from broker.ports import Message


def letter(value: bytes, detail: str = "at byte 7") -> DeadLetter:
    """A dead letter of some packet."""
    return DeadLetter("truncated", detail, Message("survey", 3, 42, 1700, b"key", value))


def test_it_says_where_the_alert_lies_and_why_it_died() -> None:
    read = json.loads(letter(b"Obj\x01rest").encode())
    assert read == {
        "reason": "truncated",
        "detail": "at byte 7",
        "topic": "survey",
        "partition": 3,
        "offset": 42,
        "timestamp_ms": 1700,
        "size_bytes": 8,
        "sha256": hashlib.sha256(b"Obj\x01rest").hexdigest(),
        "prefix_base64": base64.b64encode(b"Obj\x01rest").decode(),
    }
    assert letter(b"").key == b"survey-3-42"


def test_it_is_small_however_large_the_packet_and_the_detail() -> None:
    encoded = letter(b"x" * 10**6, "\N{COMET}" * 10**5).encode()
    assert json.loads(encoded)["size_bytes"] == 10**6
    assert len(encoded) < 2 * PREFIX_BYTES_MAX + 6 * DETAIL_CHARACTERS_MAX + 500


def test_the_bound_is_off_unless_set() -> None:
    bound = DeadLetterBound()
    for _ in range(100):
        bound.check(1000, 1000)


def test_the_bound_looks_at_the_last_alerts_only() -> None:
    bound = DeadLetterBound(fraction_max=0.5, alerts_min=100)
    for _ in range(50):
        bound.check(10, 0)
    for _ in range(5):
        bound.check(10, 10)
    with pytest.raises(TooManyDead, match="60 of the last 100 alerts"):
        bound.check(10, 10)


def test_the_bound_waits_until_it_has_seen_enough() -> None:
    bound = DeadLetterBound(fraction_max=0.5, alerts_min=100)
    for _ in range(9):
        bound.check(11, 11)
    with pytest.raises(TooManyDead, match="dead_fraction_max"):
        bound.check(1, 1)
