"""Labels that came later: tables as the Transient Name Server gives them, in a model's names."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broker.models.labelled import Scores, places
from schemas.errors import ModelError

OBJECT: Final = ("object_id", "objectid", "oid", "ztfid", "internal_names", "disc. internal name")
LABEL: Final = ("label", "type", "obj. type", "class")
"""Columns of the object and of its class, whatever their case; the first that there is."""
ROWS_MAX: Final = 5_000_000

TYPES: Final = (
    ("SN Ia-91bg", ("SNIa-91bg", "SNIa")),
    ("SN Iax", ("SNIax",)),
    ("SN Ia", ("SNIa",)),
    ("SN IIn", ("SNIIn", "SNII")),
    ("SN IIb", ("SNIbc",)),
    ("SN II", ("SNII",)),
    ("SN Ib", ("SNIbc",)),
    ("SN Ic", ("SNIbc",)),
    ("SLSN-II", ()),
    ("SLSN-I", ("SLSN-I",)),
    ("TDE", ("TDE",)),
    ("AGN", ("AGN",)),
    ("QSO", ("AGN",)),
    ("CV", ("star",)),
    ("Nova", ("star",)),
    ("Varstar", ("star",)),
    ("Kilonova", ("KN",)),
)
"""How a spectroscopic type begins, and what models call it, the first name that they have; IIb as
`training/lightcurve/labels.py` has it. All of them are real where a model tells artefacts."""
REAL: Final = "real"
ARTEFACT: Final = "artefact"
"""What is not real, whichever kind of that a model would say."""


class Known(NamedTuple):
    """What alerts turned out to be."""

    by_object: Mapping[str, str]
    """Types, of all its alerts."""
    by_alert: Mapping[int, str]
    """Of single ones, which count before their object's."""

    def of(self, objects: Sequence[str], alerts: Sequence[int]) -> list[str]:
        """Each alert's; empty where nothing is known of it."""
        pairs = zip(objects, alerts, strict=True)
        return [self.by_alert.get(alert) or self.by_object.get(name, "") for name, alert in pairs]


class Held(NamedTuple):
    """Scores beside what is known: labels, scores (n, labels), and places among them (n,)."""

    labels: tuple[str, ...]
    scores: Scores
    truth: NDArray[np.int64]


def held_to(labels: tuple[str, ...], scores: Scores, kinds: Sequence[str]) -> Held:
    """A model's scores held to what is known of each alert.

    In two labels, real or artefact, where the model tells them and some are known as the latter.
    """
    named = {kind: label_of(kind, labels) for kind in {*kinds}}
    if REAL not in labels or ARTEFACT not in named:
        return Held(labels, scores, places(kinds, named, labels))
    two = (REAL, ARTEFACT)
    known = {kind: two[label != REAL] for kind, label in named.items() if label}
    real = scores[:, [labels.index(REAL)]]
    return Held(two, np.hstack([real, 1 - real]), places(kinds, {**known, ARTEFACT: ARTEFACT}, two))


def read_labels(path: Path) -> dict[str, str]:
    """Types by object, from a CSV. Raises ModelError.

    An object with two types has none: nobody knows which is right. Internal names, as the TNS
    lists them, are divided by commas.
    """
    found: dict[str, str] = {}
    for objects, kind in _rows(path):
        for name in filter(None, (each.strip() for each in objects.split(","))):
            found[name] = kind if found.get(name, kind) == kind else ""
    return {name: kind for name, kind in found.items() if kind}


def by_model(types: Mapping[str, str], labels: Sequence[str]) -> dict[str, str]:
    """The same in a model's own labels; objects whose type it has no label for are left out."""
    named = ((each, label_of(kind, labels)) for each, kind in types.items())
    return {each: label for each, label in named if label}


def label_of(kind: str, labels: Sequence[str]) -> str:
    """A model's label of a type; empty where it has none."""
    if kind in labels:
        return kind
    for begin, names in TYPES:
        if kind.startswith(begin):
            wanted = (REAL,) if REAL in labels else names
            return next((each for each in wanted if each in labels), "")
    return ""


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            columns = {name.strip().lower(): name for name in table.fieldnames or ()}
            of, kind = (_column(path, columns, names) for names in (OBJECT, LABEL))
            for number, row in enumerate(table):
                if number == ROWS_MAX:
                    raise ModelError(f"{path}: has more than {ROWS_MAX:,} rows; give fewer")
                yield row[of] or "", (row[kind] or "").strip()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ModelError(f"{path}: no table of labels can be read there ({error})") from error


def _column(path: Path, columns: Mapping[str, str], names: Sequence[str]) -> str:
    for name in names:
        if name in columns:
            return columns[name]
    raise ModelError(f"{path}: has none of the columns {', '.join(names)}; name one so")
