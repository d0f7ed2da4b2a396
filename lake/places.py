"""Where alerts are in the sky, as numbers to sort by: their HEALPix cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from lake.arrays import values_of
from lake.layout import INDEX, NOWHERE
from sky.catalogues import Degrees
from sky.cells import Cells, cells_of
from sky.positions import on_sky


def places_of(ra_deg: Degrees, dec_deg: Degrees) -> Cells:
    """The cell of order 29 of each position (n,); NOWHERE of what is none."""
    found = np.full(len(ra_deg), NOWHERE)
    known = on_sky(ra_deg, dec_deg)
    found[known] = cells_of(ra_deg[known], dec_deg[known])
    return found


def with_places(table: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """A table of alerts with its column of places, which older ones lack."""
    import pyarrow as pa  # noqa: PLC0415 - `gueststar --help` shall not load it

    if INDEX in table.column_names:
        return table
    places = places_of(*(values_of(table.column(name)) for name in ("ra_deg", "dec_deg")))
    return table.add_column(0, pa.field(INDEX, pa.int64(), nullable=False), pa.array(places))
