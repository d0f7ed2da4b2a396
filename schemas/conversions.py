"""Values of another type than their leaf's: what says the same is read, what does not is missing.

A field's type drifts: what was a string of t and f becomes a boolean, a count a double, an id a
string of digits. Such a value is read as it is into a spare cell, and made the leaf's after the
compiled loop.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas import decoder as ops
from schemas.simple_types import TEXTS
from schemas.survey import MISSING, POINT_ROW, POINT_TABLE, Ints, Kind

READS = {
    (Kind.FLOAT, "double"): ops.READ_DOUBLE,
    (Kind.FLOAT, "float"): ops.READ_FLOAT,
    (Kind.FLOAT, "int"): ops.READ_LONG_AS_DOUBLE,
    (Kind.FLOAT, "long"): ops.READ_LONG_AS_DOUBLE,
    (Kind.INTEGER, "int"): ops.READ_LONG,
    (Kind.INTEGER, "long"): ops.READ_LONG,
    (Kind.INTEGER, "boolean"): ops.READ_BYTE,
    (Kind.LETTER, "string"): ops.READ_LETTER,
    (Kind.LETTER, "bytes"): ops.READ_LETTER,
    (Kind.SPAN, "string"): ops.READ_SPAN,
    (Kind.SPAN, "bytes"): ops.READ_SPAN,
}
"""What is read straight into its leaf."""

AS_IT_IS = {
    "boolean": ops.READ_BYTE,
    "int": ops.READ_LONG,
    "long": ops.READ_LONG,
    "enum": ops.READ_LONG,
    "float": ops.READ_FLOAT,
    "double": ops.READ_DOUBLE,
    "string": ops.READ_SPAN,
    "bytes": ops.READ_SPAN,
}
"""What reads a value into a spare cell."""
CONVERTED = {
    Kind.INTEGER: {"float", "double", "string", "bytes", "enum"},
    Kind.LETTER: {"boolean", "int", "long", "float", "double", "enum"},
    Kind.FLOAT: {"string", "bytes"},
}
"""From what a leaf is made that is not read straight."""
SPARE_CELLS = 2

WHOLE_MAX = 2.0**53
"""Beyond it, a double no longer says which whole number it was."""
DIGITS = re.compile(r"[+-]?[0-9]{1,19}")
DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
TEXT_LETTERS_MAX = 40
YES, NO = frozenset({"t", "true", "y", "yes"}), frozenset({"f", "false", "n", "no"})
"""In any case."""
NOTHING = frozenset({"", "null", "none", "nan"})
"""Texts, in any case, that say there is no value."""
DIGIT_MAX = 9
NAN_BITS = int(np.array(np.nan).view(np.int64))


class Spare(NamedTuple):
    """A spare cell and what becomes of it."""

    cell: int
    """Behind the survey's own cells: the first of SPARE_CELLS."""
    slot: int
    """The leaf's cell."""
    kind: Kind
    source: str
    """The type that stands in the spare cell; "" where the value was passed over."""
    symbols: tuple[str, ...]
    label: str
    """The field and its type, for people."""

    @property
    def blank(self) -> int:
        """What stands there where there is no value."""
        return NAN_BITS if self.source in {"float", "double"} else MISSING


class Letter(NamedTuple):
    """A leaf that is read as a letter from text: its cell, and its field and type for people."""

    slot: int
    history: int
    """The number of the history whose points it is of; -1 for the alert itself."""
    label: str


class Lost(NamedTuple):
    """Values that were there and could not be read."""

    label: str
    rows: Ints
    """Of the alerts with one, by rising number."""


def convert(
    table: Ints, rows: Ints | None, spares: Sequence[Spare], buffer: NDArray[np.uint8]
) -> list[Lost]:
    """Make the leaves of some rows of a table of what stands in their spare cells.

    `rows` are the alerts' own; None for a table of points, which say whose they are.
    """
    chosen = np.arange(len(table)) if rows is None else rows
    lost = []
    for spare in spares:
        places = chosen[table[chosen, spare.cell] != spare.blank]
        bad = places[~_converted(table, places, spare, buffer)]
        if len(bad):
            alerts = bad if rows is not None else table[bad, POINT_ROW]
            lost.append(Lost(spare.label, np.unique(alerts)))
    return lost


def _converted(
    table: Ints, places: Ints, spare: Spare, buffer: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Convert the values at some places; which of them could be, or say that there is none."""
    if not spare.source:
        return np.zeros(len(places), np.bool_)
    if spare.source in TEXTS:
        spans = table[places, spare.cell : spare.cell + SPARE_CELLS]
        made = [text_to(spare.kind, text_of(buffer, *span)) for span in spans.tolist()]
        values: Ints = np.array([cell for _, cell in made], np.int64)
        fine = np.array([one for one, _ in made], np.bool_)
    elif spare.source == "enum":
        codes = np.array([text_to(spare.kind, symbol)[1] for symbol in spare.symbols], np.int64)
        number = table[places, spare.cell]
        known = (number >= 0) & (number < len(codes))
        values = np.where(known, codes[np.where(known, number, 0)], MISSING)
        fine = values != MISSING
    else:
        fine, values = _from_numbers(table[places, spare.cell], spare)
    table[places[fine], spare.slot] = values[fine]
    return fine


def _from_numbers(cells: Ints, spare: Spare) -> tuple[NDArray[np.bool_], Ints]:
    """Whole numbers, or the letters that say the same as them, of the cells' numbers."""
    if spare.source == "boolean":
        return np.ones(len(cells), np.bool_), np.where(cells != 0, ord("t"), ord("f"))
    fine, values = np.ones(len(cells), np.bool_), cells
    if spare.source in {"float", "double"}:
        numbers = cells.view(np.float64)
        fine = (np.abs(numbers) <= WHOLE_MAX) & (numbers == np.floor(numbers))
        values = np.where(fine, numbers, 0).astype(np.int64)
    if spare.kind is Kind.LETTER:
        return fine & (values >= 0) & (values <= DIGIT_MAX), values + ord("0")
    return fine, values


def text_of(buffer: NDArray[np.uint8], begin: int, end: int) -> str:
    """A text, blanks around it left out; of a long one only so much that it is known as none."""
    end = min(end, begin + TEXT_LETTERS_MAX)
    return buffer[begin:end].tobytes().decode("ascii", "replace").strip()


def text_to(kind: Kind, text: str) -> tuple[bool, int]:
    """Whether a text can be read as a leaf of a kind, or says that there is none; its cell."""
    if text.lower() in NOTHING:
        return True, NAN_BITS if kind is Kind.FLOAT else MISSING
    if kind is Kind.FLOAT:
        number = _number(text)
        return number is not None, _bits(math.nan if number is None else number)
    value = _integer(text) if kind is Kind.INTEGER else _letter(text)
    return value is not None, MISSING if value is None else value


def _number(text: str) -> float | None:
    number = float(text) if DECIMAL.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def _bits(number: float) -> int:
    return int(np.array(number).view(np.int64))


def _integer(text: str) -> int | None:
    """A whole number, or yes and no as 1 and 0; None where it says neither."""
    if DIGITS.fullmatch(text):
        value = int(text)
        return value if abs(value) < -MISSING else None
    truth, number = _truth(text), _number(text)
    if truth is not None:
        return int(truth)
    whole = number is not None and abs(number) <= WHOLE_MAX and number.is_integer()
    return int(number) if number is not None and whole else None


def _letter(text: str) -> int | None:
    """The code of a letter, or of t and f for yes and no; None where it is neither."""
    if len(text) == 1 and text.isascii():
        return ord(text)
    truth = _truth(text)
    return None if truth is None else ord("t" if truth else "f")


def _truth(text: str) -> bool | None:
    word = text.lower()
    return True if word in YES else False if word in NO else None


def spell_letters(
    table: Ints, rows: Ints | None, letter: Letter, buffer: NDArray[np.uint8]
) -> Iterator[Lost]:
    """Read texts of several letters where one was wanted. `rows` as for `convert`.

    Such a text stands there as its place. It becomes t or f where it says yes or no, MISSING
    where it says that there is nothing, and otherwise 0.
    """
    column = table[:, letter.slot]
    others = column >= ops.OTHER_TEXT
    if rows is None:  # in the same cell of another history's points stands another leaf
        others &= table[:, POINT_TABLE] == letter.history
    if not others.any():
        return
    chosen = np.flatnonzero(others) if rows is None else rows[others[rows]]
    bad = [place for place in chosen.tolist() if not _spelt(column, place, buffer)]
    if bad:
        alerts = np.array(bad) if rows is not None else table[bad, POINT_ROW]
        yield Lost(letter.label, np.unique(alerts))


def _spelt(column: Ints, place: int, buffer: NDArray[np.uint8]) -> bool:
    packed = int(column[place]) ^ ops.OTHER_TEXT
    begin = packed >> ops.OTHER_TEXT_BITS
    length = packed & (2**ops.OTHER_TEXT_BITS - 1)
    fine, code = text_to(Kind.LETTER, text_of(buffer, begin, begin + length))
    column[place] = code if fine else 0
    return fine
