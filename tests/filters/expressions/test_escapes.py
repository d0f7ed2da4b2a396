"""Attempts to reach more than columns, numbers and the listed functions, each refused by name."""

from __future__ import annotations

import builtins
import warnings

import pytest

from filters.expressions import limits
from filters.expressions.functions import FUNCTIONS
from filters.expressions.parser import read
from filters.expressions.refusal import ExpressionError

NOT_PART = "is not part of the language"
NO_COLUMN, NO_FUNCTION = "there is no column", "there is no function"
ATTRIBUTES = "attributes (x.y) are not part of the language"
LOOK_ALIKE = "which is plain ASCII"
PREFIX = "a text has no prefix"
ONCE = "a text is written"

ATTEMPTS = {
    "an attribute": ("magnitude.base", ATTRIBUTES),
    "a dunder attribute": ("magnitude.__class__ == 1", ATTRIBUTES),
    "a chain of dunders": ("magnitude.__class__.__mro__[1].__subclasses__()", ATTRIBUTES),
    "an attribute of a number": ("(1).real == 1", ATTRIBUTES),
    "an attribute of a float": ("1.5.real == 1", "this is no number"),
    "an attribute of a text": ('"a".join == 1', ATTRIBUTES),
    "an attribute of a call": ("abs(1).real == 1", ATTRIBUTES),
    "an attribute after a space": ("magnitude . base", ATTRIBUTES),
    "an ellipsis": ("... == 1", ATTRIBUTES),
    "getattr": ('getattr(magnitude, "base")', NO_FUNCTION),
    "getattr by getattr": ('getattr(getattr(1, "a"), "b")', NO_FUNCTION),
    "setattr": ('setattr(magnitude, "base", 1)', NO_FUNCTION),
    "vars": ("vars() == 1", NO_FUNCTION),
    "globals": ("globals() == 1", NO_FUNCTION),
    "import": ('__import__("os")', NO_FUNCTION),
    "import as a statement": ("import os", "'import' is not part of the language"),
    "from as a statement": ("from os import path", "'from' is not part of the language"),
    "eval": ('eval("1")', NO_FUNCTION),
    "exec": ('exec("1")', NO_FUNCTION),
    "compile": ('compile("1", "", "eval")', NO_FUNCTION),
    "open": ('open("filter.toml")', NO_FUNCTION),
    "input": ("input() == 1", NO_FUNCTION),
    "breakpoint": ("breakpoint() == 1", NO_FUNCTION),
    "type": ('type("x", (), {})', NO_FUNCTION),
    "print": ("print(1)", NO_FUNCTION),
    "builtins by name": ("__builtins__ == 1", NO_COLUMN),
    "debug by name": ("__debug__ == True", NO_COLUMN),
    "a name of NumPy": ("np == 1", NO_COLUMN),
    "the alerts themselves": ("alerts == 1", NO_COLUMN),
    "self": ("self == 1", NO_COLUMN),
    "the stamps": ("stamps == 1", "is no column of one value a row"),
    "a column left out": ("source_index == 1", NO_COLUMN),
    "a function as a value": ("abs == 1", "'abs' is a function"),
    "a subscript": ("magnitude[0] == 1", "subscripts (x[y]) are not part"),
    "a subscript of a list": ("[1, 2][0] == 1", "subscripts (x[y]) are not part"),
    "a subscript of a text": ('"abc"[0] == "a"', "subscripts (x[y]) are not part"),
    "a slice": ("magnitude[0:9] == 1", "':' (slices"),
    "a list comprehension": ("[1 for x in (1, 2)] == 1", "'for' is not part"),
    "a generator": ("abs(1 for x in (1, 2)) == 1", "'for' is not part"),
    "a set comprehension": ("1 in {x for x in (1, 2)}", "'for' is not part"),
    "a dictionary": ("{1: 2} == 1", "':' (slices"),
    "an empty dictionary": ("{} == 1", "Dict is not part"),
    "an empty list to look in": ("magnitude in ()", "a list has 1 to"),
    "a dictionary to look in": ("magnitude in {}", "after 'in' stands a list"),
    "a column to look in": ('"a" in object_id', "after 'in' stands a list"),
    "a list of columns to look in": ("magnitude in (limit_mag, 1)", "among literals of its kind"),
    "a list in a list": ("magnitude in ((1, 2), 3)", "among literals of its kind"),
    "a lambda": ("(lambda: 1)() == 1", "'lambda' is not part"),
    "a walrus": ("(x := 1) == 1", "':' (slices"),
    "an assignment": ("magnitude = 1", "equality is '=='"),
    "an added assignment": ("magnitude += 1", "equality is '=='"),
    "a condition": ("1 if True else 2", "'if' is not part"),
    "an assertion": ("assert True", "'assert' is not part"),
    "a deletion": ("del magnitude", "'del' is not part"),
    "a yield": ("(yield) == 1", "'yield' is not part"),
    "a yield from": ("(yield from (1, 2)) == 1", "'yield' is not part"),
    "an await": ("await magnitude", "'await' is not part"),
    "an async": ("async == 1", "'async' is not part"),
    "a global": ("global magnitude", "'global' is not part"),
    "a class": ("class A: pass", "'class' is not part"),
    "a call of a call": ("abs(1)(2) == 1", "only the functions of the language are called"),
    "a call of a text": ('"abs"(1) == 1', "only the functions of the language are called"),
    "a call of a list": ("[abs](1) == 1", "only the functions of the language are called"),
    "a call of True": ("True(1) == 1", "only the functions of the language are called"),
    "a column called": ("magnitude(1) == 1", "is a column, and columns are not called"),
    "starred arguments": ("abs(*(1, 2)) == 1", "'*' before an argument is not part"),
    "double-starred arguments": ("abs(**magnitude) == 1", "arguments have no names"),
    "a named argument": ("abs(x=1) == 1", "equality is '=='"),
    "too many arguments": ("abs(1, 2) == 1", "abs(x) takes 1 argument, not 2"),
    "no arguments": ("abs() == 1", "abs(x) takes 1 argument, not 0"),
    "a starred list": ("magnitude in (*object_id,)", "among literals of its kind"),
    "an f-string": ('f"{magnitude}" == "a"', PREFIX),
    "an f-string that calls": ("f'{open(1)}' == 'a'", PREFIX),
    "an upper-case f-string": ('F"{1}" == "a"', PREFIX),
    "a raw f-string": ('rf"{1}" == "a"', PREFIX),
    "a format": ('"{0.__class__}".format(1) == "a"', ATTRIBUTES),
    "a format by per cent": ('"%s" % object_id == "a"', "'%' works on numbers, this is a text"),
    "a format of width": ('"%999999999d" % 1 == "a"', "'%' works on numbers, this is a text"),
    "bytes": ('b"abc" == "abc"', PREFIX),
    "a prefixed text": ('u"abc" == object_id', PREFIX),
    "an escape": (r'"\x41" == object_id', r"'\' is not part of the language"),
    "an escape by name": (r'"\N{BULLET}" == object_id', r"'\' is not part of the language"),
    "an octal escape": (r'"\101" == object_id', r"'\' is not part of the language"),
    "an escaped quote": (r'"\"" == object_id', "'\\' is not part of the language"),
    "texts joined by standing": ('"a" "b" == object_id', ONCE),
    "a text of three quotes": ('"""abc""" == object_id', ONCE),
    "texts joined by plus": ('"a" + "b" == object_id', "'+' works on numbers, this is a text"),
    "a text repeated": ('"a" * 10**9 == object_id', "'*' works on numbers, this is a text"),
    "a list repeated": ("[1] * 10**9 == 1", "a list stands after 'in' alone"),
    "a list joined": ("magnitude in (1,) + (2,)", "after 'in' stands a list"),
    "a text in a function of numbers": ('abs("a") == 1', "abs() works on numbers"),
    "a name that is no literal": ("score(object_id, survey) > 1", "here stands a name in quotes"),
    "a huge power": ("9**9**9 > 1", "an exponent is a number"),
    "a power of a power in brackets": ("9**(9**9) > 1", "an exponent is a number"),
    "a large exponent": ("9**99999 > 1", "an exponent is a number"),
    "an exponent that is a column": ("2**magnitude > 1", "an exponent is a number"),
    "an exponent between halves": ("magnitude**0.3 > 1", "an exponent is a number"),
    "an exponent that is not finite": ("magnitude**1e999 > 1", "too large for a float64"),
    "a huge whole number": ("9" * 500 + " > 1", "a number has at most 25 characters"),
    "a number of 5,000 digits": ("9" * 5000 + " > 1", "a clause has at most 1000 characters"),
    "an infinite number": ("1e999 > 1", "too large for a float64"),
    "a complex number": ("1j == 1", "this is no number"),
    "a hexadecimal number": ("0xff == 1", "this is no number"),
    "an underscored number": ("1_000 == 1", "this is no number"),
    "a number that runs into a word": ("1if 1else 2", "this is no number"),
    "a number with a leading nought": ("007 == 1", "leading zeros"),
    "a shift": ("1 << 10**9 > 1", "'<<' is not part"),
    "a matrix product": ("magnitude @ magnitude > 1", "'@' is not part"),
    "an exclusive or": ("True ^ True", "'^' is not part"),
    "a decorator": ("@abs", "'@' is not part"),
    "two statements": ("True; True", "';' is not part"),
    "two lines": ("True\nimport os", "U+000A (a control character)"),
    "two lines by a carriage return": ("True\rTrue", "U+000D (a control character)"),
    "a form feed": ("\fTrue", "U+000C (a control character)"),
    "a tab": ("\tTrue", "U+0009 (a control character)"),
    "a continued line": ("True\\\n", r"'\' is not part of the language"),
    "a comment": ("True # type: ignore", "'#' is not part"),
    "an encoding": ("# -*- coding: utf-7 -*-", "'#' is not part"),
    "a nul byte": ("True\0", "U+0000 (a control character)"),
    "a nul byte in a text": ('object_id == "a\0"', "U+0000 (a control character)"),
    "an escape of a terminal": ("\x1b[31m == 1", "U+001B (a control character)"),
    "a byte-order mark": ("\ufeffTrue", LOOK_ALIKE),
    "a zero-width space": ("mag\u200bnitude > 1", LOOK_ALIKE),
    "text from right to left": ('object_id == "\u202e"', LOOK_ALIKE),
    "a full-width letter": ("\uff41bs(1) > 1", LOOK_ALIKE),
    "a mathematical letter": ("\U0001d452val(1)", LOOK_ALIKE),
    "a full-width underscore": ("\uff3f_import__(1)", LOOK_ALIKE),
    "a Cyrillic letter": ("\u0430bs(1) > 1", LOOK_ALIKE),
    "an Arabic digit": ("magnitude > \u0661", LOOK_ALIKE),
    "a full-width dot": ("magnitude\uff0ebase", LOOK_ALIKE),
    "half of a surrogate pair": ("\ud800 == 1", LOOK_ALIKE),
    "deep brackets": ("(" * 100 + "1" + ")" * 100 + " > 1", "at most 32 deep"),
    "brackets that never close": ("(" * 200, "at most 32 deep"),
    "brackets beyond Python's own": ("[" * 40 + "]" * 40, "at most 32 deep"),
    "a hundred signs": ("-" * 100 + "1 > 0", "at most 32 deep"),
    "a hundred negations": ("~" * 100 + "True", "at most 32 deep"),
    "a hundred nots": ("not " * 100 + "True", "at most 32 deep"),
    "deep calls": ("abs(" * 40 + "1" + ")" * 40 + " > 1", "at most 32 deep"),
    "a long sum": ("+".join(["1"] * 100) + " > 1", "at most 32 deep"),
    "a long chain": ("<".join(["1"] * 35), "at most 32 deep"),
    "many parts": ("&".join(["(1<2<3<4<5<6<7<8)"] * 14), "a clause has at most"),
    "many tokens": ("1," * 400, "a clause has at most 300"),
    "a long text": (" " * 10**6 + "True", "a clause has at most 1000 characters"),
    "a long membership": (f"magnitude in ({'1,' * 65})", "a list has 1 to 64 literals"),
    "a long name": ("a" * 65 + " > 1", "a name has at most 64 characters"),
    "a long text in quotes": (f'object_id == "{"a" * 65}"', "a text in quotes has at most 64"),
    "nothing": ("", "the expression is empty"),
    "spaces": ("   ", "the expression is empty"),
}
"""What is tried, by what it is: its text, and what the refusal says."""


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_an_escape_is_refused_by_name(attempt: str) -> None:
    text, said = ATTEMPTS[attempt]
    with warnings.catch_warnings(record=True) as warned, pytest.raises(ExpressionError) as refused:
        warnings.simplefilter("always")
        read(text)
    message = str(refused.value)
    assert said in message
    assert message.isprintable(), "a message is one line that a terminal shows as it is"
    assert len(message) < 1000
    assert not warned


def test_there_are_enough_attempts_and_each_is_another() -> None:
    assert len(ATTEMPTS) >= 60
    assert len({text for text, _ in ATTEMPTS.values()}) == len(ATTEMPTS)


def test_no_builtin_but_those_of_numbers_is_called() -> None:
    offered = set(vars(builtins)) & set(FUNCTIONS)
    assert offered == {"abs"}
    for name in set(vars(builtins)) - offered - {"True", "False", "None"}:
        with pytest.raises(ExpressionError, match=NO_FUNCTION):
            read(f"{name}(1) > 0")


def test_every_printable_character_alone_is_refused() -> None:
    for code in range(256):
        with pytest.raises(ExpressionError):
            read(chr(code))


def test_the_limits_leave_room_for_the_deepest_that_they_allow() -> None:
    deep = "(" * limits.DEPTH_MAX + "True" + ")" * limits.DEPTH_MAX
    assert read(deep).kind == "truth"
    literals = ", ".join(f'"ZTF18abcde{number:02}"' for number in range(limits.MEMBERSHIP_MAX))
    text = f"object_id in ({literals})"
    assert len(text) > limits.TEXT_CHARS_MAX
    assert read(text.replace("ZTF18abcde", "a")).kind == "truth"
