"""The portal in a real browser: what only a browser can say of it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser

from gueststar.portal.backend import Backend
from gueststar.subscription import Arrived
from tests.gueststar.portal.conftest import BIG, HOSTILE
from tests.gueststar.portal.opened import Scheme, opened, until

PAGES = (
    *(
        "/",
        "/search",
        "/filters",
        "/filter",
        "/lists",
        "/review",
        "/sign-in",
        "/ledger",
        "/help",
        "/card?name=supernova",
        "/object?id=SN1",
    ),
    *(f"/alert?{urlencode({'id': BIG, 'object': 'SN1'})}",),
    *("/search?kind=cone&centre=SN1&radius=1arcmin",),
    *(f"/alert?{urlencode({'id': 2, 'object': HOSTILE})}",),
    *(f"/object?{urlencode({'id': HOSTILE})}",),
)
ADDRESSES = "all => all.map(one => one.getAttribute('href'))"
WIDTHS = {"wide": 1400, "narrow": 375}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_each_page_is_drawn_without_a_complaint_and_fits_its_width(
    browser: Browser, backend: Backend, width: int, scheme: Scheme
) -> None:
    with opened(browser, backend, width=width, scheme=scheme) as seen:
        for path in PAGES:
            seen.go(path)
            wider = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert (path, wider) == (path, min(wider, 0))
            assert seen.page.title() != "owned"
        assert seen.complaints == []


def test_a_crawl_from_the_start_meets_no_dead_link_and_no_complaint(
    browser: Browser, furnished: Backend, tokens: tuple[Path, dict[str, str]]
) -> None:
    with opened(browser, furnished) as seen:
        seen.sign_in(tokens[1]["ada"])
        known, waiting, dead = set[str](), [*PAGES], list[str]()
        while waiting:
            path = waiting.pop()
            if path in known:
                continue
            known.add(path)
            answer = seen.page.request.get(seen.address + path)
            if answer.status != 200:
                dead.append(path)
            elif answer.headers["content-type"].startswith("text/html"):
                seen.go(path)
                hrefs = seen.page.eval_on_selector_all("a[href]", ADDRESSES)
                waiting += [each for each in hrefs if each.startswith("/")]
        assert (dead, seen.complaints) == ([], [])
        assert len(known) > 100


def test_alerts_come_in_and_stand_still_under_the_mouse(
    browser: Browser, backend: Backend, arrived: Arrived
) -> None:
    with opened(browser, backend) as seen:
        seen.go("/")
        until(lambda: seen.state() == "live")
        before = seen.rows()
        backend.night.add(arrived)
        until(lambda: seen.rows() > before)
        after = seen.rows()
        seen.page.hover("#stream tbody tr")
        backend.night.add(arrived)
        until(lambda: seen.state().startswith("paused, "))
        assert seen.rows() == after
        seen.page.mouse.move(5, 5)
        until(lambda: seen.rows() > after)
        assert seen.complaints == []


def test_a_hostile_alert_of_the_stream_is_text(
    browser: Browser, backend: Backend, arrived: Arrived
) -> None:
    arrived.batch.object_id[:] = "<img src=x>"
    with opened(browser, backend) as seen:
        seen.go("/")
        until(lambda: seen.state() == "live")
        backend.night.add(arrived)
        until(lambda: seen.page.locator("#stream a", has_text="<img src=x>").count() > 0)
        assert seen.page.locator("#stream img").count() == 0
        assert seen.complaints == []


def test_a_light_curve_is_read_by_keyboard_and_shown_in_flux(
    browser: Browser, backend: Backend
) -> None:
    with opened(browser, backend) as seen:
        seen.go("/object?id=SN1")
        seen.page.wait_for_selector("figure.curve svg .axis")
        seen.page.focus("figure.curve > svg")
        seen.page.keyboard.press("ArrowRight")
        assert "fainter than 20.00 mag" in seen.text(".tip")
        seen.page.keyboard.press("ArrowRight")
        assert "± " in seen.text(".tip")
        assert "UTC" in seen.text(".tip")
        seen.page.get_by_role("button", name="in flux").click()
        assert "µJy" in seen.page.locator("figure.curve svg").last.inner_html()
        seen.page.get_by_role("button", name="by dates").click()
        assert "2023-02" in seen.page.locator("figure.curve > svg").inner_html()
        assert seen.complaints == []


def test_the_slash_searches_and_the_theme_is_remembered(browser: Browser, backend: Backend) -> None:
    with opened(browser, backend) as seen:
        seen.go("/help")
        seen.page.click("#theme")
        seen.go("/search")
        assert seen.page.evaluate("document.documentElement.dataset.theme") == "dark"
        seen.page.keyboard.press("/")
        seen.page.keyboard.type("SN1")
        seen.page.keyboard.press("Enter")
        seen.page.wait_for_url("**/object?id=SN1")
        assert seen.complaints == []
