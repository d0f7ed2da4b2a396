"""Which alerts may be published at all: what others may not see ends before anything reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from broker.alerts.pipeline import Decodes
from schemas.batch import AlertBatch, Floats, Reason, Rejected


@dataclass(frozen=True)
class Access:
    """What is let out: alerts of a programid up to one, of which 1 is public."""

    programid_max: int | None = None
    """None lets everything out."""
    histories: bool = True
    """Whether the exposures of a packet's histories count too, as they are published with it."""


class PublicDecoder:
    """A decoder that refuses what may not be published, with the reason WITHHELD.

    An alert whose programid is not known is refused too.
    """

    def __init__(self, decoder: Decodes, access: Access) -> None:
        """Wrap a decoder; `access` has a programid_max."""
        assert access.programid_max is not None
        self._decoder = decoder
        self._access = access
        self._highest = access.programid_max

    def decode(self, packets: Sequence[bytes]) -> AlertBatch:
        """As `Decodes.decode`: each packet is one row, or one entry of `rejected`."""
        batch = self._decoder.decode(packets)
        programid = batch.programid_max if self._access.histories else batch.programid
        withheld = np.flatnonzero(~(programid <= self._highest))
        if not len(withheld):
            return batch
        refused = [self._refused(batch, programid, row) for row in withheld.tolist()]
        open_rows = np.delete(np.arange(len(batch)), withheld)
        return replace(
            batch.take(open_rows),
            rejected=tuple(sorted([*batch.rejected, *refused])),
            unread=batch.unread,
        )

    def _refused(self, batch: AlertBatch, programid: Floats, row: int) -> Rejected:
        found = programid[row]
        named = "a programid that is not known" if np.isnan(found) else f"programid {found:.0f}"
        where = "its packet holds" if self._access.histories else "it is of"
        detail = f"{where} {named}; the highest that is published is {self._highest}"
        return Rejected(int(batch.source_index[row]), Reason.WITHHELD, detail)
