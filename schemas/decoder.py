"""The compiled loop: a flat program run over the bytes of a whole batch, filling cells.

Every compiled function lives in this file and takes its limits as arguments, because numba's
disk cache sees neither a changed constant nor a changed callee of another file. Nothing is
compiled at import.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])

# Operations. A row of a program is (operation, a, b, null): `null` is the index of the null
# branch where the value is an optional one, the other branch being the value; -1 where not.
SKIP_FIXED, SKIP_VARINT, SKIP_BYTES = 0, 1, 2  # a: how many in a row; b: bytes of one
READ_DOUBLE, READ_FLOAT, READ_LONG, READ_LONG_AS_DOUBLE = 3, 4, 5, 6  # a: cell; b: 1 in a point
READ_BYTE, READ_SPAN, READ_LETTER, READ_LENGTH = 7, 8, 9, 10  # a: cell; b: 1 in a point
MARK = 11  # a: cell that the position is written to
UNION = 12  # a: branches; b: where their first operations stand in `targets`
JUMP = 13  # a: the next operation
ARRAY = 14  # a: the array's NEXT
NEXT = 15  # a: an item's first operation; b: the history's number, -1 where nobody wants it
HALT = 16

# Outcomes of a row.
DONE, TRUNCATED, BAD_UNION, VARINT, TOO_MANY, TRAILING, TOO_LONG, FULL = 0, 1, 2, 3, 4, 5, 6, 7
OUTCOME_CODE, OUTCOME_POSITION, OUTCOME_OP = 0, 1, 2

NESTING_MAX = 16
"""Arrays and maps within one another; `program.py` refuses a schema with more."""


def compiled(function: F) -> F:
    """Compile at the first call, without the interpreter's lock; cached where that can be."""
    try:
        return njit(nogil=True, cache=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # numba found no folder that it may write
        return njit(nogil=True)(function)  # type: ignore[no-any-return]


@intrinsic
def _pointer(_context, array):
    """The address of an array's values.

    The loop below passes addresses on: numba counts the references to an array, atomically, at
    every call that is handed one, which took more time than all reading.
    """

    def generate(context, builder, signature, arguments):
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), generate


@compiled
def _varint(data, position, end):
    """A zigzag varint and the position after it; the negative outcome for a position."""
    if position < end and data[position] < 0x80:  # nearly all are of one byte
        byte = np.int64(data[position])
        return (byte >> 1) ^ -(byte & 1), position + 1
    shift, value = np.uint64(0), np.uint64(0)
    while True:
        if position >= end:
            return np.int64(0), np.int64(-TRUNCATED)
        byte = np.uint64(data[position])
        position += 1
        if shift == np.uint64(63) and byte > np.uint64(1):
            return np.int64(0), np.int64(-VARINT)
        value |= (byte & np.uint64(0x7F)) << shift
        if byte < np.uint64(0x80):
            break
        shift += np.uint64(7)
    return np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1)), position


@compiled
def _branch(data, position, end, null):
    """Whether an optional value is there, and the position after its branch."""
    branch, position = _varint(data, position, end)
    if position >= 0 and (branch < 0 or branch > 1):
        return False, np.int64(-BAD_UNION)
    return branch != null, position


@compiled
def _content(data, position, end, bytes_max):
    """Where a string's content begins and ends; the negative outcome for a beginning."""
    length, position = _varint(data, position, end)
    if position < 0:
        return position, position
    if length < 0 or length > end - position:
        return np.int64(-TRUNCATED), position
    if length > bytes_max:
        return np.int64(-TOO_LONG), position
    return position, position + length


@compiled
def _skip(data, position, end, op, size, bytes_max):
    """The position after one value that nobody wants."""
    if op == SKIP_FIXED:
        return position + size if size <= end - position else np.int64(-TRUNCATED)
    if op == SKIP_VARINT:
        return _varint(data, position, end)[1]
    begin, after = _content(data, position, end, bytes_max)
    return after if begin >= 0 else begin


@compiled
def _skip_run(data, position, end, op, count, size, null, bytes_max):
    """The position after `count` values of one type that nobody wants."""
    for _ in range(count):
        there = True
        if null >= 0:
            there, position = _branch(data, position, end, null)
        if there and position >= 0:
            position = _skip(data, position, end, op, size, bytes_max)
        if position < 0:
            return position
    return position


@compiled
def _word(data, position, size):
    """Up to eight bytes as a whole number, the first the least."""
    word = np.uint64(0)
    for place in range(size):
        word |= np.uint64(data[position + place]) << np.uint64(8 * place)
    return word


@compiled
def _read_number(data, position, end, op, ints, floats, cell):
    """Read one number into its cell; the position after it."""
    if op == READ_LONG or op == READ_LONG_AS_DOUBLE:
        value, position = _varint(data, position, end)
        if op == READ_LONG:
            ints[cell] = value
        else:
            floats[cell] = value
        return position
    size = 8 if op == READ_DOUBLE else 4 if op == READ_FLOAT else 1
    if size > end - position:
        return np.int64(-TRUNCATED)
    if op == READ_DOUBLE:
        ints[cell] = np.int64(_word(data, position, 8))
    elif op == READ_FLOAT:
        floats[cell] = np.uint32(_word(data, position, 4)).view(np.float32)
    else:
        ints[cell] = data[position]
    return position + size


@compiled
def _read_text(data, position, end, op, ints, cell, bytes_max):
    """Read what is wanted of one string into its cells; the position after it."""
    begin, after = _content(data, position, end, bytes_max)
    if begin < 0:
        return begin
    if op == READ_SPAN:
        ints[cell] = begin
        ints[cell + 1] = after
    elif op == READ_LENGTH:
        ints[cell] = after - begin
    else:
        ints[cell] = data[begin] if after - begin == 1 else 0
    return after


@compiled
def _read(data, position, end, op, null, ints, floats, cell, bytes_max):
    """Read one wanted value, null leaving its cells alone; the position after it."""
    if null >= 0:
        there, position = _branch(data, position, end, null)
        if not there or position < 0:
            return position
    if op <= READ_BYTE:
        return _read_number(data, position, end, op, ints, floats, cell)
    return _read_text(data, position, end, op, ints, cell, bytes_max)


@compiled
def _block(data, position, end, items_left):
    """How many items an array's next block has, and the position of the first."""
    count, position = _varint(data, position, end)
    if position >= 0 and count < 0:  # then the block's size in bytes stands before its items
        count = -count
        size, position = _varint(data, position, end)
        if position >= 0 and (size < 0 or size > end - position):
            return count, np.int64(-TRUNCATED)
    if position >= 0 and (count < 0 or count > items_left):
        return count, np.int64(-TOO_MANY)
    return count, position


@compiled
def _run_row(data, position, end, row, program, targets, cells, points, used, todo, limits):
    """Run the program over one datum: (outcome, position, operation, points used).

    cells are (ints, floats, width), points (ints, floats, width, room, a new point of each
    history), limits (items, bytes of a field). `todo` is scratch: items left, by nesting.
    """
    cell_ints, cell_floats, width = cells
    point_ints, point_floats, point_width, room, blank = points
    items_left, bytes_max = limits
    pc, depth, own = 0, -1, row * width
    while True:
        op, a, b, null = (
            program[4 * pc],
            program[4 * pc + 1],
            program[4 * pc + 2],
            program[4 * pc + 3],
        )
        after = position
        pc += 1
        if op <= SKIP_BYTES:
            after = _skip_run(data, position, end, op, a, b, null, bytes_max)
        elif op <= READ_LENGTH and b == 0:
            after = _read(data, position, end, op, null, cell_ints, cell_floats, own + a, bytes_max)
        elif op <= READ_LENGTH:
            cell = (used - 1) * point_width + a
            after = _read(data, position, end, op, null, point_ints, point_floats, cell, bytes_max)
        elif op == MARK:
            cell_ints[own + a] = position
        elif op == UNION:
            branch, after = _varint(data, position, end)
            if after >= 0 and (branch < 0 or branch >= a):
                after = np.int64(-BAD_UNION)
            elif after >= 0:
                pc = targets[b + branch]
        elif op == JUMP:
            pc = a
        elif op == ARRAY:
            depth, pc = depth + 1, a
            todo[depth] = 0
        elif op == NEXT:
            if todo[depth] == 0:
                todo[depth], after = _block(data, position, end, items_left)
                items_left -= todo[depth]
            if after >= 0 and todo[depth] == 0:
                depth -= 1
            elif after >= 0:
                todo[depth] -= 1
                pc = a
                if b >= 0:
                    if used == room:
                        return FULL, position, pc, used
                    _begin_point(point_ints, used * point_width, blank, b, point_width, row)
                    used += 1
        else:
            return DONE if position == end else TRAILING, position, pc - 1, used
        if after < 0:
            return -after, position, pc - 1, used
        position = after


@compiled
def _begin_point(ints, cell, blank, history, width, row):
    """Fill a point with what its leaves are until they are read."""
    for place in range(width):
        ints[cell + place] = blank[history * width + place]
    ints[cell], ints[cell + 1] = row, history


@compiled
def run(buffer, spans, rows, program, targets, cells, points, used, blank, outcomes, limits):
    """Run one program over the datums of some rows: (rows done, points used).

    buffer uint8, spans int64 (n, 2), cells and points int64 tables, outcomes int64 (n, 3), all
    C-contiguous. Fewer rows are done than given where `points` is full: give it more room and
    go on from there.
    """
    todo = np.empty(NESTING_MAX, np.int64)
    to_cells = _pointer(cells), _pointer(cells.view(np.float64)), cells.shape[1]
    to_points = (
        _pointer(points), _pointer(points.view(np.float64)),
        points.shape[1], points.shape[0], _pointer(blank),
    )  # fmt: skip
    for place in range(len(rows)):
        row = rows[place]
        code, position, pc, after = _run_row(
            _pointer(buffer), spans[row, 0], spans[row, 1], row, _pointer(program),
            _pointer(targets), to_cells, to_points, used, _pointer(todo), limits,
        )  # fmt: skip
        if code == FULL:
            return place, used
        outcomes[row, OUTCOME_CODE] = code
        outcomes[row, OUTCOME_POSITION] = position - spans[row, 0]
        outcomes[row, OUTCOME_OP] = pc
        if code == DONE:
            used = after
    return len(rows), used


@compiled
def order_points(rows, mjd, offsets, order, shifts_max):
    """Order points by row, then by time: False where `shifts_max` steps were not enough.

    rows int64 (p,), mjd float64 (p,); fills offsets int64 (n + 1) and the front of order
    int64 (p,). Points without a time are left out. Points come almost in order as a rule, so
    that each is moved but a few steps into its place.
    """
    offsets[:] = 0
    for point in range(len(rows)):
        if not np.isnan(mjd[point]):
            offsets[rows[point] + 1] += 1
    for row in range(1, len(offsets)):
        offsets[row] += offsets[row - 1]
    filled = offsets[:-1].copy()
    for point in range(len(rows)):
        if np.isnan(mjd[point]):
            continue
        row = rows[point]
        place = filled[row]
        filled[row] += 1
        while place > offsets[row] and mjd[order[place - 1]] > mjd[point]:
            order[place] = order[place - 1]
            place -= 1
            shifts_max -= 1
        order[place] = point
        if shifts_max < 0:
            return False
    return True


@compiled
def read_ascii(buffer, spans, letters):
    """Copy texts as code points, uint32 (n, width): False for each that is not printable ASCII.

    A text that is empty, or longer than the width, is none either.
    """
    fine = np.ones(len(spans), np.bool_)
    letters[:] = 0
    for row in range(len(spans)):
        begin, length = spans[row, 0], spans[row, 1] - spans[row, 0]
        fine[row] = begin >= 0 and 0 < length <= letters.shape[1]
        for place in range(length if fine[row] else 0):
            letter = buffer[begin + place]
            fine[row] = fine[row] and 32 < letter < 127
            letters[row, place] = letter
    return fine
