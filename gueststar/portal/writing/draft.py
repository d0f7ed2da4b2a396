"""A filter's text as somebody types it: the filter that it is, or what is wrong and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from filters.expressions.files import Place, document_in
from filters.expressions.filter import NAME, ExpressionFilter
from filters.expressions.parser import read
from filters.expressions.refusal import ExpressionError
from gueststar.filtering.deployment import catalogues
from schemas.errors import FilterError
from sky.catalogues import Sky

PLACED = re.compile(r"(?:filter file .*?\.filter(?::(\d+))?: )?(.*)", re.DOTALL)
"""A message with the place that it begins with."""


class Mistake(NamedTuple):
    """What is wrong, and where: lines and columns count from 1, 0 is the whole text, or line."""

    line: int
    column: int
    said: str


class Draft(NamedTuple):
    """A text, understood as far as it can be."""

    filter: ExpressionFilter | None
    mistakes: tuple[Mistake, ...]


def drafted(name: str, text: str, form: str, sky: Sky) -> Draft:
    """The filter of a `.filter` text (`filters.expressions.files`), by its name and form."""
    path = Path(f"{name if NAME.fullmatch(name) else 'draft'}.filter")
    try:
        document, place = document_in(text, path)
    except FilterError as error:
        return Draft(None, (_placed(str(error)),))
    if wrong := [*_expressions(text, document["clauses"], place)]:
        return Draft(None, tuple(wrong))
    try:
        found = ExpressionFilter.of({**document, "name": name, "form": form}, place)
    except FilterError as error:
        return Draft(None, (_placed(str(error)),))
    return Draft(found, tuple(_unknown(found, sky)))


def _placed(message: str) -> Mistake:
    found = PLACED.fullmatch(message)
    assert found is not None, "it takes everything"
    return Mistake(int(found[1] or 0), 0, found[2])


def _expressions(text: str, clauses: dict[str, str], place: Place) -> Iterator[Mistake]:
    """All that is wrong in clauses, not the first alone."""
    lines = text.split("\n")
    for name, expression in clauses.items():
        try:
            read(expression.strip(" "))
        except ExpressionError as error:
            line = _placed(f"{place(f'clauses.{name}')}: ").line
            written = lines[line - 1]
            begin = written.find(error.text, written.index(":") + 1) if error.text else len(written)
            yield Mistake(line, begin + error.at + 1, error.what)


def _unknown(found: ExpressionFilter, sky: Sky) -> Iterator[Mistake]:
    """Regions and watchlists that there are not."""
    known = sorted(sky.regions.keys() | sky.watchlists.keys())
    for name in catalogues(found):
        if name not in known:
            hint = f"; there are {', '.join(known)}" if known else "; none is here"
            yield Mistake(0, 0, f"there is no region or watchlist {name!r}{hint}")
