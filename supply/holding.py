"""Answers about packages, held to what is allowed; nothing that is not written down passes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

PERMISSIVE = ("mit", "bsd", "apache", "isc", "python software foundation", "psf", "0bsd", "zlib")
"""A licence that names one of these may be shipped beside ours."""
LINE_MAX = 60


@dataclass(frozen=True)
class Exceptions:
    """What passes all the same, with its reason; those that ended do not stand here."""

    licences: Mapping[str, str]
    """By package."""
    holes: Mapping[str, str]
    """By the hole's id."""

    @classmethod
    def of(cls, text: str, today: date) -> Exceptions:
        """Those of a table that hold today. Raises KeyError for one without reason or end."""
        table = tomllib.loads(text)
        return cls(*(dict(_held(table.get(kind, {}), today)) for kind in ("licences", "holes")))


def _held(written: Mapping[str, Mapping[str, Any]], today: date) -> Iterator[tuple[str, str]]:
    for name, one in written.items():
        reason, until = str(one["reason"]), one["until"]
        if today <= until:
            yield name, reason


@dataclass(frozen=True)
class Verdict:
    """What came of a question."""

    said: str
    refused: Sequence[str]
    """A line for each thing without an exception."""


def licensed(packages: Sequence[Mapping[str, str]], excepted: Exceptions) -> Verdict:
    """Of pip-licenses' answer."""
    refused = [
        f"{one['Name']} {one['Version']}: licence {_short(one['License'])!r} is not permissive;"
        " leave the package out, or write an exception"
        for one in packages
        if not _is_permissive(one["License"]) and one["Name"] not in excepted.licences
    ]
    said = f"licences of {len(packages)} packages: {len(packages) - len(refused)} may be shipped"
    return Verdict(said, refused)


def _is_permissive(licence: str) -> bool:
    """By the text alone; who says GPL beside another is not."""
    told = licence.lower()
    return "gpl" not in told and any(one in told for one in PERMISSIVE)


def audited(answer: Mapping[str, Any], excepted: Exceptions) -> Verdict:
    """Of pip-audit's answer; what it could not look up is counted, not passed over."""
    packages = answer["dependencies"]
    skipped = [one for one in packages if "skip_reason" in one]
    refused = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in"
        f" {', '.join(hole['fix_versions']) or 'no version'}; raise it, or write an exception"
        for one in packages
        for hole in one.get("vulns", ())
        if not {hole["id"], *hole.get("aliases", ())} & excepted.holes.keys()
    ]
    said = f"known holes of {len(packages) - len(skipped)} packages: {len(refused)} unwritten"
    if skipped:
        said += f"; {len(skipped)} NOT AUDITED, as their advisories are out of reach from here"
    return Verdict(said, refused)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LINE_MAX else f"{line[: LINE_MAX - 1]}…"
