"""Which columns of a list are the position and the radius, by the names that catalogues use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from schemas.errors import FilterError

RA = ("ra_deg", "ra", "raj2000", "ra_j2000", "ra_icrs", "right_ascension", "radeg", "alpha_j2000")
DEC = (
    *("dec_deg", "dec", "dej2000", "decj2000", "dec_j2000", "de_icrs", "dec_icrs", "de"),
    *("declination", "dedeg", "decdeg", "delta_j2000"),
)
"""In the order of preference; capitals and a leading underscore (VizieR's) do not count."""

RADIUS = {
    "radius_arcsec": "arcsec",
    "radius_arcmin": "arcmin",
    "radius_deg": "deg",
    "radius": "",
}
"""The names of a radius, and the unit that each says."""


class Chosen(NamedTuple):
    """Column names as the file has them; `radius_unit` is what the name says of it, or ""."""

    ra: str
    dec: str
    radius: str | None
    radius_unit: str

    @property
    def names(self) -> list[str]:
        """Of the columns that there are."""
        return [name for name in (self.ra, self.dec, self.radius) if name is not None]


def choose(names: Iterable[str]) -> Chosen:
    """The position and radius among a file's columns. Raises FilterError naming what it has."""
    known = {name.strip().lower().removeprefix("_"): name for name in reversed(list(names))}
    radius = next((name for name in RADIUS if name in known), None)
    misnamed = [name for key, name in known.items() if key.startswith("radius")]
    if radius is None and misnamed:
        raise FilterError(
            f"column {misnamed[0]!r} is no radius that is known; call it {', '.join(RADIUS)}"
        )
    return Chosen(
        _first("right ascension", RA, known),
        _first("declination", DEC, known),
        known[radius] if radius else None,
        RADIUS[radius] if radius else "",
    )


def _first(what: str, wanted: tuple[str, ...], known: dict[str, str]) -> str:
    found = next((known[name] for name in wanted if name in known), None)
    if found is None:
        there = ", ".join(sorted(known.values())) or "none"
        raise FilterError(f"it has no column of {what}; call it {wanted[0]!r}; there are: {there}")
    return found
