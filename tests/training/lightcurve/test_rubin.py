"""What is told of Rubin's own alerts, and where the card says so."""

from __future__ import annotations

import pytest

from training.lightcurve.rubin import HEADING, Told, lines
from training.lightcurve.sections import rewritten

ALERTS = [
    Told("one", "QSO", "AGN"),
    Told("one", "QSO", "EB"),
    Told("two", "QSO", "AGN"),
    Told("two", "QSO", ""),
    Told("three", "HB*", "RRL"),
    Told("four", "", "KN"),
    Told("five", "Sy1", ""),
]


def test_an_object_is_right_where_each_of_its_alerts_is() -> None:
    found = lines(ALERTS)
    assert [one.known for one in found] == ["QSO", "HB*", ""]
    assert [len(one.objects) for one in found] == [2, 1, 1]
    assert [one.right for one in found] == [1, None, None]


def test_its_section_alone_is_written_anew() -> None:
    card = f"# card\n\n{HEADING}\n\nold\n\n## Limits\n\nnone\n"
    told = f"{HEADING}\n\nnew\n"
    assert rewritten(card, HEADING, told) == f"# card\n\n{HEADING}\n\nnew\n\n## Limits\n\nnone\n"
    with pytest.raises(AssertionError, match="no section"):
        rewritten("# card\n", HEADING, told)
