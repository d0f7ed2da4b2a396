"""`gueststar filter test`: a filter run over an archive before it is put on duty."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from gueststar.filtering.receipts import Receipt


def rehearse(
    what: str,
    *,
    archive: Path,
    nights: Sequence[str] = (),
    page: Path | None = None,
    config: Path | None = None,
    bootstrap: str | None = None,
    console: Console | None = None,
) -> tuple[Receipt, ...]:
    """Judge every alert of an archive, show what came of it, and keep a receipt.

    `what` is a built-in filter's name or the path of a .py, .toml or .filter file; a file of
    several filters gives a receipt each. `archive` is a lake (`gueststar archive`), a packet, a
    folder of packets or a tar archive. `nights` are of a lake: "20231018", or a range
    "20231001:20231031"; none means all. `page` is where the HTML page goes. `config` names the
    regions and watchlists. With `bootstrap` each filter is compared with the version of its name
    that is live there. Raises FilterError for a filter that cannot be loaded or does not run,
    ArchiveError for an archive that cannot be read.
    """
    raise NotImplementedError
