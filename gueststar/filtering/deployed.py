"""Filters that are deployed, to be asked here as any other."""

from __future__ import annotations

from broker.deployments.records import Version
from broker.deployments.register import Register
from filters.expressions.filter import ExpressionFilter
from gueststar.filtering.candidates import Candidate, of_expressions
from gueststar.filtering.deployment import newest
from schemas.errors import FilterError


def active(found: Register, name: str) -> Candidate | None:
    """The version of that name that is live; None where none is."""
    return next((_candidate(each) for each in found.active if each.name == name), None)


def deployed(found: Register, name: str, version: int | None = None) -> Candidate:
    """A version of a deployed filter, the newest by default. Raises FilterError."""
    last = newest(found, name)
    versions = {each.version: each for each in found.versions(name)}
    wanted = last.version if version is None else version
    if wanted not in versions:
        numbers = ", ".join(map(str, versions))
        raise FilterError(f"filter {name!r} has no version {wanted}; it has {numbers}")
    return _candidate(versions[wanted])


def _candidate(version: Version) -> Candidate:
    return of_expressions(ExpressionFilter.of(version.document), f"version {version.version}")
