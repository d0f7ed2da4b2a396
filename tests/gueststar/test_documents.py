"""What the documents promise is there: files, commands with their options, names to import."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import typer

import gueststar
from classifiers.served import served
from filters.conformance import violations
from filters.handmade import Epoch, handmade
from filters.selection import Selection
from filters.sources import load_file
from gueststar.command import app
from tests.gueststar.typed import lines_of, named_in, wrong_with

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
)
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def text(name: str) -> str:
    """A document."""
    return (ROOT / name).read_text()


def typed_commands(name: str) -> list[str]:
    """Each line of a document that begins with `gueststar`, as typed, without its remark."""
    return re.findall(r"^(?:\.venv/bin/)?gueststar [^#\n]*", text(name), re.MULTILINE)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_file_that_a_document_names_exists(name: str) -> None:
    linked = re.findall(r"\]\(([\w./-]+)\)", text(name))
    typed = re.findall(r"`((?:[\w-]+/)+[\w.-]*)`", text(name))
    ours = [path for path in typed if (ROOT / path.split("/")[0]).is_dir()]
    places = [(ROOT / name).parent / path for path in linked] + [ROOT / path for path in ours]
    assert [str(path) for path in places if not path.exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_heading_that_a_document_links_to_is_there(name: str) -> None:
    for path, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", text(name)):
        page = (ROOT / name).parent / path if path else ROOT / name
        headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
        slugs = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
        assert anchor in slugs, f"{path}#{anchor}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_has_made_is_a_target(name: str) -> None:
    typed = re.findall(r"(?:^|`)make ([a-z -]+[a-z])", text(name), re.MULTILINE)
    targets = re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE)
    assert {target for line in typed for target in line.split()} <= set(targets)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_line_of_a_document_would_be_taken(name: str) -> None:
    shown = [(words, wrong_with(words, is_whole=True)) for words in lines_of(text(name))]
    named = [(words, wrong_with(words, is_whole=False)) for words in named_in(text(name))]
    assert [one for one in (*shown, *named) if one[1]] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_module_that_a_document_runs_is_there(name: str) -> None:
    modules = set(
        re.findall(
            r"python -m ((?:benchmarks|training|tests|kafka_node|supply)[\w.]*\w)", text(name)
        )
    )
    paths = [ROOT / one.replace(".", "/") for one in modules]
    assert [
        str(one)
        for one in paths
        if not one.with_suffix(".py").is_file() and not (one / "__main__.py").is_file()
    ] == []


def test_the_readme_shows_every_command() -> None:
    shown = {shlex.split(line)[1] for line in typed_commands("README.md")} | set(
        re.findall(r"`(?:\.venv/bin/)?gueststar\s(\w+)", text("README.md"))
    )
    assert set(COMMANDS) - {"version"} <= shown


def test_a_name_that_the_readme_uses_is_exported() -> None:
    used = re.findall(r"gueststar\.([a-z_]+)\(", text("README.md"))
    used += re.findall(r"from gueststar import (\w+)", text("README.md"))
    assert used
    assert set(used) <= set(gueststar.__all__)


def test_a_label_that_the_readme_names_is_served() -> None:
    labels = {given.name: set(given.columns) for one in served() for given in one.gives}
    rows = re.findall(r"^\| `(\w+)`, .*?\|.*?\|(.*?)\|", text("README.md"), re.MULTILINE)
    assert {name: set(re.findall(r"`(.+?)`", listed)) for name, listed in rows} == labels
    asked = re.findall(r'\bscore\("(\w+)", "([\w-]+)"\)', text("README.md"))
    assert {name for name, _ in asked} <= set(labels)
    assert [one for one in asked if one[1] not in labels[one[0]]] == []


FILTER = {"python": "@selection", "toml": "[clauses]"}
"""What tells a filter from other examples of the language."""


def filters_in_the_readme(folder: Path) -> list[Selection]:
    """Its filters, from files as a user would have them."""
    files = {"python": folder / "mine.py", "toml": folder / "mine.toml"}
    for language, path in files.items():
        fenced = rf"^```{language}\n(.*?)^```"
        blocks = re.findall(fenced, text("README.md"), re.MULTILINE | re.DOTALL)
        path.write_text(next(each for each in blocks if FILTER[language] in each))
    return [each for path in files.values() for each in load_file(path)]


def test_the_filters_of_the_readme_select_and_keep_the_law_of_the_stream(tmp_path: Path) -> None:
    probabilities = [0.9, 0.9, 0.1, np.nan]
    asked = re.findall(r'\bscore\("(\w+)", "([\w-]+)"\)', text("README.md"))
    rising = [Epoch(59998.0, "r", 2_000.0, 10.0), Epoch(60000.0, "r", 4_000.0, 10.0)]
    batch = handmade(
        flux_njy=[4_000.0] * 4,
        light_curve=[rising] * 4,
        age_days=[1.0] * 4,
        star_distance_arcsec=[np.inf] * 4,
        scores={name: {label: probabilities} for name, label in asked},
    )
    found = filters_in_the_readme(tmp_path)
    assert len(found) == 2
    for mine in found:
        assert mine.judge(batch).selected.tolist() == [True, True, False, False]
        assert violations(mine, batch) == []


def test_help_lists_every_command_of_the_house() -> None:
    (phony,) = re.findall(r"^\.PHONY:((?:.*\\\n)*.*)", text("Makefile"), re.MULTILINE)
    listed = re.findall(r"^([a-z-]+):.*## ", text("Makefile"), re.MULTILINE)
    assert sorted(phony.replace("\\", "").split()) == sorted(listed)
