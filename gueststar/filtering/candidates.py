"""The filter that a command names: a built-in, or those of a .py, .toml or .filter file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from filters.expressions.filter import ExpressionFilter, read_filter
from filters.selection import Selection
from filters.sources import builtin_names, load_builtin, load_file
from schemas.errors import FilterError
from schemas.suggestion import nearest

EXPRESSIONS = (".toml", ".filter")
TOPIC = "gueststar.filter."
"""How the topic of a deployed filter begins; nothing is published here."""


@dataclass(frozen=True)
class Candidate:
    """A filter to be tried, and what it is called."""

    name: str
    sha256: str
    selection: Selection
    origin: str
    """Where it is from, for people."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Of an expression filter the clauses' texts."""


def candidates(what: str) -> tuple[Candidate, ...]:
    """The filters of that name or path. Raises FilterError, with the nearest names."""
    path = Path(what)
    if path.suffix in EXPRESSIONS:
        return (of_expressions(read_filter(path), what),)
    if path.suffix == ".py":
        return tuple(_of_code(each, what) for each in load_file(path))
    if path.name != what or what not in builtin_names():
        raise FilterError(
            f"{what!r} is no .py, .toml or .filter file, nor a built-in filter"
            f"{nearest(what, builtin_names())}"
        )
    return (_of_code(load_builtin(what), "built-in"),)


def of_expressions(found: ExpressionFilter, origin: str) -> Candidate:
    texts = {clause.name: clause.text for clause in found.clauses}
    selection = found.selection(f"{TOPIC}{found.name}")
    return Candidate(found.name, found.sha256, selection, origin, texts)


def _of_code(selection: Selection, origin: str) -> Candidate:
    return Candidate(selection.name, selection.sha256, selection, origin)
