"""How each model, class and band is drawn."""

from __future__ import annotations

from types import MappingProxyType

from training.lightcurve.judging.outcome import FLOAT, SERVED, T2, TREES, TREES_GP
from training.pictures.look import BLUE, GREEN, GREY, ORANGE, PURPLE

LOOKS = MappingProxyType(
    {
        SERVED: ("this network, as served", BLUE, "o", "-"),
        FLOAT: ("in float32", BLUE, "x", ":"),
        T2: ("t2, re-trained", ORANGE, "s", "-"),
        TREES: ("trees, no Gaussian process", GREEN, "^", "-"),
        TREES_GP: ("trees, Gaussian process", PURPLE, "v", "--"),
    }
)
"""Name, colour, mark and line of each model."""
OTHER_LOOK = (GREY, "d", "-.")


def look(model: str) -> tuple[str, str, str, str]:
    """Name, colour, mark and line; of a model that has none of its own, grey ones."""
    return LOOKS.get(model, (model, *OTHER_LOOK))


BAND_COLOURS = ("#6f2da8", "#0072B2", "#009E73", "#E69F00", "#D55E00", "#7a3b1d")
"""u to y, from violet to brown; marks tell them apart as well."""
BAND_MARKS = ("v", "o", "s", "D", "^", "P")

CLASS_COLOURS = MappingProxyType(
    {
        "SNIa": "#0072B2",
        "SNIa-91bg": "#56B4E9",
        "SNIax": "#9ad0f0",
        "SNII": "#D55E00",
        "SNIbc": "#E69F00",
        "SLSN-I": "#f0c27a",
        "TDE": "#AA4499",
        "KN": "#882255",
        "AGN": "#d9a3cf",
        "RRL": "#004d3a",
        "M-dwarf": "#009E73",
        "EB": "#5fc4a3",
        "Mira": "#a9c94a",
        "uLens-Single": "#6b6b6b",
        "SNIIn": "#f28e5c",
        "not_shown_to_be_a_supernova": "#bbbbbb",
    }
)
"""Related classes have related colours: thermonuclear blue, core collapse orange, stars green."""
