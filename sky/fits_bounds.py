"""What the FITS standard bounds and astropy does not: it would count to any NAXIS for ever."""

from __future__ import annotations

import re
from typing import Final

COUNTED_MAX: Final = 999
"""Axes and columns that a header may declare (FITS 4.0, sections 4.4.1.1 and 7.2.1)."""
CARD: Final = re.compile(rb"(NAXIS   |TFIELDS )= *([-+.0-9EDed]+)")


def require_bounds(content: bytes) -> None:
    """Raises ValueError where a header of a file declares more axes or columns than there may be.

    What else is wrong with it is not judged.
    """
    for name, value in CARD.findall(content):
        try:
            counted = float(value.upper().replace(b"D", b"E"))
        except ValueError:
            continue
        if not counted <= COUNTED_MAX:
            said = f"{name.decode().strip()} = {value.decode()[:20]}"
            raise ValueError(f"a header says {said}; the standard's most is {COUNTED_MAX}")
