"""The regions and watchlists that a configuration names, opened."""

# ruff: noqa: PLC0415 - a broker that names none waits for none of the libraries
from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from schemas.errors import FilterError
from sky.catalogues import NO_SKY, Annotations, Events, Sky

Opened = TypeVar("Opened")


def open_sky(
    regions: Mapping[str, Path],
    watchlists: Mapping[str, Path],
    events: Events | None = None,
    annotations: Annotations | None = None,
) -> Sky:
    """Every file read and indexed, by the names of `[filters.regions]` and `[filters.watchlists]`.

    Raises FilterError naming the setting where a file cannot be used, or where a region and a
    watchlist share a name, since a published alert names by it which file answered.
    """
    if not regions and not watchlists:
        if events is None and annotations is None:
            return NO_SKY
        return Sky(events=events, annotations=annotations)
    if shared := sorted(regions.keys() & watchlists.keys()):
        raise FilterError(
            f"{shared[0]!r} is in [filters.regions] and in [filters.watchlists]; "
            "give each its own name"
        )
    from sky.regions import open_region
    from sky.watchlists import open_watchlist

    return Sky(
        regions=_open_all("filters.regions", open_region, regions),
        watchlists=_open_all("filters.watchlists", open_watchlist, watchlists),
        events=events,
        annotations=annotations,
    )


def _open_all(
    section: str, opened: Callable[[str, Path], Opened], paths: Mapping[str, Path]
) -> list[Opened]:
    found = []
    for name, path in paths.items():
        try:
            found.append(opened(name, path))
        except FilterError as error:
            raise FilterError(f"[{section}] {name}: {error}") from error
    return found
