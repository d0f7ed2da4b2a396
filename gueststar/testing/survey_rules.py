"""Whether a survey's adapter keeps the rules that every adapter must keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gueststar.testing.rules import complain
from schemas.avro import SchemaSource
from schemas.batch import ROW_COLUMNS, AlertBatch, LightCurves
from schemas.columns import BANDS, COLUMNS
from schemas.decode import Decoder
from schemas.survey import Survey
from schemas.surveys import BUILT_IN

CURVES = ("light_curve", "forced_photometry")


def check_survey(
    survey: Survey, packets: Sequence[bytes], *, schemas: SchemaSource | None = None
) -> None:
    """Raises AssertionError with a line for each rule that is broken on a survey's own packets.

    The rules: every packet is recognised as the survey's beside the built-in ones, decoded, and
    without a field that cannot be read; columns are of the types that others' are; bands and
    photometric system are those declared; and how the stream is cut into batches does not show.
    `schemas` finds the writer schemas of packets that name theirs by a number.
    """
    __tracebackhide__ = True
    complain("survey", survey.name, _shortcomings(survey, packets, schemas))


def _shortcomings(
    survey: Survey, packets: Sequence[bytes], schemas: SchemaSource | None
) -> Iterator[str]:
    others = [one for one in BUILT_IN if one.name != survey.name]
    decoder = Decoder(schemas=schemas, surveys=(*others, survey))
    if not packets:
        yield "there is no packet to try it on"
    try:
        batch = decoder.decode(packets)
    except Exception as error:  # an adapter may raise anything
        yield f"decoding raised {type(error).__name__}: {error}"
        return
    for refused in batch.rejected:
        yield f"packet {refused.index} is refused, {refused.reason}: {refused.detail}"
    for field, alerts in batch.unread.items():
        yield f"{field} cannot be read, in {alerts} alerts"
    for other in sorted({*batch.survey.tolist()} - {survey.name}):
        yield f"some packets are taken for {other}'s; choose marks that it has not"
    yield from _wrong_columns(survey, batch)
    for row, packet in enumerate(batch.packets):
        alone = decoder.decode([packet])
        differing = [name for name in sorted(COLUMNS) if _differ(alone, batch, row, name)]
        yield from (f"{name} of packet {row} is another alone" for name in differing)


def _wrong_columns(survey: Survey, batch: AlertBatch) -> Iterator[str]:
    plain = Decoder(surveys=BUILT_IN).decode([])
    for name in sorted(ROW_COLUMNS):
        column, kind = batch.column(name), plain.column(name).dtype.kind
        if column.shape != (len(batch),) or column.dtype.kind != kind:
            yield f"{name} is {column.dtype} {column.shape}, not one value of kind {kind!r} a row"
    bands = [batch.band, *(getattr(batch, name).band for name in CURVES)]
    codes = {code for column in bands for code in np.unique(column).tolist()} - {-1}
    named = {BANDS[code] if 0 <= code < len(BANDS) else f"code {code}" for code in codes}
    for band in sorted(named - {*survey.bands}):
        yield f"there are points of {band}, which is none of its bands"
    for name in CURVES:
        if not _in_order(getattr(batch, name)):
            yield f"{name} is not by rising time"


def _in_order(curves: LightCurves) -> bool:
    falls = np.flatnonzero(~(np.diff(curves.mjd) >= 0)) + 1
    return set(falls.tolist()) <= set(curves.offsets.tolist())


def _differ(alone: AlertBatch, batch: AlertBatch, row: int, name: str) -> bool:
    # As text, in which a float is exact and NaN is NaN, whatever the column's type.
    return repr(alone.column(name).tolist()) != repr(batch.column(name)[[row]].tolist())
