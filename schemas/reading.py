"""Programs run over the records of one survey: what was read, and how each row ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.decoder import DONE, NESTING_MAX, OUTCOME_CODE, Both, run
from schemas.limits import DecodeLimits
from schemas.program import Program
from schemas.survey import POINT_ROW, POINT_TABLE, Cells, Ints, Raw, Survey

POINTS_PER_ROW = 32
"""Room for points at first; it doubles when it is full."""


class Reading(NamedTuple):
    """What programs made of n records, good and bad."""

    cells: Ints
    points: Ints
    outcomes: Ints
    """By row: outcome, position within the record, operation (decoder.OUTCOME_*)."""

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
    cells = np.repeat(survey.defaults[np.newaxis], len(spans), axis=0)
    outcomes = np.zeros((len(spans), 3), np.int64)
    width = survey.point_defaults.shape[1]
    points, used = np.empty((POINTS_PER_ROW * len(spans), width), np.int64), 0
    todo = np.empty(NESTING_MAX, np.int64)
    bounds = limits.history_items_max, limits.field_bytes_max
    for program, rows in programs.items():
        done = 0
        while True:
            more, used = run(
                buffer, spans, rows[done:], program.ops, program.targets, _both(cells),
                _both(points), used, survey.point_defaults, outcomes, todo, bounds,
            )  # fmt: skip
            done += more
            if done == len(rows):
                break
            points = np.concatenate((points[:used], np.empty_like(points), points[used:]))
    return Reading(cells, points[:used], outcomes)


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
