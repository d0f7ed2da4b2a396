"""How each score is called and drawn."""

from __future__ import annotations

from training.pictures.look import BLUE, GREEN, GREY, ORANGE, PURPLE
from training.realbogus.judging.agreement import (
    DRB_HIGH_MIN,
    DRB_LOW_MAX,
    OURS,
    RB,
    TAUGHT_BY_DRB,
)

LOOKS = {
    OURS: ("this network", BLUE, "-"),
    TAUGHT_BY_DRB: ("taught by drb alone", ORANGE, "-"),
    RB: ("rb", GREEN, "-"),
    "packet scalars": ("packet's own numbers", PURPLE, "-"),
    "magnitude": ("magnitude", GREY, "--"),
    "median sky": ("median sky", GREY, ":"),
}
"""Name, colour and line of each score."""
HIGH, LOW = f"drb ≥ {DRB_HIGH_MIN:g}", f"drb < {DRB_LOW_MAX:g}"
"""How the two sides of an agreement are called."""
