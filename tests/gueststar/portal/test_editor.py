"""The editor of filters in a real browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser

from gueststar.portal.backend import Backend
from gueststar.portal.writing.trials import Trials
from tests.gueststar.portal.desk import MemoryDesk
from tests.gueststar.portal.opened import Opened, opened, until


def write(seen: Opened, text: str) -> None:
    seen.page.fill("#text", "")
    seen.page.locator("#text").press_sequentially(text, delay=5)


def said(seen: Opened, where: str, what: str) -> None:
    """Wait until it is said there."""
    until(lambda: what in seen.page.locator(where).inner_text())


def test_a_filter_is_written_completed_tried_deployed_and_paused(
    browser: Browser, writing: Backend, desk: MemoryDesk, tokens: tuple[Path, dict[str, str]]
) -> None:
    with opened(browser, writing) as seen:
        seen.go("/filter")
        assert "author" in seen.text("[aria-labelledby=deploy-title]")
        seen.page.click("text=Sign in >> nth=0")
        seen.page.fill("[name=token]", tokens[1]["ada"])
        seen.page.press("[name=token]", "Enter")
        seen.page.wait_for_selector(".who >> text=ada")
        seen.go("/filter")
        seen.page.fill("#name", "bright")
        write(seen, "bright: magnitu")
        said(seen, "#words", "magnitude")
        seen.page.keyboard.press("Enter")
        assert seen.page.input_value("#text") == "bright: magnitude"
        seen.page.keyboard.type(" < 18.7")
        said(seen, "#mistakes", "It can be read")
        seen.page.fill("#alerts", "magnitude = 18 -> selected\nmagnitude = 19 -> selected")
        said(seen, "#tried", "expected selected")
        seen.page.select_option("#from", "20260301")
        seen.page.click("#try")
        said(seen, "#report", "of 3 alerts pass")
        assert "SN1" in seen.text("#report")
        said(seen, "#objections", "33.3%")
        seen.page.check("#force")
        until(lambda: seen.page.is_enabled("#deploy"))
        seen.page.click("#deploy")
        said(seen, "#deployed", "bright version 1 is deployed")
        seen.page.click("#deployed a")
        seen.page.wait_for_url("**/filter?name=bright")
        assert "+ bright: magnitude < 18.7" in seen.text(".past")
        seen.page.fill("#reason", "as a trial")
        seen.page.click("[data-change=paused]")
        seen.page.wait_for_selector(".state-paused")
        assert "as a trial" in seen.text(".past")
        assert str(desk.register().change(desk.register().latest["bright"]).state) == "paused"
        assert seen.complaints == []


def test_errors_stand_where_they_are_and_are_text(browser: Browser, writing: Backend) -> None:
    with opened(browser, writing) as seen:
        seen.go("/filter")
        seen.page.fill("#name", "x")
        write(seen, "bright: magnitud < 18\nodd: <img src=x> ")
        said(seen, "#mistakes", "line 2")
        marked = seen.page.locator("#under mark")
        assert marked.first.inner_text() == "magnitud"
        assert seen.page.locator("#editor img").count() == 0
        seen.page.click("#mistakes button >> nth=0")
        assert seen.page.evaluate("document.getElementById('text').selectionStart") == 8
        seen.go("/filter")
        assert "magnitud <" in seen.page.input_value("#text"), "a draft is kept"
        assert seen.complaints == []


def test_a_dry_run_is_cancelled_or_ends_with_its_time_and_says_so_where_it_was_begun(
    browser: Browser, writing: Backend, tokens: tuple[Path, dict[str, str]]
) -> None:
    short = replace(writing, trials=Trials(0.05))
    for backend, what in ((writing, "it was cancelled"), (short, "dry_run_seconds_max")):
        with opened(browser, backend) as seen:
            seen.sign_in(tokens[1]["ada"], "/filter")
            seen.page.fill("#text", "bright: magnitude < 18")
            seen.page.click("#try")
            said(seen, "#trial-state", "name")
            seen.page.fill("#name", "bright")
            seen.page.click("#try")
            if backend is writing:
                seen.page.click("#cancel")
            said(seen, "#trial-state", what)
            assert seen.page.is_enabled("#try")
            assert not seen.page.is_visible("#cancel")
            assert not seen.page.is_visible("#report table")
            seen.complaints = [each for each in seen.complaints if "400" not in each]
            assert seen.complaints == []
