"""Alerts narrowed by night, score and filter: what a form asks, as a statement of SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from starlette.datastructures import QueryParams

from gueststar.portal import asked
from gueststar.portal.interface import CONE_COLUMNS
from schemas.errors import QuestionError

SCORE: Final = "score."
"""How the columns of scores begin."""
FILTERS: Final = "filters"
FIELDS: Final = ("since", "until", "score", "least", "filter")
"""Of the form: nights, a column of scores and the least of it, a filter that selected."""


def scores_in(columns: Sequence[str]) -> list[str]:
    """The columns of scores that may be asked for."""
    return [one for one in columns if one.startswith(SCORE)]


def statement(query: QueryParams, columns: Sequence[str]) -> str:
    """One SELECT of the alerts that are asked for, the latest first; `columns` are the lake's.

    Raises QuestionError.
    """
    tests = [*_of_nights(query), *_of_scores(query, columns), *_of_filters(query, columns)]
    if not tests:
        raise QuestionError("nothing is asked for; choose a night, a score or a filter")
    score = query.get("score", "")
    shown = [*CONE_COLUMNS, *([f'"{score}"'] if score else [])]
    return f"SELECT {', '.join(shown)} FROM alerts WHERE {' AND '.join(tests)} ORDER BY mjd DESC"


def _of_nights(query: QueryParams) -> Iterator[str]:
    for name, sign in (("since", ">="), ("until", "<=")):
        if text := query.get(name, "").strip():
            try:
                night = date.fromisoformat(text)
            except ValueError as error:
                raise QuestionError(f"{text!r:.40} is no night; write 2023-10-18") from error
            yield f"night {sign} {night:%Y%m%d}"


def _of_scores(query: QueryParams, columns: Sequence[str]) -> Iterator[str]:
    score = query.get("score", "")
    if not score and not query.get("least", "").strip():
        return
    if score not in scores_in(columns):
        raise QuestionError(f"the lake has no score {score!r:.80}; choose one of the list")
    yield f'"{score}" >= {asked.number_of(query, "least")!r}'


def _of_filters(query: QueryParams, columns: Sequence[str]) -> Iterator[str]:
    if name := query.get("filter", "").strip():
        if FILTERS not in columns:
            raise QuestionError(
                "this lake does not say which filters selected its alerts, as one does that"
                " `gueststar lake write` fills; ask by night or score"
            )
        quoted = name.replace("'", "''")
        yield f"list_contains({FILTERS}, '{quoted}')"
