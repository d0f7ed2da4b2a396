"""A report made: from a lake and, where one is named, a broker's configuration, to files."""

from __future__ import annotations

from pathlib import Path

from gueststar.reporting.facts import facts_of
from gueststar.reporting.known import known_of
from gueststar.reporting.page import html
from gueststar.reporting.printing import print_page


def make(
    lake: Path,
    nights: str,
    page: Path,
    *,
    config: Path | None = None,
    pdf: Path | None = None,
    objective_s: float,
) -> int:
    """Write the page of nights, "20231018" or "20231016:20231022"; of how many alerts it tells.

    Raises GueststarError.
    """
    facts = facts_of(lake, [nights])
    known = known_of(config, facts) if config else None
    written = page.with_name(f".{page.name}")
    written.write_text(html(facts, known, objective_s=objective_s), encoding="utf-8")
    written.rename(page)
    if pdf is not None:
        print_page(page, pdf)
    return sum(each.alerts for each in facts.surveys)
