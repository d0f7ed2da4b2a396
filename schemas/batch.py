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
from schemas.cutouts import Stamps, read_stamps
from schemas.learned import Given, Learned, labels_of

Floats = NDArray[np.float64]
BANDS = ("u", "g", "r", "i", "z", "y", "Y", "J", "H", "K")
"""Band names by code: `batch.band` holds indices into this tuple, -1 where unknown.

Lakes hold the codes, so names are only ever appended. A network says itself which it knows.
"""

SYSTEMS = ("ztf", "lsst", "winter")
"""Photometric systems by code: the passbands and the depth that fluxes were measured in.

`batch.photometric_system` holds indices into this tuple, -1 where unknown; names are only ever
appended. A network that was taught fluxes of one system reads no others.
"""

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
        starts, counts = self.offsets[rows], np.diff(self.offsets)[rows]
        offsets = np.concatenate(([0], np.cumsum(counts)))
        points = np.repeat(starts - offsets[:-1], counts) + np.arange(offsets[-1])
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
    FITS bytes within it (-1 where null). The planes are in the order of PLANES.
    difference_reversed bool (n): the difference there has the other sign than PLANES asks for.
    rows_southward bool (n): the planes' rows run to the south there, and their columns to the west;
    elsewhere, or where it is None, only a plane's own header may tell.
    """

    datum: NDArray[np.int64]
    field: NDArray[np.int64]
    stamp: NDArray[np.int64]
    difference_reversed: NDArray[np.bool_]
    rows_southward: NDArray[np.bool_] | None = None

    def take(self, rows: NDArray[np.int64]) -> Spans:
        """The spans of some rows, in the order given."""
        southward = self.rows_southward
        return Spans(
            self.datum[rows],
            self.field[rows],
            self.stamp[rows],
            self.difference_reversed[rows],
            None if southward is None else southward[rows],
        )


@dataclass(frozen=True)
class AlertBatch:
    """Columns of n alerts. Survey fields are never rewritten; only `learned` grows.

    Each column's source field, by survey, stands in that survey's adapter (`ztf.py`, `lsst.py`).
    A missing value is NaN; in a distance, "looked and found none" is +inf.
    """

    survey: NDArray[np.str_]
    alert_id: NDArray[np.int64]
    object_id: NDArray[np.str_]
    mjd: Floats
    """Days, in the survey's own time scale and instant (adapter's docstring says which)."""
    exposed_unix_s: Floats
    """The same instant as UTC seconds since 1970, for latencies."""
    night: NDArray[np.int32]
    """The observing night as the survey itself dates it, YYYYMMDD; 0 where the time is none."""
    mjd_utc_mid: Floats
    """Days, UTC, the middle of the exposure: one time scale for the alerts of all surveys."""
    ra_deg: Floats
    dec_deg: Floats
    band: NDArray[np.int8]
    photometric_system: NDArray[np.int8]
    """Index into SYSTEMS, -1 where unknown: what all fluxes of the row were measured in."""
    programid: Floats
    """Who may see it, as ZTF counts: 1 everybody, 2 the partnership, 3 Caltech; NaN unknown."""
    programid_max: Floats
    """The same of the packet whole: the largest of this exposure and of all in its histories.

    NaN where one is unknown.
    """
    flux_njy: Floats
    flux_err_njy: Floats
    magnitude: Floats
    """AB magnitude of the absolute difference flux."""
    magnitude_err: Floats
    limit_mag: Floats
    age_days: Floats
    """Days from the object's first detection to this one; 0 for a first detection."""
    history_age_days: Floats
    """The same from the first detection that the packet itself holds; NaN where it holds none."""
    detections: NDArray[np.int64]
    """Detections of the object so far, this one included."""
    star_distance_arcsec: Floats
    """To the nearest source of the survey's star catalogue; +inf: looked and found none."""
    star_galaxy_score: Floats
    """Of that source: 1 star, 0 galaxy."""
    asteroid_distance_arcsec: Floats
    """To the nearest known solar-system object; +inf: looked and found none."""
    survey_real_score: Floats
    """The survey's own real/bogus score, 0 to 1 (ZTF drb, Rubin reliability)."""
    fwhm_pixels: Floats
    elongation: Floats
    template_flux_njy: Floats
    """Of what the template holds at this place, nJy; NaN where the survey names no source there."""
    host_photoz: Floats
    """Photometric redshift of the host galaxy, above 0; NaN without one, as in our own Galaxy."""
    host_photoz_err: Floats
    """One standard deviation of it."""
    distance_modulus: Floats
    """Magnitudes, to the host, by its photometric redshift."""
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
        """By classifier: float32 (n, labels), a NaN row where it declined."""
        return {name: each.values for name, each in self.learned.items() if each.is_scores}

    @property
    def score_labels(self) -> Mapping[str, tuple[str, ...]]:
        """By classifier."""
        return labels_of(self.given)

    @property
    def given(self) -> Mapping[str, Given]:
        """What was learned, by its name."""
        return {name: Given(name, each.kind, each.columns) for name, each in self.learned.items()}

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

    def take(self, rows: NDArray[np.int64]) -> AlertBatch:
        """A batch of some rows, in the order given; `rejected` and `unread` are empty."""
        columns = {name: column[rows] for name, column in vars(self).items() if name in ROW_COLUMNS}
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


ROW_COLUMNS = frozenset(
    name
    for name, kind in AlertBatch.__annotations__.items()
    if (kind.startswith("NDArray") or kind == "Floats") and name != "buffer"
)
"""The columns of one plain value a row."""

COLUMNS = ROW_COLUMNS - {"source_index", "schema"}
"""What filters read and lakes keep of a row; the other two depend on how the stream was cut."""
