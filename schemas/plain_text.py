"""What strangers wrote, as a terminal or a log may print it: nothing in it commands either."""

from __future__ import annotations

import re
from typing import Final

UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters but for tab and line end, and what turns the order of letters."""


def plain(text: str) -> str:
    """A text with a question mark for each of them."""
    return UNSAFE.sub("?", text)


def spelled(text: str) -> str:
    """A text with each of them written out, as an error shows it to who has to find it."""
    return UNSAFE.sub(lambda found: repr(found[0])[1:-1], text)
