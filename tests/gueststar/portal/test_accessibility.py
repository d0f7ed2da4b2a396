"""No page keeps anybody out: axe (WCAG A and AA, and good practice) finds nothing on any."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gueststar.portal.backend import Backend
from tests.gueststar.portal.conftest import MakeBackend
from tests.gueststar.portal.opened import Opened, Scheme, opened, until
from tests.gueststar.portal.test_browser import PAGES, WIDTHS

OF_AUTHORS = ("/filter", "/filter?name=near", "/filter?name=slow", "/lists?name=mine", "/review")
EMPTY = ("/", "/search", "/filters", "/filter", "/lists", "/ledger", "/review")


def found_on(seen: Opened, *paths: str) -> list[str]:
    found = []
    for path in paths:
        seen.go(path)
        found += seen.barriers()
    return found


@pytest.mark.timeout(900)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_axe_finds_nothing_on_any_page(
    browser: Browser,
    furnished: Backend,
    tokens: tuple[Path, dict[str, str]],
    width: int,
    scheme: Scheme,
) -> None:
    until(lambda: furnished.ledger.audited().balance is not None)
    with opened(browser, furnished, width=width, scheme=scheme) as seen:
        found = found_on(seen, *PAGES, "/nowhere", "/search?kind=id&id=nobody")
        seen.sign_in(tokens[1]["ada"])
        found += found_on(seen, *OF_AUTHORS)
        found += of_a_filter_that_is_tried(seen)
        assert found == []


def of_a_filter_that_is_tried(seen: Opened) -> list[str]:
    """Mistakes and completions while it is written, then its dry run as it ended."""
    seen.go("/filter?name=near")
    seen.page.fill("#text", "")
    seen.page.locator("#text").press_sequentially("bright: magnitud < 18\nodd: scor")
    until(lambda: seen.page.locator("#words li").count() > 0)
    until(lambda: seen.page.locator("#mistakes button").count() > 0)
    found = seen.barriers()
    seen.page.fill("#text", "bright: magnitude < 30")
    seen.page.select_option("#from", "20260301")
    seen.page.click("#try")
    until(lambda: "alerts pass" in seen.page.locator("#report").inner_text())
    return found + seen.barriers()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_portal_that_has_nothing(
    browser: Browser, made: MakeBackend, scheme: Scheme
) -> None:
    with opened(browser, made(None), scheme=scheme) as seen:
        assert found_on(seen, *EMPTY) == []
