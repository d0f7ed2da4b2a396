"""Alerts made by hand, a line each, and whether a filter says of them what its author expects.

    magnitude = 18.2, band = r, realbogus.real = 0.9 -> selected
    magnitude = 21 -> bright
    light_curve = r 59998 500 50; g 60000 700 50

What stands before the arrow is given, all else is not measured; behind it is "selected", or the
clause that is to refuse it. A light curve's points are band, MJD, flux and its error in nJy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from classifiers.served import BUILT_IN
from filters.expressions.filter import ExpressionFilter
from filters.handmade import Epoch, handmade
from gueststar.filtering.deployment import calls_in
from gueststar.filtering.why import PASSED, ClauseDecision, decisions
from schemas.batch import AlertBatch
from schemas.columns import BANDS, CODE, CODES, COLUMNS, NUMBER, TEXT
from schemas.errors import FilterError, QuestionError
from schemas.suggestion import nearest
from sky.catalogues import Sky

LINES_MAX = 50
POINTS_MAX = 200
DRAFT = "gueststar.filter.draft"
SCORES = ("score", "score_at_even_odds")
SELECTED = "selected"
ARROW = "->"


class Tried(NamedTuple):
    """What a filter said of one line's alert."""

    line: int
    said: str
    """SELECTED, or the clause that refused it."""
    expected: str
    """"" where its author does not say."""
    clauses: tuple[ClauseDecision, ...]
    fault: str
    """What is wrong with the line; then nothing was tried."""

    @property
    def is_met(self) -> bool:
        return not self.fault and self.expected in {"", self.said}


def tried(text: str, wanted: ExpressionFilter, sky: Sky) -> list[Tried]:
    """Each line's alert, asked. Raises QuestionError where there are too many."""
    lines = [(number, line.partition("#")[0].strip()) for number, line in _numbered(text)]
    lines = [each for each in lines if each[1]]
    if len(lines) > LINES_MAX:
        raise QuestionError(f"at most {LINES_MAX} alerts are tried by hand, not {len(lines)}")
    return [_tried(number, line, wanted, sky) for number, line in lines]


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    return iter(enumerate(text.split("\n"), 1))


def _tried(number: int, line: str, wanted: ExpressionFilter, sky: Sky) -> Tried:
    given, arrow, expected = (part.strip() for part in line.partition(ARROW))
    known = [SELECTED, *(clause.name for clause in wanted.clauses)]
    try:
        if arrow and expected not in known:
            hint = nearest(expected, known)
            raise FilterError(f"{expected!r} is neither {SELECTED!r} nor one of its clauses{hint}")
        found = tuple(decisions(wanted.selection(DRAFT), alert_of(given, wanted), sky))
    except FilterError as error:
        return Tried(number, "", expected, (), str(error))
    decisive = next((each for each in found if each.said != PASSED), None)
    return Tried(number, decisive.clause if decisive else SELECTED, expected, found, "")


def alert_of(given: str, wanted: ExpressionFilter) -> AlertBatch:
    """One alert of `name = value, name = value`, with NaN for scores that a filter asks beside.

    Raises FilterError.
    """
    columns: dict[str, list[Any]] = {}
    learned = _asked_scores(wanted)
    curve = None
    for name, value in _pairs(given):
        stage, dot, column = name.partition(".")
        if name == "light_curve":
            curve = [[_epoch(point) for point in value.split(";")[:POINTS_MAX] if point.strip()]]
        elif dot:
            learned[stage in learned[True] or stage in BUILT_IN].setdefault(stage, {})[column] = [
                _number(name, value)
            ]
        else:
            columns[name] = [_value(name, value)]
    return handmade(
        **columns, light_curve=curve, scores=learned[True], values=learned[False], rows=1
    )


def _asked_scores(wanted: ExpressionFilter) -> dict[bool, dict[str, dict[str, list[float]]]]:
    """Not measured, what is asked of classifiers (True) and of other stages (False)."""
    found: dict[bool, dict[str, dict[str, list[float]]]] = {True: {}, False: {}}
    for clause in wanted.clauses:
        for call in calls_in(clause.node):
            if call.function in {*SCORES, "value"}:
                stage, column = call.names
                of_stage = found[call.function in SCORES].setdefault(stage, {})
                of_stage[column] = [float("nan")]
    return found


def _pairs(given: str) -> Iterator[tuple[str, str]]:
    for pair in filter(None, (each.strip() for each in given.split(","))):
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals:
            raise FilterError(f"{pair!r:.70} is no `name = value`")
        yield name, value.strip("\"'")


def _value(name: str, value: str) -> Any:  # noqa: ANN401 - of any column
    if name not in COLUMNS:
        raise FilterError(f"alerts have no column {name!r:.70}{nearest(name, COLUMNS)}")
    kind = COLUMNS[name].kind
    if kind is TEXT:
        return value
    if kind is CODE:
        if value not in CODES[name]:
            raise FilterError(f"{name} is one of {', '.join(CODES[name])}, not {value!r:.40}")
        return value
    if kind is NUMBER:
        return _number(name, value)
    try:
        found = int(value)
        return kind.dtype(found).item()
    except (ValueError, OverflowError) as error:
        raise FilterError(f"{name} is a whole number, not {value!r:.40}") from error


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise FilterError(f"{name} is a number, not {value!r:.40}") from error


def _epoch(point: str) -> Epoch:
    band, *numbers = point.split()
    if band not in BANDS or not 1 <= len(numbers) <= 3:
        raise FilterError(f"a point of a light curve is BAND MJD FLUX ERROR, not {point!r:.60}")
    return Epoch(_number("mjd", numbers[0]), band, *(_number("flux", each) for each in numbers[1:]))
