"""Pages in a real browser, for the tests that look at them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

from gueststar.portal.backend import Backend
from gueststar.portal.certificate import Certificate
from gueststar.portal.server import Server

Scheme = Literal["light", "dark"]


@dataclass
class Opened:
    """A page of a browser, and what it complained of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.address + path, wait_until="load")

    def sign_in(self, token: str, then: str = "/") -> None:
        self.go(f"/sign-in?next={then}")
        self.page.fill("[name=token]", token)
        self.page.press("[name=token]", "Enter")
        self.page.wait_for_url(f"**{then}")

    def barriers(self) -> list[str]:
        """What axe finds that keeps people out, with all that can be opened open; and its width."""
        self.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        wider = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        too_wide = [f"{self.page.url}: {wider} px too wide"] if wider > 0 else []
        return too_wide + [
            f"{self.page.url}: {each['impact']} {each['id']}: {node['target']} {node['html']:.120}"
            for each in Axe().run(self.page).response["violations"]
            for node in each["nodes"]
        ]

    def rows(self) -> int:
        """Of the live stream."""
        return self.page.locator("#stream tbody tr").count()

    def state(self) -> str:
        """Of the live stream."""
        return self.page.locator("#stream-state").inner_text()

    def text(self, where: str) -> str:
        return self.page.locator(where).first.inner_text()


@contextmanager
def served(backend: Backend, certificate: Certificate | None = None) -> Iterator[str]:
    """The portal's address while it is served."""
    server = Server(backend, host="127.0.0.1", port=0, certificate=certificate)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.address:
            time.sleep(0.01)
        yield server.address.rstrip("/")
    finally:
        server.should_exit = True
        thread.join()


def until(true: Callable[[], bool]) -> None:
    """Wait for something; a page's policy lets no text be run that could wait there."""
    for _ in range(2_400):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it did not come about in two minutes")


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
