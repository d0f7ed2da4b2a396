"""What to say where a name is wrong: the nearest one that is right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """How an error about a wrong name ends: with the nearest one, or with all that there are."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    return (
        f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(names) or 'none'}"
    )
