"""What a model was taught, as it is remembered: how its inputs and scores were spread, in bins.

A served file carries it in its metadata, under `KEY`; where it does not, a table beside it, the
same JSON, stands for it. Edges lie at quantiles of the reference, of each survey and band by
themselves: in r an alert is fainter than in g, and that is no drift. Scores are at even odds, as
what is published may be at any prior.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.drift import Counts
from classifiers.hidden import field_bytes
from schemas.batch import AlertBatch
from schemas.columns import BANDS
from schemas.errors import ModelError

KEY: Final = "reference"
"""In the metadata of a model's file."""
METADATA_PROPS: Final = 14
"""Of a ModelProto; an entry's key is its field 1, its value 2 (onnx.proto3)."""
FORM: Final = 1
"""Of the JSON."""
BINS: Final = 40
BINS_MAX: Final = 1_000
COLUMNS_MAX: Final = 500
GROUPS_MAX: Final = 100
UNKNOWN_BAND: Final = "unknown"

Table = Mapping[str, NDArray[Any]]
"""Numbers by column, (n,) each; NaN where not known."""


class Spread(NamedTuple):
    """How one number is spread: rising inner edges (bins - 1), and counts (bins + 1)."""

    edges: NDArray[np.float64]
    counts: Counts
    """The last is of alerts whose number is not known."""

    def count_of(self, values: NDArray[Any]) -> Counts:
        """The same counts of other values, (n,)."""
        known = np.isfinite(values)
        places = np.searchsorted(self.edges, values[known].astype(np.float64), side="right")
        counts = np.bincount(places, minlength=len(self.edges) + 1)
        return np.append(counts, np.count_nonzero(~known)).astype(np.int64)


@dataclass(frozen=True)
class Reference:
    """Spreads by group ("survey/band") and column."""

    groups: Mapping[str, Mapping[str, Spread]]

    @property
    def tests(self) -> int:
        """How many numbers are compared, by two statistics each."""
        return 2 * sum(map(len, self.groups.values()))

    def document(self) -> str:
        """As JSON."""
        groups = {
            group: {
                name: {"edges": one.edges.tolist(), "counts": one.counts.tolist()}
                for name, one in spreads.items()
            }
            for group, spreads in self.groups.items()
        }
        return json.dumps({"form": FORM, "groups": groups}, allow_nan=False)


def reference_of(parts: Sequence[tuple[NDArray[np.str_], Table]]) -> Reference:
    """The reference of alerts: of each part the groups (n,), and the numbers of the same alerts."""
    groups = np.concatenate([each for each, _ in parts])
    names = list(parts[0][1])
    columns = {name: np.concatenate([table[name] for _, table in parts]) for name in names}
    return Reference(
        {
            str(group): {name: _spread(columns[name][groups == group]) for name in names}
            for group in np.unique(groups)
        }
    )


def groups_of(batch: AlertBatch, rows: NDArray[np.int64]) -> NDArray[np.str_]:
    """By row, "survey/band"."""
    bands = np.array([*BANDS, UNKNOWN_BAND])[batch.band[rows]]
    return np.char.add(np.char.add(batch.survey[rows].astype(np.str_), "/"), bands)


def with_reference(content: bytes, reference: Reference) -> bytes:
    """A model file's bytes with a reference in their metadata; the network is as before.

    As in hidden.py, what is appended to a protocol buffer is merged into it.
    """
    entry = field_bytes(1, KEY.encode()) + field_bytes(2, reference.document().encode())
    return content + field_bytes(METADATA_PROPS, entry)


def read_reference(text: str, place: str) -> Reference:
    """A reference from its JSON. Raises ModelError, naming the place."""
    try:
        document = json.loads(text)
        if document["form"] != FORM:
            raise ValueError(f"its form is {document['form']!r}, and {FORM} is read")
        groups = {
            str(group): {str(name): _read(one) for name, one in spreads.items()}
            for group, spreads in document["groups"].items()
        }
        if len(groups) > GROUPS_MAX or max(map(len, groups.values()), default=0) > COLUMNS_MAX:
            raise ValueError(f"more than {GROUPS_MAX} groups or {COLUMNS_MAX} columns")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = " ".join(str(error).split())[:160]
        raise ModelError(f"{place}: its reference cannot be read ({what}); make it anew") from error
    return Reference(groups)


def read_table(path: Path) -> Reference:
    """The same from a file. Raises ModelError."""
    try:
        return read_reference(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: no reference can be read there ({error})") from error


def _spread(values: NDArray[Any]) -> Spread:
    known = values[np.isfinite(values)].astype(np.float64)
    shares = np.linspace(0, 1, BINS + 1)[1:-1]
    # Numbers that are often the same, as counts, have fewer edges; each belongs to what is above.
    edges = np.unique(np.quantile(known, shares, method="higher")) if len(known) else np.empty(0)
    empty = Spread(edges, np.zeros(len(edges) + 2, np.int64))
    return Spread(edges, empty.count_of(values))


def _read(one: Mapping[str, Sequence[float]]) -> Spread:
    edges = np.array(one["edges"], np.float64)
    counts = np.array(one["counts"], np.int64)
    _require(
        edges.ndim == counts.ndim == 1 and len(edges) < BINS_MAX, "edges or counts are no list"
    )
    _require(bool(np.all(np.isfinite(edges)) and np.all(np.diff(edges) > 0)), "edges do not rise")
    _require(len(counts) == len(edges) + 2 and bool(np.all(counts >= 0)), "counts do not fit edges")
    return Spread(edges, counts)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def counted(
    reference: Reference, groups: NDArray[np.str_], table: Table
) -> Iterator[tuple[str, str, Counts]]:
    """Of alerts, (n,), the counts by group and column, of what the reference knows."""
    for group in np.unique(groups).tolist():
        rows = groups == group
        for name, spread in reference.groups.get(group, {}).items():
            if name in table:
                yield group, name, spread.count_of(table[name][rows])
