"""Where the data come from, and under which licence, as the manifest beside them says."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from schemas.errors import ModelError
from training.tables import markdown

MANIFEST = "MANIFEST.tsv"
NO_LICENCE = "none stated"
DIGITS = 16
"""Of a sha256 that a table shows."""


class Source(NamedTuple):
    """One file that was read."""

    path: str
    origin: str
    licence: str
    sha256: str
    holds: str


def sources(data: Path, prefixes: Sequence[str]) -> list[Source]:
    """The manifest's lines about files whose path begins with one of `prefixes`.

    Raises ModelError where the manifest is missing or says nothing of one of them.
    """
    path = data / MANIFEST
    if not path.is_file():
        raise ModelError(f"{path} is missing: a card says where its data come from")
    with path.open(encoding="utf-8", newline="") as file:
        _, *lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    rows = [Source(*line) for line in lines]
    for prefix in prefixes:
        if not any(row.path.startswith(prefix) for row in rows):
            raise ModelError(f"{MANIFEST} says nothing of {prefix}: add a line for it")
    return [row for row in rows if row.path.startswith(tuple(prefixes))]


def sources_table(found: Sequence[Source]) -> str:
    """What each file holds, where it comes from, its licence and the start of its sha256."""
    rows = [
        [
            f"`{one.path}`",
            _plain(one.holds),
            _plain(one.origin),
            _plain(NO_LICENCE if one.licence == "none" else one.licence),
            f"`{one.sha256[:DIGITS]}`",
        ]
        for one in found
    ]
    head = ["file", "holds", "from", "licence", "sha256"]
    return markdown(head, rows).replace("---:", "---")


def _plain(text: str) -> str:
    """Without what would end a cell."""
    return text.replace("|", "/").strip()
