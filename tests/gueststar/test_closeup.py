"""One alert in characters: its stamps, its light curve and its class bars, within their room."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from filters.handmade import Epoch, handmade
from gueststar.alert import Alert, rows
from gueststar.chart import FADINGS, UNKNOWN_BAND, chart_lines
from gueststar.closeup import BAR_COLUMNS, ROWS, closeup, filled
from gueststar.half_blocks import SIDE, shrunk, stamp_lines
from gueststar.points import points_of
from schemas.batch import PLANES, AlertBatch
from schemas.columns import BANDS
from schemas.decode import Decoder

SCORES = {
    "realbogus": {"real": 0.9, "bogus": 0.1},
    "lightcurve": {f"kind_{number}": 1 / 14 for number in range(14)},
}
CURVE = [
    Epoch(59980.0, "g", limit_mag=20.5),
    Epoch(59999.0, "g", 4000.0, 400.0),
    Epoch(60000.0, "r", 90_000.0, 400.0),
]


def one(batch: AlertBatch) -> Alert:
    """A batch's only alert, scored."""
    return next(rows(batch, [SCORES], [("young",)]))


def written(alert: Alert, columns: int) -> list[str]:
    """What a terminal of that width shows."""
    console = Console(file=io.StringIO(), width=columns, color_system=None)
    with console.capture() as capture:
        console.print(closeup(alert, columns))
    return capture.get().splitlines()


@pytest.mark.parametrize("columns", [80, 81, 100, 160])
def test_a_close_up_keeps_to_its_lines_and_columns(packets: list[bytes], columns: int) -> None:
    lines = written(one(Decoder().decode(packets[:1])), columns)
    assert len(lines) <= ROWS
    assert max(map(len, lines)) <= columns


def test_a_close_up_names_object_planes_classifiers_and_labels(packets: list[bytes]) -> None:
    alert = one(Decoder().decode(packets[:1]))
    text = "\n".join(written(alert, 100))
    for said in (alert.object_id, *PLANES, "realbogus", "real", "0.90", "kind 0", "lightcurve"):
        assert said in text


def test_a_lite_record_says_so_and_leaves_the_room() -> None:
    lines = written(one(handmade(rows=1, light_curve=[CURVE])), 80)
    assert "no stamps: a lite record" in lines[0]
    assert len(lines) < ROWS - SIDE // 2


def test_a_chart_has_each_point_as_the_letter_of_its_band_and_bright_is_up() -> None:
    alert = one(handmade(rows=1, light_curve=[CURVE]))
    lines = [line.plain for line in chart_lines(points_of(alert), columns=60, rows=10)]
    rows_of = {
        letter: next(n for n, text in enumerate(lines) if letter in text[7:]) for letter in "grv"
    }
    assert rows_of["r"] == 0 < rows_of["v"]
    assert rows_of["r"] < rows_of["g"]
    assert lines[-1].split() == ["-20", "d", "alert"]


def test_a_fading_is_a_ringed_letter_and_the_chart_says_so() -> None:
    curve = [Epoch(59990.0, "g", -4000.0, 400.0), Epoch(60000.0, "r", 90_000.0, 400.0)]
    alert = one(handmade(rows=1, light_curve=[curve]))
    lines = [line.plain for line in chart_lines(points_of(alert), columns=40, rows=10)]
    drawn = "".join(line[7:] for line in lines[:-1])
    assert drawn.split() == ["r", "ⓖ"]
    assert lines[-1].split() == ["-10", "d", "ringed:", "fainter", "alert"]


def test_every_band_has_a_fading_of_one_column_and_its_own() -> None:
    assert FADINGS.keys() == {*BANDS, UNKNOWN_BAND}
    assert len(set(FADINGS.values())) == len(FADINGS)
    assert all(cell_len(mark) == 1 for mark in FADINGS.values())


def test_an_alert_without_a_light_curve_has_a_sentence_for_a_chart() -> None:
    alert = one(handmade(rows=1, light_curve=[[]]))
    lines = chart_lines(points_of(alert), columns=60, rows=10)
    assert (lines[0].plain, len(lines)) == ("no light curve", 10)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(59000, 60100), st.sampled_from(BANDS), st.floats(0.1, 1e6)),
        min_size=1,
        max_size=20,
    ),
    st.integers(8, 120),
    st.integers(1, 20),
)
def test_a_chart_has_the_size_that_was_asked(
    points: list[tuple[float, str, float]], columns: int, rows: int
) -> None:
    curve = [Epoch(mjd, band, flux, 1.0) for mjd, band, flux in sorted(points)]
    alert = one(handmade(rows=1, light_curve=[curve]))
    lines = chart_lines(points_of(alert), columns=columns, rows=rows)
    assert len(lines) == max(rows, 3)
    assert all(line.cell_len <= max(columns, 24) for line in lines)


@pytest.mark.parametrize("shape", [(63, 63), (30, 30), (63, 40), (10, 24), (1, 1)])
def test_every_stamp_is_shown_at_one_size_its_middle_in_the_middle(shape: tuple[int, int]) -> None:
    plane = np.zeros(shape, np.float32)
    plane[shape[0] // 2, shape[1] // 2] = 1.0
    small = shrunk(plane)
    assert small.shape == (SIDE, SIDE)
    brightest = np.unravel_index(np.nanargmax(small), small.shape)
    assert all(abs(int(place) - SIDE // 2) <= 1 for place in brightest)


def test_the_first_row_of_pixels_is_at_the_bottom() -> None:
    plane = np.zeros((SIDE, SIDE), np.float32)
    plane[0, 0] = 1.0
    assert shrunk(plane)[-1, 0] == 1.0


def test_pixels_without_a_value_are_no_black_ones() -> None:
    plane = np.full((SIDE, SIDE), np.nan, np.float32)
    line = stamp_lines([plane, plane, plane])[1]
    assert str(line.spans[0].style) == "#d9c7a0 on #d9c7a0"


def test_a_stamp_that_is_missing_is_shown_as_nothing_known() -> None:
    assert np.isnan(shrunk(np.zeros((0, 0), np.float32))).all()


@pytest.mark.parametrize(
    ("chance", "bar"), [(0.0, ""), (1.0, "█" * 12), (0.5, "█" * 6), (1 / 96, "▏"), (2.0, "█" * 12)]
)
def test_a_bar_is_as_long_as_the_probability(chance: float, bar: str) -> None:
    assert filled(chance) == bar.ljust(BAR_COLUMNS)


def test_what_a_classifier_declined_has_no_bar(packets: list[bytes]) -> None:
    nothing, some = {"real": np.nan, "bogus": np.nan}, {"Ia": np.nan, "II": 0.4}
    (batch,) = [Decoder().decode(packets[:1])]
    alert = next(rows(batch, [{"realbogus": nothing, "supernova": some}], [()]))
    text = "\n".join(written(alert, 100))
    assert "it declined" in text
    assert "0.40" in text
    assert "Ia" not in text
    assert filled(np.nan) == " " * BAR_COLUMNS
