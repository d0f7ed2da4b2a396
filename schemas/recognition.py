"""Whose record a schema's is: each survey by the fields that it alone has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schemas.avro import RECORDS, Json, full_name, is_one_of, named_types, resolved
from schemas.batch import Reason
from schemas.refusal import Refusal
from schemas.survey import Survey

NAME_LETTERS_MAX, NAMED_MAX = 60, 4
"""Of a record's name, and how many fields a refusal names of each kind."""


def survey_of(record: dict[str, Json], surveys: Sequence[Survey]) -> Survey:
    """The survey that has all of its marks in a record's schema. Raises Refusal where none does.

    Of several the one whose marks are those of all others and more: a survey may borrow another's
    whole shape and add to it. Raises SchemaError where a part of the schema is no type.
    """
    look = _Look(record)
    fitting = [one for one in surveys if all(map(look.has, one.marks))]
    for survey in fitting:
        if all(survey is one or set(survey.marks) > set(one.marks) for one in fitting):
            return survey
    name = full_name(record)[:NAME_LETTERS_MAX]
    if fitting:
        names = " and ".join(one.name for one in fitting)
        raise Refusal(Reason.UNKNOWN_SCHEMA, f"the record {name} has the marks of {names} alike")
    raise _unrecognised(name, look, surveys)


def _unrecognised(name: str, look: _Look, surveys: Sequence[Survey]) -> Refusal:
    """What a record has of the survey that it is most like, and what it lacks of that one."""
    nearest = max(surveys, key=lambda one: sum(map(look.has_any, _known_by(one))))
    has = [paths[0] for paths in _known_by(nearest) if look.has_any(paths)]
    lacks = [paths[0] for paths in _known_by(nearest) if not look.has_any(paths)]
    if not has:
        roots = dict.fromkeys(one.marks[0].partition(".")[0] for one in surveys)
        return Refusal(Reason.NOT_AN_ALERT, f"the record {name} has no {' or '.join(roots)}")
    told = f"of {nearest.name}'s fields it has {_listed(has)} but no {_listed(lacks)}"
    return Refusal(Reason.UNKNOWN_SCHEMA, f"the record {name} is of no known survey: {told}")


def _known_by(survey: Survey) -> list[tuple[str, ...]]:
    """What a record of a survey must have, each by all of its names: its marks come first."""
    required = [leaf.paths for leaf in survey.leaves if leaf.required]
    return list(dict.fromkeys([*((mark,) for mark in survey.marks), *required]))


def _listed(paths: Sequence[str]) -> str:
    more = len(paths) - NAMED_MAX
    return ", ".join(paths[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


class _Look:
    """Which paths a record's schema has, of any type, through unions and references."""

    def __init__(self, record: dict[str, Json]) -> None:
        self._record = record
        self._named = named_types(record)

    def has(self, path: str) -> bool:
        """Whether a dotted path from the record's top is there."""
        found: list[tuple[Json, str]] = [(self._record, "")]
        for name in path.split("."):
            found = [
                (one["type"], inside)
                for kind, namespace in found
                for record, inside in self._records(kind, namespace)
                for one in record["fields"]
                if one["name"] == name
            ]
        return bool(found)

    def has_any(self, paths: Sequence[str]) -> bool:
        """Whether one of several is there."""
        return any(map(self.has, paths))

    def _records(self, kind: Json, namespace: str) -> Iterator[tuple[dict[str, Json], str]]:
        """The records that a type may be, with the namespace within each."""
        if isinstance(kind, list):
            for branch in kind:
                yield from self._records(branch, namespace)
        elif isinstance(kind, str):
            known = resolved(kind, namespace, self._named)
            if known:
                yield from self._records({**self._named[known], "name": known}, "")
        elif is_one_of(kind.get("type"), RECORDS):
            yield kind, full_name(kind, namespace).rpartition(".")[0]
        elif "type" in kind:
            yield from self._records(kind["type"], namespace)
