"""What `alert.plot()` draws: everything that is known, nothing over anything else."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

from filters.handmade import Epoch, handmade
from gueststar.alert import Alert, rows
from gueststar.pictures.alert import draw, selected_by
from gueststar.pictures.chances import LINES_MAX, chances
from gueststar.pictures.light_curve import telling
from gueststar.points import points_of
from schemas.batch import AlertBatch
from schemas.decode import Decoder

MANY = {f"label_{number}": 1 / 30 for number in range(30)}
SCORES: dict[str, dict[str, float]] = {"realbogus": {"real": 0.9, "bogus": 0.1}, "kind": MANY}
FILTERS = ("young_supernovae", "fast_transients", "solar_system", "a", "b")
CURVE = [
    Epoch(59990.0, "g", limit_mag=20.5),
    Epoch(59995.0, "g", 4000.0, 400.0),
    Epoch(59998.0, "r", -9000.0, 400.0),
    Epoch(60000.0, "r", 12000.0, 400.0),
]


def one(batch: AlertBatch, scores: Any = SCORES, filters: tuple[str, ...] = FILTERS) -> Alert:  # noqa: ANN401
    """A batch's only alert."""
    return next(rows(batch, [scores], [filters]))


def by_hand() -> Alert:
    """An alert without stamps."""
    return one(
        handmade(
            object_id=["AT2026xyz"],
            ra_deg=[10.0],
            dec_deg=[-5.0],
            magnitude=[19.5],
            magnitude_err=[0.1],
            light_curve=[CURVE],
        )
    )


def texts(figure: Figure) -> list[str]:
    """All that is written."""
    return [found.get_text() for found in figure.findobj(Text)]


def test_a_real_packet_is_drawn_with_its_three_stamps(packets: list[bytes]) -> None:
    figure = draw(one(Decoder().decode(packets[:1])))
    images = [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]
    assert [image.shape for image in images] == [(63, 63)] * 3
    assert "science   63 × 63" in texts(figure)


def test_the_header_says_what_is_known() -> None:
    written = " ".join(texts(draw(by_hand())))
    for said in ("AT2026xyz", "RA 10.00000°", "Dec -5.00000°", "r 19.50 ± 0.10", "real 0.90"):
        assert said in written
    assert "survey's real" not in written


def test_only_the_first_filters_are_named() -> None:
    assert selected_by(FILTERS) == (
        "selected by young_supernovae, fast_transients, solar_system and 2 more"
    )
    assert selected_by(FILTERS[:1]) == "selected by young_supernovae"
    assert selected_by(()) == "selected by no filter"


def test_a_lite_record_says_that_it_has_no_stamps() -> None:
    assert "no stamps: a lite record" in texts(draw(by_hand()))


def test_an_alert_of_which_nothing_is_known_is_drawn() -> None:
    written = texts(draw(one(handmade(rows=1, light_curve=[[]]), scores={}, filters=())))
    assert {"no light curve", "no classifier scored it"} <= set(written)


def test_bright_is_up_and_every_mark_is_explained() -> None:
    figure = draw(by_hand())
    axes = next(axes for axes in figure.axes if axes.get_legend())
    low, high = axes.get_ylim()
    assert low > high
    explained = [found.get_text() for found in axes.findobj(Legend)[0].findobj(Text)]
    assert [one for one in explained if one] == ["g", "r", "fainter than before", "upper limit, 5σ"]


def test_every_point_lies_within_the_axes() -> None:
    alert = by_hand()
    axes = next(axes for axes in draw(alert).axes if axes.get_legend())
    (left, right), (faint, bright) = axes.get_xlim(), axes.get_ylim()
    points = points_of(alert)
    assert ((left < points.days) & (points.days < right)).all()
    assert ((bright < points.magnitude) & (points.magnitude < faint)).all()


def test_a_limit_far_above_every_detection_is_left_out() -> None:
    curve = [Epoch(59999.0, "r", limit_mag=12.0), *CURVE]
    points = points_of(one(handmade(rows=1, light_curve=[curve])))
    assert telling(points).magnitude.min() > 15


def test_limits_alone_are_all_shown() -> None:
    curve = [Epoch(59999.0, "r", limit_mag=12.0), Epoch(59999.5, "r", limit_mag=20.0)]
    assert len(telling(points_of(one(handmade(rows=1, light_curve=[curve]))))) == 2


def test_of_too_many_labels_the_most_probable_are_listed() -> None:
    lines = list(chances(SCORES))
    assert len(lines) == LINES_MAX
    assert [name for name, chance in lines if np.isnan(chance)] == ["realbogus", "kind"]


def test_labels_stand_by_falling_probability() -> None:
    lines = list(chances({"net": {"a": 0.1, "b": 0.7, "c": 0.2}}))
    assert [name for name, _ in lines] == ["net", "b", "c", "a"]


def test_no_text_stands_over_another_or_outside(packets: list[bytes]) -> None:
    figure = draw(one(Decoder().decode(packets[:1])))
    figure.draw_without_rendering()
    # Matplotlib keeps ticks outside of the axes, undrawn, and places their labels itself.
    axises = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    ticks = {
        label
        for axis in axises
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
    }
    written = [text for text in figure.findobj(Text) if text.get_text() and text not in ticks]
    boxes = [text.get_window_extent() for text in written]
    canvas = figure.bbox
    for text, box in zip(written, boxes, strict=True):
        assert canvas.x0 <= box.x0 <= box.x1 <= canvas.x1, text
        assert canvas.y0 <= box.y0 <= box.y1 <= canvas.y1, text
    for (one_text, one_box), (other_text, other_box) in combinations(
        zip(written, boxes, strict=True), 2
    ):
        assert not one_box.overlaps(other_box), (one_text, other_text)


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_picture_is_saved_the_same_every_time(tmp_path: Path, ending: str) -> None:
    files = [tmp_path / f"{number}.{ending}" for number in range(2)]
    for path in files:
        by_hand().plot(path=path)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_notebook_shows_the_picture_by_itself() -> None:
    assert by_hand().plot()._repr_png_().startswith(b"\x89PNG")
