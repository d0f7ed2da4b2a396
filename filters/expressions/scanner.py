"""The first look at an expression: its characters and tokens, before Python's parser sees it.

What passes is short, plain ASCII, shallow, and made of tokens that the language has; so the parser
meets no escape, no prefix, no look-alike letter, and nothing that costs it time or stack.
"""

from __future__ import annotations

import keyword
import re
import unicodedata

from filters.expressions.limits import (
    DEPTH_MAX,
    NAME_CHARS_MAX,
    NUMBER_CHARS_MAX,
    TEXT_CHARS_MAX,
    TOKENS_MAX,
)
from filters.expressions.refusal import ExpressionError

NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
TOKEN = re.compile(
    rf"""(?P<space>\ +)
    |(?P<number>{NUMBER})
    |(?P<name>[A-Za-z_][A-Za-z_0-9]*)
    |(?P<text>"[^"]*"|'[^']*')
    |(?P<open>[(\[{{])
    |(?P<close>[)\]}}])
    |(?P<operator>\*\*|//|<=|>=|==|!=|[-+*/%<>&|~])(?!=)
    |(?P<comma>,)
    """,
    re.VERBOSE,
)

WORDS = {"True", "False", "in", "not", "and", "or", "None", "is"}
"""Python's keywords that the parser may see: to be read, or refused with a better hint."""

FOREIGN = {
    ".": "attributes (x.y) are not part of the language",
    ":": "':' (slices, lambdas, dictionaries, ':=') is not part of the language",
    ";": "a clause is one expression; ';' is not part of the language",
    "=": "'=' is not part of the language; equality is '=='",
    "!": "'!' is not part of the language; negation is '~', inequality '!='",
    "@": "'@' is not part of the language",
    "^": "'^' is not part of the language; a power is '**'",
    "\\": "'\\' is not part of the language; texts have no escapes",
    "#": "'#' is not part of an expression",
    "`": "'`' is not part of the language",
    "$": "'$' is not part of the language",
    "?": "'?' is not part of the language",
    '"': "this text is not closed",
    "'": "this text is not closed",
}
"""By the character at which no token begins."""

FOREIGN_PAIRS = {
    "<<": "'<<' is not part of the language",
    ">>": "'>>' is not part of the language",
    "<>": "'<>' is not part of the language; inequality is '!='",
    "->": "'->' is not part of the language",
    "=>": "'=>' is not part of the language; at least is '>='",
    "=<": "'=<' is not part of the language; at most is '<='",
    "&&": "'&&' is not part of the language; both is '&'",
    "||": "'||' is not part of the language; either is '|'",
}


def scan(text: str) -> None:
    """Nothing, or an ExpressionError at the first thing that no expression holds."""
    if len(text) > TEXT_CHARS_MAX:
        what = f"a clause has at most {TEXT_CHARS_MAX} characters, this one {len(text)}"
        raise ExpressionError(what, text[: TEXT_CHARS_MAX + 1], TEXT_CHARS_MAX)
    if not text.strip(" "):
        raise ExpressionError("the expression is empty", text, 0)
    _plain(text)
    _shallow(text, _tokens(text))


def _plain(text: str) -> None:
    for at, char in enumerate(text):
        if char == "\\":  # in a text too
            raise ExpressionError(FOREIGN[char], text, at)
        if not (char.isascii() and char.isprintable()):
            called = unicodedata.name(char, "a control character")
            what = f"U+{ord(char):04X} ({called}) is not part of the language, which is plain ASCII"
            raise ExpressionError(what, text, at)


def _tokens(text: str) -> list[re.Match[str]]:
    """All but spaces."""
    found, at = [], 0
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None or text[at : at + 2] in FOREIGN_PAIRS:
            raise ExpressionError(_foreign(text, at), text, at)
        _sound(token)
        at = token.end()
        if token.lastgroup != "space":
            found.append(token)
    return found


def _foreign(text: str, at: int) -> str:
    pair = FOREIGN_PAIRS.get(text[at : at + 2])
    # What the expression of tokens lacks is one of FOREIGN, or an operator that assigns.
    return pair or FOREIGN.get(text[at]) or FOREIGN["="]


def _sound(token: re.Match[str]) -> None:
    """A token by itself: its length, and what follows it without a space."""
    word, text, begin, end = token.group(), token.string, *token.span()
    after = text[end : end + 1]
    if token.lastgroup == "number":
        if after and (after.isalnum() or after in "_."):
            raise ExpressionError(
                "this is no number; one is written 18, 18.5 or 1.5e3", text, begin
            )
        if len(word) > NUMBER_CHARS_MAX:
            what = f"a number has at most {NUMBER_CHARS_MAX} characters, this one {len(word)}"
            raise ExpressionError(what, text, begin)
    elif token.lastgroup == "name":
        if len(word) > NAME_CHARS_MAX:
            what = f"a name has at most {NAME_CHARS_MAX} characters, this one {len(word)}"
            raise ExpressionError(what, text, begin)
        if after and after in "\"'":
            what = f"a text has no prefix {word!r:.8}: bytes, f-strings and the like are not taken"
            raise ExpressionError(what, text, begin)
        if keyword.iskeyword(word) and word not in WORDS:
            raise ExpressionError(f"{word!r} is not part of the language", text, begin)
    elif token.lastgroup == "text" and len(word) - 2 > NAME_CHARS_MAX:
        what = f"a text in quotes has at most {NAME_CHARS_MAX} characters, this one {len(word) - 2}"
        raise ExpressionError(what, text, begin)


def _shallow(text: str, tokens: list[re.Match[str]]) -> None:
    """The number of tokens, how deep brackets stand, and how many operators follow each other."""
    if len(tokens) > TOKENS_MAX:
        what = f"a clause has at most {TOKENS_MAX} names, numbers and signs, this one {len(tokens)}"
        raise ExpressionError(what, text, tokens[TOKENS_MAX].start())
    depth = signs = 0
    for token in tokens:
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        is_sign = token.lastgroup == "operator" or token.group() == "not"
        signs = signs + 1 if is_sign else 0
        if depth > DEPTH_MAX or signs > DEPTH_MAX:
            what = f"an expression is at most {DEPTH_MAX} deep"
            raise ExpressionError(what, text, token.start())
