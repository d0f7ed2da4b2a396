"""What to say where a name is wrong: the nearest one that is right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final

LISTED_MAX: Final = 30
"""Names that are listed where none is near."""


def nearest(name: str, known: Iterable[str]) -> str:
    """How an error about a wrong name ends: with the nearest one, or with those that there are."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are: {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - LISTED_MAX
    return (", ".join(names[:LISTED_MAX]) or "none") + (f" and {more} more" if more > 0 else "")
