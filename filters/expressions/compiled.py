"""The compiled loops that judge hundreds of filters together, 64 alerts to a machine word.

A truth about n alerts is a row of ceil(n / 64) words, bit i of word w that of alert 64 w + i. A
filter is then a few words to be joined, whatever n. The bits beyond n are never asked for: every
filter begins with the alerts that there are.

Every compiled function lives in this file and takes its limits as arguments: numba's disk cache
sees neither a changed constant nor a changed callee of another file. Import compiles nothing.
"""

# ruff: noqa: PLR0917 - numba passes arguments by position
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.compiling import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bits = NDArray[np.uint64]
Truths = NDArray[np.bool_]


@compiled
def compute(
    values: Floats,  # (values, n), some to be filled
    constants: Floats,  # (constants,)
    operations: Ints,  # (operations, 4): 0 +, 1 -, 2 *, 3 /, 4 neg; row to fill; its operands
) -> None:
    """Arithmetic of IEEE 754, one operation after another; operand ~i is the i-th constant."""
    repeated = np.empty((2, values.shape[1]))
    for one in range(len(operations)):
        operator, row, left, right = operations[one]
        first = _operand(values, constants, left, repeated[0])
        second = _operand(values, constants, right, repeated[1])
        _operate(operator, first, second, values[row])


@compiled
def _operate(operator: int, left: Floats, right: Floats, found: Floats) -> None:
    if operator == 0:
        for at in range(len(found)):
            found[at] = left[at] + right[at]
    elif operator == 1:
        for at in range(len(found)):
            found[at] = left[at] - right[at]
    elif operator == 2:
        for at in range(len(found)):
            found[at] = left[at] * right[at]
    elif operator == 3:
        for at in range(len(found)):
            found[at] = np.divide(left[at], right[at])  # by 0 it is infinite, Python's raises
    else:
        for at in range(len(found)):
            found[at] = -left[at]


@compiled
def _operand(values: Floats, constants: Floats, operand: int, repeated: Floats) -> Floats:
    found = repeated
    if operand >= 0:
        found = values[operand]
    else:
        for at in range(len(repeated)):
            repeated[at] = constants[~operand]
    return found


@compiled
def fill_bits(
    values: Floats,  # (values, n)
    constants: Floats,  # (constants,) of pairs
    groups: Ints,  # (groups, 4): row of values; operator; first and last + 1 of `compared`
    compared: Floats,  # (compared,) rising within a group
    few: int,  # so many constants are compared one by one
    pairs: Ints,  # (pairs, 3): operator; operands, ~i being the i-th constant
    given: Truths,  # (given, n)
    joined: Ints,  # (joined, 3): 0 and, 1 or, 2 not, 3 !=, 4 ==; the rows of bits that it joins
    bits: Bits,  # (compared + pairs + given + joined, words), to be filled in this order
) -> None:
    """Every truth that a clause is or is made of. Operators: 0 <, 1 <=, 2 >, 3 >=, 4 ==, 5 !=."""
    for group in range(len(groups)):
        value, operator, begin, end = groups[group]
        if end - begin <= few:
            for place in range(begin, end):
                _compare(values[value], operator, compared[place], bits[place])
        else:
            _sort_in(values[value], operator, compared[begin:end], bits[begin:end])
    at = len(compared)
    repeated = np.empty((2, values.shape[1]))
    for one in range(len(pairs)):
        first = _operand(values, constants, pairs[one, 1], repeated[0])
        second = _operand(values, constants, pairs[one, 2], repeated[1])
        _compare_pair(first, pairs[one, 0], second, bits[at + one])
    at += len(pairs)
    for one in range(len(given)):
        _pack(given[one], bits[at + one])
    at += len(given)
    for one in range(len(joined)):
        _join(joined[one, 0], bits[joined[one, 1]], bits[joined[one, 2]], bits[at + one])


@compiled
def _join(how: int, left: Bits, right: Bits, bits: Bits) -> None:
    for word in range(len(bits)):
        if how == 0:
            bits[word] = left[word] & right[word]
        elif how == 1:
            bits[word] = left[word] | right[word]
        elif how == 2:
            bits[word] = ~left[word]
        elif how == 3:
            bits[word] = left[word] ^ right[word]
        else:
            bits[word] = ~(left[word] ^ right[word])


@compiled
def _compare_pair(left: Floats, operator: int, right: Floats, bits: Bits) -> None:
    for word in range(len(bits)):
        begin = word * 64
        found = np.uint64(0)
        for at in range(begin, min(begin + 64, len(left))):
            found |= np.uint64(_holds(left[at], operator, right[at])) << np.uint64(at - begin)
        bits[word] = found


@compiled
def _compare(values: Floats, operator: int, constant: float, bits: Bits) -> None:
    for word in range(len(bits)):
        begin = word * 64
        part = values[begin : min(begin + 64, len(values))]
        found = np.uint64(0)
        for at in range(len(part)):
            found |= np.uint64(_holds(part[at], operator, constant)) << np.uint64(at)
        bits[word] = found


@compiled
def _holds(left: float, operator: int, right: float) -> bool:
    if operator < 2:
        return left < right if operator == 0 else left <= right
    if operator < 4:
        return left > right if operator == 2 else left >= right
    return left == right if operator == 4 else left != right


@compiled
def _sort_in(values: Floats, operator: int, constants: Floats, bits: Bits) -> None:
    """The same of many rising constants (k,), bits (k, words), at a cost that k hardly changes.

    Each value is searched for its place among the constants. It is noted at the nearest constant
    that it satisfies; the others that it satisfies all lie on one side of that one.
    """
    count = len(constants)
    for one in range(count):
        for word in range(bits.shape[1]):
            bits[one, word] = 0
    for at in range(len(values)):
        value = values[at]
        if np.isnan(value):
            continue
        low = _place(value, operator, constants)
        bit = np.uint64(1) << np.uint64(at & 63)
        if operator >= 4:
            while low < count and constants[low] == value:
                bits[low, at >> 6] |= bit
                low += 1
        elif operator < 2:
            if low < count:
                bits[low, at >> 6] |= bit
        elif low > 0:
            bits[low - 1, at >> 6] |= bit
    _spread(operator, bits)


@compiled
def _place(value: float, operator: int, constants: Floats) -> int:
    """How many constants lie below a value; of `x < c` and `x >= c`, 0 and 3, or equal it.

    Without a branch on the value, which a processor would guess wrong half of the time.
    """
    low, left = 0, len(constants)
    if operator % 3 == 0:
        while left > 1:
            half = left >> 1
            low += half * int(constants[low + half - 1] <= value)
            left -= half
        return low + int(constants[low] <= value)
    while left > 1:
        half = left >> 1
        low += half * int(constants[low + half - 1] < value)
        left -= half
    return low + int(constants[low] < value)


@compiled
def _spread(operator: int, bits: Bits) -> None:
    """From the nearest constant that is satisfied to all that are."""
    count, words = bits.shape
    if operator < 2:
        for one in range(1, count):
            for word in range(words):
                bits[one, word] |= bits[one - 1, word]
    elif operator < 4:
        for one in range(count - 2, -1, -1):
            for word in range(words):
                bits[one, word] |= bits[one + 1, word]
    elif operator == 5:
        for one in range(count):
            for word in range(words):
                bits[one, word] = ~bits[one, word]


@compiled
def _pack(truths: Truths, bits: Bits) -> None:
    for word in range(len(bits)):
        begin = word * 64
        part = truths[begin : min(begin + 64, len(truths))]
        found = np.uint64(0)
        for at in range(len(part)):
            found |= np.uint64(part[at]) << np.uint64(at)
        bits[word] = found


@compiled
def fill_missing(
    values: Floats,  # (values, n)
    noted: Truths,  # (noted, n) where something was NaN that a function has read
    readings: Ints,  # (readings,) rows of values, or ~i for the i-th of noted
    offsets: Ints,  # (sets + 1,)
    members: Ints,  # of each set of readings: indices into readings
    holes: Bits,  # (readings, words), to be filled
    missing: Bits,  # (sets, words), to be filled
) -> None:
    """Of each set of readings the alerts where one of them is NaN."""
    for one in range(len(readings)):
        if readings[one] >= 0:
            row = values[readings[one]]
            _compare_pair(row, 5, row, holes[one])  # NaN alone differs from itself
        else:
            _pack(noted[~readings[one]], holes[one])
    for one in range(len(missing)):
        for word in range(missing.shape[1]):
            missing[one, word] = 0
        for at in range(offsets[one], offsets[one + 1]):
            for word in range(missing.shape[1]):
                missing[one, word] |= holes[members[at], word]


@compiled
def count(
    rows: int,
    bits: Bits,  # (truths, words)
    missing: Bits,  # (sets, words)
    filters: Ints,  # (filters + 1,) offsets into clauses
    clauses: Ints,  # (clauses, 2): row of bits, row of missing
    alive: Bits,  # (filters, words), to be filled: the alerts that pass
    counts: Ints,  # (clauses, 2), to be added to: refused, of these unknown
    passed: Ints,  # (filters,), to be filled
) -> None:
    """Every filter's answer; a clause is asked about no more than the clauses before let pass."""
    words = bits.shape[1]
    for one in range(len(filters) - 1):
        own = alive[one]
        _all_alive(rows, own)
        left = rows
        for clause in range(filters[one], filters[one + 1]):
            if left == 0:
                break
            truth, holes = bits[clauses[clause, 0]], missing[clauses[clause, 1]]
            refused, unknown = np.int64(0), np.int64(0)
            for word in range(words):
                out = own[word] & ~truth[word]
                refused += _ones(out)
                unknown += _ones(out & holes[word])
                own[word] &= truth[word]
            counts[clause, 0] += refused
            counts[clause, 1] += unknown
            left -= int(refused)
        passed[one] = left


@compiled
def _all_alive(rows: int, alive: Bits) -> None:
    for word in range(len(alive)):
        left = rows - word * 64
        full = ~np.uint64(0)
        alive[word] = full if left >= 64 else (np.uint64(1) << np.uint64(left)) - np.uint64(1)


@compiled
def _ones(word: np.uint64) -> np.int64:
    """How many bits are set (Warren, Hacker's Delight, 5-1)."""
    bits = np.uint64(word)
    bits -= (bits >> np.uint64(1)) & np.uint64(0x5555555555555555)
    pairs = np.uint64(0x3333333333333333)
    bits = (bits & pairs) + ((bits >> np.uint64(2)) & pairs)
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled
def gather(begin: int, alive: Bits, selected: Ints) -> None:
    """The alerts of set bits, counted from `begin`, one filter's after another's."""
    at = 0
    for one in range(alive.shape[0]):
        for word in range(alive.shape[1]):
            left = alive[one, word]
            while left:
                lowest = left & (~left + np.uint64(1))
                selected[at] = begin + word * 64 + _ones(lowest - np.uint64(1))
                at += 1
                left ^= lowest


@compiled
def trace(
    rows: int,
    bits: Bits,  # (truths, words)
    missing: Bits,  # (sets, words)
    filters: Ints,  # (filters + 1,)
    clauses: Ints,  # (clauses, 2)
    begin: int,  # where the piece's rows begin in what is filled
    refusing: NDArray[np.int16],  # (filters, alerts), to be filled
    unknown: Truths,  # (filters, alerts), to be filled
    selected: int,  # what stands in `refusing` where no clause refused
) -> None:
    """By filter and alert the first clause that refused, and whether it had read a NaN."""
    for one in range(len(filters) - 1):
        for row in range(rows):
            word, bit = row >> 6, np.uint64(row & 63)
            refusing[one, begin + row] = selected
            unknown[one, begin + row] = False
            for clause in range(filters[one], filters[one + 1]):
                if not (bits[clauses[clause, 0], word] >> bit) & np.uint64(1):
                    refusing[one, begin + row] = clause - filters[one]
                    holes = missing[clauses[clause, 1], word]
                    unknown[one, begin + row] = bool((holes >> bit) & np.uint64(1))
                    break
