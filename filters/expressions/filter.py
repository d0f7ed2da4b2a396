"""A filter of expressions: named clauses as text, which make a Selection like any other."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.alerts import Alerts
from filters.expressions.evaluation import evaluate
from filters.expressions.files import Place, document_of
from filters.expressions.limits import DESCRIPTION_CHARS_MAX, FILTER_CHARS_MAX
from filters.expressions.parser import read
from filters.expressions.refusal import ExpressionError
from filters.expressions.tree import Node
from filters.selection import CLAUSES_MAX, Clauses, Selection
from schemas.errors import FilterError
from schemas.form import FORMS, Form, form_named
from schemas.suggestion import nearest

NAME = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{FILTER_CHARS_MAX - 1}}}")
"""What a filter of expressions may be called."""

CLAUSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
"""What a clause may be called; TOML needs no quotes around it."""

KEYS = ("name", "description", "form", "clauses")


@dataclass(frozen=True)
class Clause:
    """A question that every alert is asked: its text, and the tree that the text means."""

    name: str
    text: str
    node: Node


@dataclass(frozen=True)
class ExpressionFilter:
    """Clauses in the order asked. `of` makes one of its document, with everything checked."""

    name: str
    description: str
    form: Form
    clauses: tuple[Clause, ...]

    @cached_property
    def sha256(self) -> str:
        """Of all but the name, so that what two filters do can be compared."""
        said = {key: value for key, value in self.document().items() if key != "name"}
        said["clauses"] = list(said["clauses"].items())
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def document(self) -> dict[str, Any]:
        """What is kept of it, as JSON or TOML hold it; `of` reads it back."""
        return {
            "name": self.name,
            "description": self.description,
            "form": self.form,
            "clauses": {clause.name: clause.text for clause in self.clauses},
        }

    @classmethod
    def of(cls, document: Mapping[str, Any], place: Place | None = None) -> ExpressionFilter:
        """The filter that a document describes; `description` and `form` may be left out.

        Raises FilterError, and ExpressionError where a clause cannot be read; `place` says where
        a key stands, by default in which filter.
        """
        called = document.get("name")
        return _Document(document, place or (lambda key: f"filter {called!r:.70}")).filter()

    def selection(self, topic: str) -> Selection:
        """The filter as every other is: evaluated on columns, clause by clause."""

        def rule(alerts: Alerts) -> Clauses:
            for clause in self.clauses:
                yield clause.name, _asked(clause, alerts)

        return Selection(
            rule,
            topic=topic,
            name=self.name,
            description=self.description,
            sha256=self.sha256,
            form=self.form,
        )


def read_filter(path: Path) -> ExpressionFilter:
    """The filter of a .toml or .filter file, by the file's name where it gives none.

    Raises FilterError, which names file and line, and ExpressionError where a clause is wrong.
    """
    return ExpressionFilter.of(*document_of(path))


def _asked(clause: Clause, alerts: Alerts) -> NDArray[np.bool_]:
    try:
        return evaluate(clause.node, alerts)
    except FilterError as error:
        raise FilterError(f"clause {clause.name!r}: {error}") from error


class _Document:
    """One document being checked, key by key."""

    def __init__(self, document: Mapping[str, Any], place: Place) -> None:
        self._document = document
        self._place = place

    def filter(self) -> ExpressionFilter:
        for key in self._document:
            if key not in KEYS:
                raise self._wrong(str(key), f"there is no key {key!r:.70}{nearest(str(key), KEYS)}")
        name = self._text("name")
        if not NAME.fullmatch(name):
            what = f"{name!r:.70} is no name of a filter; use a-z, 0-9, _ and -, 63 at most"
            raise self._wrong("name", what)
        return ExpressionFilter(name, self._description(), self._form(), self._clauses())

    def _wrong(self, key: str, what: str) -> FilterError:
        return FilterError(f"{self._place(key)}: {what}")

    def _text(self, key: str, absent: str = "") -> str:
        value = self._document.get(key, absent)
        if not isinstance(value, str):
            raise self._wrong(key, f"{key!r} is a text, not {value!r:.40}")
        return value

    def _description(self) -> str:
        text = self._text("description").strip()
        if len(text) > DESCRIPTION_CHARS_MAX:
            what = f"a description has at most {DESCRIPTION_CHARS_MAX} characters, not {len(text)}"
            raise self._wrong("description", what)
        if not text.replace("\n", "").isprintable():
            raise self._wrong("description", "a description holds no control characters")
        return text

    def _form(self) -> Form:
        name = self._text("form", "lite")
        form = form_named(name)
        if form is None:
            raise self._wrong("form", f"{name!r:.40} is no form{nearest(name, FORMS)}")
        return form

    def _clauses(self) -> tuple[Clause, ...]:
        clauses = self._document.get("clauses", {})
        if not isinstance(clauses, Mapping):
            raise self._wrong("clauses", f"'clauses' are names and texts, not {clauses!r:.40}")
        if not 0 < len(clauses) <= CLAUSES_MAX:
            what = f"a filter has 1 to {CLAUSES_MAX} clauses, this one {len(clauses)}"
            raise self._wrong("clauses", what)
        return tuple(self._clause(name, text) for name, text in clauses.items())

    def _clause(self, name: object, text: object) -> Clause:
        key = f"clauses.{name}"
        if not (isinstance(name, str) and CLAUSE.fullmatch(name)):
            what = f"{name!r:.70} is no name of a clause; use a-z, A-Z, 0-9, _ and -, 63 at most"
            raise self._wrong(key, what)
        if not isinstance(text, str):
            what = f'clause {name!r} is a text in quotes, as "magnitude < 18"; not {text!r:.40}'
            raise self._wrong(key, what)
        try:
            return Clause(name, text.strip(" "), read(text.strip(" ")))
        except ExpressionError as error:
            raise error.within(f"{self._place(key)}: clause {name!r}") from None
