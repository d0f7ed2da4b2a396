"""From a clause's text to its tree: scanned, parsed by Python's own parser, and checked."""

from __future__ import annotations

import ast

from filters.expressions.checker import checked
from filters.expressions.refusal import ExpressionError
from filters.expressions.scanner import scan
from filters.expressions.tree import Kind, Node

TOO_MUCH = "this is more than Python's parser can take; make it shorter"


def read(text: str, *, kind: Kind = Kind.TRUTH) -> Node:
    """The tree of a clause, of that kind. Raises ExpressionError, which says what and where.

    Nothing of the text is ever run: the parser's tree is looked at, and what the language has is
    built anew.
    """
    scan(text)
    # The parser takes spaces before an expression for an indented line.
    indent = len(text) - len(text.lstrip(" "))
    try:
        parsed = ast.parse(text[indent:], mode="eval")
    except SyntaxError as error:
        at = len(text) if not error.offset else indent + error.offset - 1
        raise ExpressionError(" ".join(error.msg.split()), text, at) from None
    except (ValueError, OverflowError, RecursionError, MemoryError):
        raise ExpressionError(TOO_MUCH, text, 0) from None
    return checked(parsed.body, text, indent, kind=kind)
