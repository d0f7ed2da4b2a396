"""`python -m training.lightcurve.sections`: the card's sections that the served file alone decides.

They are written anew in place, whatever the other steps left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from classifiers.lightcurve import LIGHTCURVE
from training.lightcurve import as_served, rubin

CARD: Final = LIGHTCURVE.with_suffix(".md")
SECTIONS: Final[Mapping[str, Callable[[Path], str]]] = {
    as_served.HEADING: as_served.section,
    rubin.HEADING: rubin.section,
}
"""By their headings, in the card's order."""


def text(data: Path) -> str:
    """All of them."""
    return "\n\n".join(section(data).strip() for section in SECTIONS.values())


def rewritten(card: str, heading: str, section: str) -> str:
    """A card with that section in the place of its own."""
    pattern = re.compile(rf"^{re.escape(heading)}\n.*?(?=^## )", re.DOTALL | re.MULTILINE)
    assert pattern.search(card), f"the card has no section {heading!r}"
    return pattern.sub(lambda _: f"{section.strip()}\n\n", card)


def main(data: Annotated[Path, typer.Option(envvar="GUESTSTAR_DATA")], card: Path = CARD) -> None:
    """Write these sections of the card anew, and show them."""
    for heading, section in SECTIONS.items():
        told = section(data)
        card.write_text(rewritten(card.read_text("utf-8"), heading, told), "utf-8")
        typer.echo(told)


if __name__ == "__main__":
    typer.run(main)
