"""Filters of expressions as files: TOML, or a line a clause."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from filters.expressions.limits import FILE_BYTES_MAX
from schemas.errors import FilterError

SUFFIXES = (".toml", ".filter")

SPOKEN = re.compile(r"""(?:[^"'#]|"[^"]*"|'[^']*')*""")
"""A line up to its comment, if it has one."""

AT_LINE = re.compile(r" \(at line (\d+), column \d+\)")
"""How the message of a TOML error ends."""

Lines = dict[str, int]
"""The line of each key, from 1."""

Place = Callable[[str], str]
"""Where a key of a document stands ("form", "clauses", "clauses.bright"): how an error begins."""


def document_of(path: Path) -> tuple[Mapping[str, Any], Place]:
    """What a .toml or .filter file says, not yet checked, and where each key of it stands.

    A .filter file has a line `name: expression` for each clause, and comments after `#`; those
    before the first clause are its description. The name is the file's where it gives none.
    Raises FilterError, which names file and line.
    """
    if path.suffix not in SUFFIXES:
        raise FilterError(
            f"{_place(path)}: a filter of expressions ends in {' or '.join(SUFFIXES)}"
        )
    read = _toml if path.suffix == ".toml" else _plain
    document, lines = read(_text(path), path)

    def place(key: str) -> str:
        return _place(path, lines.get(key) or lines.get(key.partition(".")[0], 0))

    return {"name": path.stem, **document}, place


def document_in(text: str, path: Path) -> tuple[Mapping[str, Any], Place]:
    """The same of the text of a .filter file, which need not exist at its path."""
    if len(text.encode()) > FILE_BYTES_MAX:
        raise FilterError(f"{_place(path)}: a filter's file has at most {FILE_BYTES_MAX} bytes")
    document, lines = _plain(text.replace("\r\n", "\n"), path)
    return {"name": path.stem, **document}, lambda key: _place(path, lines.get(key, 0))


def _place(path: Path, line: int = 0) -> str:
    return f"filter file {path}:{line}" if line else f"filter file {path}"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            found = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise FilterError(f"{_place(path)}: {error.strerror or error}") from error
    if len(found) > FILE_BYTES_MAX:
        raise FilterError(f"{_place(path)}: a filter's file has at most {FILE_BYTES_MAX} bytes")
    try:
        return found.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = found[: error.start].count(b"\n") + 1
        raise FilterError(f"{_place(path, line)}: this is no UTF-8") from error


def _toml(text: str, path: Path) -> tuple[Mapping[str, Any], Lines]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said, found = str(error), AT_LINE.search(str(error))
        place = _place(path, int(found[1]) if found else text.count("\n") + 1)
        raise FilterError(f"{place}: no TOML: {AT_LINE.sub('', said)}") from error
    except RecursionError as error:
        raise FilterError(f"{_place(path)}: no TOML: too deep") from error
    clauses = document.get("clauses", {})
    of_clauses = [f"clauses.{name}" for name in clauses] if isinstance(clauses, dict) else []
    find = _finder(text)
    return document, {key: find(key) for key in [*document, *of_clauses]}


def _finder(text: str) -> Callable[[str], int]:
    """A function that finds the line of a TOML key; 0 where it is written in an unusual way."""
    lines = text.split("\n")
    begin = next((at for at, line in enumerate(lines) if _is_table(line)), len(lines))

    def find(key: str) -> int:
        table, _, name = key.partition(".")
        wanted = re.compile(rf"""\s*["']?{re.escape(name or key)}["']?\s*=""")
        dotted = re.compile(rf"\s*{re.escape(table)}\s*\.\s*{re.escape(name)}\s*=")
        for row, line in enumerate(lines):
            is_within = (row > begin) == bool(name)
            if (is_within and wanted.match(line)) or (name and dotted.match(line)):
                return row + 1
        return begin + 1 if key == "clauses" and begin < len(lines) else 0

    return find


def _is_table(line: str) -> bool:
    return line.lstrip().startswith("[")


def _plain(text: str, path: Path) -> tuple[Mapping[str, Any], Lines]:
    clauses: dict[str, str] = {}
    lines: Lines = {}
    comments: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        spoken, comment = _spoken(line)
        if not spoken:
            if comment and not clauses:
                comments.append(comment.strip("# "))
            continue
        name, colon, expression = (part.strip() for part in spoken.partition(":"))
        if not colon:
            raise FilterError(f"{_place(path, number)}: a clause is a line `name: expression`")
        if name in clauses:
            raise FilterError(f"{_place(path, number)}: there are two clauses {name!r:.70}")
        clauses[name] = expression
        lines[f"clauses.{name}"] = number
    return {"description": "\n".join(comments), "clauses": clauses}, lines


def _spoken(line: str) -> tuple[str, str]:
    """A line without its comment, and the comment; a `#` in quotes begins none."""
    found = SPOKEN.match(line)
    end = found.end() if found else 0
    if line[end : end + 1] != "#":
        return line.strip(), ""
    return line[:end].strip(), line[end:]
