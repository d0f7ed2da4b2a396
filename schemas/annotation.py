"""What gueststar adds to an alert: the appended field's schema, and its bytes for a batch."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.avro import ENRICHED_NAMESPACE
from schemas.learned import Kind, Learned
from schemas.value_maps import value_maps
from schemas.wire import block_bytes, long_bytes, text_bytes

FIELD_NAME = "gueststar"
EMBEDDING = "embedding"
"""The stage, and its vector, by which alerts are alike."""
SEEN_BEFORE = "seen-before"
"""The flag of an alert that the broker's worker had before, from another offset."""
TEST = "test"
"""The flag of an alert that came from a stream of tests, and is no observation."""
_TIME = {"type": "long", "logicalType": "timestamp-micros"}
_TEXTS = {"type": "array", "items": "string"}
_MODEL = {
    "type": "record",
    "name": "Model",
    "fields": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "sha256", "type": "string", "doc": "Of the model's file."},
        {
            "name": "prior",
            "type": {"type": "map", "values": "float"},
            "default": {},  # so that what was written without it is still read
            "doc": "The shares of the labels for which its scores are; empty: even odds.",
        },
    ],
}
_CATALOGUE = {
    "type": "record",
    "name": "Catalogue",
    "fields": [
        {"name": "name", "type": "string"},
        {"name": "sha256", "type": "string", "doc": "Of the catalogue's file."},
    ],
}
_SELECTED_BY = {
    "type": "record",
    "name": "SelectedBy",
    "fields": [
        {"name": "filter", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "sha256", "type": "string", "doc": "Of what defines the filter."},
        {
            "name": "catalogues",
            "type": {"type": "array", "items": _CATALOGUE},
            "doc": "The regions and watchlists that it asks.",
        },
    ],
}
_PROBABILITIES = {"type": "map", "values": "float"}
ANNOTATION_SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Annotation",
    "namespace": ENRICHED_NAMESPACE,
    "fields": [
        {"name": "broker_version", "type": "string"},
        {"name": "models", "type": {"type": "array", "items": _MODEL}},
        {"name": "publish_time", "type": _TIME},
        {
            "name": "schema_fingerprint",
            "type": "string",
            "doc": "SHA-256 of the schema that the packet came with.",
        },
        {"name": "ingest_time", "type": _TIME},
        {
            "name": "scores",
            "type": {"type": "map", "values": _PROBABILITIES},
            "doc": "Probabilities by classifier and label; without those that declined.",
        },
        {"name": "filters", "type": _TEXTS, "doc": "The filters that selected this alert."},
        {"name": "flags", "type": _TEXTS, "doc": "What is unusual about this alert."},
        {
            "name": "survey_real_score",
            "type": ["null", "float"],
            "default": None,  # so that what was written without it is still read
            "doc": "The survey's own real/bogus score, 0 to 1; null where it gave none.",
        },
        {
            "name": "selected_by",
            "type": {"type": "array", "items": _SELECTED_BY},
            "default": [],  # so that what was written without it is still read
            "doc": "The same filters in the same order, each with its version.",
        },
        {
            "name": "values",
            "type": {"type": "map", "values": {"type": "map", "values": ["null", "double"]}},
            "default": {},
            "doc": "By stage and column; null where it is not known.",
        },
        {
            "name": "vectors",
            "type": {"type": "map", "values": {"type": "array", "items": "float"}},
            "default": {},
            "doc": "By stage; without those that gave none.",
        },
    ],
}
FIELD_SCHEMA: dict[str, Any] = {
    "name": FIELD_NAME,
    "type": ["null", ANNOTATION_SCHEMA],
    "default": None,
    "doc": "What the broker learned.",
}
KEPT_MAX = 4096
"""Encodings that are kept: of sets of filters, and of filters' versions."""
_NULL, _GIVEN = b"\0", b"\x02"
"""A union's first and second branch."""


class Catalogue(NamedTuple):
    """A region or a watchlist that a filter asked: its name, and its file's sha256."""

    name: str
    sha256: str


class SelectedBy(NamedTuple):
    """A filter that selected an alert, in the version that did."""

    filter: str
    version: str
    sha256: str
    catalogues: tuple[Catalogue, ...] = ()


@dataclass(frozen=True)
class Annotations:
    """What was learned about the n alerts of a batch. Times are UTC, in microseconds since 1970."""

    broker_version: str
    models: Sequence[tuple[str, str, str]]
    """Name, version and file's sha256 of each model, as `ModelIdentity` has them."""
    ingest_unix_us: NDArray[np.int64]
    """When each alert reached us (n)."""
    publish_unix_us: int
    """When the batch was encoded for publication."""
    learned: Mapping[str, Learned] = field(default_factory=dict)
    """By name, of n alerts each; a row of probabilities or a vector with a NaN is none."""
    filters: Sequence[tuple[str, ...]] = ()
    """By alert, the filters that selected it; empty where none selected any."""
    flags: Sequence[tuple[str, ...]] = ()
    """By alert; empty where no alert has one."""
    selected_by: Sequence[tuple[SelectedBy, ...]] = ()
    """By alert, the same as `filters`; empty where none selected any."""

    def __len__(self) -> int:
        return len(self.ingest_unix_us)

    def without_vectors(self) -> Annotations:
        """The same without what only full records have room for: all vectors but the embedding.

        That is 256 bytes, and lakes, which mostly read lite records, are searched by it.
        """
        known = {
            name: each
            for name, each in self.learned.items()
            if each.kind != "vector" or name == EMBEDDING
        }
        return replace(self, learned=known)

    def take(self, rows: NDArray[np.int64]) -> Annotations:
        """The annotations of some alerts, in the order given."""
        return replace(
            self,
            ingest_unix_us=self.ingest_unix_us[rows],
            learned={name: each.take(rows) for name, each in self.learned.items()},
            filters=[self.filters[row] for row in rows] if self.filters else (),
            flags=[self.flags[row] for row in rows] if self.flags else (),
            selected_by=[self.selected_by[row] for row in rows] if self.selected_by else (),
        )


def encode_annotations(
    annotations: Annotations, fingerprints: Sequence[str], survey_real_score: NDArray[np.float64]
) -> list[bytes]:
    """The appended field's bytes for each alert.

    `fingerprints` (n): of their writer schemas; `survey_real_score` (n): NaN where there is none.
    """
    assert len(fingerprints) == len(annotations), "one fingerprint an alert"
    assert len(survey_real_score) == len(annotations), "one score of the survey's an alert"
    start = _start(annotations)
    return [
        b"".join((start, text_bytes(fingerprint), long_bytes(ingested), *rest))
        for fingerprint, ingested, *rest in zip(
            fingerprints,
            annotations.ingest_unix_us.tolist(),
            _maps(annotations.learned, "probabilities"),
            _texts_by_alert(annotations.filters),
            _texts_by_alert(annotations.flags),
            _floats_or_null(survey_real_score),
            _selected_by_alert(annotations.selected_by),
            _maps(annotations.learned, "values"),
            _maps(annotations.learned, "vector"),
            strict=False,
        )
    ]


def _start(annotations: Annotations) -> bytes:
    """All that a batch's alerts have in common."""
    models = (
        b"".join(map(text_bytes, model)) + _prior(annotations.learned.get(model[0]))
        for model in annotations.models
    )
    return b"".join(
        (
            _GIVEN,
            text_bytes(annotations.broker_version),
            block_bytes(models),
            long_bytes(annotations.publish_unix_us),
        )
    )


def _prior(learned: Learned | None) -> bytes:
    """The map of a model's shares, of the same in all alerts."""
    if learned is None or not learned.prior:
        return block_bytes(())
    shares = zip(learned.columns, learned.prior, strict=True)
    return block_bytes(text_bytes(label) + struct.pack("<f", share) for label, share in shares)


def _texts_by_alert(texts: Sequence[tuple[str, ...]]) -> Sequence[bytes] | repeat[bytes]:
    return [_texts(one) for one in texts] if texts else repeat(b"\0")


@lru_cache(maxsize=KEPT_MAX)
def _texts(texts: tuple[str, ...]) -> bytes:
    return block_bytes(map(text_bytes, texts))


def _selected_by_alert(
    selected_by: Sequence[tuple[SelectedBy, ...]],
) -> Sequence[bytes] | repeat[bytes]:
    return [block_bytes(map(_selected_by, one)) for one in selected_by] or repeat(b"\0")


@lru_cache(maxsize=KEPT_MAX)
def _selected_by(one: SelectedBy) -> bytes:
    catalogues = (b"".join(map(text_bytes, catalogue)) for catalogue in one.catalogues)
    return b"".join((*map(text_bytes, one[:3]), block_bytes(catalogues)))


def _maps(learned: Mapping[str, Learned], kind: Kind) -> Sequence[bytes] | repeat[bytes]:
    """By alert, the map of what was learned of one kind."""
    of_kind = {name: each for name, each in learned.items() if each.kind == kind}
    if not of_kind:
        return repeat(b"\0")
    if kind == "values":
        return value_maps(of_kind)
    columns = [_entries(name, each) for name, each in of_kind.items()]
    return [block_bytes(filter(None, entries)) for entries in zip(*columns, strict=True)]


def _entries(name: str, learned: Learned) -> list[bytes]:
    """One stage's entry in each alert's map of scores or of vectors; empty where there is none.

    The entries are alike but for the numbers, so they are made as one table of bytes.
    """
    columns, values = learned.columns, learned.values
    assert columns, f"{name} has no columns"
    row, places = bytearray(text_bytes(name) + long_bytes(len(columns))), []
    for column in columns:
        row += text_bytes(column) if learned.is_scores else b""
        places.append(len(row))
        row += bytes(4)
    table = np.tile(np.frombuffer(bytes(row) + b"\0", np.uint8), (len(values), 1))
    numbers = np.ascontiguousarray(values, "<f4").view(np.uint8).reshape(*values.shape, 4)
    for label_number, place in enumerate(places):
        table[:, place : place + 4] = numbers[:, label_number]
    return _rows(table, np.any(np.isnan(values), axis=1).tolist())


def _floats_or_null(values: NDArray[np.float64]) -> list[bytes]:
    """A nullable float for each alert, null for NaN."""
    with np.errstate(over="ignore"):  # what a hostile packet has for a score
        numbers = values.astype("<f4").view(np.uint8)
    given = np.full((len(values), 1), _GIVEN[0], np.uint8)
    table = np.concatenate([given, numbers.reshape(len(values), 4)], axis=1)
    return [given or _NULL for given in _rows(table, np.isnan(values).tolist())]


def _rows(table: NDArray[np.uint8], declined: list[bool]) -> list[bytes]:
    joined, width = table.tobytes(), table.shape[1]
    return [
        b"" if left_out else joined[begin : begin + width]
        for begin, left_out in zip(range(0, len(joined), width), declined, strict=True)
    ]
