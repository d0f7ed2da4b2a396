"""What may be written in a filter, with what it means: what an editor completes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from filters.expressions.functions import FUNCTIONS, Function
from filters.expressions.names import KINDS
from gueststar.portal.night import Came
from schemas.columns import COLUMNS
from sky.catalogues import Sky


class Word(NamedTuple):
    """Something that may be written."""

    word: str
    """As it is put in."""
    kind: str
    about: str


def vocabulary(newest: Came | None, sky: Sky) -> list[Word]:
    """Columns, functions, what stages said of the newest alert, regions and watchlists."""
    return [*_columns(), *_functions(), *_learned(newest), *_places(sky)]


def _columns() -> Iterator[Word]:
    for name in KINDS:
        about = COLUMNS[name].about
        unit = f" [{about.unit}]" if about.unit else ""
        named = f" One of {', '.join(about.names)}." if about.names else ""
        yield Word(name, f"column{unit}", about.sentence + named)


def _functions() -> Iterator[Word]:
    for each in FUNCTIONS.values():
        yield Word(each.signature, "function", _first_lines(each))


def _first_lines(one: Function) -> str:
    return " ".join(one.document.split("\n\n")[0].split())


def _learned(newest: Came | None) -> Iterator[Word]:
    if newest is None:
        return
    for stage, labels in newest.alert.scores.items():
        for label in labels:
            yield Word(f'score("{stage}", "{label}")', "score", f"{stage}'s probability, 0 to 1.")
    for stage, columns in newest.alert.values.items():
        for name in columns:
            yield Word(f'value("{stage}", "{name}")', "value", f"What stage {stage} gives.")


def _places(sky: Sky) -> Iterator[Word]:
    for name in sorted(sky.regions):
        yield Word(f'in_region("{name}")', "region", "A region of the sky that is known here.")
    for name in sorted(sky.watchlists):
        yield Word(f'watchlist("{name}")', "watchlist", "A watchlist that is known here.")
