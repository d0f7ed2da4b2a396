"""The compiled loop: a flat program run over the bytes of a whole batch, filling cells.

Every compiled function lives in this file and takes its limits as arguments: numba's disk cache
sees neither a changed constant nor a changed callee of another file. Import compiles nothing.
"""

# ruff: noqa: PLR0917 - numba passes arguments by position
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled, pointer

Ints = NDArray[np.int64]
Both = tuple[Ints, NDArray[np.float64]]  # one table, as whole numbers and as floats
Pointer = Any  # an address as `pointer` gives it: nothing checks an index but the code below
Code = tuple[int, int, int, int]  # an operation
Table = tuple[Pointer, Pointer]  # the same, by address
Cells = tuple[Table, int]  # the alerts' table, its width
Points = tuple[Table, int, int, Pointer]  # the points' table, its width, its room; new points
Limits = tuple[int, int, int]  # items in all arrays of an alert; bytes of a field; nesting

# Operations. A row of a program is (operation, a, b, null): `null` is the index of the null
# branch where the value is an optional one, the other branch being the value; -1 where not.
SKIP_FIXED, SKIP_VARINT, SKIP_BYTES = 0, 1, 2  # a: how many in a row; b: bytes of one
READ_DOUBLE, READ_FLOAT, READ_LONG, READ_LONG_AS_DOUBLE = 3, 4, 5, 6  # a: cell; b: 1 in a point
READ_BYTE, READ_SPAN, READ_LETTER = 7, 8, 9  # a: cell; b: 1 in a point
MARK = 10  # a: cell that the position is written to; b: 1 in a point
UNION = 11  # a: branches; b: where their first operations stand in `targets`
JUMP = 12  # a: the next operation
ARRAY = 13  # a: the array's NEXT
NEXT = 14  # a: an item's first operation; b: the history's number, -1 where nobody wants it
CALL, RETURN, HALT = 15, 16, 17  # a: the first operation of a record within itself

# Outcomes of a row.
DONE, TRUNCATED, BAD_UNION, VARINT, TOO_MANY, TRAILING, TOO_LONG, FULL = 0, 1, 2, 3, 4, 5, 6, 7
TOO_DEEP = 8
CROWDED = 9  # said of a row that was read, where its batch has too many points
OUTCOME_CODE, OUTCOME_POSITION, OUTCOME_OP = 0, 1, 2

OTHER_TEXT, OTHER_TEXT_BITS = 2**62, 4  # no letter: that, its place, its length in so many bits


@compiled
def _varint(data: Pointer, at: int, end: int) -> tuple[int, int]:
    """A zigzag varint and the position after it; the negative outcome for a position."""
    if at < end and data[at] < 0x80:  # nearly all are of one byte
        only = data[at]
        return (only >> 1) ^ -(only & 1), at + 1
    shift, value, byte = 0, 0, 0x80
    while byte >= 0x80:
        if at >= end:
            return 0, -TRUNCATED
        byte = data[at]
        at += 1
        if shift == 63 and byte > 1:
            return 0, -VARINT
        value |= (byte & 0x7F) << shift
        shift += 7
    return ((value >> 1) & 0x7FFF_FFFF_FFFF_FFFF) ^ -(value & 1), at


@compiled
def _absent(data: Pointer, at: int, end: int, null: int) -> tuple[bool, int]:
    """Whether an optional value is null, and the position after its branch."""
    branch, at = _varint(data, at, end)
    if at >= 0 and (branch < 0 or branch > 1):
        return True, -BAD_UNION
    return branch == null, at


@compiled
def _content(data: Pointer, at: int, end: int, bytes_max: int) -> tuple[int, int]:
    """Where a string's content begins and ends; the negative outcome for a beginning."""
    length, at = _varint(data, at, end)
    if at < 0:
        return at, at
    if length < 0 or length > end - at:
        return -TRUNCATED, at
    if length > bytes_max:
        return -TOO_LONG, at
    return at, at + length


@compiled
def _skip(data: Pointer, at: int, end: int, op: int, size: int, bytes_max: int) -> int:
    """The position after one value that nobody wants."""
    if op == SKIP_FIXED:
        return at + size if size <= end - at else -TRUNCATED
    if op == SKIP_VARINT:
        return _varint(data, at, end)[1]
    begin, after = _content(data, at, end, bytes_max)
    return after if begin >= 0 else begin


@compiled
def _skip_optional_run(data: Pointer, at: int, count: int, size: int, null: int) -> int:
    """The position after optional values of one size, for all of which there is room.

    -1 where a branch is not one byte that says null or not: `_skip_run` has to look. Whether a
    value is null decides no jump here, for no processor foresees it.
    """
    other, value_branch = 0, 2 - 2 * null
    for _ in range(count):
        branch = data[at]
        other |= branch & ~2
        at += 1 + size * (branch == value_branch)
    return at if other == 0 else -1


@compiled
def _skip_run(data: Pointer, at: int, end: int, code: Code, bytes_max: int) -> int:
    """The position after as many values of one type that nobody wants."""
    op, count, size, null = code
    if op == SKIP_FIXED and null >= 0 and (1 + size) * count <= end - at:
        after = _skip_optional_run(data, at, count, size, null)
        if after >= 0:
            return after
    for _ in range(count):
        absent = False
        if null >= 0:
            absent, at = _absent(data, at, end, null)
        if not absent and at >= 0:
            at = _skip(data, at, end, op, size, bytes_max)
        if at < 0:
            return at
    return at


@compiled
def _word(data: Pointer, at: int, size: int) -> int:
    """The bits of up to eight bytes, the first the least."""
    word = 0
    for place in range(size):
        byte: Any = np.int64(data[at + place])
        word |= byte << (8 * place)
    return word


@compiled
def _read_number(data: Pointer, at: int, end: int, op: int, out: Table, cell: int) -> int:
    """Read one number into its cell; the position after it."""
    ints, floats = out
    if op in (READ_LONG, READ_LONG_AS_DOUBLE):
        value, at = _varint(data, at, end)
        if op == READ_LONG:
            ints[cell] = value
        else:
            floats[cell] = value
        return at
    size = 8 if op == READ_DOUBLE else 4 if op == READ_FLOAT else 1
    if size > end - at:
        return -TRUNCATED
    if op == READ_FLOAT:
        floats[cell] = np.uint32(_word(data, at, size)).view(np.float32)
    else:
        ints[cell] = _word(data, at, size)
    return at + size


@compiled
def _read_text(
    data: Pointer, at: int, end: int, op: int, ints: Pointer, cell: int, bytes_max: int
) -> int:
    """Read what is wanted of one string into its cells; the position after it."""
    begin, after = _content(data, at, end, bytes_max)
    if begin < 0:
        return begin
    if op == READ_SPAN:
        ints[cell] = begin
        ints[cell + 1] = after
    elif after - begin == 1:
        ints[cell] = data[begin]
    else:
        length = min(after - begin, 2**OTHER_TEXT_BITS - 1)
        ints[cell] = OTHER_TEXT | begin << OTHER_TEXT_BITS | length
    return after


@compiled
def _read(
    data: Pointer, at: int, end: int, code: Code, out: Table, row_cell: int, bytes_max: int
) -> int:
    """Read one wanted value, null leaving its cells alone, or mark; the position after it."""
    op, slot, _, null = code
    if op == MARK:
        out[0][row_cell + slot] = at
        return at
    if null >= 0:
        absent, at = _absent(data, at, end, null)
        if absent or at < 0:
            return at
    if op <= READ_BYTE:
        return _read_number(data, at, end, op, out, row_cell + slot)
    return _read_text(data, at, end, op, out[0], row_cell + slot, bytes_max)


@compiled
def _block(data: Pointer, at: int, end: int, items_left: int) -> tuple[int, int]:
    """How many items an array's next block has, and the position of the first."""
    count, at = _varint(data, at, end)
    if at >= 0 and count < 0:  # then the block's size in bytes stands before its items
        count = -count
        size, at = _varint(data, at, end)
        if at >= 0 and (size < 0 or size > end - at):
            return count, -TRUNCATED
    if at >= 0 and (count < 0 or count > items_left):
        return count, -TOO_MANY
    return count, at


@compiled
def _begin_point(ints: Pointer, cell: int, width: int, blank: Pointer, kind: int, row: int) -> None:
    """Fill a point with what its leaves are until they are read."""
    for place in range(width):
        ints[cell + place] = blank[kind * width + place]
    ints[cell], ints[cell + 1] = row, kind


@compiled
def _run_row(
    data: Pointer, at: int, end: int, row: int, program: Pointer, targets: Pointer, cells: Cells,
    points: Points, used: int, todo: Pointer, limits: Limits,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Run over one datum: (outcome, position, operation, points used); `todo` is scratch."""
    (items_left, bytes_max, nesting_max), pc, depth = limits, 0, -1
    (table, width), (point_table, point_width, room, blank) = cells, points
    while True:
        op, a, b = program[4 * pc], program[4 * pc + 1], program[4 * pc + 2]
        code = op, a, b, program[4 * pc + 3]
        after, step = at, pc + 1
        if op <= SKIP_BYTES:
            after = _skip_run(data, at, end, code, bytes_max)
        elif op <= MARK:
            out = point_table if b else table
            first = (used - 1) * point_width if b else row * width
            after = _read(data, at, end, code, out, first, bytes_max)
        elif op == UNION:
            branch, after = _varint(data, at, end)
            if 0 <= branch < a:
                step = targets[b + branch]
            else:
                after = -BAD_UNION
        elif op == JUMP:
            step = a
        elif op in (ARRAY, CALL):
            depth, step = depth + 1, a
            todo[depth] = pc + 1 if op == CALL else 0  # where to go on, or the items left
            after = -TOO_DEEP if depth == nesting_max else at
        elif op == NEXT:
            if todo[depth] == 0:
                todo[depth], after = _block(data, at, end, items_left)
                items_left -= todo[depth]
            if after >= 0 and todo[depth] == 0:
                depth -= 1
            elif after >= 0:
                todo[depth] -= 1
                step = a
                if b >= 0 and used == room:
                    return FULL, at, pc, used
                if b >= 0:
                    _begin_point(point_table[0], used * point_width, point_width, blank, b, row)
                    used += 1
        elif op == RETURN:
            step, depth = todo[depth], depth - 1
        else:
            return DONE if at == end else TRAILING, at, pc, used
        if after < 0:
            return -after, at, pc, used
        at, pc = after, step


@compiled
def run(
    buffer: NDArray[np.uint8], spans: Ints, rows: Ints, program: Ints, targets: Ints, cells: Both,
    points: Both, used: int, blank: Ints, outcomes: Ints, todo: Ints, limits: Limits,
) -> tuple[int, int]:  # fmt: skip
    """Run one program over the datums of some rows: (rows done, points used).

    spans int64 (n, 2), blank (a new point of each history), outcomes int64 (n, 3), todo int64
    (one more than limits' nesting), all C-contiguous. Fewer rows are done than given where
    `points` is full: give it more room and go on from there.
    """
    table = (pointer(cells[0]), pointer(cells[1])), cells[0].shape[1]
    point_pair = pointer(points[0]), pointer(points[1])
    point_table = point_pair, points[0].shape[1], points[0].shape[0], pointer(blank)
    for place in range(len(rows)):
        row = rows[place]
        code, at, pc, after = _run_row(
            pointer(buffer), spans[row, 0], spans[row, 1], row, pointer(program),
            pointer(targets), table, point_table, used, pointer(todo), limits,
        )  # fmt: skip
        if code == FULL:
            return place, used
        outcomes[row, OUTCOME_CODE] = code
        outcomes[row, OUTCOME_POSITION] = at - spans[row, 0]
        outcomes[row, OUTCOME_OP] = pc
        if code == DONE:
            used = after
    return len(rows), used


@compiled
def order_points(
    rows: Ints, mjd: NDArray[np.float64], offsets: Ints, ends: Ints, order: Ints, shifts_max: int
) -> bool:
    """Order points by row, then by time: False where `shifts_max` steps were not enough.

    Fills offsets, int64 (n + 1) of zeros, and the front of order, int64 (p,), for p points of n
    rows; one without a time is left out. They come almost in order as a rule: few steps each.
    `ends`, int64 (n), is scratch.
    """
    for point in range(len(rows)):
        offsets[rows[point] + 1] += not np.isnan(mjd[point])
    for row in range(len(ends)):
        ends[row] = offsets[row]
        offsets[row + 1] += offsets[row]
    for point in range(len(rows)):
        row = rows[point]
        place = ends[row]
        if np.isnan(mjd[point]) or shifts_max < 0:
            continue
        while place > offsets[row] and mjd[order[place - 1]] > mjd[point]:
            order[place] = order[place - 1]
            place -= 1
            shifts_max -= 1
        order[place] = point
        ends[row] += 1
    return shifts_max >= 0
