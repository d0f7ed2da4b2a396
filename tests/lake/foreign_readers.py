"""What LSDB, hats and deltalake say of a folder, as JSON; run in an environment that has them.

    python foreign_readers.py hats COLLECTION RA DEC RADIUS_ARCSEC
    python foreign_readers.py delta TABLE NIGHT

It imports nothing of this project, which that environment lacks.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

NEAR_ARCSEC = 10


def hats(collection: str, ra: str, dec: str, radius_arcsec: str) -> dict[str, Any]:
    """Whether it is strictly valid, and the ids that LSDB finds."""
    import lsdb
    from hats.io.validation import is_valid_catalog, is_valid_collection

    valid = [is_valid_collection(collection, strict=True)]
    valid += [is_valid_catalog(one, strict=True) for one in catalogues(Path(collection))]
    opened = lsdb.open_catalog(collection)
    cone = opened.cone_search(float(ra), float(dec), radius_arcsec=float(radius_arcsec))
    pairs = opened.crossmatch(
        opened,
        radius_arcsec=NEAR_ARCSEC,
        n_neighbors=100,
        suffixes=("", "_other"),
        suffix_method="all_columns",
    )
    found = pairs.compute()
    every = opened.compute()
    return {
        "valid": valid,
        "name": opened.name,
        "alerts": sorted(map(int, every["alert_id"])),
        "scored": int(every["score.new.yes"].notna().sum()),
        "cone": sorted(map(int, cone.compute()["alert_id"])),
        "pairs": [
            [*map(int, pair)]
            for pair in zip(found["alert_id"], found["alert_id_other"], strict=True)
        ],
    }


def catalogues(collection: Path) -> list[Path]:
    """Those of the version that readers see."""
    told = (line.partition("=") for line in (collection / "collection.properties").open())
    facts = {key: value.strip() for key, _, value in told}
    names = ("hats_primary_table_url", "default_margin")
    return [collection / facts[name] for name in names if name in facts]


def delta(table: str, night: str) -> dict[str, Any]:
    """Version and rows, of one night too, and whether a writer is kept from it."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    opened = DeltaTable(table)
    rows = opened.to_pyarrow_table()
    own = opened.to_pyarrow_table(filters=[("night", "=", int(night))])
    try:
        opened.delete()
        is_kept = False
    except DeltaError:
        is_kept = True
    return {
        "version": opened.version(),
        "columns": rows.schema.names,
        "alerts": sorted(rows.column("alert_id").to_pylist()),
        "of_night": sorted(own.column("alert_id").to_pylist()),
        "is_kept": is_kept,
    }


if __name__ == "__main__":
    warnings.simplefilter("error", UserWarning)
    questions: dict[str, Callable[..., dict[str, Any]]] = {"hats": hats, "delta": delta}
    question = questions[sys.argv[1]]
    print("\n" + json.dumps(question(*sys.argv[2:])), flush=True)  # noqa: T201 - what was asked for
    # Threads of deltalake's or Arrow's that still run as Python ends abort the process now and then
    # ("terminate called without an active exception"), after the answer: nothing of ours is left.
    os._exit(0)
