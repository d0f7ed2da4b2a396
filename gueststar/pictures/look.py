"""The one look of the product's pictures: colours, sizes and lines."""

from __future__ import annotations

from schemas.columns import BANDS

BLUE = "#0072B2"
AMBER = "#ffb000"
PALE_BLUE = "#9fb8c8"
INK, GREY, PALE, FAINT = "#222222", "#777777", "#dddddd", "#f6f6f6"
NO_PIXEL = "#d9c7a0"
"""Of a pixel without a value: no grey, so that it is not taken for one."""

BAND_COLOURS = dict(
    zip(
        BANDS,
        (
            *("#6f2da8", "#0072B2", "#009E73", "#E69F00", "#D55E00", "#7a3b1d"),
            *("#56B4E9", "#CC79A7", "#8c8c00", "#444444"),
        ),
        strict=True,
    )
)
"""Told apart by the colour-blind (Wong 2011, Nature Methods 8, 441); each has a marker, too."""
BAND_MARKERS = dict(zip(BANDS, ("P", "o", "s", "D", "h", "X", "p", "^", "<", ">"), strict=True))
UNKNOWN_BAND = "?"

WIDTH_INCHES, HEIGHT_INCHES = 10.0, 5.6
DPI = 150
"""Of PNGs: sharp on fine screens."""

STYLE = {
    "font.size": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "axes.labelcolor": INK,
    "axes.labelsize": 8.5,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "svg.hashsalt": "gueststar",
    "text.parse_math": False,  # What an alert is called is no formula.
}


def band_name(code: int) -> str:
    """A band's name; a question mark where it is unknown."""
    return BANDS[code] if code >= 0 else UNKNOWN_BAND


def band_colour(code: int) -> str:
    return BAND_COLOURS.get(band_name(code), GREY)


def band_marker(code: int) -> str:
    return BAND_MARKERS.get(band_name(code), "v")
