"""Figures and prose as Markdown, for the cards of all networks."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Sequence

LINE_MAX = 100
"""Characters of a line of prose."""
NOTHING = "–"
"""A cell without a figure."""


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first column to the left, figures to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def per_cent(value: float) -> str:
    """Of a share, or nothing."""
    return NOTHING if math.isnan(value) else f"{100 * value:.0f} %"


def number(value: float) -> str:
    """To three places, or nothing."""
    return NOTHING if math.isnan(value) else f"{value:.3f}"


def wrapped(text: str) -> str:
    """Markdown with its prose in lines of LINE_MAX; tables and headings stay as they are."""
    blocks = re.split(r"\n\s*\n", text.strip())
    kept = re.compile(r"^[|#`]", re.MULTILINE)
    return "\n\n".join(one if kept.search(one) else _filled(one) for one in blocks) + "\n"


def _filled(block: str) -> str:
    """A paragraph, or a list whose items begin with a dash."""
    return "\n".join(
        textwrap.fill(
            " ".join(item.split()),
            LINE_MAX,
            subsequent_indent="  " * item.startswith("- "),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for item in re.split(r"\n(?=- )", block)
    )
