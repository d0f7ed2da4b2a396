"""Random expressions, drawn from a seed: noise, tokens, sound clauses, struck ones, and Python."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from filters.expressions.functions import FUNCTIONS
from filters.expressions.names import IDENTIFIERS, KINDS
from filters.expressions.tree import Kind
from schemas.columns import CODES

Draw = Callable[[random.Random], str]

NUMBERS = [
    name
    for name, kind in KINDS.items()
    if kind is Kind.NUMBER and name not in {*CODES, *IDENTIFIERS}
]
SIGNS = "()[]<>=&|~+-*/%.,'\" "
LITERALS = ("0", "1", "18.5", "-3", "1e300", "1e-300", "60000", ".5", "2.", "9" * 19)
ARITHMETIC = ("+", "-", "*", "/", "//", "%")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
EXPONENTS = ("2", "-1", "0.5", "-8", "7.5", "0")
OF_NAMES = {
    "score": '"realbogus", "real"',
    "score_at_even_odds": '"realbogus", "real"',
    "value": '"gaia", "parallax_mas"',
    "in_region": '"north"',
    "watchlist": '"north"',
    "watchlist_distance_arcsec": '"north"',
    "messenger": '"S240422ed", "credible_level"',
    "annotation_number": '"followup", "redshift"',
    "colour": '"g", "r"',
    "dereddened_colour": '"g", "r"',
}
PYTHON = """
{0}.{1} | {0}[{1}] | {0}({1}) | {0}(*{1}) | {0}(**{1}) | {0}(x={1}) | lambda: {0} | (lambda: {0})()
[{0} for x in {1}] | {{{0}: {1}}} | ({0} for x in {1}) | {0} if {1} else {0} | ({0} := {1})
not {0} | {0} and {1} | {0} or {1} | {0} is {1} | f'{{{0}}}' | b'{0}' | await {0} | (yield {0})
{0} << {1} | {0} ^ {1} | {0} @ {1} | {0}, {1} | *{0} | {0}; {1} | {0} = {1} | __import__('os').{0}
getattr({0}, '{1}') | {0}.__class__.{1} | '%s' % {0} | '{{}}'.format({0}) | 'a' * {0} | [{0}] * {1}
{0} ** {1} | {0} ** {1} ** {0} | {0} in {1} | {0} not in ({1},) | ({0})({1}) | ~{0} | {0} & {1}
{0} < {1} | abs({0}) | -{0} | {0} < {1} < {0} | score({0}, {1}) | is_missing({0}) | {0}\t{1}
"""
"""Shapes of Python; few of them are of the language."""
SHAPES = [shape for line in PYTHON.strip().split("\n") for shape in line.split(" | ")]
BITS = """
( ) [ { - ~ 1+ 1** 1< abs( 9 a ' " 1, True| . \\ (1) f(* f(** x: _
"""
REPEATED = [*BITS.split(), " ", "not ", "1 if ", "magnitude in (", "True & "]
"""What runs are made of."""
EXAMPLES = (
    '(band == "g")',
    '(band in ("r", "u"))',
    '(object_id != "ZTF18")',
    '(annotation("followup", "type") == "SNIa")',
    "(alert_id == 4611686018427387905)",
    "(1 < age_days < 3)",
    "True",
)
"""Sound clauses that no other draw makes."""


def _noise(draw: random.Random) -> str:
    """Printable characters."""
    return "".join(chr(draw.randint(32, 126)) for _ in range(draw.randint(0, 60)))


def _any_characters(draw: random.Random) -> str:
    """Of all of Unicode, most of them near the beginning."""
    reach = draw.choice((0x80, 0x250, 0x2100, 0x10FFFF))
    return "".join(chr(draw.randint(0, reach)) for _ in range(draw.randint(0, 30)))


def _tokens(draw: random.Random) -> str:
    """Tokens of the language and some of Python's, in any order."""
    words = [*NUMBERS, *FUNCTIONS, *LITERALS, *ARITHMETIC, *COMPARISONS, *CODES, *IDENTIFIERS]
    words += ["(", ")", "(", ")", "[", "]", ",", "&", "|", "~", "**", "in", "not", '"g"', "True"]
    words += ["lambda", "None", "is", "and", "or", "if", "else", "for", ".", ":", "__class__", "="]
    return draw.choice((" ", "")).join(draw.choices(words, k=draw.randint(1, 40)))


def _number(draw: random.Random, depth: int) -> str:
    """A sound number."""
    if depth <= 0 or draw.random() < 0.2:
        return draw.choice(NUMBERS) if draw.random() < 0.6 else draw.choice(LITERALS)
    chance = draw.random()
    if chance < 0.5:
        sign = draw.choice(ARITHMETIC)
        return f"({_number(draw, depth - 1)} {sign} {_number(draw, depth - 1)})"
    if chance < 0.6:
        return f"({_number(draw, depth - 1)}) ** {draw.choice(EXPONENTS)}"
    if chance < 0.65:
        return f"(-{_number(draw, depth - 1)})"
    return _call(draw, depth, Kind.NUMBER)


def _call(draw: random.Random, depth: int, kind: Kind) -> str:
    function = draw.choice([one for one in FUNCTIONS.values() if one.kind is kind])
    if function.name == "points_within":
        return f"points_within({draw.choice(LITERALS)})"
    operands = [_number(draw, depth - 1) for _ in function.operands]
    return f"{function.name}({', '.join(filter(None, [OF_NAMES.get(function.name), *operands]))})"


def _truth(draw: random.Random, depth: int) -> str:
    """A sound clause."""
    chance = draw.random()
    if depth <= 0 or chance < 0.4:
        sign = draw.choice(COMPARISONS)
        return f"({_number(draw, depth - 1)} {sign} {_number(draw, depth - 1)})"
    if chance < 0.7:
        return f"({_truth(draw, depth - 1)} {draw.choice('&|')} {_truth(draw, depth - 1)})"
    if chance < 0.75:
        return f"~{_truth(draw, depth - 1)}"
    if chance < 0.85:
        literals = ", ".join(draw.choices(LITERALS, k=draw.randint(1, 9)))
        return f"({_number(draw, depth - 1)} in ({literals},))"
    if chance < 0.9:
        return draw.choice(EXAMPLES)
    return _call(draw, depth, Kind.TRUTH)


def _sound(draw: random.Random) -> str:
    return _truth(draw, draw.randint(0, 5))


def _struck(draw: random.Random) -> str:
    """A sound clause with some characters changed, put in, taken out, or a part twice."""
    text = _sound(draw)
    for _ in range(draw.randint(1, 4)):
        at, to = sorted((draw.randint(0, len(text)), draw.randint(0, len(text))))
        put = draw.choice((chr(draw.randint(0, 255)), draw.choice(SIGNS), ""))
        text = draw.choice(
            (text[:at] + put + text[at + 1 :], text[:at] + put + text[at:], text[:at] + text[to:],
             text[:to] + text[at:])
        )  # fmt: skip
    return text


def _python(draw: random.Random) -> str:
    """Python's expressions in each other, of the language or not."""
    text = draw.choice((*NUMBERS, *LITERALS, "object_id", "'g'", "os", "__builtins__"))
    for _ in range(draw.randint(1, 6)):
        text = draw.choice(SHAPES).format(text, draw.choice((*LITERALS, *NUMBERS, "x", text)))
        if len(text) > 2_000:
            break
    return text


def _much(draw: random.Random) -> str:
    """Much of one or two things: depth, length, runs of signs."""
    first, second = draw.choices(REPEATED, k=2)
    count = int(10 ** draw.uniform(0, 4))
    return draw.choice(
        (first * count, (first + second) * count, first * count + "1" + second * count)
    )


DRAWS: dict[str, Draw] = {
    "printable noise": _noise,
    "any characters": _any_characters,
    "tokens in any order": _tokens,
    "sound clauses": _sound,
    "sound clauses, struck": _struck,
    "Python": _python,
    "Python, not scanned": _python,
    "much of one thing": _much,
}
UNSCANNED = "Python, not scanned"
"""Given to Python's parser as it is: the check of the tree must hold without the scan."""


def drawn(cases: int, seed: int) -> Iterator[tuple[str, str]]:
    """So many texts, each with the name of its draw."""
    draw, names = random.Random(seed), list(DRAWS)
    for _ in range(cases):
        name = draw.choice(names)
        yield name, DRAWS[name](draw)
