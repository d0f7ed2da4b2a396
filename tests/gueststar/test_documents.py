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

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "docs/columns.md",
    "docs/filters.md",
    "docs/filters/figures.md",
    "docs/journey.md",
    "docs/operating.md",
    "docs/realbogus.md",
    "docs/lightcurve.md",
    "docs/models.md",
    "docs/priors.md",
    "docs/subscribing.md",
    "docs/publishing.md",
    "docs/replay.md",
    "docs/reconcile.md",
    "docs/report.md",
    "docs/messengers.md",
    "docs/followup.md",
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
    places = [(ROOT / name).parent / path for path in linked] + [ROOT / path for path in typed]
    assert [str(path) for path in places if not path.exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_has_made_is_a_target(name: str) -> None:
    typed = re.findall(r"(?:^|`)make ([a-z -]+[a-z])", text(name), re.MULTILINE)
    targets = re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE)
    assert {target for line in typed for target in line.split()} <= set(targets)


@pytest.mark.parametrize(
    "line", [*typed_commands("README.md"), *typed_commands("docs/operating.md")]
)
def test_a_command_in_a_document_has_the_options_it_is_typed_with(line: str) -> None:
    _, command, *arguments = shlex.split(line)
    found = COMMANDS[command]
    if hasattr(found, "commands"):
        found = found.commands[arguments[0]]
    options = {option for each in found.params for option in each.opts}
    assert {each for each in arguments if each.startswith("--")} <= options


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
