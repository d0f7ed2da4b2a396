"""The portal in a real browser: what only a browser can say of it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, sync_playwright

from gueststar.portal.backend import Backend
from gueststar.portal.server import Server
from gueststar.subscription import Arrived
from tests.gueststar.portal.conftest import BIG, HOSTILE

Scheme = Literal["light", "dark"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PAGES = (
    *("/", "/search", "/ledger", "/help", "/card?name=supernova", "/object?id=SN1"),
    *(f"/alert?{urlencode({'id': BIG, 'object': 'SN1'})}",),
    *("/search?kind=cone&centre=SN1&radius=1arcmin",),
    *(f"/alert?{urlencode({'id': 2, 'object': HOSTILE})}",),
    *(f"/object?{urlencode({'id': HOSTILE})}",),
)
ADDRESSES = "all => all.map(one => one.getAttribute('href'))"
WIDTHS = {"wide": 1400, "narrow": 375}


@dataclass
class Opened:
    """A page of a browser, and what it complained of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.address + path, wait_until="load")

    def rows(self) -> int:
        """Of the live stream."""
        return self.page.locator("#stream tbody tr").count()

    def state(self) -> str:
        """Of the live stream."""
        return self.page.locator("#stream-state").inner_text()

    def text(self, where: str) -> str:
        return self.page.locator(where).first.inner_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; skips where it is absent, but fails with CI=true."""
    if CHROMIUM is None:
        said = "the portal in a browser needs chromium (Debian's package)"
        pytest.fail(said) if os.environ.get("CI") == "true" else pytest.skip(said)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def served(backend: Backend) -> Iterator[str]:
    """The portal's address while it is served."""
    server = Server(backend, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def until(true: Callable[[], bool]) -> None:
    """Wait for something; a page's policy lets no text be run that could wait there."""
    for _ in range(400):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it did not come about in 20 s")


@contextmanager
def opened(
    browser: Browser,
    backend: Backend,
    *,
    width: int = 1400,
    scheme: Scheme = "light",
) -> Iterator[Opened]:
    with served(backend) as address:
        size = ViewportSize(width=width, height=850)
        context = browser.new_context(viewport=size, color_scheme=scheme)
        found = Opened(context.new_page(), address)
        found.page.on("console", lambda said: _complaint(found, said))
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.page.on("dialog", lambda dialog: found.complaints.append(f"dialog {dialog.message}"))
        yield found
        context.close()


def _complaint(found: Opened, said: ConsoleMessage) -> None:
    if said.type in {"error", "warning"}:
        found.complaints.append(f"{found.page.url}: {said.text}")


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


def test_no_link_of_ours_is_dead(browser: Browser, backend: Backend) -> None:
    with opened(browser, backend) as seen:
        found = set[str]()
        for path in PAGES:
            seen.go(path)
            hrefs = seen.page.eval_on_selector_all("a[href]", ADDRESSES)
            found |= {each for each in hrefs if each.startswith("/")}
        assert len(found) > 20
        dead = [each for each in found if seen.page.request.get(seen.address + each).status != 200]
        assert dead == []


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
