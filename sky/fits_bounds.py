"""What the FITS standard bounds and astropy does not, which would count or circle for ever."""

from __future__ import annotations

import re
import zlib
from typing import Final

COUNTED_MAX: Final = 999
"""Axes and columns that a header may declare (FITS 4.0, sections 4.4.1.1 and 7.2.1)."""
CARD: Final = re.compile(rb"(NAXIS[ 0-9]{3}|TFIELDS |PCOUNT  |GCOUNT  )= *([-+.0-9EDed]+)")
COUNTED: Final = (b"NAXIS", b"TFIELDS")


GZIP: Final = b"\x1f\x8b"


def unpacked(content: bytes, bytes_max: int) -> bytes:
    """A file without gzip around it. Raises ValueError where it is over so much, or broken."""
    if not content.startswith(GZIP):
        return content
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        found = unpacking.decompress(content, bytes_max)
    except zlib.error as error:
        raise ValueError(f"it cannot be unpacked: {error}") from error
    if unpacking.unconsumed_tail:
        raise ValueError(f"it is over {bytes_max:,} bytes unpacked")
    if not unpacking.eof:
        raise ValueError("it cannot be unpacked: it ends too early")
    return found


def require_bounds(content: bytes) -> None:
    """Raises ValueError where a header declares more axes or columns than there may be, or less
    than nothing of data, after which the same unit would come again.

    What else is wrong with it is not judged.
    """
    for card, value in CARD.findall(content):
        try:
            number = float(value.upper().replace(b"D", b"E"))
        except ValueError:
            continue
        name = card.strip()
        if number < 0 or (name in COUNTED and number > COUNTED_MAX):
            said = f"{name.decode()} = {value.decode()[:20]}"
            raise ValueError(f"a header says {said}; the standard has 0 to {COUNTED_MAX}")
