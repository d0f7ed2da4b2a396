"""The page of speed: parts are written between their marks, and the commands know all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.table import Table

from benchmarks.page import PAGE, Part, markdown, rewrite, surroundings
from kafka_node.jars import VERSION

TEXT = """# A page
<!-- one: made by a command -->

<!-- end -->
between
<!-- other: made by another -->
old
<!-- end -->
"""


def test_a_part_is_written_again_and_again_and_all_else_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(TEXT)
    for told in ("first", r"second \1"):
        rewrite("one", told, page)
    assert page.read_text() == TEXT.replace("command -->\n\n", "command -->\n\nsecond \\1\n\n")


def test_a_part_that_the_page_has_not_is_a_fault(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(TEXT)
    with pytest.raises(AssertionError, match="0 parts called third"):
        rewrite("third", "", page)


def test_a_table_of_the_screen_is_one_of_markdown() -> None:
    table = Table("", title="A title")
    table.add_column("µs", justify="right")
    table.add_row("a|b", "1")
    table.add_row("  of it", "2")
    head, rows = "**A title**\n\n|  | µs |\n|---|---:|\n", "| a\\|b | 1 |\n| – of it | 2 |"
    assert markdown(table) == head + rows


def test_every_part_of_the_page_has_its_command_and_an_end() -> None:
    text = PAGE.read_text(encoding="utf-8")
    parts = re.findall(
        r"<!-- ([a-z-]+): made by (.*?) --page -->\n.*?\n<!-- end -->", text, re.DOTALL
    )
    assert dict(parts) == {
        "stretch": "python -m benchmarks.stretch",
        "textbook": "python -m benchmarks",
        "latency": "python -m benchmarks.latency",
        "many-filters": "python -m benchmarks.many_filters",
        "memory": "python -m benchmarks.memory",
    }


def test_what_only_prints_draws_nothing_and_writes_nothing() -> None:
    before = PAGE.read_text(encoding="utf-8")
    with Part("stretch", written=False) as part:
        part.say("something")
        assert part.picture("throughput", "a caption") is None
    assert PAGE.read_text(encoding="utf-8") == before


def test_a_part_says_the_commit_and_the_versions() -> None:
    told = surroundings()
    assert "commit" in told
    assert f"Kafka {VERSION}" in told
