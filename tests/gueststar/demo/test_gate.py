"""The bound on the bytes under way: never exceeded, and never a reason to stand still."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import KafkaUnavailable
from gueststar.demo import gate as gates
from gueststar.demo.gate import Gate


@given(st.lists(st.integers(0, 40), max_size=50), st.integers(1, 100))
def test_the_bound_holds_unless_one_packet_alone_is_over_it(
    sizes: list[int], bytes_max: int
) -> None:
    gate, under_way = Gate(bytes_max), list[int]()
    for size in sizes:
        # Whoever finds the gate full lets the oldest go, as a reader would.
        while under_way and sum(under_way) + size > bytes_max:
            gate.leave(1)
            under_way.pop(0)
        (_,) = gate.admitted([bytes(size)])
        under_way.append(size)
        assert sum(under_way) <= max(bytes_max, size)
        assert not gate.is_empty


def test_a_full_gate_waits_until_there_is_room() -> None:
    gate = Gate(bytes_max=10)
    passing = gate.admitted([bytes(8), bytes(8)])
    next(passing)
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(next, passing)
        assert not second.done()
        gate.leave(1)
        assert len(second.result(timeout=10)) == 8


def test_a_gate_that_stays_full_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "WAIT_S_MAX", 0.01)
    passing = Gate(bytes_max=10).admitted([bytes(8), bytes(8)])
    next(passing)
    with pytest.raises(KafkaUnavailable, match="1 alerts stand still"):
        next(passing)


def test_a_gate_that_is_shut_lets_nothing_in_and_nobody_wait() -> None:
    gate = Gate(bytes_max=10)
    passing = gate.admitted([bytes(8)] * 3)
    next(passing)
    gate.shut()
    assert list(passing) == []


def test_more_leaving_than_came_leaves_an_empty_gate() -> None:
    gate = Gate()
    list(gate.admitted([b"one"]))
    gate.leave(5)
    assert gate.is_empty
