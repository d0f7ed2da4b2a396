"""The compiled functions by themselves: when they are compiled, and how points are ordered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.ascii_text import ascii_texts, read_ascii
from schemas.compiling import compiled
from schemas.decode import Decoder
from schemas.decoder import order_points
from schemas.light_curves import Points, light_curves

ROOT = Path(__file__).resolve().parents[2]


def test_nothing_is_compiled_at_import() -> None:
    code = (
        "import schemas.decode, schemas.decoder as d; "
        "print([n for n, f in vars(d).items() if getattr(f, 'signatures', None)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_where_nothing_can_be_cached_it_is_compiled_all_the_same() -> None:
    names: dict[str, Any] = {}
    exec("def double(value):\n    return 2 * value", names)
    double = compiled(names["double"])
    assert double(21) == 42


def test_a_warmed_up_decoder_compiles_nothing_for_its_first_packet() -> None:
    Decoder().warm_up()
    before = len(order_points.signatures)  # type: ignore[attr-defined]
    Decoder().warm_up()
    assert len(order_points.signatures) == before == 1  # type: ignore[attr-defined]


def test_texts_of_one_alert_and_of_many_are_read_by_one_compiled_loop() -> None:
    buffer, spans = np.frombuffer(b"onetwo", np.uint8), np.array([[0, 3, 9], [3, 6, 9]], np.int64)
    assert ascii_texts(buffer, spans[:1, :2], 4).tolist() == ["one"]
    compiled_for = len(read_ascii.signatures)  # type: ignore[attr-defined]
    assert ascii_texts(buffer, spans[:, :2], 4).tolist() == ["one", "two"]
    assert len(read_ascii.signatures) == compiled_for  # type: ignore[attr-defined]


TIMES = st.floats(-5, 5) | st.just(float("nan"))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 4), TIMES), max_size=30), st.integers(-1, 100))
def test_points_are_ordered_as_a_stable_sort_orders_them(
    points: list[tuple[int, float]], shifts_max: int
) -> None:
    rows = np.array([row for row, _ in points], np.int64)
    mjd = np.array([time for _, time in points], np.float64)
    offsets, ends = np.zeros(6, np.int64), np.empty(5, np.int64)
    order = np.empty(len(points), np.int64)
    if not order_points(rows, mjd, offsets, ends, order, shifts_max):
        return
    timed = [place for place in range(len(points)) if not np.isnan(mjd[place])]
    assert order[: offsets[-1]].tolist() == sorted(timed, key=lambda at: (rows[at], mjd[at]))
    assert np.diff(offsets).tolist() == [sum(rows[timed] == row) for row in range(5)]


@pytest.mark.parametrize("count", [3, 500])
def test_a_history_backwards_is_turned_round(count: int) -> None:
    mjd = np.arange(count, 0.0, -1.0)
    rows, nothing = np.zeros(count, np.int64), np.full(count, np.nan)
    points = Points(
        rows, mjd, np.zeros(count, np.int8), mjd * 2, nothing, nothing, np.ones(count, np.bool_)
    )
    curve = light_curves(1, points)
    assert curve.mjd.tolist() == sorted(mjd)
    assert curve.flux_njy.tolist() == sorted(mjd * 2)
