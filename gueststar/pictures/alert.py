"""One alert at a glance: what it is, its stamps, its light curve, what classifiers think."""

from __future__ import annotations

import io
import math
from os import PathLike
from pathlib import Path

import matplotlib as mpl
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure

from gueststar.pictures.chances import draw_chances
from gueststar.pictures.light_curve import draw_light_curve
from gueststar.pictures.look import BLUE, DPI, GREY, HEIGHT_INCHES, STYLE, WIDTH_INCHES
from gueststar.pictures.stamps import draw_stamps
from gueststar.predicted import sentences
from gueststar.row import Row

FILTERS_SHOWN_MAX = 3
"""Names of filters in the header; of the others, how many there are."""

LEFT, RIGHT, TOP, BOTTOM = 0.7, 9.75, 5.5, 0.5
STAMP, GAP = 1.98, 0.12
STAMPS_FROM = 2.72
CURVE_HEIGHT = 1.8
CHANCES_FROM = 7.25
CHANCES_HEIGHT = 4.2
"""Where things are, in inches from the lower left corner."""


class Picture(Figure):
    """A figure in our look, which a notebook shows by itself."""

    def draw(self, renderer: RendererBase) -> None:
        """In our look, as matplotlib makes ticks only now."""
        with mpl.rc_context(STYLE):
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        image = io.BytesIO()
        self.savefig(image, format="png", dpi=DPI)
        return image.getvalue()


def draw(alert: Row, *, said: str = "") -> Picture:
    """An alert as a matplotlib Figure of 10 by 5.6 inches; no display is needed.

    `said` stands at the right above, in place of the filters that selected it.
    """
    with mpl.rc_context(STYLE):
        figure = Picture(figsize=(WIDTH_INCHES, HEIGHT_INCHES), facecolor="white")
        head(figure, alert, said or selected_by(alert.filters))
        places = [LEFT + number * (STAMP + GAP) for number in range(3)]
        stamps = [figure.add_axes(inches(left, STAMPS_FROM, STAMP, STAMP)) for left in places]
        draw_stamps(figure, stamps, alert)
        width = 3 * STAMP + 2 * GAP
        draw_light_curve(figure.add_axes(inches(LEFT, BOTTOM, width, CURVE_HEIGHT)), alert)
        beside = inches(CHANCES_FROM, BOTTOM, RIGHT - CHANCES_FROM, CHANCES_HEIGHT)
        draw_chances(figure.add_axes(beside), alert)
    return figure


def save(figure: Picture, path: str | PathLike[str]) -> None:
    """Write a picture to a file; one picture, the same bytes."""
    dated = {"Date": None} if Path(path).suffix in {".svg", ".svgz"} else {}
    with mpl.rc_context(STYLE):
        figure.savefig(path, dpi=DPI, metadata=dated)


def inches(
    left: float, bottom: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """A place in the figure as matplotlib has it, in fractions."""
    return (
        left / WIDTH_INCHES,
        bottom / HEIGHT_INCHES,
        width / WIDTH_INCHES,
        height / HEIGHT_INCHES,
    )


def head(figure: Figure, alert: Row, chosen: str) -> None:
    """Which alert, what is known of it, and of host and phase; at the right, who selected it."""
    left, right = LEFT / WIDTH_INCHES, RIGHT / WIDTH_INCHES
    first, second = (TOP - 0.02) / HEIGHT_INCHES, (TOP - 0.31) / HEIGHT_INCHES
    third = (TOP - 0.485) / HEIGHT_INCHES
    figure.text(left, first, alert.object_id, fontsize=14, weight="bold", va="top")
    figure.text(left, second, facts(alert), va="top")
    figure.text(left, third, "     ".join(sentences(alert)), color=GREY, va="top", fontsize=7)
    colour = BLUE if alert.filters else GREY
    figure.text(right, first - 0.006, chosen, color=colour, va="top", ha="right")
    figure.text(
        right, second, f"{alert.survey}  {alert.alert_id}", color=GREY, va="top", ha="right"
    )


def facts(alert: Row) -> str:
    """Position, brightness and real/bogus scores, as far as they are known."""
    known = [f"RA {alert.ra_deg:.5f}°", f"Dec {alert.dec_deg:+.5f}°"]
    if math.isfinite(alert.magnitude):
        known.append(
            f"{alert.band or 'magnitude'} {alert.magnitude:.2f} ± {alert.magnitude_err:.2f}"
        )
    real = alert.scores.get("realbogus", {}).get("real", math.nan)
    known += [f"real {real:.2f}"] if math.isfinite(real) else []
    survey = alert.survey_real_score
    known += [f"survey's real {survey:.2f}"] if math.isfinite(survey) else []
    return "     ".join(known)


def selected_by(filters: tuple[str, ...]) -> str:
    """The filters by name, the first few of them."""
    if not filters:
        return "selected by no filter"
    more = len(filters) - FILTERS_SHOWN_MAX
    named = ", ".join(filters[:FILTERS_SHOWN_MAX])
    return f"selected by {named} and {more} more" if more > 0 else f"selected by {named}"
