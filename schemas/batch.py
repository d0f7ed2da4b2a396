"""An alert once decoded: one row of a batch of columns, the same for every survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.avro import WriterSchema
from schemas.columns import COLUMNS, Columns
from schemas.cutouts import Stamps, read_stamps
from schemas.learned import Given, Learned, brought, labels_of
from schemas.prior import Priors

Floats = NDArray[np.float64]
PLANES = ("science", "template", "difference")
"""The order of the three stamps, everywhere.

One sign convention: the decoded difference is positive where the detection is. It is science
minus template for a brightening, and template minus science for a fading.
"""


class Reason(StrEnum):
    """Why a packet was refused before it became a row; the dead letters' vocabulary."""

    TRUNCATED = "truncated"
    BAD_UNION = "bad union branch"
    VARINT = "varint too long"
    TOO_MANY = "too many items"
    TOO_DEEP = "nested too deeply"
    TRAILING = "trailing bytes"
    UNKNOWN_SCHEMA = "unknown schema"
    NOT_AN_ALERT = "not an alert"
    RECORD_COUNT = "not exactly one record"
    BAD_BLOCK = "bad compressed block"
    UNKNOWN_CODEC = "unknown codec"
    TOO_LARGE = "packet too large"
    WITHHELD = "withheld"
    ALREADY_ENRICHED = "already enriched"


class Rejected(NamedTuple):
    """One refused packet: its place in the input, why, and what was seen (at most a line)."""

    index: int  # type: ignore[assignment] # hides a method of tuples that nobody asks for
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class LightCurves:
    """Ragged histories: the points of row r are [offsets[r], offsets[r + 1]), by rising mjd.

    offsets int64 (n + 1); every other column has one entry a point.
    """

    offsets: NDArray[np.int64]
    mjd: Floats
    """Days, in the row's own time scale, as `AlertBatch.mjd`."""
    band: NDArray[np.int8]
    """Index into BANDS, -1 where unknown."""
    flux_njy: Floats
    """Difference flux, nJy, signed; NaN where nothing was detected and none was measured."""
    flux_err_njy: Floats
    limit_mag: Floats
    """Five-sigma limiting AB magnitude of the epoch; NaN where the survey sends none."""
    detected: NDArray[np.bool_]

    def __len__(self) -> int:
        """How many light curves there are."""
        return len(self.offsets) - 1

    def of(self, row: int) -> LightCurves:
        """The light curve of one row, as a ragged set of one."""
        return self.take(np.array([row]))

    def take(self, rows: NDArray[np.int64]) -> LightCurves:
        """The light curves of some rows, in the order given."""
        return self.between(self.offsets[rows], self.offsets[rows + 1])

    def between(self, begins: NDArray[np.int64], ends: NDArray[np.int64]) -> LightCurves:
        """The points [begin, end) of each pair, as a light curve each."""
        offsets = np.concatenate(([0], np.cumsum(ends - begins)))
        points = np.repeat(begins - offsets[:-1], ends - begins) + np.arange(offsets[-1])
        return self.points(offsets, points)

    def where(self, kept: NDArray[np.bool_]) -> LightCurves:
        """The same light curves with only some of their points, bool (points,)."""
        return self.points(np.concatenate(([0], np.cumsum(kept)))[self.offsets], kept)

    def points(
        self, offsets: NDArray[np.int64], points: NDArray[np.int64] | NDArray[np.bool_] | slice
    ) -> LightCurves:
        """Some points, as light curves with these offsets; of a slice they are views."""
        return LightCurves(
            offsets,
            self.mjd[points],
            self.band[points],
            self.flux_njy[points],
            self.flux_err_njy[points],
            self.limit_mag[points],
            self.detected[points],
        )


@dataclass(frozen=True, slots=True)
class Spans:
    """Where each row's bytes lie in `AlertBatch.buffer`: begin and end, in bytes.

    datum int64 (n, 2): the bare Avro datum. field int64 (n, 3, 2): a cutout's whole encoding,
    union branch included (-1 where the schema has no such field). stamp int64 (n, 3, 2): the
    FITS bytes within it (-1 where null). The planes are in the order of PLANES. annotation int64
    (n, 2): the whole encoding of what a broker added (-1 where none did).
    difference_reversed bool (n): the difference there has the other sign than PLANES asks for.
    rows_southward bool (n): the planes' rows run to the south there, and their columns to the west;
    elsewhere, or where it is None, only a plane's own header may tell. pixel_arcsec float64 (n):
    the side of a pixel; NaN or None where only a header may tell that, too.
    """

    datum: NDArray[np.int64]
    field: NDArray[np.int64]
    stamp: NDArray[np.int64]
    annotation: NDArray[np.int64]
    difference_reversed: NDArray[np.bool_]
    rows_southward: NDArray[np.bool_] | None = None
    pixel_arcsec: Floats | None = None

    @classmethod
    def none(cls, rows: int) -> Spans:
        """Of rows that were not decoded, (n)."""
        nowhere = np.full((rows, 3, 2), -1, np.int64)
        return cls(
            np.zeros((rows, 2), np.int64),
            nowhere,
            nowhere.copy(),
            np.full((rows, 2), -1, np.int64),
            np.zeros(rows, np.bool_),
        )

    def take(self, rows: NDArray[np.int64]) -> Spans:
        """The spans of some rows, in the order given."""
        southward, pixel = self.rows_southward, self.pixel_arcsec
        return Spans(
            self.datum[rows],
            self.field[rows],
            self.stamp[rows],
            self.annotation[rows],
            self.difference_reversed[rows],
            None if southward is None else southward[rows],
            None if pixel is None else pixel[rows],
        )


@dataclass(frozen=True)
class AlertBatch(
    Columns[
        NDArray[np.str_],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int32],
        NDArray[np.int8],
        Floats,
    ]
):
    """Columns of n alerts. Survey fields are never rewritten; only `learned` grows.

    A missing value is NaN; in a distance, "looked and found none" is +inf.
    """

    light_curve: LightCurves
    """History and this detection."""
    forced_photometry: LightCurves
    """Forced photometry at the object's position, where the survey sends it."""
    buffer: NDArray[np.uint8]
    spans: Spans
    packets: Sequence[bytes]
    """The raw messages, one a row, inflated where they came compressed as a whole."""
    source_index: NDArray[np.int64]
    """The row's place in the list of packets that was decoded."""
    schema: NDArray[np.int32]
    """Index into `schemas`, a row."""
    schemas: tuple[WriterSchema, ...]
    rejected: tuple[Rejected, ...] = ()
    unread: Mapping[str, int] = field(default_factory=dict)
    """By field and type, as "candidate.fid: enum": alerts with a value there that is not read.

    To the columns such a value is missing. Of all that was decoded together.
    """
    learned: dict[str, Learned] = field(default_factory=dict)
    """By the name of what stages gave."""

    def __len__(self) -> int:
        """The number of alerts, rejected packets not counted."""
        return len(self.alert_id)

    @cached_property
    def stamps(self) -> Stamps:
        """The three cutouts of every row, decoded when first asked for; signs as PLANES says."""
        spans = self.spans
        return read_stamps(self.buffer, spans.stamp, difference_reversed=spans.difference_reversed)

    def column(self, name: str) -> NDArray[Any]:
        """A column of one plain value a row (ROW_COLUMNS), by its name."""
        assert name in ROW_COLUMNS, f"{name!r} is no column of one value a row"
        found: NDArray[Any] = getattr(self, name)
        return found

    @property
    def scores(self) -> Mapping[str, NDArray[np.float32]]:
        """By classifier: float32 (n, labels), a NaN row where it declined; at `learned`'s prior."""
        return {name: each.values for name, each in self.learned.items() if each.is_scores}

    @property
    def score_labels(self) -> Mapping[str, tuple[str, ...]]:
        """By classifier."""
        return labels_of(self.given)

    @property
    def given(self) -> Mapping[str, Given]:
        """What was learned, by its name."""
        return {
            name: Given(name, each.kind, each.columns, each.prior)
            for name, each in self.learned.items()
        }

    def learned_column(self, name: str, column: str) -> NDArray[np.floating[Any]]:
        """One column of what was learned, (n,)."""
        return self.learned[name].column(column)

    def score(self, classifier: str, label: str) -> NDArray[np.float32]:
        """One label's probability, float32 (n,). Raises KeyError naming what there is."""
        labels = self.score_labels
        if classifier not in labels:
            raise KeyError(f"no classifier {classifier!r} has scored; scored: {list(labels)}")
        if label not in labels[classifier]:
            raise KeyError(
                f"{classifier} has no label {label!r}; it has {list(labels[classifier])}"
            )
        return self.learned[classifier].column(label)

    def with_prior(self, priors: Priors) -> AlertBatch:
        """The same batch with its scores brought to another prior; no network is asked again.

        priors: "natural", "even", or by classifier one of these or a share for each label.
        Raises ModelError for a classifier or a label that has not scored.
        """
        return replace(self, learned=brought(self.learned, priors))

    def take(self, rows: NDArray[np.int64]) -> AlertBatch:
        """A batch of some rows, in the order given; `rejected` and `unread` are empty."""
        columns: dict[str, Any] = {name: self.column(name)[rows] for name in ROW_COLUMNS}
        return replace(
            self,
            **columns,
            light_curve=self.light_curve.take(rows),
            forced_photometry=self.forced_photometry.take(rows),
            spans=self.spans.take(rows),
            packets=[self.packets[row] for row in rows],
            rejected=(),
            unread={},
            learned={name: each.take(rows) for name, each in self.learned.items()},
        )


CUT = ("source_index", "schema")
"""Columns that depend on how the stream was cut; filters and lakes have none of them."""

ROW_COLUMNS = frozenset({*COLUMNS, *CUT})
"""The columns of one plain value a row."""
