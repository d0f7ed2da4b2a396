"""Figures and prose as Markdown, for the cards of all networks."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from training.arrays import Floats
from training.bootstrap import Measured

One = TypeVar("One")
LINE_MAX = 100
"""Characters of a line of prose."""
NOTHING = "–"
"""A cell without a figure."""


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first column to the left, figures to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def table(found: Iterable[One], *columns: tuple[str, Callable[[One], str]]) -> str:
    """A line for each that was found; a column is its head and what its cells say."""
    rows = [[cell(one) for _, cell in columns] for one in found]
    return markdown([head for head, _ in columns], rows)


def figures_table(what: str, found: Mapping[str, float]) -> str:
    """Figures by name, to four places, which `figures_under` reads again."""
    return markdown([what, "value"], [[name, f"{value:.4f}"] for name, value in found.items()])


def figures_under(card: str, *headings: str) -> dict[str, float]:
    """What the tables of figures say in sections of a card; nothing of one that is not there."""
    found = dict[str, float]()
    for heading in headings:
        section = card.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        lines = [line for line in section.splitlines() if line.startswith("|")]
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
        found |= {name: float(value) for name, value in cells}
    return found


def with_section(card: str, heading: str, body: str) -> str:
    """The card with this under the heading, in place of what stands there, or else at its end."""
    before, there, after = card.partition(f"\n## {heading}\n")
    rest = after[after.find("\n## ") :] if there and "\n## " in after else ""
    whole = f"{before.rstrip()}\n\n## {heading}\n\n{body.strip()}\n"
    return f"{whole}{rest}" if rest else whole


def counted(count: int) -> str:
    """With commas between thousands."""
    return f"{count:,}"


def verdict(holds: bool, no: str = "no") -> str:
    """In a word."""
    return "yes" if holds else no


def in_errors(one: Measured) -> str:
    """How many standard errors a difference is."""
    return f"{one.value / one.error:+.1f}" if one.error > 0 else NOTHING


def confusion(
    what: str, counted_as: str, names: Sequence[str], counts: Sequence[int], shares: Floats
) -> str:
    """What each of `names` is called, in per cent of its row (k, k)."""
    rows = [
        [name, counted(count), *map(per_cent, row)]
        for name, count, row in zip(names, counts, shares, strict=True)
    ]
    return markdown([what, counted_as, *names], rows)


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
