"""Many random expressions: noise, tokens in any order, sound clauses, struck ones, and Python.

Each must be a tree, which is then evaluated on a few alerts, or an ExpressionError of one line.
"""

from __future__ import annotations

import ast

import numpy as np

from filters.alerts import Alerts
from filters.expressions.checker import checked
from filters.expressions.evaluation import evaluate
from filters.expressions.parser import read
from filters.expressions.refusal import ExpressionError
from filters.expressions.tree import Node
from filters.handmade import Epoch, handmade
from schemas.errors import FilterError
from sky.catalogues import CatalogueIdentity, Degrees, Sky
from tests.fuzzing.enduring import RESULT, Kind, refusal
from tests.fuzzing.expression_cases import UNSCANNED, drawn

STAGES = {"scanning": "the scan", "checking": "the check"}
"""By module."""


class _North:
    """A region and a watchlist: the northern half of the sky."""

    identity = CatalogueIdentity("north", "0" * 64)

    def contains(self, ra_deg: Degrees, dec_deg: Degrees) -> np.ndarray:
        return dec_deg > 0

    def distance_arcsec(self, ra_deg: Degrees, dec_deg: Degrees) -> np.ndarray:
        return np.where(dec_deg > 0, 1.0, np.inf)


BATCH = handmade(
    magnitude=[18.0, np.nan, np.inf, 0.0],
    age_days=[0.0, 1.0, -1.0, 1e300],
    dec_deg=[-90.0, 0.0, 90.0, np.nan],
    light_curve=[[Epoch(59999.0, "g", 10.0), Epoch(60000.0, "r", 20.0)], [], [Epoch(6e4, "g")], []],
    scores={"realbogus": {"bogus": [0.1, 0.9, 0.5, np.nan], "real": [0.9, 0.1, 0.5, np.nan]}},
    values={"gaia": {"parallax_mas": [1.0, -np.inf, 0.0, np.nan]}},
)
SKY = Sky(regions=[_North()], watchlists=[_North()])


def _end(drawn_as: str, text: str) -> str:
    """How a case ends: a result, which stage refused it, or harm."""
    reader = _unscanned if drawn_as == UNSCANNED else read
    try:
        found = evaluate(reader(text), Alerts(BATCH, SKY))
    except ExpressionError as error:
        end = refusal(error) if error.picture else f"harm: no picture of {error}"
        return f"{end} by {STAGES.get(_module(error), 'the parser')}"
    except FilterError:
        return "not configured"
    sound = found.dtype == np.bool_ and found.shape == (len(BATCH),)
    return RESULT if sound else f"harm: {found.dtype} {found.shape}"


def _unscanned(text: str) -> Node:
    try:
        parsed = ast.parse(text, mode="eval")
    except SyntaxError:
        raise ExpressionError("no expression", text, 0) from None
    return checked(parsed.body, text)


def _module(error: ExpressionError) -> str:
    """Which refused."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    name: str = place.tb_frame.f_globals["__name__"] if place else ""
    return name.rpartition(".")[2]


EXPRESSIONS = Kind(drawn, _end, cpu_ms_max=25.0)
"""The slowest known takes a seventh of that."""
