"""Programs run over the records of one survey: what was read, and how each row ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.conversions import SPARE_CELLS, Lost, Spare, convert, spell_letters
from schemas.decoder import CROWDED, DONE, OUTCOME_CODE, Both, run
from schemas.limits import DecodeLimits
from schemas.program import Program
from schemas.survey import MISSING, POINT_ROW, POINT_TABLE, Cells, Ints, Raw, Survey

POINTS_PER_ROW = 32
"""Room for points at first; it doubles when it is full."""


class Reading(NamedTuple):
    """What programs made of n records, good and bad."""

    cells: Ints
    points: Ints
    outcomes: Ints
    """By row: outcome, position within the record, operation (decoder.OUTCOME_*)."""
    lost: tuple[Lost, ...]
    """What was there and could not be read."""

    @property
    def fine(self) -> NDArray[np.bool_]:
        """By row: whether it was read to its end."""
        fine: NDArray[np.bool_] = self.outcomes[:, OUTCOME_CODE] == DONE
        return fine


def read_rows(
    buffer: NDArray[np.uint8],
    spans: Ints,
    programs: Mapping[Program, Ints],
    survey: Survey,
    limits: DecodeLimits,
) -> Reading:
    """Run each program over its rows of `spans`, int64 (n, 2), the bare records in `buffer`."""
    room = _Room(survey, programs)
    cells = room.alerts(len(spans), programs)
    outcomes = np.zeros((len(spans), 3), np.int64)
    points, used = room.points(len(spans)), 0
    todo = np.empty(limits.nesting_max + 1, np.int64)
    points_max = max(limits.batch_points_max, limits.history_items_max)
    bounds = limits.history_items_max, limits.field_bytes_max, limits.nesting_max
    lost: list[Lost] = []
    for program, rows in programs.items():
        blank, done, first = room.blank_points(program), 0, used
        while True:
            more, used = run(
                buffer, spans, rows[done:], program.ops, program.targets, _both(cells),
                _both(points), used, blank, outcomes, todo, bounds,
            )  # fmt: skip
            done += more
            if done == len(rows):
                break
            more = min(len(points), points_max - len(points))
            if more > 0:
                points = np.concatenate((points, np.empty_like(points[:more])))
                continue
            stays = _lightened(points[:used], outcomes)
            first, used = int(stays[:first].sum()), int(stays.sum())
            points[:used] = points[: len(stays)][stays]
        lost += _converted(program, buffer, cells, rows, points[first:used])
    return Reading(
        cells[:, : len(survey.defaults)],
        points[:used, : survey.point_defaults.shape[1]],
        outcomes,
        tuple(lost),
    )


def _lightened(points: Ints, outcomes: Ints) -> NDArray[np.bool_]:
    """Which points stay, bool (n,), where the rows that have most go, refused: an eighth of all."""
    counts = np.bincount(points[:, POINT_ROW])
    order = np.argsort(-counts)
    gone = order[: 1 + int(np.searchsorted(np.cumsum(counts[order]), len(points) // 8))]
    outcomes[gone, OUTCOME_CODE] = CROWDED
    return ~np.isin(points[:, POINT_ROW], gone)


class _Room:
    """Tables wide enough for a survey's cells, and the spare ones that its programs ask for."""

    def __init__(self, survey: Survey, programs: Iterable[Program]) -> None:
        self._survey = survey
        self._spare = [0, 0]
        for program in programs:
            for place, spares in enumerate(program.spares):
                self._spare[place] = max(self._spare[place], SPARE_CELLS * len(spares))

    def alerts(self, count: int, programs: Mapping[Program, Ints]) -> Ints:
        """A row for each alert, of which nothing was read."""
        blank = self._survey.defaults
        if not self._spare[0]:
            return np.repeat(blank[np.newaxis], count, axis=0)
        cells = np.repeat(np.append(blank, self._blanks((), 0))[np.newaxis], count, axis=0)
        for program, rows in programs.items():
            cells[rows, len(blank) :] = self._blanks(program.spares[0], 0)
        return cells

    def points(self, alerts: int) -> Ints:
        """Room for points at first."""
        width = self._survey.point_defaults.shape[1] + self._spare[1]
        return np.empty((POINTS_PER_ROW * alerts, width), np.int64)

    def blank_points(self, program: Program) -> Ints:
        """By history: a point of which nothing was read."""
        own = self._survey.point_defaults
        if not self._spare[1]:
            return own
        spare = self._blanks(program.spares[1], 1)
        return np.hstack((own, np.tile(spare, (len(own), 1))))

    def _blanks(self, spares: Sequence[Spare], of_points: int) -> Ints:
        blanks = np.full(self._spare[of_points], MISSING)
        for number, spare in enumerate(spares):
            blanks[SPARE_CELLS * number] = spare.blank
        return blanks


def _converted(
    program: Program, buffer: NDArray[np.uint8], cells: Ints, rows: Ints, points: Ints
) -> Iterator[Lost]:
    """Convert what is in spare cells, and letters that are words; what could not be read."""
    of_alerts, of_points = program.spares
    if of_alerts:
        yield from convert(cells, rows, of_alerts, buffer)
    if of_points:
        yield from convert(points, None, of_points, buffer)
    letters, point_letters = program.letters
    for letter in letters:
        yield from spell_letters(cells, rows, letter, buffer)
    for letter in point_letters:
        yield from spell_letters(points, None, letter, buffer)


def _both(table: Ints) -> Both:
    return table, table.view(np.float64)


def raw_rows(buffer: NDArray[np.uint8], reading: Reading, survey: Survey) -> Raw:
    """The rows that were read to their end, in order."""
    fine = reading.fine
    cells, points = reading.cells, reading.points
    if not fine.all():
        cells = cells[fine]
        points = points.copy()
        points[:, POINT_ROW] = (np.cumsum(fine) - 1)[points[:, POINT_ROW]]
    histories = {
        name: Cells.of(slots, points[points[:, POINT_TABLE] == number])
        for number, (name, slots) in enumerate(survey.history_slots.items())
    }
    return Raw(buffer, Cells.of(survey.slots, cells), histories)
