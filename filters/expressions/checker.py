"""Python's syntax tree to ours: what is not on a list is refused, and every kind must fit."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, Never

from filters.expressions import hints
from filters.expressions.functions import FUNCTIONS, Function, Works
from filters.expressions.limits import DEPTH_MAX, EXPONENT_MAX, MEMBERSHIP_MAX, NODES_MAX
from filters.expressions.names import IDENTIFIERS, INT64, KINDS
from filters.expressions.refusal import ExpressionError
from filters.expressions.tree import Call, Column, Constant, Kind, Membership, Node, Operation
from schemas.columns import CODES
from schemas.suggestion import nearest

ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}
JUNCTIONS: dict[type[ast.operator], str] = {ast.BitAnd: "&", ast.BitOr: "|"}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
EQUALITIES = ("==", "!=")


def checked(expression: ast.expr, text: str, indent: int = 0, *, kind: Kind = Kind.TRUTH) -> Node:
    """The tree of a clause. `indent` are the characters of `text` before what was parsed.

    kind: of a clause a truth; a number is asked for where things are ranked.
    """
    checker = _Checker(text, indent)
    node = checker.node(expression, 1)
    if node.kind is not kind:
        checker.refuse(expression, hints.kind(node.kind, kind))
    nodes, depth = measured(node)
    if nodes > NODES_MAX:
        checker.refuse(expression, f"a clause has at most {NODES_MAX} parts, this one {nodes}")
    if depth > DEPTH_MAX:
        checker.refuse(expression, f"an expression is at most {DEPTH_MAX} deep, this one {depth}")
    return node


def measured(node: Node) -> tuple[int, int]:
    """How many nodes a tree has, a literal of a membership each one, and how deep it is."""
    match node:
        case Operation(operands=below) | Call(operands=below):
            found = [measured(each) for each in below]
        case Membership(value=value, among=among):
            found = [measured(value), (len(among), 1)]
        case _:
            found = []
    return 1 + sum(nodes for nodes, _ in found), 1 + max((depth for _, depth in found), default=0)


class _Checker:
    """One text's; `depth` is that of the node asked for, from 1."""

    def __init__(self, text: str, indent: int) -> None:
        self._text = text
        self._indent = indent
        self._readers: dict[type[ast.expr], Callable[[Any, int], Node]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.BinOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.Compare: self._comparisons,
            ast.Call: self._call,
        }

    def refuse(self, at: ast.expr | int, what: str) -> Never:
        """At a place in what was parsed."""
        place = at if isinstance(at, int) else at.col_offset
        raise ExpressionError(what, self._text, self._indent + place)

    def node(self, parsed: ast.expr, depth: int) -> Node:
        """Any expression of the language."""
        if depth > DEPTH_MAX:
            self.refuse(parsed, f"an expression is at most {DEPTH_MAX} deep")
        reader = self._readers.get(type(parsed))
        if reader is None:
            self.refuse(parsed, hints.construct(parsed))
        return reader(parsed, depth)

    def _number(self, parsed: ast.expr, depth: int, what: str) -> Node:
        """An operand of `what`, which works on numbers."""
        node = self.node(parsed, depth)
        if isinstance(node, Column) and node.name in {*CODES, *IDENTIFIERS}:
            self.refuse(parsed, hints.only_compared(node.name))
        if node.kind is not Kind.NUMBER:
            self.refuse(parsed, f"{what} works on numbers, this is a {node.kind}")
        return node

    def _constant(self, parsed: ast.Constant, depth: int) -> Constant:
        value = parsed.value
        if isinstance(value, bool):
            return Constant(value, Kind.TRUTH)
        if isinstance(value, int | float):
            return Constant(self._finite(parsed, value), Kind.NUMBER)
        if not isinstance(value, str):
            self.refuse(parsed, hints.constant(value))
        begin, end = parsed.col_offset + self._indent, (parsed.end_col_offset or 0) + self._indent
        if self._text[begin:end] not in {f'"{value}"', f"'{value}'"}:
            self.refuse(parsed, 'a text is written "…", once: no prefix, no joining, one line')
        return Constant(value, Kind.TEXT)

    def _finite(self, parsed: ast.expr, value: float) -> float:
        number = float(value)
        if number in {float("inf"), float("-inf")}:
            self.refuse(parsed, "this number is too large for a float64")
        return number

    def _name(self, parsed: ast.Name, depth: int) -> Node:
        name = parsed.id
        if name not in KINDS:
            self.refuse(parsed, hints.name(name))
        return Column(name, KINDS[name])

    def _unary(self, parsed: ast.UnaryOp, depth: int) -> Node:
        operand = parsed.operand
        if isinstance(parsed.op, ast.Not):
            self.refuse(parsed, "'not' is not part of the language; negation is ~(…)")
        if isinstance(parsed.op, ast.Invert):
            node = self.node(operand, depth + 1)
            if node.kind is not Kind.TRUTH:
                self.refuse(parsed, hints.binds_tighter("~"))
            return Operation("~", (node,), Kind.TRUTH)
        node = self._number(operand, depth + 1, "a sign")
        if isinstance(parsed.op, ast.UAdd):
            return node
        # Not 0, as -0.0 equals 0.0 and a quotient by it does not.
        if isinstance(node, Constant) and node.value:
            return Constant(-float(node.value), Kind.NUMBER)
        return Operation("neg", (node,), Kind.NUMBER)

    def _binary(self, parsed: ast.BinOp, depth: int) -> Node:
        sign = type(parsed.op)
        if sign in JUNCTIONS:
            return self._junction(parsed, JUNCTIONS[sign], depth)
        if sign not in ARITHMETIC:
            self.refuse(parsed, hints.operator(parsed.op))
        symbol = ARITHMETIC[sign]
        left = self._number(parsed.left, depth + 1, f"'{symbol}'")
        right = self._number(parsed.right, depth + 1, f"'{symbol}'")
        if symbol == "**":
            self._exponent(parsed.right, right)
        return Operation(symbol, (left, right), Kind.NUMBER)

    def _exponent(self, parsed: ast.expr, node: Node) -> None:
        value = node.value if isinstance(node, Constant) else None
        if not isinstance(value, float) or (2 * value) % 1 or abs(value) > EXPONENT_MAX:
            what = f"an exponent is a number, whole or half, from -{EXPONENT_MAX} to {EXPONENT_MAX}"
            self.refuse(parsed, what)

    def _junction(self, parsed: ast.BinOp, symbol: str, depth: int) -> Node:
        sides = (parsed.left, parsed.right)
        left, right = (self.node(side, depth + 1) for side in sides)
        if not left.kind is right.kind is Kind.TRUTH:
            self.refuse(self._between(*sides, symbol), hints.binds_tighter(symbol))
        return Operation(symbol, (left, right), Kind.TRUTH)

    def _between(self, left: ast.expr, right: ast.expr, symbol: str) -> int:
        """Where an operator stands: nothing but spaces and brackets are about it."""
        begin, end = left.end_col_offset or 0, right.col_offset
        at = self._text.find(symbol, begin + self._indent, end + self._indent)
        return begin if at < 0 else at - self._indent

    def _comparisons(self, parsed: ast.Compare, depth: int) -> Node:
        if any(isinstance(sign, ast.In | ast.NotIn) for sign in parsed.ops):
            return self._membership(parsed, depth)
        sides = [parsed.left, *parsed.comparators]
        nodes = [self.node(side, depth + 1) for side in sides]
        if len(parsed.ops) > 1 and Kind.TRUTH in {node.kind for node in nodes}:
            self.refuse(parsed, "truths are compared two at a time; use brackets")
        found: list[Node] = [
            self._comparison(sign, sides[at : at + 2], nodes[at : at + 2])
            for at, sign in enumerate(parsed.ops)
        ]
        whole = found[0]
        for each in found[1:]:
            whole = Operation("&", (whole, each), Kind.TRUTH)
        return whole

    def _comparison(self, sign: ast.cmpop, sides: list[ast.expr], nodes: list[Node]) -> Node:
        if type(sign) not in COMPARISONS:
            self.refuse(sides[1], "'is' is not part of the language; see '==' and is_missing(x)")
        symbol = COMPARISONS[type(sign)]
        for at, node in enumerate(nodes):
            if isinstance(node, Column) and node.name in {*CODES, *IDENTIFIERS}:
                if symbol not in EQUALITIES:
                    self.refuse(sides[at], hints.only_compared(node.name))
                value = self._literal_of(node, sides[1 - at])
                nodes = [*nodes]
                nodes[1 - at] = Constant(value, Kind.NUMBER)
                return Operation(symbol, (nodes[0], nodes[1]), Kind.TRUTH)
        left, right = nodes
        if left.kind is not right.kind:
            self.refuse(sides[1], f"a {left.kind} is compared with a {right.kind}")
        if left.kind is not Kind.NUMBER and symbol not in EQUALITIES:
            self.refuse(sides[0], f"'{symbol}' compares numbers, this is a {left.kind}")
        return Operation(symbol, (left, right), Kind.TRUTH)

    def _membership(self, parsed: ast.Compare, depth: int) -> Node:
        among = parsed.comparators[0]
        if len(parsed.ops) > 1:
            self.refuse(parsed, "'in' stands in no chain of comparisons; use brackets")
        if not isinstance(among, ast.Tuple | ast.List | ast.Set):
            self.refuse(among, "after 'in' stands a list of literals: (1, 2), or (1,) of one")
        if not 0 < len(among.elts) <= MEMBERSHIP_MAX:
            what = f"a list has 1 to {MEMBERSHIP_MAX} literals, this one {len(among.elts)}"
            self.refuse(among, f"{what}; for more, a watchlist" if among.elts else what)
        value = self.node(parsed.left, depth + 1)
        literals = tuple(self._literal_of(value, each) for each in among.elts)
        found = Membership(value, literals)
        return found if isinstance(parsed.ops[0], ast.In) else Operation("~", (found,), Kind.TRUTH)

    def _literal_of(self, value: Node, parsed: ast.expr) -> float | int | str:
        """What a value is looked for as: a code of its name, an int64, a number or a text."""
        literal = self._literal(parsed)
        name = value.name if isinstance(value, Column) else ""
        if name in CODES:
            if not isinstance(literal, str):
                self.refuse(parsed, hints.only_compared(name))
            if literal not in CODES[name]:
                self.refuse(
                    parsed, f"there is no {name} {literal!r}{nearest(literal, CODES[name])}"
                )
            return float(CODES[name].index(literal))
        if name in IDENTIFIERS:
            if not isinstance(literal, int) or literal not in INT64:
                self.refuse(parsed, hints.only_compared(name))
            return literal
        wanted = {Kind.NUMBER: (int, float), Kind.TEXT: (str,), Kind.TRUTH: ()}[value.kind]
        if not isinstance(literal, wanted) or literal is None:
            self.refuse(parsed, f"here a {value.kind} is looked for among literals of its kind")
        return literal if isinstance(literal, str) else self._finite(parsed, literal)

    def _literal(self, parsed: ast.expr) -> float | int | str | None:
        """A number as it is written, signs applied, or a text; None where it is neither."""
        if isinstance(parsed, ast.Constant) and isinstance(parsed.value, str):
            return str(self._constant(parsed, 1).value)
        if isinstance(parsed, ast.UnaryOp) and isinstance(parsed.op, ast.USub | ast.UAdd):
            number = _as_written(parsed.operand)
            return -number if number is not None and isinstance(parsed.op, ast.USub) else number
        return _as_written(parsed)

    def _call(self, parsed: ast.Call, depth: int) -> Node:
        called = parsed.func
        if not isinstance(called, ast.Name):
            self.refuse(parsed, "only the functions of the language are called, by their names")
        function = FUNCTIONS.get(called.id)
        if function is None:
            self.refuse(called, hints.function(called.id))
        self._counted(parsed, function)
        quoted, operands = (
            parsed.args[: len(function.names)],
            parsed.args[len(function.names) :],
        )
        names = tuple(map(self._quoted, quoted, function.names, [function] * len(quoted)))
        nodes = tuple(self._number(each, depth + 1, f"{function.name}()") for each in operands)
        if function.works is Works.TREES:
            tree: Node = function.run(*nodes)
            return tree
        if function.works is Works.ALERTS:
            self._constants(operands, nodes, function)
        return Call(function.name, names, nodes, function.kind)

    def _counted(self, parsed: ast.Call, function: Function) -> None:
        for each in parsed.args:
            if isinstance(each, ast.Starred):
                self.refuse(each, "'*' before an argument is not part of the language")
        if parsed.keywords:
            self.refuse(parsed, f"arguments have no names: {function.signature}")
        wanted, given = len(function.names) + len(function.operands), len(parsed.args)
        if wanted != given:
            what = f"{function.signature} takes {wanted} argument{'s' * (wanted != 1)}"
            self.refuse(parsed, f"{what}, not {given}")

    def _quoted(self, parsed: ast.expr, argument: str, function: Function) -> str:
        literal = self._literal(parsed)
        if not isinstance(literal, str):
            self.refuse(parsed, f"here stands a name in quotes: {function.signature}")
        known = function.known(argument)
        if known is not None and literal not in known.names:
            hint = nearest(literal, known.names)
            self.refuse(parsed, f"there is no {known.what} {literal!r}{hint}")
        return literal

    def _constants(
        self, parsed: Sequence[ast.expr], nodes: Sequence[Node], function: Function
    ) -> None:
        for each, node in zip(parsed, nodes, strict=True):
            if not isinstance(node, Constant):
                self.refuse(each, f"here stands a number as it is: {function.signature}")


def _as_written(parsed: ast.expr) -> float | int | None:
    """A number, whole where it is written so; None where it is none."""
    value = parsed.value if isinstance(parsed, ast.Constant) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
